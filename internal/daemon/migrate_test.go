package daemon

import (
	"fmt"
	"slices"
	"strings"
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

// TestSweep: old firings go with all that they were, but never the last ones, from
// which ticks count; and what may be on, or was asked for, stays.
func TestSweep(t *testing.T) {
	onBoth(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 1 1 *"}`), sweep)
}

func sweep(t *testing.T, w *world) {
	d := w.serve("one")
	d.finish()
	if !w.google() {
		w.sql("ALTER TABLE " + w.schema + ".firings MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1") // no merge takes the claims away
	}
	var claims, ends []string
	write := func(list *[]string, task string, days int, state, status string, ver int) {
		at := w.w.Dialect().Time(start.AddDate(0, 0, -days).Truncate(24 * time.Hour))
		*list = append(*list, fmt.Sprintf("('%s', %s, %s, 'cron', '%s', '%s', 'run', 1, '', '', %s, %d)", task, at, at, state, status, at, ver))
	}
	for days := 1; days <= 60; days++ {
		status := "failed"
		if days == 59 {
			status = "succeeded"
		}
		write(&claims, "sync a", days, ledger.Claimed, "", 1)
		write(&ends, "sync a", days, ledger.Done, status, 2)
	}
	write(&claims, "sync swept", 50, ledger.Claimed, "", 1) // by a kith that left this of it
	write(&ends, "sync swept", 10, ledger.Done, "succeeded", 2)
	write(&claims, "sync on", 50, ledger.Claimed, "", 1)
	write(&claims, "sync asked", 50, ledger.Queued, "", 0)
	for _, list := range [][]string{claims, ends} {
		w.sql("INSERT INTO " + w.schema + ".firings (task, tick, upto, kind, state, status, run_id, attempt, marks, note, `at`, ver) VALUES " + strings.Join(list, ", "))
	}
	d = w.serve("two")
	var left []string
	for range 100 { // it goes on beside the loop
		if left = w.firings("sync a"); len(left) == 35 { // 34 of them young enough, and the one that ended well
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if len(left) != 35 {
		t.Errorf("%d firings", len(left))
	}
	known, err := d.Session().Engine.Ledger.Tasks(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	open := []string{}
	for task, k := range known {
		for _, f := range k.Open {
			open = append(open, task+" "+f.State)
		}
	}
	slices.Sort(open)
	same(t, "open", []string{"sync asked queued", "sync on claimed"}, open)
}
