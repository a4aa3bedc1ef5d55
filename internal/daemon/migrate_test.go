package daemon

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/ledger"
)

// TestMigrates: a ledger of version 1 gets what the daemon needs, and keeps what it has.
func TestMigrates(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *"}`))
	w.people("1")
	d := w.serve("one")
	w.until(at("2026-11-01T06:30:00"))
	d.finish()
	// What version 1 has not: later steps make all of it.
	for _, table := range []string{"firings", "schedules", "pauses", "episodes"} {
		w.sql("DROP TABLE " + w.schema + "." + table)
	}
	w.sql("ALTER TABLE " + w.schema + ".kith_meta DELETE WHERE version > 1 SETTINGS mutations_sync = 1")
	before := fmt.Sprint(w.query("SELECT * FROM SCHEMA.runs FINAL ORDER BY run_id"), w.query("SELECT * FROM SCHEMA.baseline_a FINAL ORDER BY row_id"))
	w.serve("two")
	if rows := w.query("SELECT max(version), uniq(salt) FROM SCHEMA.kith_meta"); ledger.Uint(rows[0][0]) != ledger.Version || ledger.Uint(rows[0][1]) != 1 {
		t.Errorf("version and salts: %v", rows)
	}
	if after := fmt.Sprint(w.query("SELECT * FROM SCHEMA.runs FINAL ORDER BY run_id"), w.query("SELECT * FROM SCHEMA.baseline_a FINAL ORDER BY row_id")); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	w.until(at("2026-11-02T06:30:00"))
	same(t, "firings", []string{"02T06:00 succeeded"}, w.firings("sync a"))
	if n := w.dest.calls["a"]; n != 1 {
		t.Errorf("%d pushes: what was delivered before was sent again", n)
	}
}

// TestSweep: old firings go, but never the last ones, from which ticks count.
func TestSweep(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 1 1 *"}`))
	d := w.serve("one")
	for days := range 60 {
		at := start.AddDate(0, 0, -days-1).Truncate(24 * time.Hour)
		status := "failed"
		if days == 58 {
			status = "succeeded"
		}
		f := ledger.Firing{Task: "sync a", Tick: at, Kind: ledger.ByCron, State: ledger.Done, Status: status, At: at}
		if err := d.Session().Engine.Ledger.WriteFiring(t.Context(), f, 1); err != nil {
			t.Fatal(err)
		}
	}
	w.after(25 * time.Hour)
	n := 0
	for range 100 { // it goes on beside the loop
		if n = len(w.firings("sync a")); n == 34 { // 33 of them young enough, and the one that ended well
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%d firings", n)
}
