package project

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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

// inLine is a value that stands on the line of its key.
var inLine = regexp.MustCompile(`: +(\[[^\[\]]*\]|"[^"]*"|[^\s,{}\[\]"]+)`)

// TestMutatedValues: so it does with every value as nothing and as a list of nothing, and
// with every list as its first word, with a hole behind the first, and empty.
func TestMutatedValues(t *testing.T) {
	for _, dir := range []string{"testdata/shop", "testdata/consent", "testdata/match", "testdata/traits"} {
		files := projectFiles(t, dir)
		for name, text := range files {
			for i, at := range inLine.FindAllStringSubmatchIndex(text, -1) {
				by := []string{[]string{"~", "[~]"}[i%2]} // one of them for each value: together they take long
				if value := text[at[2]:at[3]]; strings.HasPrefix(value, "[") {
					first, _, _ := strings.Cut(strings.Trim(value, "[]"), ",")
					by = append(by, first, "[~]", "["+first+", ~]", "[]")
				}
				for _, instead := range by {
					loads(t, files, name, text[:at[2]]+instead+text[at[3]:])
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
