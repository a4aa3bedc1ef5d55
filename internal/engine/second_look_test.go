package engine

import (
	"math/rand/v2"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
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

// TestBitsOfLastRuns: the number of buckets follows the largest change of the last three
// runs, not one of nearly everything before them, and nothing where the last was one.
func TestBitsOfLastRuns(t *testing.T) {
	run := func(changed uint64) ledger.SyncRun { return ledger.SyncRun{Rows: 10_000_000, Changed: changed} }
	for _, x := range []struct {
		want int
		last []ledger.SyncRun
	}{
		{fewBits, nil},
		{leastBits, []ledger.SyncRun{run(0)}},
		{someBits, []ledger.SyncRun{run(0), run(1)}},
		{leastBits, []ledger.SyncRun{run(0), run(10_000_000)}},
		{fewBits, []ledger.SyncRun{run(10_000_000), run(10_000)}},
		{18, []ledger.SyncRun{run(0), run(0), run(20_000)}},
		{leastBits, []ledger.SyncRun{run(0), run(0), run(0), run(20_000)}},
		{mostBits, []ledger.SyncRun{run(900_000)}},
	} {
		if got := (&changeset{last: x.last}).bits(); got != x.want {
			t.Errorf("after %+v: %d bits, not %d", x.last, got, x.want)
		}
	}
}

// TestLooks: few rows are joined, more are looked up, and what differs nearly everywhere
// or would be read too often is stored in order.
func TestLooks(t *testing.T) {
	type way struct {
		n    int
		many bool
	}
	for _, x := range []struct {
		joined, rows uint64
		want         way
	}{
		{1_000_000, 10_000_000, way{1, false}},
		{1_000_000, 1_000_000, way{1, false}},
		{6_300_000, 10_000_000, way{1, true}},
		{9_000_000, 10_000_000, way{2, true}},
		{9_900_000, 10_000_000, way{0, false}},
		{60_000_000, 100_000_000, way{0, false}},
	} {
		cs := &changeset{joined: x.joined, rows: x.rows}
		if n, many := cs.looks((dialect.ClickHouse{}).Statements); (way{n, many}) != x.want {
			t.Errorf("%d of %d rows: %d, %v; want %+v", x.joined, x.rows, n, many, x.want)
		}
	}
}
