package daemon

import (
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/ledger"
)

// TestPause: a paused sync is left alone, over restarts, and what was due meanwhile
// is not made up for; a person may still ask.
func TestPause(t *testing.T) {
	onBoth(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`), pausing)
}

func pausing(t *testing.T, w *world) {
	w.times.Nap = time.Hour // so that a pause is seen before the next tick
	w.people("1")
	d := w.serve("one")
	e := d.Session().Engine
	pause := func(on bool) {
		if _, err := Pause(t.Context(), e.Ledger, e.Project, []string{"sync a"}, ledger.Pause{Paused: on, Reason: "why", Since: w.clock.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	w.until(at("2026-11-01T01:30:00"))
	pause(true)
	w.until(at("2026-11-01T03:30:00"))
	d.finish()
	d = w.serve("two")
	w.until(at("2026-11-01T04:30:00"))
	same(t, "paused", []string{"01T01:00 succeeded"}, w.firings("sync a"))
	if _, err := d.Ask(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	w.after(time.Minute)
	same(t, "asked", []string{"01T01:00 succeeded", "01T04:30 succeeded"}, w.firings("sync a"))
	pause(false)
	w.until(at("2026-11-01T05:30:00"))
	same(t, "resumed", []string{"01T01:00 succeeded", "01T04:30 succeeded", "01T05:00 succeeded"}, w.firings("sync a"))
}

// TestPausedRun: what a stop left of a run waits for the end of a pause; what a person
// asks for does not wait for it.
func TestPausedRun(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *"}`))
	w.times.Nap = time.Hour
	w.manyPeople(2500) // three batches
	hold := w.held()
	d := w.serve("one")
	w.until(at("2026-11-01T06:00:00"))
	e := d.Session().Engine
	if _, err := Pause(t.Context(), e.Ledger, e.Project, []string{"sync a"}, ledger.Pause{Paused: true, Since: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	d.stop()
	w.release(hold)
	d.finish()
	sent := len(w.dest.state("a"))
	if sent == 0 || sent == 2500 {
		t.Fatalf("%d rows were sent before the stop", sent)
	}
	d = w.serve("two")
	w.after(time.Hour)
	if n := len(w.dest.state("a")); n != sent {
		t.Errorf("%d rows, %d before: a sync that is paused has delivered", n, sent)
	}
	w.people("asked")
	if _, err := d.Ask(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	w.after(time.Minute)
	if n := len(w.dest.state("a")); n != 2501 {
		t.Errorf("%d rows after somebody asked", n)
	}
	w.people("resumed")
	if _, err := Pause(t.Context(), e.Ledger, e.Project, []string{"sync a"}, ledger.Pause{Since: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	w.after(time.Hour)
	if n := len(w.dest.state("a")); n != 2502 {
		t.Errorf("%d rows after the pause", n)
	}
	same(t, "firings", []string{"01T06:00 succeeded", "01T07:00 succeeded"}, w.firings("sync a"))
}

// TestPauseRenamed: a sync that was renamed while it was paused is left alone under its
// new name, until somebody lets that go on.
func TestPauseRenamed(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`))
	w.times.Nap = time.Hour
	w.people("1")
	d := w.serve("one")
	w.until(at("2026-11-01T01:30:00"))
	pause := func(d *served, task string, on bool) {
		e := d.Session().Engine
		if _, err := Pause(t.Context(), e.Ledger, e.Project, []string{task}, ledger.Pause{Paused: on, Reason: "why", Since: w.clock.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	pause(d, "sync a", true)
	d.finish()
	w.write("syncs/s.yml", "syncs:\n"+strings.Replace(syncOf("b", `was: a, schedule: {cron: "0 * * * *"}`), "object: b", "object: a", 1))
	d = w.serve("two")
	w.until(at("2026-11-01T03:30:00"))
	same(t, "renamed", []string{}, w.firings("sync b"))
	forecasts, err := Forecasts(t.Context(), d.Session().Engine.Ledger, d.Session().Engine.Project, w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if p := forecasts["sync b"].Pause; !p.Paused || p.Reason != "why" {
		t.Errorf("status shows %+v", p)
	}
	// A run that a person asks for moves what kith knows of the sync; then the former name goes.
	if _, err := d.Ask(t.Context(), []string{"b"}); err != nil {
		t.Fatal(err)
	}
	w.until(at("2026-11-01T03:40:00"))
	d.finish()
	w.write("syncs/s.yml", "syncs:\n"+strings.Replace(syncOf("b", `schedule: {cron: "0 * * * *"}`), "object: b", "object: a", 1))
	before := w.firings("sync b")
	d = w.serve("three")
	w.until(at("2026-11-01T05:30:00"))
	same(t, "without its former name", before, w.firings("sync b"))
	pause(d, "sync b", false)
	w.until(at("2026-11-01T06:30:00"))
	same(t, "resumed", append(before, "01T06:00 succeeded"), w.firings("sync b"))
}

// TestResumeUnpaused: who resumes a sync that is not paused takes nothing from it: neither a
// tick that waits for newer rows, nor one of a time in which nothing served, nor a run after another.
func TestResumeUnpaused(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *", when: fresh, until: "09:00"}`)+
		syncOf("b", `was: old, schedule: {cron: "0 6 * * *"}`)+syncOf("c", `schedule: {after: b}`))
	d := w.serve("one")
	resume := func(d *served) {
		t.Helper()
		e := d.Session().Engine
		all := []string{"build", "sync a", "sync b", "sync c"}
		if _, err := Pause(t.Context(), e.Ledger, e.Project, all, ledger.Pause{Since: w.clock.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	w.people("1")
	w.until(at("2026-11-02T07:00:00"))
	same(t, "it waits", []string{"01T06:00 succeeded"}, w.firings("sync a"))
	resume(d)
	w.until(at("2026-11-02T07:30:00"))
	w.people("2")
	w.until(at("2026-11-02T08:00:00"))
	same(t, "fresh", []string{"01T06:00 succeeded", "02T06:00 succeeded"}, w.firings("sync a"))
	d.finish()
	w.clock.jump(at("2026-11-03T07:00:00"))
	resume(d)
	w.serve("two")
	w.after(10 * time.Minute)
	same(t, "made up for", []string{"03T06:00 succeeded"}, w.firings("sync b")[2:])
	if n := len(w.firings("sync c")); n != 3 {
		t.Errorf("%d runs after b: %q", n, w.firings("sync c"))
	}
}
