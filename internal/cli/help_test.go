package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
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
