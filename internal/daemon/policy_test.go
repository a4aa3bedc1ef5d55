package daemon

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// soon waits, in real time, until something is so; what says what is not.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for tries := 0; !is(); tries++ {
		if tries == 1000 {
			t.Fatal(what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// release lets the pushes go that are held.
func (w *world) release(hold chan struct{}) {
	w.dest.mu.Lock()
	w.dest.hold = nil
	w.dest.mu.Unlock()
	close(hold)
}

// held makes pushes wait.
func (w *world) held() chan struct{} {
	hold := make(chan struct{})
	w.dest.mu.Lock()
	w.dest.hold = hold
	w.dest.mu.Unlock()
	return hold
}

// manyPeople puts rows into the source at once.
func (w *world) manyPeople(n int) {
	w.t.Helper()
	w.sql(fmt.Sprintf("INSERT INTO %s.src_people SELECT toString(number), 'x', '2026-11-01 00:00:00' FROM numbers(%d)", w.schema, n))
}

// TestOverlap: while a run is on, queue lets one follow, skip lets ticks pass.
func TestOverlap(t *testing.T) {
	onBoth(t, "", "syncs:\n"+syncOf("q", `schedule: {cron: "*/10 * * * *"}`)+syncOf("s", `schedule: {cron: "*/10 * * * *", overlap: skip}`), overlap)
}

func overlap(t *testing.T, w *world) {
	w.people("1")
	hold := w.held()
	w.serve("one")
	w.until(at("2026-11-01T00:35:00"))
	w.release(hold)
	w.until(at("2026-11-01T00:45:00"))
	same(t, "queue", []string{"01T00:10 succeeded", "01T00:30 succeeded", "01T00:40 succeeded"}, w.firings("sync q"))
	same(t, "skip", []string{"01T00:10 succeeded", "01T00:30 skipped", "01T00:40 succeeded"}, w.firings("sync s"))
}

// TestCatchUp: after a time in which nothing served, once makes up for the last
// tick, never for none; ticks count from the moment at which a schedule was met.
func TestCatchUp(t *testing.T) {
	onBoth(t, "", "syncs:\n"+syncOf("once", `schedule: {cron: "0 * * * *"}`)+syncOf("never", `schedule: {cron: "0 * * * *", catch_up: never}`), catchUp)
}

func catchUp(t *testing.T, w *world) {
	w.people("1")
	d := w.serve("one")
	w.until(at("2026-11-01T01:05:00"))
	d.finish()
	w.clock.jump(at("2026-11-01T05:20:00"))
	w.serve("two")
	w.until(at("2026-11-01T06:05:00"))
	same(t, "once", []string{"01T01:00 succeeded", "01T05:00 succeeded", "01T06:00 succeeded"}, w.firings("sync once"))
	same(t, "never", []string{"01T01:00 succeeded", "01T05:00 missed", "01T06:00 succeeded"}, w.firings("sync never"))
}

// TestOverlapDead: no tick of the time in which nothing served passes by because a run
// was on: its process was dead.
func TestOverlapDead(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *", overlap: skip}`))
	w.people("1")
	d := w.serve("one")
	d.dieAt("after run")
	w.clock.jump(at("2026-11-01T01:00:00"))
	<-d.died
	passOn()
	w.clock.jump(at("2026-11-01T05:20:00"))
	w.people("2")
	w.serve("two")
	w.after(10 * time.Minute)
	same(t, "firings", []string{"01T01:00 succeeded", "01T05:00 succeeded"}, w.firings("sync a"))
	if n := len(w.dest.state("a")); n != 2 {
		t.Errorf("%d rows", n)
	}
}

// TestHours: a run whose hours end stops between batches and goes on when they begin
// again; ticks outside of them are none.
func TestHours(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *", hours: "08:00-10:00"}`))
	w.manyPeople(2500) // three batches
	w.serve("one")
	w.until(at("2026-11-01T08:30:00"))
	if n := len(w.dest.state("a")); n != 2500 {
		t.Fatalf("%d rows", n)
	}
	w.sql("ALTER TABLE " + w.schema + ".src_people UPDATE label = 'y' WHERE 1 SETTINGS mutations_sync = 1")
	hold := w.held()
	w.until(at("2026-11-01T09:59:00"))
	w.until(at("2026-11-01T10:01:00"))
	w.release(hold)
	w.until(at("2026-11-01T12:00:00"))
	if n := changed(w.dest.state("a")); n == 0 || n == 2500 {
		t.Errorf("%d rows were sent before the hours ended", n)
	}
	same(t, "until the next day", []string{"01T08:00 succeeded"}, w.firings("sync a"))
	w.until(at("2026-11-02T08:30:00"))
	if n := changed(w.dest.state("a")); n != 2500 {
		t.Errorf("%d rows were sent in the end", n)
	}
	same(t, "in the end", []string{"01T08:00 succeeded", "01T09:00 succeeded", "02T08:00 succeeded"}, w.firings("sync a"))
}

func changed(state map[string]string) (n int) {
	for _, fields := range state {
		if strings.Contains(fields, "y") {
			n++
		}
	}
	return n
}

// TestStops: a stop finishes and records what is in flight; the next daemon goes on.
func TestStops(t *testing.T) {
	onBoth(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *"}`)+entitySync("b", `schedule: {cron: "0 6 * * *"}`), stops)
}

func stops(t *testing.T, w *world) {
	w.people("1")
	hold := w.held()
	d := w.serve("one")
	w.until(at("2026-11-01T06:00:00"))
	d.stop()
	time.Sleep(50 * time.Millisecond)
	w.release(hold)
	if err := <-d.done; err != nil {
		t.Error(err)
	}
	d.done <- nil
	if !d.Health().Stopped {
		t.Error("it does not say that it has stopped")
	}
	w.serve("two") // at once: the leases were given back
	w.after(10 * time.Minute)
	same(t, "a", []string{"01T06:00 succeeded"}, w.firings("sync a"))
	same(t, "b", []string{"01T06:00 succeeded"}, w.firings("sync b"))
	if n := len(w.dest.state("a")) + len(w.dest.state("b")); n != 2 {
		t.Errorf("%d rows", n)
	}
	if w.sessions != 1 {
		t.Errorf("%d sessions are open", w.sessions)
	}
}

// TestFresh: a tick waits for newer rows, and is given up at until.
func TestFresh(t *testing.T) {
	onBoth(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *", when: fresh, until: "09:00"}`)+
		syncOf("b", `schedule: {cron: "0 6 * * *", when: {sql: "(SELECT COUNT(*) FROM SCHEMA.src_people) >= 3"}}`), fresh)
}

func fresh(t *testing.T, w *world) {
	w.times.Gate = 2 * time.Hour
	w.people("1")
	w.sql("INSERT INTO " + w.schema + ".src_people VALUES ('future', 'a wrong date', '2099-01-01 00:00:00')")
	d := w.serve("one")
	w.until(at("2026-11-02T07:00:00"))
	same(t, "waiting", []string{"01T06:00 succeeded"}, w.firings("sync a"))
	same(t, "b gives up at the next tick", []string{"01T06:00 waited"}, w.firings("sync b"))
	w.people("2", "3")
	w.until(at("2026-11-02T08:10:00"))
	same(t, "fresh", []string{"01T06:00 succeeded", "02T06:00 succeeded"}, w.firings("sync a"))
	same(t, "b", []string{"01T06:00 waited", "02T06:00 succeeded"}, w.firings("sync b"))
	w.until(at("2026-11-02T15:00:00"))
	if _, err := d.Ask(t.Context(), []string{"a"}); err != nil { // what a person asks for is no newer than what was there
		t.Fatal(err)
	}
	w.until(at("2026-11-03T10:00:00"))
	same(t, "given up", []string{"01T06:00 succeeded", "02T06:00 succeeded", "02T15:00 succeeded", "03T06:00 waited"}, w.firings("sync a"))
	rows := w.query("SELECT note FROM " + w.newest("firings", "task, tick") + " WHERE task = 'sync a' AND status = 'waited'")
	if note := ledger.Text(rows[0][0]); !strings.HasPrefix(note, "no newer rows in people (newest row 2026-11-02 07:00:") {
		t.Errorf("note: %s", note)
	}
	w.people("4") // too late for yesterday, in time for today
	w.until(at("2026-11-04T06:30:00"))
	same(t, "today", []string{"04T06:00 succeeded"}, w.firings("sync a")[4:])
	noon := at("2026-11-04T12:00:00") // a kith of before has seen the wrong date
	marked := ledger.Firing{Task: "sync a", Tick: noon, Kind: ledger.ByCron, State: ledger.Done, Status: "succeeded", Marks: `{"people":"2099-01-01T00:00:00Z"}`, At: noon}
	if err := d.Session().Engine.Ledger.WriteFiring(t.Context(), marked, 1); err != nil {
		t.Fatal(err)
	}
	w.people("5")
	w.until(at("2026-11-05T06:30:00"))
	same(t, "marked", []string{"04T06:00 succeeded", "04T12:00 succeeded", "05T06:00 succeeded"}, w.firings("sync a")[4:])
	e := d.Session().Engine
	dated := *e.Project.Sources[0]
	dated.Columns = []*cdp.SourceColumn{{Name: "at", Type: cdp.Type{Kind: cdp.Date}}}
	dated.Dedupe = false
	newest, err := e.Newest(t.Context(), []*cdp.Source{&dated}, w.clock.Now())
	if want := at("2026-11-04T00:00:00"); err != nil || !newest["people"].Equal(want) {
		t.Errorf("a column of dates: %v %v", newest, err)
	}
}

// TestForgoesNoWait: a daemon that begins while a tick waits does not take it for missed.
func TestForgoesNoWait(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *", when: fresh, until: "09:00", catch_up: never}`))
	one := w.serve("one")
	w.until(at("2026-11-01T07:00:00"))
	two := w.serve("two")
	w.until(at("2026-11-01T07:30:00"))
	w.people("1")
	w.until(at("2026-11-01T08:00:00"))
	same(t, "fresh", []string{"01T06:00 succeeded"}, w.firings("sync a"))
	one.finish()
	w.until(at("2026-11-02T07:00:00"))
	two.finish()
	three := w.serve("three")
	w.until(at("2026-11-02T09:30:00"))
	same(t, "given up", []string{"01T06:00 succeeded", "02T06:00 waited"}, w.firings("sync a"))
	three.finish()
	w.clock.jump(at("2026-11-03T10:00:00"))
	w.serve("four")
	w.after(30 * time.Minute)
	same(t, "nothing served it", []string{"01T06:00 succeeded", "02T06:00 waited", "03T06:00 missed"}, w.firings("sync a"))
}

// TestJitter: a task starts at a place of its own after the tick, and keeps its tick.
func TestJitter(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *", jitter: 30m}`)+syncOf("b", `schedule: {cron: "0 * * * *", jitter: 30m}`))
	w.people("1")
	d := w.serve("one")
	a, _ := d.copyOf("sync a")
	b, _ := d.copyOf("sync b")
	if a.offset() == b.offset() || max(a.offset(), b.offset()) >= 30*time.Minute {
		t.Errorf("offsets %s and %s", a.offset(), b.offset())
	}
	w.until(at("2026-11-01T01:00:00").Add(a.offset() - time.Second))
	same(t, "before", []string{}, w.firings("sync a"))
	w.until(at("2026-11-01T01:31:00"))
	same(t, "after", []string{"01T01:00 succeeded"}, w.firings("sync a"))
	same(t, "b", []string{"01T01:00 succeeded"}, w.firings("sync b"))
}

// TestAsked: what was asked for happens, although the daemon that took it is gone.
func TestAsked(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 0 1 1 *"}`)+entitySync("b", `mode: upsert`))
	w.people("1")
	d := w.serve("one")
	d.dieAt("before claim")
	if _, err := d.Ask(t.Context(), []string{"nobody"}); err == nil {
		t.Error("a sync that is not there was taken")
	}
	if _, err := d.Ask(t.Context(), []string{"a", "b", "build"}); err != nil {
		t.Fatal(err)
	}
	<-d.died
	passOn()
	w.serve("two")
	w.after(10 * time.Minute)
	for _, task := range []string{"sync a", "sync b", "build"} {
		if got := w.firings(task); len(got) == 0 || !strings.HasSuffix(got[0], "succeeded") {
			t.Errorf("%s: %q", task, got)
		}
	}
	if n := len(w.dest.state("a")) + len(w.dest.state("b")); n != 2 {
		t.Errorf("%d rows", n)
	}
}
