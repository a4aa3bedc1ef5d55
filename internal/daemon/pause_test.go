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
	l := d.Session().Engine.Ledger
	pause := func(on bool) {
		if err := Pause(t.Context(), l, []string{"sync a"}, ledger.Pause{Paused: on, Reason: "why", Since: w.clock.Now()}); err != nil {
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
	l := d.Session().Engine.Ledger
	if err := Pause(t.Context(), l, []string{"sync a"}, ledger.Pause{Paused: true, Since: w.clock.Now()}); err != nil {
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
	if err := Pause(t.Context(), l, []string{"sync a"}, ledger.Pause{Since: w.clock.Now()}); err != nil {
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
		if err := Pause(t.Context(), d.Session().Engine.Ledger, []string{task}, ledger.Pause{Paused: on, Reason: "why", Since: w.clock.Now()}); err != nil {
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
