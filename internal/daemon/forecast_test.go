package daemon

import (
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/project"
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

// TestForecastRenamed: until its first run under the name that it has now, a sync stands where
// it stood under the former one.
func TestForecastRenamed(t *testing.T) {
	const daily = `schedule: {cron: "0 6 * * *"}`
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", daily))
	w.people("1")
	w.failing(true, "")
	d := w.serve("one")
	w.until(at("2026-11-01T06:10:00"))
	d.finish()
	if _, err := d.Ask(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	e := d.Session().Engine
	w.write("syncs/s.yml", "syncs:\n"+asB(daily))
	p, problems := project.Load(w.dir, project.Options{Specs: specs()})
	if problems.HasErrors() {
		t.Fatal(problems.Err())
	}
	list, err := Forecasts(t.Context(), e.Ledger, p, w.clock.Now())
	f := list["sync b"]
	if err != nil || !f.Served || f.Last == nil || f.Last.Status != "failed" || len(f.Troubles) != 1 || f.Troubles[0].Kind != "failed" || !f.Next.Equal(at("2026-11-02T06:00:00")) {
		t.Errorf("%+v %v", f, err)
	}
	if f.Open == nil || f.Open.State != ledger.Queued {
		t.Errorf("what was asked for: %+v", f.Open)
	}
}

// TestForecastLeft: what was begun or asked for is overdue when no process is at it, and
// nothing says that it waits.
func TestForecastLeft(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *"}`))
	w.manyPeople(2500)
	hold := w.held()
	d := w.serve("one")
	w.until(at("2026-11-01T06:00:00"))
	e := d.Session().Engine
	overdue := func(what string, want bool) {
		t.Helper()
		list, err := Forecasts(t.Context(), e.Ledger, e.Project, w.clock.Now())
		if f := list["sync a"]; err != nil || f.Open == nil || f.Overdue != want || f.Behind != "" {
			t.Errorf("%s: %+v %v", what, f, err)
		}
	}
	w.clock.jump(at("2026-11-01T07:00:00"))
	overdue("it is on", false)
	d.stop()
	w.release(hold)
	d.finish()
	same(t, "a", []string{"sync a claimed"}, w.open())
	w.clock.jump(at("2026-11-01T07:10:00"))
	overdue("its destination may be left alone", false)
	w.clock.jump(at("2026-11-02T05:00:00"))
	overdue("nobody", true)
	lease, err := e.Ledger.Acquire(t.Context(), "cron-sync-a")
	if err != nil {
		t.Fatal(err)
	}
	overdue("somebody", false)
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := Pause(t.Context(), e.Ledger, e.Project, []string{"sync a"}, ledger.Pause{Paused: true, Since: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	overdue("paused", false)
	if _, err := d.Ask(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	overdue("asked for now", false)
	w.clock.jump(at("2026-11-02T05:10:00"))
	overdue("asked for", true)
}

// TestUnattended: what waits for its hours or for the end of a pause is given time from there on.
func TestUnattended(t *testing.T) {
	began := at("2026-11-01T06:00:00")
	hours := &cdp.Schedule{Cron: "0 6 * * *", Timezone: "UTC", HoursOn: true, From: 5 * 60, To: 8 * 60}
	claimed := ledger.Firing{Kind: ledger.ByCron, State: ledger.Claimed, Status: Suspended, Tick: began, At: at("2026-11-01T08:00:00")}
	asked := ledger.Firing{Kind: ledger.ByPerson, State: ledger.Queued, Tick: began, At: began}
	for _, c := range []struct {
		what  string
		f     ledger.Firing
		pause ledger.Pause
		now   string
		want  bool
	}{
		{"after its hours", claimed, ledger.Pause{}, "2026-11-01T12:00:00", false},
		{"they begin", claimed, ledger.Pause{}, "2026-11-02T05:01:00", false},
		{"within them", claimed, ledger.Pause{}, "2026-11-02T05:03:00", true},
		{"paused", claimed, ledger.Pause{Paused: true, Since: began}, "2026-11-02T05:03:00", false},
		{"resumed", claimed, ledger.Pause{Since: at("2026-11-02T05:02:00")}, "2026-11-02T05:03:00", false},
		{"asked for", asked, ledger.Pause{}, "2026-11-01T12:00:00", true},
		{"asked for now", asked, ledger.Pause{}, "2026-11-01T06:01:00", false},
	} {
		task := task{schedule: hours, pause: c.pause, known: ledger.Task{Open: []ledger.Firing{c.f}}}
		if got := task.unattended(at(c.now)); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
