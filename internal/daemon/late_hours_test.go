package daemon

import (
	"testing"
	"time"
)

// TestLateAfterHours: a run whose hours are over is not late for that, and is due when they begin
// again; from there on its lateness counts.
func TestLateAfterHours(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `alerts: {on: [failed, late, recovered], late: 90m}, schedule: {cron: "0 * * * *", hours: "08:00-10:00"}`))
	w.times.Nap = 10 * time.Minute
	w.manyPeople(2500) // three batches
	d := w.serve("one")
	w.until(at("2026-11-01T08:30:00"))
	w.sql("ALTER TABLE " + w.schema + ".src_people UPDATE label = 'y' WHERE 1 SETTINGS mutations_sync = 1")
	hold := w.held()
	w.until(at("2026-11-01T09:59:00"))
	w.until(at("2026-11-01T10:01:00"))
	w.release(hold)
	w.until(at("2026-11-01T16:00:00"))
	same(t, "outside of its hours", []string{}, w.messages())
	due := func() time.Time {
		t.Helper()
		list, err := Forecasts(t.Context(), d.Session().Engine.Ledger, d.Session().Engine.Project, w.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if own := d.Tasks()[1]; own.Name != "sync a" || !own.Next.Equal(list["sync a"].Next) {
			t.Errorf("%s is due at %s by itself, at %s by the ledger", own.Name, own.Next, list["sync a"].Next)
		}
		return list["sync a"].Next
	}
	if next := due(); !next.Equal(at("2026-11-02T08:00:00")) {
		t.Errorf("it is due next at %s", next)
	}
	hold = w.held()
	w.until(at("2026-11-02T08:30:00"))
	same(t, "the next morning", []string{}, w.messages())
	w.until(at("2026-11-02T09:45:00"))
	for i := 0; len(w.messages()) == 0 && i < 500; i++ { // who watches the hours sleeps meanwhile, and seems to be the daemon
		time.Sleep(10 * time.Millisecond)
	}
	same(t, "an hour and a half later", []string{"sync a late"}, w.messages())
	w.release(hold)
}
