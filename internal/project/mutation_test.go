package project

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMutations: a project with a line left out, a value emptied or a word changed
// still loads to the end, in both directions of every reference.
func TestMutations(t *testing.T) {
	mutations := []func(string) string{
		func(string) string { return "" },
		func(line string) string { return cutAfter(line, ":") },
		func(line string) string { return strings.Replace(line, ": ", ": [x, ", 1) + "]" },
		func(line string) string {
			return strings.NewReplacer("person", "persn", "email", "emial", "vip", "vp", "order", "ordr").Replace(line)
		},
		func(line string) string {
			return strings.NewReplacer("90d", "90", "true", "yes", "sum(", "sun(", "eq:", "gt:", "{", "{x: ").Replace(line)
		},
	}
	for _, dir := range []string{"testdata/shop", "testdata/held", "testdata/consent", "testdata/forty"} {
		files := projectFiles(t, dir)
		for name, text := range files {
			lines := strings.Split(text, "\n")
			for i, line := range lines {
				for k := range 2 { // two of them for each line: together they take long
					changed := slices.Clone(lines)
					changed[i] = mutations[(i+2*k)%len(mutations)](line)
					if changed[i] != line {
						loads(t, files, name, strings.Join(changed, "\n"))
					}
				}
			}
		}
	}
}

func cutAfter(line, mark string) string {
	before, _, _ := strings.Cut(line, mark)
	return before + mark
}

func projectFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yml") {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		files[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func loads(t *testing.T, files map[string]string, name, text string) {
	t.Helper()
	l := newLoader(".", Options{Specs: testSpecs()})
	l.held = map[feature]bool{}
	for file, original := range files {
		if file == name {
			original = text
		}
		l.parse(file, []byte(original))
	}
	l.resolve()
	l.tidy()
	l.problems.Sort()
	placed(t, l.problems)
	if !l.problems.HasErrors() {
		Fragments(l.p)
	}
	if t.Failed() {
		t.Fatalf("%s:\n%s", name, text)
	}
}
