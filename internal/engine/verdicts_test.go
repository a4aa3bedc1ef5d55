package engine

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// TestBackoff: what was rejected waits, but the removal of who withdrew consent does not
// wait because the removal of who left a segment was rejected.
func TestBackoff(t *testing.T) {
	t.Parallel()
	w := newReadable(t, rand.New(rand.NewPCG(4, 6)))
	cs := w.d.cs
	d := w.e.Compiler.Diff(cs.sync, cs.remote.Spec, compile.DiffInput{Baseline: "baseline_rows", Raw: "raw", Changeset: "raw", Fix: "fix", Mapping: 2})
	w.sql(d.CreateChangeset("raw").SQL)
	w.sql(d.CreateFix().SQL)
	var acks []ledger.Ack
	var raw, fix []cdp.Row
	for i, c := range []struct {
		id              string
		op              cdp.Op
		before, now, by cdp.Reason // of the rejected removal, of this one as it seems, as it is
	}{
		{id: "value", op: cdp.Add},
		{"left", cdp.Remove, cdp.Left, cdp.Left, cdp.NoReason},
		{"withdrawn", cdp.Remove, cdp.Withdrawn, cdp.Left, cdp.Withdrawn},
		{"left, now withdrawn", cdp.Remove, cdp.Left, cdp.Left, cdp.Withdrawn},
		{"left, now gone", cdp.Remove, cdp.Left, cdp.Gone, cdp.NoReason},
	} {
		acks = append(acks, ledger.Ack{Row: cdp.Delta{Op: c.op, KH: uint64(i), RowID: c.id, H: 1<<63 + 5, Reason: c.before}, Mapping: 2, Ver: 1, At: testNow, Result: cdp.Result{Fate: cdp.Rejected, Code: cdp.InvalidValue}})
		raw = append(raw, cdp.Row{uint64(c.op), uint64(i), c.id, uint64(1<<63 + 5), uint64(c.now)})
		if c.by != cdp.NoReason {
			fix = append(fix, cdp.Row{uint64(i), c.id, uint64(c.op), uint64(3), uint64(c.by)})
		}
	}
	if err := w.e.Ledger.Acknowledge(t.Context(), w.d.run, "baseline_rows", "crm", acks); err != nil {
		t.Fatal(err)
	}
	for table, x := range map[string]struct {
		columns []string
		rows    []cdp.Row
	}{"raw": {[]string{"op", "kh", "row_id", "h", "reason"}, raw}, "fix": {[]string{"kh", "row_id", "op", "verdict", "reason"}, fix}} {
		if err := w.w.Append(t.Context(), w.e.Compiler.State(table), x.columns, x.rows); err != nil {
			t.Fatal(err)
		}
	}
	w.sql(d.Backoff(w.e.Compiler.Dialect().Time(testNow.Add(time.Minute))).SQL)
	var held []string
	for _, r := range w.query("SELECT row_id FROM " + w.p.State + ".fix WHERE verdict = 1 ORDER BY kh") {
		held = append(held, ledger.Text(r[0]))
	}
	if diff := cmp.Diff([]string{"value", "left", "withdrawn"}, held); diff != "" {
		t.Error(diff)
	}
}
