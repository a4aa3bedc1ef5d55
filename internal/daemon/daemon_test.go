package daemon

import (
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02T15:04:05", s)
	if err != nil {
		panic(err) // a constant of a test
	}
	return t
}

// TestCron: syncs that are due together share one build, a sync after another
// follows it, and each tick has one firing.
func TestCron(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+entitySync("a", `schedule: {cron: "0 6 * * *"}`)+entitySync("b", `schedule: {cron: "0 6,18 * * *"}`)+
		syncOf("c", `schedule: {after: a}`)+syncOf("never", `schedule: {cron: "0 0 1 1 *"}`)+syncOf("asked", `enabled: true`))
	w.people("1", "2")
	w.serve("one")
	w.until(at("2026-11-02T12:00:00"))
	same(t, "a", []string{"01T06:00 succeeded", "02T06:00 succeeded"}, w.firings("sync a"))
	same(t, "b", []string{"01T06:00 succeeded", "01T18:00 succeeded", "02T06:00 succeeded"}, w.firings("sync b"))
	same(t, "c", []string{"01T06:00 succeeded", "02T06:00 succeeded"}, w.firings("sync c"))
	same(t, "never", []string{}, w.firings("sync never"))
	if n := len(w.query("SELECT build FROM SCHEMA.builds")); n != 3 {
		t.Errorf("%d builds for three moments", n)
	}
	for _, sync := range []string{"a", "b", "c"} {
		if n := len(w.dest.state(sync)); n != 2 {
			t.Errorf("sync %s holds %d rows", sync, n)
		}
	}
}

// TestAfter: a sync that runs after the build runs after each, one that runs after several
// waits for all of them, and neither runs again because a daemon starts again.
func TestAfter(t *testing.T) {
	w := newWorld(t, "schedule: {cron: \"0 5 * * *\"}\n", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *"}`)+entitySync("b", `schedule: {after: build}`)+
		syncOf("c", `schedule: {after: [a, b]}`))
	w.people("1")
	d := w.serve("one")
	w.until(at("2026-11-01T05:30:00"))
	if n := len(w.firings("sync b")); n != 1 {
		t.Errorf("%d runs after the build: %q", n, w.firings("sync b"))
	}
	same(t, "c waits for a", []string{}, w.firings("sync c"))
	w.until(at("2026-11-01T06:30:00"))
	if n := len(w.firings("sync c")); n != 1 {
		t.Errorf("%d runs after both: %q", n, w.firings("sync c"))
	}
	d.finish()
	w.serve("two")
	w.until(at("2026-11-02T07:00:00"))
	for _, task := range []string{"sync a", "sync b", "sync c"} {
		if got := w.firings(task); len(got) != 2 || got[0] == got[1] {
			t.Errorf("%s: %q", task, got)
		}
	}
}

// TestNextUnknown: when a task is due is not told before it is known from when its ticks count.
func TestNextUnknown(t *testing.T) {
	d := &Daemon{Clock: engine.SystemClock{}, tasks: []*task{{name: "sync a", schedule: &cdp.Schedule{Cron: "0 6 * * *", Timezone: "UTC"}}}}
	if next := d.Tasks()[0].Next; !next.IsZero() {
		t.Errorf("before: %s", next)
	}
	d.anchored, d.tasks[0].anchor = true, start
	if next := d.Tasks()[0].Next; !next.Equal(at("2026-11-01T06:00:00")) {
		t.Errorf("after: %s", next)
	}
}
