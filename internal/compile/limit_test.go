package compile_test

import (
	"slices"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// TestUnlimited: what ends a delivery that has begun is held by no limit, nor is the fold of what it was
// answered; what a run does before it sends anything is.
func TestUnlimited(t *testing.T) {
	c := oddProject(t, "bq")
	traits := c.Project().Traits
	half := traits[slices.IndexFunc(traits, func(t *cdp.Trait) bool { return t.Kind == cdp.SplitTrait })]
	exposed := 0
	for _, s := range c.Project().Syncs {
		if s.Entity != nil && s.Source == nil {
			s.Fields = append(s.Fields, &cdp.SyncField{Remote: "half", Kind: cdp.FieldTrait, Trait: half, Type: half.Type})
		}
		d := c.Diff(s, specs()[s.Destination.Type], compile.DiffInput{Baseline: "baseline", Changeset: "changeset", Fix: "fix"})
		ends := append(d.Exposures(1), d.Commit(1, cdp.NoReason), d.CommitLog("run", "hook", cdp.NoReason), d.Page(cdp.Add, 0, "", 9, 100, cdp.NoReason))
		exposed += len(ends) - 3
		fold, _ := c.Fold("baseline", 1, "0123456789abcdef")
		for _, x := range append(ends, fold.List()...) {
			if !x.Unlimited {
				t.Errorf("%s of %s may be refused", x.Name, x.Model)
			}
		}
	}
	if exposed == 0 {
		t.Error("no sync has exposures")
	}
	limited := []string{}
	for _, x := range c.All(specs()) {
		if !x.Unlimited {
			limited = append(limited, x.Name)
		}
	}
	for _, name := range []string{"digest", "changeset", "silent rows"} {
		if !slices.Contains(limited, name) {
			t.Errorf("%s has no limit: %v", name, limited)
		}
	}
}
