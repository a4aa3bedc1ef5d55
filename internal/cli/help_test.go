package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// inProcess runs kith in this process, for what needs no engine.
func inProcess(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(args, Streams{In: strings.NewReader(""), Out: &o, Err: &e, Env: func(string) string { return "" }, Dir: t.TempDir()})
	return code, o.String(), e.String()
}

// TestHelp holds every command to the same shape: what it does, two examples that
// can be typed, then the rest.
func TestHelp(t *testing.T) {
	a := &app{streams: Streams{Env: func(string) string { return "" }}}
	var walk func(*cobra.Command, []string)
	walk = func(c *cobra.Command, path []string) {
		t.Run(strings.Join(append([]string{"kith"}, path...), " "), func(t *testing.T) {
			if strings.HasSuffix(c.Short, ".") || c.Short == "" {
				t.Errorf("short: %q", c.Short)
			}
			examples := strings.Split(c.Example, "\n")
			if len(examples) != 2 {
				t.Errorf("%d examples, want 2", len(examples))
			}
			for _, e := range examples {
				if !strings.HasPrefix(e, "  ") || !strings.Contains(e, "kith ") {
					t.Errorf("example %q", e)
				}
			}
			code, out, errs := inProcess(t, append(path, "--help")...)
			if code != 0 || errs != "" {
				t.Errorf("exit %d, stderr %q", code, errs)
			}
			if want := c.Short + "\n\nExamples:\n" + c.Example + "\n"; !strings.HasPrefix(out, want) {
				t.Errorf("help begins\n%s\nwant\n%s", out, want)
			}
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if name, _ := pflag.UnquoteUsage(f); strings.Contains(name, " ") {
					t.Errorf("--%s takes a %q: what stands between backquotes is the name of its value", f.Name, name)
				}
			})
			for line := range strings.Lines(c.Long) {
				if len(line) > 90 {
					t.Errorf("a line of %d characters: %s", len(line), line)
				}
			}
		})
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				walk(sub, append(append([]string(nil), path...), sub.Name()))
			}
		}
	}
	walk(a.root(), nil)
}

// TestEveryCommandHasJSON: --json is a flag of all.
func TestEveryCommandHasJSON(t *testing.T) {
	a := &app{streams: Streams{Env: func(string) string { return "" }}}
	for _, c := range a.root().Commands() {
		if c.InheritedFlags().Lookup("json") == nil {
			t.Errorf("%s has no --json", c.Name())
		}
	}
}

// TestMistypedFlagJSON: a flag that does not exist is a document, too, where --json is given.
func TestMistypedFlagJSON(t *testing.T) {
	for _, args := range [][]string{{"run", "--nosuch", "--json"}, {"run", "--json", "--nosuch"}, {"plan", "--limit", "x", "--json=true"}} {
		code, out, _ := inProcess(t, args...)
		var doc errorDocument
		if err := json.Unmarshal([]byte(out), &doc); err != nil || code != 1 || doc.Status != "failed" || doc.Error == "" {
			t.Errorf("kith %v: exit %d, %v\n%s", args, code, err, out)
		}
	}
}
