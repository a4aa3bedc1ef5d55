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

// TestForgoesNoTickOfOthers: nor does a daemon forgo one that an older one has not come to yet,
// also when what that is busy with has begun later.
func TestForgoesNoTickOfOthers(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "50 0 * * *"}`)+syncOf("b", `schedule: {cron: "0 1 * * *", catch_up: never}`)+syncOf("c", `schedule: {cron: "0 1 * * *", catch_up: never}`))
	w.people("1")
	w.times.Runs = 1
	hold, gate := w.held(), make(chan struct{})
	w.passes = func(point string) {
		if point == "before claim" && w.clock.Now().After(at("2026-11-01T01:00:00")) {
			<-gate
		}
	}
	w.serve("one")
	w.until(at("2026-11-01T00:55:00"))
	w.clock.jump(at("2026-11-01T01:30:00")) // b and c wait for a to end
	two := w.serve("two")
	looked := func(name string, after time.Time) {
		t.Helper()
		soon(t, name+" is not looked at", func() bool {
			x, _ := two.copyOf(name)
			return x.patient.After(after) || len(w.firings(name)) > 0
		})
	}
	looked("sync b", at("2026-11-01T01:30:00"))
	looked("sync c", at("2026-11-01T01:30:00"))
	next := w.held()
	w.clock.jump(at("2026-11-01T01:31:00"))
	close(hold)
	soon(t, "a does not end", func() bool { return len(w.firings("sync a")) > 0 })
	w.clock.jump(at("2026-11-01T01:50:00"))
	looked("sync b", at("2026-11-01T01:50:00"))
	looked("sync c", at("2026-11-01T01:50:00"))
	same(t, "between two", []string{}, append(w.firings("sync b"), w.firings("sync c")...))
	close(gate)
	soon(t, "nothing follows a", func() bool { return w.dest.heldCount() > 0 })
	w.clock.jump(at("2026-11-01T02:10:00"))
	looked("sync b", at("2026-11-01T02:10:00"))
	looked("sync c", at("2026-11-01T02:10:00"))
	same(t, "waiting", []string{}, append(w.firings("sync b"), w.firings("sync c")...))
	w.release(next)
	w.until(at("2026-11-01T03:00:00"))
	same(t, "b", []string{"01T01:00 succeeded"}, w.firings("sync b"))
	same(t, "c", []string{"01T01:00 succeeded"}, w.firings("sync c"))
}

// TestForgoesNoneWithoutTicks: what runs after others has no next tick that could send the rest of
// a run that died.
func TestForgoesNoneWithoutTicks(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`)+syncOf("b", `schedule: {after: a, catch_up: never}`))
	w.people("1")
	hold := w.held()
	d := w.serve("one")
	w.until(at("2026-11-01T01:00:00"))
	next := w.held()
	close(hold)
	soon(t, "a does not end", func() bool { return len(w.firings("sync a")) > 0 })
	soon(t, "b does not follow", func() bool { return w.dest.heldCount() > 0 })
	d.kill()
	w.release(next)
	passOn()
	w.clock.jump(at("2026-11-01T01:20:00"))
	w.serve("two")
	w.after(10 * time.Minute)
	if got := w.firings("sync b"); len(got) != 1 || got[0][len("01T01:00 "):] != "succeeded" {
		t.Errorf("b: %q", got)
	}
	if got := w.outcomes(); got != "interrupted 1, succeeded 2" {
		t.Errorf("runs: %s", got)
	}
}
