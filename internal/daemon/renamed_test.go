package daemon

import (
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/ledger"
)

// asB is sync a under the name b.
func asB(rest string) string {
	return strings.Replace(syncOf("b", "was: a, "+rest), "object: b", "object: a", 1)
}

// open are the firings that have no end.
func (w *world) open() []string {
	w.t.Helper()
	out := []string{}
	for _, r := range w.query("SELECT task, state FROM " + w.newest("firings", "task, tick") + " WHERE state != 'done' ORDER BY task") {
		out = append(out, ledger.Text(r[0])+" "+ledger.Text(r[1]))
	}
	return out
}

// statuses are the ends of the firings of a task.
func (w *world) statuses(task string) []string {
	w.t.Helper()
	out := []string{}
	for _, f := range w.firings(task) {
		_, status, _ := strings.Cut(f, " ")
		out = append(out, status)
	}
	return out
}

// TestAskedAndRenamed: what was asked for before a sync was renamed runs under the name that it has
// now, once: also when a process that knows it by the former name was at it, and when one dies in
// between.
func TestAskedAndRenamed(t *testing.T) {
	const never = `schedule: {cron: "0 0 1 1 *"}`
	onBoth(t, "", "syncs:\n"+syncOf("a", never)+syncOf("c", never), func(t *testing.T, w *world) {
		w.people("1")
		w.times.Runs = 1
		hold := w.held()
		d := w.serve("one")
		ask := func(name string) {
			t.Helper()
			if _, err := d.Ask(t.Context(), []string{name}); err != nil {
				t.Fatal(err)
			}
		}
		ask("c")
		soon(t, "c does not run", func() bool { return w.dest.heldCount() == 1 })
		ask("a")
		ask("a")
		soon(t, "a is not due", func() bool { return d.Health().Running == 2 })
		l := d.Session().Engine.Ledger
		older, err := l.Acquire(t.Context(), (&task{name: "sync a"}).lease())
		if err != nil {
			t.Fatal(err)
		}
		release := keep(t.Context(), older)
		w.write("syncs/s.yml", "syncs:\n"+asB(never)+syncOf("c", never))
		d.Reload()
		soon(t, "the project is not read again", func() bool { _, ok := d.copyOf("sync b"); return ok })
		w.release(hold)
		soon(t, "b has not looked", func() bool { b, _ := d.copyOf("sync b"); return b.patient.After(w.clock.Now()) })
		same(t, "an older process is at it", []string{"sync a queued", "sync a queued"}, w.open())
		if err := release(); err != nil {
			t.Fatal(err)
		}
		d.dieAt("after bring")
		w.clock.jump(w.clock.Now().Add(time.Minute))
		<-d.died
		if got := w.open(); len(got) != 3 {
			t.Errorf("in between: %q", got)
		}
		passOn()
		w.serve("two")
		w.after(10 * time.Minute)
		same(t, "open", []string{}, w.open())
		same(t, "a", []string{"renamed", "renamed"}, w.statuses("sync a"))
		same(t, "b", []string{"succeeded", "succeeded"}, w.statuses("sync b"))
		same(t, "c", []string{"succeeded"}, w.statuses("sync c"))
	})
}

// TestInterruptedAndRenamed: what is left of a run goes on under the name that its sync has now,
// and the ticks of its schedule count as before.
func TestInterruptedAndRenamed(t *testing.T) {
	const daily = `schedule: {cron: "0 6 * * *"}`
	w := newWorld(t, "", "syncs:\n"+syncOf("a", daily))
	w.manyPeople(2500)
	hold := w.held()
	d := w.serve("one")
	w.until(at("2026-11-01T06:00:00"))
	d.stop()
	w.release(hold)
	d.finish()
	same(t, "a", []string{"sync a claimed"}, w.open())
	w.write("syncs/s.yml", "syncs:\n"+asB(daily))
	d = w.serve("two")
	w.after(10 * time.Minute)
	same(t, "open", []string{}, w.open())
	same(t, "b goes on", []string{"01T06:00 succeeded"}, w.firings("sync b"))
	if n := len(w.dest.state("a")) + len(w.dest.state("b")); n != 2500 {
		t.Errorf("%d rows", n)
	}
	d.finish()
	w.clock.jump(at("2026-11-02T06:10:00"))
	w.serve("three")
	w.after(10 * time.Minute)
	same(t, "b", []string{"01T06:00 succeeded", "02T06:00 succeeded"}, w.firings("sync b"))
}

// TestMissedAndRenamed: a tick that nothing served is made up for, also when the sync was renamed
// meanwhile.
func TestMissedAndRenamed(t *testing.T) {
	const daily = `schedule: {cron: "0 6 * * *"}`
	w := newWorld(t, "", "syncs:\n"+syncOf("a", daily))
	w.people("1")
	d := w.serve("one")
	w.until(at("2026-11-01T06:10:00"))
	d.finish()
	w.clock.jump(at("2026-11-02T06:10:00"))
	w.write("syncs/s.yml", "syncs:\n"+asB(daily))
	d = w.serve("two")
	w.after(10 * time.Minute)
	same(t, "a", []string{"01T06:00 succeeded"}, w.firings("sync a"))
	same(t, "b", []string{"02T06:00 succeeded"}, w.firings("sync b"))

	// Renamed again: status does not take what was served for overdue.
	d.finish()
	w.write("syncs/s.yml", "syncs:\n"+strings.Replace(syncOf("c", "was: b, "+daily), "object: c", "object: a", 1))
	d = w.serve("three")
	forecasts, err := Forecasts(t.Context(), d.Session().Engine.Ledger, d.Session().Engine.Project, w.clock.Now())
	if f := forecasts["sync c"]; err != nil || !f.Served || f.Overdue || !f.Next.Equal(at("2026-11-03T06:00:00")) {
		t.Errorf("%+v %v", f, err)
	}
}
