package daemon

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// TestDiedIsRecordedAsItWas: a run whose process died is closed with when it began, and with what
// it had delivered.
func TestDiedIsRecordedAsItWas(t *testing.T) {
	onBoth(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *"}`), func(t *testing.T, w *world) {
		w.people("1", "2", "poison 3")
		w.tune = func(e *engine.Engine) { e.Fail = w.daemons[len(w.daemons)-1].boundary }
		first := w.serve("first")
		first.dieAt("before end run")
		w.clock.jump(at("2026-11-01T06:00:00"))
		<-first.died
		began := w.query("SELECT run_id, started_at, as_of FROM SCHEMA.runs")[0]
		passOn()
		w.serve("second")
		w.after(10 * time.Minute)
		same(t, "firings", []string{"01T06:00 partial"}, w.firings("sync a"))
		row := w.query("SELECT report, started_at, as_of, finished_at FROM " + w.newest("runs", "run_id") + " WHERE run_id = '" + ledger.Text(began[0]) + "'")[0]
		var report engine.Report
		if err := json.Unmarshal([]byte(ledger.Text(row[0])), &report); err != nil || len(report.Syncs) != 1 {
			t.Fatalf("%v: %v", row[0], err)
		}
		if s := report.Syncs[0]; report.Status != engine.Interrupted || s.Delivered != 2 || s.Rejected != 1 {
			t.Errorf("%s: %d delivered, %d rejected", report.Status, s.Delivered, s.Rejected)
		}
		if row[1] != began[1] || row[2] != began[2] || row[3] == row[1] {
			t.Errorf("began %v as of %v, and says %v as of %v until %v", began[1], began[2], row[1], row[2], row[3])
		}
	})
}
