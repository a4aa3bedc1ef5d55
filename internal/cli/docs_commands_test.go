package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var (
	codeSpan = regexp.MustCompile("`[^`\n]+`")
	// A call of kith: at the start, behind a prompt, a path or a variable.
	kithCall = regexp.MustCompile(`^\s*(?:\$ |ExecStart=|[A-Z_]+=\S+ )*(?:\S*/)?kith((?:\s+[^#|>;]*)?)`)
)

// calls are the command lines of kith in a page: in code blocks and code spans.
func calls(text string) []string {
	var out []string
	block := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			block = !block
			continue
		}
		pieces := []string{}
		if block || strings.HasPrefix(line, "    ") {
			if exec, ok := strings.CutPrefix(line, "ENTRYPOINT "); ok {
				line = strings.NewReplacer("[", "", "]", "", `"`, "", ",", "").Replace(exec)
			}
			pieces = append(pieces, line)
		} else {
			for _, s := range codeSpan.FindAllString(line, -1) {
				pieces = append(pieces, strings.Trim(s, "`"))
			}
		}
		for _, p := range pieces {
			if m := kithCall.FindStringSubmatch(p); m != nil && strings.TrimSpace(m[1]) != "" {
				out = append(out, strings.TrimSpace(m[1]))
			}
		}
	}
	return out
}

// TestDocumentedCommands: every command line in the README and the docs, those of the
// systemd unit and the container file among them, names a command and flags that exist.
func TestDocumentedCommands(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	a := &app{streams: Streams{Env: func(string) string { return "" }}}
	seen := map[string]bool{}
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range calls(string(text)) {
			root := a.root()
			words := strings.Fields(call)
			c, rest, err := root.Find(words)
			if err != nil || c == root && !strings.HasPrefix(words[0], "-") {
				t.Errorf("%s: there is no command `kith %s`", filepath.Base(page), call)
				continue
			}
			seen[c.Name()] = true
			for _, w := range rest {
				if !strings.HasPrefix(w, "-") || w == "-" {
					continue
				}
				name, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
				if !hasFlag(c, name) {
					t.Errorf("%s: `kith %s`: there is no flag %s", filepath.Base(page), call, w)
				}
			}
		}
	}
	for _, must := range []string{"serve", "run", "plan", "explain", "approve"} {
		if !seen[must] {
			t.Errorf("no page shows kith %s; the commands seen: %v", must, seen)
		}
	}
}

func hasFlag(c *cobra.Command, name string) bool {
	if name == "help" || name == "h" {
		return true
	}
	if len(name) == 1 {
		return c.Flags().ShorthandLookup(name) != nil || c.InheritedFlags().ShorthandLookup(name) != nil
	}
	return c.Flags().Lookup(name) != nil || c.InheritedFlags().Lookup(name) != nil
}

// TestDocumentedVariables: an environment variable of kith that a page names is one
// that the code reads.
func TestDocumentedVariables(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, dir := range []string{"../../internal", "../../cmd", "../../kith.yml", "../../models", "../../examples"} {
		err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") || filepath.Ext(path) != ".go" && filepath.Ext(path) != ".yml" {
				return err
			}
			text, err := os.ReadFile(path)
			code.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	found := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\bKITH_[A-Z_]+`).FindAllString(string(text), -1) {
			found++
			if !strings.Contains(code.String(), name) {
				t.Errorf("%s names %s, which nothing reads", filepath.Base(page), name)
			}
		}
	}
	if found == 0 {
		t.Error("no page names a variable")
	}
}
