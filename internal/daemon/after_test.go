package daemon

import (
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestAfterQueued: what runs after another runs after each of its runs, also after one
// that was due while the one before was on, and delivers from the same build.
func TestAfterQueued(t *testing.T) {
	w := newWorld(t, "schedule: {cron: \"15,30 0 * * *\"}\n", "syncs:\n"+entitySync("a", `schedule: {cron: "15,30 0 * * *"}`)+entitySync("b", `schedule: {after: a}`)+
		entitySync("c", `schedule: {after: b}`))
	w.people("1")
	hold := w.held()
	w.serve("one")
	w.until(at("2026-11-01T00:20:00"))
	w.people("2")
	w.until(at("2026-11-01T00:35:00"))
	next := w.held()
	close(hold)
	w.until(at("2026-11-01T00:40:00"))
	same(t, "a", []string{"01T00:15 succeeded"}, w.firings("sync a"))
	w.release(next)
	w.until(at("2026-11-01T00:45:00"))
	same(t, "both", []string{"01T00:15 succeeded", "01T00:30 succeeded"}, w.firings("sync a"))
	same(t, "after each", []string{"01T00:35 succeeded", "01T00:40 succeeded"}, w.firings("sync b"))
	if n := len(w.firings("sync c")); n == 0 {
		t.Error("c did not follow b")
	}
	if n := len(w.query("SELECT build FROM SCHEMA.builds")); n != 2 {
		t.Errorf("%d builds", n)
	}
}

// TestAfterSeveral: what runs after several runs when each has ended since it last did,
// whatever they served.
func TestAfterSeveral(t *testing.T) {
	minute := func(m int) time.Time { return start.Add(time.Duration(m) * time.Minute) }
	type end struct{ upto, at int }
	for _, c := range []struct {
		name   string
		served int // the last moment at which both had ended
		a, c   end
		want   int // 0: not due
	}{
		{"both for the first time", 0, end{10, 12}, end{5, 14}, 14},
		{"one of them", 14, end{20, 22}, end{5, 14}, 0},
		{"the slower one ends with less", 14, end{20, 22}, end{13, 23}, 23},
		{"the slower one ends with the same", 22, end{20, 23}, end{20, 24}, 24},
		{"nothing since", 24, end{20, 23}, end{20, 24}, 0},
	} {
		known := func(e end) *task { return &task{known: ledger.Task{Completed: minute(e.upto), Ended: minute(e.at)}} }
		b := &task{name: "sync b", schedule: &cdp.Schedule{After: []string{"a", "c"}}, anchor: start, known: ledger.Task{Served: minute(c.served)}}
		got := b.due(minute(60), start, map[string]*task{"sync a": known(c.a), "sync c": known(c.c)})
		switch {
		case c.want == 0 && got.verdict != nothing:
			t.Errorf("%s: due at %s", c.name, got.firing.Tick)
		case c.want != 0 && (got.verdict != run || !got.firing.Tick.Equal(minute(c.want))):
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}
