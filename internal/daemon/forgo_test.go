package daemon

import (
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// TestForgoesNoEnd: catch_up: never forgoes a tick that nothing served. A run of it that has
// ended is recorded and told as it ended, and one that died is closed.
func TestForgoesNoEnd(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `alerts: {on: [failed, recovered]}, schedule: {cron: "0 * * * *", catch_up: never}`)+syncOf("b", `schedule: {after: a}`))
	w.people("1")
	w.dest.fail = func(string) error { return &cdp.Fatal{Reason: "no"} }
	hour := start.Truncate(time.Hour)
	served := []string{}
	dies := func(point, status string) {
		t.Helper()
		d := w.serve("one")
		hour = hour.Add(time.Hour)
		if point == "" {
			hold := w.held()
			w.until(hour)
			d.kill()
			w.release(hold)
		} else {
			d.dieAt(point)
			w.clock.jump(hour)
			<-d.died
		}
		passOn()
		served = append(served, hour.Format("02T15:04")+" "+status, hour.Add(time.Hour).Format("02T15:04")+" missed")
		hour = hour.Add(time.Hour)
		w.clock.jump(hour.Add(20 * time.Minute))
		d = w.serve("two")
		w.after(10 * time.Minute)
		same(t, status, served, w.firings("sync a"))
		d.finish()
	}
	dies("after run", "failed")
	same(t, "told", []string{"sync a failed"}, w.messages())
	w.dest.mu.Lock()
	w.dest.fail = nil
	w.dest.mu.Unlock()
	dies("after run", "succeeded")
	same(t, "told", []string{"sync a failed", "sync a recovered"}, w.messages())
	if got := w.firings("sync b"); len(got) != 1 {
		t.Errorf("after the run that has ended: %q", got)
	}
	w.people("2")
	dies("", "missed")
	if got := w.outcomes(); got != "failed 1, interrupted 1, succeeded 2" {
		t.Errorf("runs: %s", got)
	}
}
