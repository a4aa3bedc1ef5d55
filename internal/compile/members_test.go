package compile_test

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/compile"
)

// TestExitIsNewerThanMerge: a stay that a merge has moved to the survivor and that ends in
// the same run was written twice under one version, and BigQuery took either of the two.
func TestExitIsNewerThanMerge(t *testing.T) {
	for target := range dialects {
		c := oddProject(t, target).At(compile.Epoch)
		b := compile.Build{ID: "build", Run: "run"}
		n := 0
		for _, group := range c.On(b).Profiles(b) {
			for _, p := range group.Profiles {
				if len(p.Segments) == 0 {
					continue
				}
				n++
				m := c.On(b).Members(p, 7_000_000)
				for _, s := range m.Merge {
					if !strings.Contains(s.SQL, "7000000") {
						t.Errorf("%s: %s is not of the version", target, s.Name)
					}
				}
				for _, s := range m.Write {
					if !strings.Contains(s.SQL, "7000001") || strings.Contains(s.SQL, "7000000") {
						t.Errorf("%s: %s is not of the version after it", target, s.Name)
					}
				}
			}
		}
		if n == 0 {
			t.Errorf("%s: no segments", target)
		}
	}
}
