package compile_test

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// TestModelsOfIdentity: other rules of identity are other models. After a repair of people
// who were one by mistake, syncs went on delivering them for as long as a guard stopped the
// build.
func TestModelsOfIdentity(t *testing.T) {
	for target := range dialects {
		for name, change := range map[string]func(*cdp.Entity){
			"nothing":      func(*cdp.Entity) {},
			"max":          func(e *cdp.Entity) { e.Identifiers[0].Max += 3 },
			"max_size":     func(e *cdp.Entity) { e.MaxSize += 7 },
			"block":        func(e *cdp.Entity) { e.Identifiers[0].Block = append(e.Identifiers[0].Block, "hub@x.nl") },
			"merge: false": func(e *cdp.Entity) { e.Links[0].Merge = !e.Links[0].Merge },
			"max_split":    func(e *cdp.Entity) { e.Guards.MaxSplit.Rows += 5 }, // a limit of builds, not of what they make
		} {
			c := oddProject(t, target)
			before := c.Models()
			change(c.Project().Entities[0])
			if after := c.Models(); (after == before) != (name == "nothing" || name == "max_split") {
				t.Errorf("%s: %s: %s, then %s", target, name, before, after)
			}
		}
	}
}

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
