package engine

import (
	"math/rand/v2"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// TestSecondLook: a digest is made again with more buckets when most of the first
// differ, and what is read then is the second.
func TestSecondLook(t *testing.T) {
	t.Parallel()
	w := newReadable(t, rand.New(rand.NewPCG(3, 6)))
	cs := w.d.cs
	d := w.e.Compiler.Diff(cs.sync, cs.remote.Spec, compile.DiffInput{Baseline: "baseline_rows", Digest: "digest", Mapping: 2})
	w.add("crm", cdp.Row{day(1), "a@example.com"}, cdp.Row{day(1), "b@example.com"}, cdp.Row{day(1), "c@example.com"})
	for _, bits := range []int{1, mostBits} {
		if err := w.e.sum(t.Context(), w.d.req, cs, d, bits); err != nil {
			t.Fatal(err)
		}
		if bits == mostBits && (cs.dirty != 3 || cs.rows != 3) {
			t.Errorf("%d buckets differ, of %d rows", cs.dirty, cs.rows)
		}
	}
}
