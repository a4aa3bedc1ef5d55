package daemon

import (
	"testing"
	"time"

	"github.com/kithdata/kith/internal/ledger"
)

// TestForecastBehind: what is overdue because others are on, or because somebody runs it
// by hand, is told from what nobody serves.
func TestForecastBehind(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`)+syncOf("b", `schedule: {cron: "0 * * * *"}`))
	w.people("1")
	w.times.Runs = 1
	hold := w.held()
	d := w.serve("one")
	e := d.Session().Engine
	behind := func() (out []string) {
		t.Helper()
		list, err := Forecasts(t.Context(), e.Ledger, e.Project, w.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"sync a", "sync b"} {
			if f := list[name]; f.Overdue {
				out = append(out, name+" waits for "+f.Behind)
			}
		}
		return out
	}
	w.clock.jump(at("2026-11-01T01:10:00"))
	soon(t, "nothing runs", func() bool { return w.dest.heldCount() > 0 })
	if got := behind(); len(got) != 1 || got[0] != "sync a waits for sync b" && got[0] != "sync b waits for sync a" {
		t.Errorf("one is on: %q", got)
	}
	w.release(hold)
	w.after(10 * time.Minute)
	same(t, "done", nil, behind())
	d.finish()
	w.clock.jump(at("2026-11-01T02:10:00"))
	same(t, "nobody", []string{"sync a waits for ", "sync b waits for "}, behind())
	if _, err := e.Ledger.Acquire(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	same(t, "by hand", []string{"sync a waits for a run by hand (" + ledger.Holder{Host: "one", PID: 1}.String() + ")", "sync b waits for "}, behind())
}
