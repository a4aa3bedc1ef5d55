package project

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/diag"
)

// TestGolden loads every folder of testdata and compares what is said with its
// want.txt. A file target in the folder names a target other than the default one.
func TestGolden(t *testing.T) {
	kiths, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range kiths {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() || filepath.Base(dir) == "fuzz" {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			target, _ := os.ReadFile(filepath.Join(dir, "target"))
			p, problems := Load(dir, Options{Target: strings.TrimSpace(string(target)), Specs: testSpecs()})
			if p == nil {
				t.Fatal("no project")
			}
			Fragments(p)
			golden(t, filepath.Join(dir, "want.txt"), rendered(t, dir, problems))
			placed(t, problems)
			if want := countFaults(t, dir); want > 0 && len(problems) != want {
				t.Errorf("%d problems for %d faults", len(problems), want)
			}
		})
	}
}

// countFaults counts the comments that mark a fault, so that a case says itself how
// many problems it has: no more, which would be noise, and no fewer.
func countFaults(t *testing.T, dir string) int {
	n := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yml") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, line := range strings.Split(string(b), "\n") {
			if _, mark, ok := strings.Cut(line, "# fault"); ok {
				k := 1
				if _, err := fmt.Sscanf(mark, " x%d", &k); err != nil {
					k = 1
				}
				n += k
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func rendered(t *testing.T, dir string, problems diag.List) string {
	t.Helper()
	var b bytes.Buffer
	source := func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, name)) }
	if err := diag.Render(&b, problems, source, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s differs (-want +got), see -update:\n%s", path, d)
	}
}

// placed: every problem has a position, and the list is sorted.
func placed(t *testing.T, problems diag.List) {
	t.Helper()
	for _, p := range problems {
		if p.Pos.File == "" || p.Pos.Line < 1 || p.Pos.Col < 1 {
			t.Errorf("no position: %+v", p)
		}
		for _, n := range p.Notes {
			if n.Pos.File == "" || n.Pos.Line < 1 {
				t.Errorf("a note without a position: %+v", p)
			}
		}
	}
	sorted := slices.Clone(problems)
	sorted.Sort()
	if d := cmp.Diff(sorted, problems); d != "" {
		t.Errorf("not sorted: %s", d)
	}
}
