package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// TestFreshBuilt: what waits for rows delivers from a build that has them, also where
// another sync has built in the meantime, which does not serve the tick of the build.
func TestFreshBuilt(t *testing.T) {
	w := newWorld(t, "schedule: {cron: \"0 6 * * *\", when: fresh}\n", "syncs:\n"+entitySync("a", `schedule: {cron: "10 6 * * *", when: fresh}`)+
		strings.Replace(entitySync("d", `schedule: {cron: "0 6 * * *", when: fresh, until: "09:00"}`), "label: label", "note: note", 1))
	w.sql("CREATE TABLE " + w.schema + ".src_notes (id String, note String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY id")
	w.write("models/notes.yml", `sources:
  - {name: notes, table: SCHEMA.src_notes, key: id, timestamp: at, columns: {id: string, note: string, at: timestamp}}
traits: [{name: note, from: notes.note, pick: latest}]
`)
	w.write("models/m.yml", strings.Replace(baseModels, "{source: people, identifiers: {pid: id}}", "{source: people, identifiers: {pid: id}}, {source: notes, identifiers: {pid: id}}", 1))
	w.people("1")
	w.serve("one")
	w.until(at("2026-11-01T06:40:00"))
	same(t, "a has its rows", []string{"01T06:10 succeeded"}, w.firings("sync a"))
	same(t, "d waits", []string{}, w.firings("sync d"))
	w.sql("INSERT INTO " + w.schema + ".src_notes VALUES ('1', 'a note', '2026-11-01 06:40:00')")
	w.until(at("2026-11-01T06:50:00"))
	same(t, "d", []string{"01T06:00 succeeded"}, w.firings("sync d"))
	for _, fields := range w.dest.state("d") {
		if !strings.Contains(fields, "a note") {
			t.Errorf("d delivered %s, from a build that is older than the note", fields)
		}
	}
	if n := len(w.dest.state("d")); n != 1 {
		t.Errorf("d delivered %d rows", n)
	}
	if got := w.firings("build"); got[0] != "01T06:00 succeeded" {
		t.Errorf("the build was not run when its sources were fresh: %q", got)
	}
}

// TestNotBuilt: a tick of the build that was missed, skipped or given up is no build: a
// sync that needs one makes it, and learns that the one before failed.
func TestNotBuilt(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+entitySync("a", `schedule: {cron: "0 1-3 * * *"}`))
	w.people("1")
	d := w.serve("one")
	build := func(tick, status string) {
		f := ledger.Firing{Task: ledger.TaskBuild, Tick: at(tick), Kind: ledger.ByCron, State: ledger.Done, Status: status, Note: "of the test", At: at(tick)}
		if err := d.Session().Engine.Ledger.WriteFiring(t.Context(), f, 1); err != nil {
			t.Fatal(err)
		}
	}
	w.until(at("2026-11-01T01:30:00"))
	w.people("2")
	build("2026-11-01T02:00:00", "missed")
	w.until(at("2026-11-01T02:30:00"))
	if n := len(w.dest.state("a")); n != 2 {
		t.Errorf("%d rows: it delivered the build before the tick that was missed", n)
	}
	build("2026-11-01T03:00:00", "failed")
	build("2026-11-01T03:01:00", "skipped")
	w.until(at("2026-11-01T03:30:00"))
	same(t, "a", []string{"01T01:00 succeeded", "01T02:00 succeeded", "01T03:00 failed"}, w.firings("sync a"))
	// Whoever needs no newer one has the build before the one that failed.
	if upto, err := d.built(t.Context(), d.Session(), at("2026-11-01T02:00:00")); err != nil || upto.Before(at("2026-11-01T02:00:00")) || !upto.Before(at("2026-11-01T03:00:00")) {
		t.Errorf("built up to %s, %v", upto, err)
	}
}

// TestNeverBuilt: where the only build has failed, who needs none of a moment learns so: there
// is none before it that would do.
func TestNeverBuilt(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+entitySync("a", `schedule: {cron: "0 0 1 1 *"}`))
	w.people("1")
	d := w.serve("one")
	e := d.Session().Engine
	if r, err := e.Run(t.Context(), t.Context(), engine.Request{Command: "build", Build: true}); err != nil || r.Status != engine.Succeeded { // by hand
		t.Fatalf("%+v %v", r, err)
	}
	f := ledger.Firing{Task: ledger.TaskBuild, Tick: start, Kind: ledger.ByNeed, State: ledger.Done, Status: "failed", Note: "of the test", At: start}
	if err := e.Ledger.WriteFiring(t.Context(), f, 1); err != nil {
		t.Fatal(err)
	}
	var failed *buildError
	if upto, err := d.built(t.Context(), d.Session(), time.Time{}); !upto.IsZero() || !errors.As(err, &failed) {
		t.Errorf("built up to %s, %v", upto, err)
	}
}

// overtaken makes the world one in which another version of the project builds between a build
// and the run that needs it, so many times.
func (w *world) overtaken(times *int) {
	w.passes = func(point string) {
		if point != "after build" || *times == 0 {
			return
		}
		*times--
		rows := w.query("SELECT max(epoch) FROM SCHEMA.builds")
		other := ledger.Build{ID: fmt.Sprint("other", *times), Epoch: ledger.Uint(rows[0][0]), AsOf: time.Now(), At: time.Now(), Models: "other", Report: "{}"}
		if err := w.daemons[0].Session().Engine.Ledger.Publish(context.WithoutCancel(w.t.Context()), other); err != nil {
			w.t.Error(err)
		}
	}
}

// TestOtherVersion: a sync whose build another version of the project has overtaken before it
// delivers builds again, also when the process dies before that is recorded; one that is
// overtaken each time fails in the end.
func TestOtherVersion(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+entitySync("a", `schedule: {cron: "0 * * * *"}`))
	w.people("1")
	overtakes := 1
	w.overtaken(&overtakes)
	d := w.serve("one")
	w.until(at("2026-11-01T01:30:00"))
	same(t, "once", []string{"01T01:00 succeeded"}, w.firings("sync a"))
	overtakes = 100
	w.until(at("2026-11-01T02:59:00"))
	same(t, "each time", []string{"01T01:00 succeeded", "01T02:00 failed"}, w.firings("sync a"))
	if n := 100 - overtakes; n != maxAttempts {
		t.Errorf("%d attempts", n)
	}
	overtakes = 1
	d.finish()
	overtake := w.passes
	w.passes = func(point string) {
		if overtake(point); point == "after build" {
			d.dieAt("after run") // of the sync
		}
	}
	d = w.serve("two")
	w.clock.jump(at("2026-11-01T03:00:00"))
	<-d.died
	passOn()
	w.serve("three")
	w.until(at("2026-11-01T03:30:00"))
	same(t, "died", []string{"01T03:00 succeeded"}, w.firings("sync a")[2:])
}

// TestTasks: what firings come to, on both warehouses.
func TestTasks(t *testing.T) {
	onBoth(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 0 1 1 *"}`), tasks)
}

func tasks(t *testing.T, w *world) {
	l := w.serve("one").Session().Engine.Ledger
	hour := func(h float64) time.Time { return start.Truncate(time.Hour).Add(time.Duration(h * float64(time.Hour))) }
	for i, f := range []ledger.Firing{
		{Kind: ledger.ByCron, Status: "succeeded", Marks: "{}"},
		{Kind: ledger.ByPerson, Status: "partial"},
		{Kind: ledger.ByCron, Status: "waited"},
		{Kind: ledger.ByNeed, Status: "failed", Note: "why"},
		{Kind: ledger.ByCron, Status: "missed"},
		{Kind: ledger.ByNeed, Status: "skipped"},
	} {
		f.Task, f.Tick, f.State, f.At = ledger.TaskBuild, hour(float64(i+1)), ledger.Done, hour(float64(i)+1.5)
		if err := l.WriteFiring(t.Context(), f, 1); err != nil {
			t.Fatal(err)
		}
	}
	known, err := l.Tasks(t.Context(), ledger.TaskBuild)
	want := ledger.Task{Served: hour(6), Awaited: hour(5), Completed: hour(2), Ended: hour(2.5), Marks: "{}", Built: hour(4), BuiltAs: "failed", BuiltNote: "why"}
	if d := cmp.Diff(want, known[ledger.TaskBuild]); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
}

// TestClamped: of what follows a build nothing counts as delivered that is newer than the build.
func TestClamped(t *testing.T) {
	const marks = `{"a":"2026-11-01T05:00:00Z","b":"2026-11-01T06:40:00Z"}`
	for _, x := range []struct {
		marks string
		most  time.Time
		want  string
	}{
		{marks, at("2026-11-01T06:00:00"), `{"a":"2026-11-01T05:00:00Z","b":"2026-11-01T06:00:00Z"}`},
		{marks, at("2026-11-01T07:00:00"), marks},
		{marks, time.Time{}, marks},
		{"", at("2026-11-01T06:00:00"), ""},
	} {
		if got := clamped(x.marks, x.most); got != x.want {
			t.Errorf("%s up to %s: %s, want %s", x.marks, x.most, got, x.want)
		}
	}
}

// TestNeed: how new a build must be, also for a firing that is gone on with.
func TestNeed(t *testing.T) {
	minute := func(m int) time.Time { return start.Truncate(time.Minute).Add(time.Duration(m) * time.Minute) }
	fresh, after := &cdp.Schedule{Cron: "0 6 * * *", Fresh: true}, &cdp.Schedule{After: []string{"x", "y"}}
	gated := &cdp.Schedule{After: after.After, Fresh: true}
	others := map[string]*task{"sync x": {known: ledger.Task{Completed: minute(3)}}, "sync y": {known: ledger.Task{Completed: minute(5)}}, "sync b": {schedule: after, known: ledger.Task{Completed: minute(8)}}}
	for name, c := range map[string]struct {
		schedule *cdp.Schedule
		firing   ledger.Firing
		looked   time.Time
		want     int
	}{
		"a tick":                          {&cdp.Schedule{}, ledger.Firing{Kind: ledger.ByCron, Tick: minute(10)}, time.Time{}, 10},
		"a tick that waited":              {fresh, ledger.Firing{Kind: ledger.ByCron, Tick: minute(10)}, minute(20), 20},
		"one that is gone on with":        {fresh, ledger.Firing{Kind: ledger.ByCron, Tick: minute(10), Upto: minute(20), At: minute(30)}, time.Time{}, 20},
		"what follows others":             {after, ledger.Firing{Kind: ledger.ByAfter, Tick: minute(10)}, time.Time{}, 5},
		"what follows one that follows":   {&cdp.Schedule{After: []string{"b", "x"}}, ledger.Firing{Kind: ledger.ByAfter, Tick: minute(10)}, time.Time{}, 5},
		"what follows and waited":         {gated, ledger.Firing{Kind: ledger.ByAfter, Tick: minute(10)}, minute(20), 5},
		"what a person asked for":         {gated, ledger.Firing{Kind: ledger.ByPerson, Tick: minute(10), At: minute(21)}, time.Time{}, 10},
		"of a sync without a schedule":    {nil, ledger.Firing{Kind: ledger.ByPerson, Tick: minute(10)}, time.Time{}, 10},
		"of one that followed others":     {nil, ledger.Firing{Kind: ledger.ByAfter, Tick: minute(10)}, time.Time{}, 10},
		"of one that has a cron by now":   {fresh, ledger.Firing{Kind: ledger.ByAfter, Tick: minute(10)}, time.Time{}, 10},
		"of one whose others are unknown": {&cdp.Schedule{After: []string{"z"}}, ledger.Firing{Kind: ledger.ByAfter, Tick: minute(10)}, time.Time{}, 0},
	} {
		want := minute(c.want)
		if c.want == 0 {
			want = time.Time{}
		}
		if got := (&task{schedule: c.schedule}).need(c.firing, c.looked, others); !got.Equal(want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestWhyOf: what stopped a whole run is told with what to do, as it is of one sync.
func TestWhyOf(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]*engine.Report{
		"":                              {Syncs: []*engine.SyncReport{{Sync: "a"}}},
		"it never answered":             {Error: "it never answered"},
		"too many merged; look at them": {Error: "too many merged", Help: "look at them"},
		"the token is refused; renew it": {Syncs: []*engine.SyncReport{
			{Sync: "a"}, {Sync: "b", Error: "the token is refused", Help: "renew it"},
		}},
	} {
		if got := whyOf(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
