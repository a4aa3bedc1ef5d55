package daemon

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// TestReload: files that change are read when they have been left alone; a half
// written or invalid project changes nothing; ticks of a new sync count from then.
func TestReload(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`))
	w.people("1")
	d := w.serve("one")
	w.until(at("2026-11-01T01:30:00"))
	whole := "syncs:\n" + syncOf("a", `schedule: {cron: "0 * * * *"}`) + syncOf("b", `schedule: {cron: "30 * * * *"}`)
	w.write("syncs/s.yml", whole[:len(whole)-30]) // half written
	d.poke()
	w.after(time.Second)
	if d.Health().Invalid != nil {
		t.Error("a file was read while it was written")
	}
	w.after(10 * time.Second)
	if d.Health().Invalid == nil {
		t.Error("an invalid project was not noticed")
	}
	w.until(at("2026-11-01T02:10:00"))
	same(t, "the one before goes on", []string{"01T01:00 succeeded", "01T02:00 succeeded"}, w.firings("sync a"))
	w.write("syncs/s.yml", whole)
	d.Reload()
	w.after(time.Second)
	if d.Health().Invalid != nil || len(d.Tasks()) != 3 {
		t.Errorf("invalid: %v, %d tasks", d.Health().Invalid, len(d.Tasks()))
	}
	w.until(at("2026-11-01T03:10:00"))
	same(t, "a", []string{"01T01:00 succeeded", "01T02:00 succeeded", "01T03:00 succeeded"}, w.firings("sync a"))
	same(t, "b", []string{"01T02:30 succeeded"}, w.firings("sync b"))
	w.write("syncs/s.yml", "syncs:\n"+syncOf("b", `schedule: {cron: "30 * * * *"}`))
	w.until(at("2026-11-01T04:45:00"))
	same(t, "a is gone", []string{"01T01:00 succeeded", "01T02:00 succeeded", "01T03:00 succeeded"}, w.firings("sync a"))
	if w.sessions != 1 {
		t.Errorf("%d sessions are open", w.sessions)
	}
}

// TestReloadAway: a project that could not be opened because the warehouse was away is
// opened when it is back, also one that somebody asked for.
func TestReloadAway(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 0 1 1 *"}`))
	d := w.serve("one")
	old := d.Session()
	w.away.Store(true)
	d.Reload()
	w.after(time.Minute)
	w.write("syncs/s.yml", "syncs:\n"+syncOf("a", `schedule: {cron: "0 0 1 1 *"}`)+syncOf("b", `schedule: {cron: "0 0 1 1 *"}`))
	w.after(time.Hour)
	if d.Health().Invalid != nil || len(d.Tasks()) != 2 {
		t.Errorf("away: invalid: %v, %d tasks", d.Health().Invalid, len(d.Tasks()))
	}
	w.away.Store(false)
	w.after(time.Minute)
	if d.Health().Invalid != nil || len(d.Tasks()) != 3 {
		t.Errorf("back: invalid: %v, %d tasks", d.Health().Invalid, len(d.Tasks()))
	}
	second := d.Session()
	w.away.Store(true)
	d.Reload() // as a new secret needs it: the files are the same
	w.after(time.Minute)
	w.away.Store(false)
	w.after(time.Minute)
	if d.Session() == second || second == old {
		t.Error("what was asked for was lost")
	}
}

// TestReloadWaiting: a run that waits for others to end is one of the project as it is when
// it begins.
func TestReloadWaiting(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "50 0 * * *"}`)+syncOf("b", `schedule: {cron: "0 1 * * *"}`)+syncOf("c", `schedule: {cron: "0 1 * * *"}`))
	w.people("1", "2")
	w.times.Runs = 1
	hold := w.held()
	d := w.serve("one")
	w.until(at("2026-11-01T00:55:00"))
	w.clock.jump(at("2026-11-01T01:00:10"))
	soon(t, "b and c are not due", func() bool { return d.Health().Running == 3 })
	w.write("syncs/s.yml", "syncs:\n"+syncOf("a", `schedule: {cron: "50 0 * * *"}`)+
		strings.Replace(syncOf("c", `schedule: {cron: "0 1 * * *"}`), "{source: people}", `{source: people, where: {column: id, eq: "1"}}`, 1))
	d.Reload()
	soon(t, "the project is not read again", func() bool { return len(d.Tasks()) == 3 })
	w.release(hold)
	w.until(at("2026-11-01T01:30:00"))
	same(t, "b is gone", []string{}, w.firings("sync b"))
	same(t, "c", []string{"01T01:00 succeeded"}, w.firings("sync c"))
	if b, c := len(w.dest.state("b")), len(w.dest.state("c")); b != 0 || c != 1 {
		t.Errorf("b has %d rows and c %d", b, c)
	}
}

// TestReloadPanic: a project over which kith falls is one that is invalid; the one before
// goes on, and one that is right is read.
func TestReloadPanic(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`))
	w.people("1")
	var falls atomic.Bool
	w.tune = func(e *engine.Engine) {
		if falls.Load() {
			_ = e.Project.Syncs[len(e.Project.Syncs)]
		}
	}
	d := w.serve("one")
	falls.Store(true)
	d.Reload()
	w.after(time.Minute)
	if err := d.Health().Invalid; !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "internal error of kith, please report it: runtime error: index out of range [1]") {
		t.Errorf("after a panic: %v", err)
	}
	w.until(at("2026-11-01T02:10:00"))
	same(t, "the one before goes on", []string{"01T01:00 succeeded", "01T02:00 succeeded"}, w.firings("sync a"))
	falls.Store(false)
	d.Reload()
	w.after(time.Minute)
	if err := d.Health().Invalid; err != nil {
		t.Errorf("after it is right: %v", err)
	}
}

// TestReloadPostponed: a project whose warehouse is not there is not in use, which is known as long
// as it is so, and said again to who asks; it is tried at most every minute.
func TestReloadPostponed(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 0 1 1 *"}`))
	var down atomic.Pointer[error]
	var tries, counted atomic.Int64
	w.opens = func() error {
		tries.Add(1)
		if err := down.Load(); err != nil {
			return *err
		}
		return nil
	}
	w.events = func(e Event) {
		if e.Kind == "reload" && e.Status == "postponed" {
			counted.Add(1)
		}
	}
	d := w.serve("one")
	is := func(what string, postponed bool, reloads int64) {
		t.Helper()
		said := 0
		w.mu.Lock()
		for _, line := range w.warned {
			if strings.Contains(line, "no such host") {
				said++
			}
		}
		w.mu.Unlock()
		if h := d.Health(); (h.Postponed != nil) != postponed || h.Invalid != nil || h.Away != nil || counted.Load() != reloads || said != int(reloads) {
			t.Errorf("%s: %+v, counted %d, said %d times", what, h, counted.Load(), said)
		}
	}
	is("in use", false, 0)
	unreachable := fmt.Errorf("%w: no such host", cdp.ErrUnreachable)
	down.Store(&unreachable)
	w.write("syncs/s.yml", "syncs: [")
	w.after(10 * time.Second)
	d.Reload()
	w.after(10 * time.Second)
	w.write("syncs/s.yml", "syncs:\n"+syncOf("a", `schedule: {cron: "0 0 1 1 *"}`)+syncOf("b", `schedule: {cron: "0 0 1 1 *"}`))
	d.poke()
	w.after(10 * time.Second)
	is("away", true, 1)
	before := tries.Load()
	w.after(time.Hour)
	if n := tries.Load() - before; n < 50 || n > 65 {
		t.Errorf("tried %d times in an hour", n)
	}
	is("still away", true, 1)
	d.Reload()
	w.after(time.Second)
	is("asked for", true, 2)
	down.Store(nil)
	w.after(time.Minute)
	is("back", false, 2)
	if n := len(d.Tasks()); n != 3 {
		t.Errorf("%d tasks", n)
	}
}
