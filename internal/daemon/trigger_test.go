package daemon

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/ledger"
)

// asks asks for runs of syncs, each time anew.
func (d *served) asks(times int, names ...string) {
	d.world.t.Helper()
	for range times {
		if list, err := d.Ask(d.world.t.Context(), names); err != nil || len(list) == 0 {
			d.world.t.Fatal(list, err)
		}
	}
}

// ends are how the firings of a task ended that somebody asked for, and by which runs.
func (w *world) ends(task string) string {
	w.t.Helper()
	status, runs := map[string]int{}, map[string]bool{}
	for _, r := range w.query("SELECT state, status, run_id FROM " + w.newest("firings", "task, tick") + " WHERE kind = 'manual' AND task = '" + task + "'") {
		status[strings.TrimSpace(ledger.Text(r[0])+" "+ledger.Text(r[1]))]++
		runs[ledger.Text(r[2])] = true
	}
	return fmt.Sprintf("%v by %d", status, len(runs))
}

// TestAskedTogether: one run serves all that was asked for of a task before it began, whoever
// took it; what is asked for while it is on has one that follows.
func TestAskedTogether(t *testing.T) {
	onBoth(t, "", "syncs:\n"+entitySync("a", `mode: upsert`)+syncOf("b", `schedule: {cron: "0 1 * * *"}`), askedTogether)
}

func askedTogether(t *testing.T, w *world) {
	w.people("1")
	hold := w.held()
	one, two := w.serve("one"), w.serve("two")
	one.asks(1, "a", "b", "a", "b", "a")
	soon(t, "a and b do not begin", func() bool { return w.dest.heldCount() == 2 })
	w.clock.jump(w.clock.Now().Add(time.Minute))
	one.asks(2, "a", "b", "build")
	soon(t, "it is not built", func() bool { return strings.HasPrefix(w.ends("build"), "map[done succeeded:2]") })
	w.people("2")
	w.clock.jump(w.clock.Now().Add(time.Second)) // whoever asks at the same moment asks for the same
	two.asks(2, "a", "b")
	w.release(hold)
	w.until(at("2026-11-01T01:30:00"))
	for task, want := range map[string]string{"sync a": "map[done succeeded:5] by 2", "sync b": "map[done succeeded:5] by 2"} {
		if got := w.ends(task); got != want {
			t.Errorf("%s: %s, not %s", task, got, want)
		}
	}
	if got := w.outcomes(); got != "succeeded 5" { // a tick of b is served beside them
		t.Errorf("runs: %s", got)
	}
	if n := len(w.dest.state("a")); n != 2 {
		t.Errorf("%d rows: what was asked for last took an older build", n)
	}
}

// TestAskedTogetherDies: what waits for a run whose process dies is served by the one that goes on,
// or by one more; a run that fails ends all that it served.
func TestAskedTogetherDies(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 0 1 1 *"}`))
	for n, point := range []string{"after claim", "after run", "after done"} {
		hold := w.held()
		w.people(fmt.Sprint(n))
		d := w.serve("one")
		d.asks(1, "a")
		soon(t, "a does not begin", func() bool { return w.dest.heldCount() == 1 })
		w.clock.jump(w.clock.Now().Add(time.Minute))
		w.people(point)
		d.asks(3, "a")
		w.failing(point == "after done", "")
		d.dieAt(point)
		w.release(hold)
		<-d.died
		passOn()
		w.clock.jump(w.clock.Now().Add(time.Minute))
		d = w.serve("two")
		w.after(10 * time.Minute)
		d.finish()
		w.failing(false, "")
	}
	if got, runs := w.ends("sync a"), w.outcomes(); got != "map[done failed:4 done succeeded:8] by 6" || runs != "failed 2, succeeded 4" {
		t.Errorf("%s; runs: %s", got, runs)
	}
}
