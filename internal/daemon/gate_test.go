package daemon

import (
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

const everyTen = `schedule: {cron: "*/10 * * * *", when: `

// TestWaitsForNone: a tick that comes while a run is on is not waited for: it is not given up when
// the next one comes, however the run ends. What holds then serves all of them, and what does not
// is waited for from then on.
func TestWaitsForNone(t *testing.T) {
	one := `{sql: "(SELECT COUNT(*) FROM SCHEMA.src_people) <= 1"}`
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `alerts: {late: 1h}, `+everyTen+`{sql: "(SELECT COUNT(*) FROM SCHEMA.src_people) >= 1"}}`)+
		syncOf("b", `alerts: none, `+everyTen+`fresh}`)+syncOf("c", `alerts: none, `+everyTen+one+"}")+syncOf("d", `alerts: none, `+everyTen+one+`, until: "00:42"}`))
	w.people("1")
	w.dest.fail = func(sync string) error {
		if sync == "c" || sync == "d" {
			return &cdp.Fatal{Reason: "no"}
		}
		return nil
	}
	hold := w.held()
	w.serve("one")
	w.until(at("2026-11-01T00:15:00"))
	w.sql("INSERT INTO " + w.schema + ".src_people VALUES ('2', 'not newer', '2026-11-01 00:00:00')")
	w.until(at("2026-11-01T00:45:00"))
	w.release(hold)
	w.until(at("2026-11-01T00:48:00"))
	same(t, "one that holds", []string{"01T00:10 succeeded", "01T00:40 succeeded"}, w.firings("sync a"))
	same(t, "fresh no more", []string{"01T00:10 succeeded"}, w.firings("sync b"))
	same(t, "one that failed, and holds no more", []string{"01T00:10 failed"}, w.firings("sync c"))
	same(t, "nobody is told", []string{}, w.messages())
	same(t, "nor any more", []string{"01T00:10 failed", "01T00:30 waited", "01T00:40 waited"}, w.firings("sync d"))
	w.until(at("2026-11-01T00:52:00"))
	same(t, "given up when the next one came", []string{"01T00:10 succeeded", "01T00:40 waited"}, w.firings("sync b"))
	same(t, "this one too", []string{"01T00:10 failed", "01T00:40 waited"}, w.firings("sync c"))
}

// TestWaitsForNoneWhileDown: nor is one given up that came while nothing served, where its
// condition holds then; with catch_up: never the last of them is missed.
func TestWaitsForNoneWhileDown(t *testing.T) {
	holds := `{sql: "(SELECT COUNT(*) FROM SCHEMA.src_people) >= 1"}`
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", everyTen+holds+"}")+syncOf("b", everyTen+holds+`, until: "00:52", catch_up: never}`)+
		syncOf("c", `schedule: {cron: "*/10 * * * *", hours: "00:00-00:55", when: `+holds+"}"))
	w.people("1")
	d := w.serve("one")
	w.until(at("2026-11-01T00:12:00"))
	d.finish()
	w.clock.jump(at("2026-11-01T00:57:00"))
	d = w.serve("two")
	w.after(time.Minute)
	same(t, "one run", []string{"01T00:10 succeeded", "01T00:50 succeeded"}, w.firings("sync a"))
	same(t, "missed", []string{"01T00:10 succeeded", "01T00:50 missed"}, w.firings("sync b"))
	same(t, "out of its hours", []string{"01T00:10 succeeded"}, w.firings("sync c"))
	same(t, "nobody is told", []string{}, w.messages())
	d.asks(1, "c")
	w.after(2 * time.Minute)
	if got := w.ends("sync c"); got != "map[done succeeded:1] by 1" { // hours do not hold for it
		t.Errorf("asked for out of its hours: %s", got)
	}
	w.clock.jump(at("2026-11-02T00:00:05"))
	w.after(time.Minute)
	same(t, "when its hours begin", []string{"01T00:10 succeeded", "01T00:58 succeeded", "02T00:00 succeeded"}, w.firings("sync c"))
}

// TestWaitsForNoneByHand: nor while a run by hand is on; with a condition that holds no more the
// tick was waited for in vain.
func TestWaitsForNoneByHand(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", everyTen+`{sql: "(SELECT COUNT(*) FROM SCHEMA.src_people) = 1"}}`))
	w.people("1")
	d := w.serve("one")
	busy := func(until string) {
		t.Helper()
		lease, err := d.Session().Engine.Ledger.Acquire(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		release := keep(t.Context(), lease)
		w.until(at(until))
		if err := release(); err != nil {
			t.Fatal(err)
		}
		w.after(2 * time.Minute)
	}
	busy("2026-11-01T00:35:00")
	same(t, "it holds", []string{"01T00:30 succeeded"}, w.firings("sync a"))
	same(t, "nobody is told", []string{}, w.messages())
	w.people("2")
	busy("2026-11-01T00:55:00")
	same(t, "it holds no more", []string{"01T00:30 succeeded", "01T00:40 waited"}, w.firings("sync a"))
	same(t, "somebody is told", []string{"sync a late"}, w.messages())
}

// TestGivenUpBesideRun: a run that was on for less than the wait does not put off that a tick is
// given up; one that was on over all of it does, until the next one is.
func TestGivenUpBesideRun(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", everyTen+`{sql: "(SELECT COUNT(*) FROM SCHEMA.src_people) = 0"}}`))
	w.people("1")
	d := w.serve("one")
	byHand := func(from, to string) {
		t.Helper()
		w.until(at(from))
		hold := w.held()
		d.asks(1, "a")
		soon(t, "it does not begin", func() bool { return w.dest.heldCount() == 1 })
		w.until(at(to))
		w.release(hold)
		w.until(at(to).Add(time.Minute))
	}
	byHand("2026-11-01T00:19:50", "2026-11-01T00:20:10")
	want := []string{"01T00:10 waited", "01T00:19 succeeded"}
	same(t, "over the tick", want, w.firings("sync a"))
	same(t, "somebody is told", []string{"sync a late"}, w.messages())
	w.until(at("2026-11-01T00:41:00"))
	w.people("2")
	byHand("2026-11-01T00:42:00", "2026-11-01T00:50:10")
	want = append(want, "01T00:20 waited", "01T00:30 waited", "01T00:42 succeeded")
	same(t, "over all of the wait", want, w.firings("sync a"))
	w.until(at("2026-11-01T01:01:00"))
	want = append(want, "01T00:50 waited")
	same(t, "when the next one is", want, w.firings("sync a"))
}

// TestGivenUpBesideBuild: nor does the build of a sync that is on when the next tick of the build
// comes, or has come and its offset not passed.
func TestGivenUpBesideBuild(t *testing.T) {
	w := newWorld(t, "schedule: {cron: \"0 * * * *\", when: fresh, jitter: 10m}\n"+tellOps, "syncs:\n"+entitySync("a", `alerts: none, schedule: {cron: "1,16,31,46 * * * *"}`))
	w.people("1")
	claims, claimed, gate := 0, make(chan struct{}), make(chan struct{})
	w.passes = func(point string) {
		if point != "after claim" || w.clock.Now().Before(at("2026-11-01T03:00:00")) {
			return
		}
		if claims++; claims == 2 { // the first is of a
			close(claimed)
			<-gate
		}
	}
	build, _ := w.serve("one").copyOf(ledger.TaskBuild)
	w.until(at("2026-11-01T02:59:00"))
	w.clock.jump(at("2026-11-01T03:01:00"))
	<-claimed
	w.clock.jump(at("2026-11-01T03:00:00").Add(build.offset() + time.Minute))
	close(gate)
	w.until(at("2026-11-01T03:15:00"))
	ticks := []string{}
	for _, r := range w.query("SELECT tick, status FROM " + w.newest("firings", "task, tick") + " WHERE task = 'build' AND kind = 'cron' ORDER BY tick") {
		tick, _ := r[0].(time.Time)
		ticks = append(ticks, tick.UTC().Format("02T15:04")+" "+ledger.Text(r[1]))
	}
	same(t, "ticks of the build", []string{"01T01:00 succeeded", "01T02:00 waited"}, ticks)
	same(t, "somebody is told", []string{"build late"}, w.messages())
}

// TestFreshSinceTheLast: what was read of the ledger while a run was being recorded may know neither
// of the run nor of its end: rows are newer than those of the run that is known under the lease.
func TestFreshSinceTheLast(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", everyTen+"fresh}"))
	w.people("1")
	d := w.serve("one")
	w.until(at("2026-11-01T00:15:00"))
	d.finish()
	w.clock.jump(at("2026-11-01T00:25:00"))
	a, _ := d.copyOf("sync a")
	a.known = ledger.Task{}
	what := due{verdict: run, firing: ledger.Firing{Task: a.name, Tick: at("2026-11-01T00:20:00"), Kind: ledger.ByCron}}
	if o := d.serve(t.Context(), t.Context(), d.Session(), a, what); o.err != nil {
		t.Error(o.err)
	}
	same(t, "nothing is newer", []string{"01T00:10 succeeded"}, w.firings("sync a"))
	w.people("2")
	if o := d.serve(t.Context(), t.Context(), d.Session(), a, what); o.err != nil || o.patient > 0 {
		t.Error(o)
	}
	same(t, "it is looked at again with what is known", []string{"01T00:10 succeeded"}, w.firings("sync a"))
	known, err := d.Session().Engine.Ledger.Tasks(t.Context(), a.name)
	if err != nil {
		t.Fatal(err)
	}
	a.known = known[a.name]
	if o := d.serve(t.Context(), t.Context(), d.Session(), a, what); o.err != nil {
		t.Error(o.err)
	}
	same(t, "newer", []string{"01T00:10 succeeded", "01T00:20 succeeded"}, w.firings("sync a"))
}
