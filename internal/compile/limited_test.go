package compile_test

import (
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// TestLookupsAreLimited: max_bytes_billed holds for what people look up, such as all links of an entity
// and whole builds: no run waits for it.
func TestLookupsAreLimited(t *testing.T) {
	c := oddProject(t, "bq")
	e := c.Project().Entities[0]
	count, list := c.Differ(e, "b1", "b2", 10)
	look := c.Lookup(e, compile.Build{ID: "b1"})
	for _, s := range []cdp.Statement{look.HubEdges(10, "p1"), count, list} {
		if s.Unlimited {
			t.Errorf("%s of %s has no limit", s.Name, s.Model)
		}
	}
}
