package engine

import (
	"slices"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// TestFoundOfAnother: what another run has acknowledged, or taken away again, is known at once,
// also where answers wait to be folded: a record that is kith's does not pass for one from before it.
func TestFoundOfAnother(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		w := newWorldOf(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))), d)
		const baseline = "baseline_people"
		w.entity.Links[0].Source.Key = []string{"email"}
		sync := &cdp.Sync{Item: cdp.Item{Name: "people"}, Source: w.entity.Links[0].Source, Kind: cdp.Object, Remote: "people", Destination: crm()}
		diff := w.e.Compiler.Diff(sync, cdp.DestinationSpec{Writes: []cdp.RemoteSpec{{Kind: cdp.Object}}}, compile.DiffInput{Baseline: baseline, Mapping: 1})
		for _, s := range diff.CreateBaseline() {
			w.sql(s.SQL)
		}
		ack := func(epoch uint64, op cdp.Op, r cdp.Result, rows ...string) {
			t.Helper()
			var acks []ledger.Ack
			for _, row := range rows {
				acks = append(acks, ledger.Ack{Row: cdp.Delta{Op: op, KH: 7, RowID: row, Key: row, H: 9}, Result: r, Ver: epoch << 32, At: testNow})
			}
			if err := w.e.Ledger.Acknowledge(t.Context(), ledger.SyncRun{Sync: sync.Name, Run: "r", Epoch: epoch}, baseline, "crm", acks); err != nil {
				t.Fatal(err)
			}
		}
		done, there := cdp.Result{Fate: cdp.Delivered}, cdp.Result{Fate: cdp.Skipped, Code: cdp.Exists}
		ack(2, cdp.Add, done, "left")
		if err := w.e.Ledger.Fold(t.Context(), baseline, 0); err != nil {
			t.Fatal(err)
		}
		ack(4, cdp.Add, done, "made", "gone")
		ack(5, cdp.Remove, done, "gone", "left")
		ack(3, cdp.Add, there, "made", "gone", "left", "found")
		var got []string
		for _, r := range w.query("SELECT row_id FROM " + w.p.State + ".foreign_rows ORDER BY row_id") {
			got = append(got, ledger.Text(r[0]))
		}
		if want := []string{"found", "gone", "left"}; !slices.Equal(got, want) {
			t.Errorf("%v are taken for somebody else's, not %v", got, want)
		}
	})
}
