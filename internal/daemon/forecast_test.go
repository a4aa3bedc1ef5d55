package daemon

import (
	"testing"
	"time"

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
