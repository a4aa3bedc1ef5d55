package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// passOn is how long a test waits, in real time, for the lease of the dead.
func passOn() { time.Sleep(testLease.Dead + 500*time.Millisecond) }

// outcomes counts the runs of syncs by their status: "succeeded 2".
func (w *world) outcomes() string {
	w.t.Helper()
	var out []string
	for _, r := range w.query("SELECT status, COUNT(*) FROM " + w.newest("runs", "run_id") + " WHERE command = 'sync' GROUP BY status ORDER BY status") {
		out = append(out, fmt.Sprintf("%s %d", ledger.Text(r[0]), ledger.Uint(r[1])))
	}
	return strings.Join(out, ", ")
}

// TestDies: wherever the daemon dies, another goes on; the tick has one run that
// came to its end, and the destination what the source has.
func TestDies(t *testing.T) {
	onBoth(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`), dies)
}

func dies(t *testing.T, w *world) {
	w.people("1", "2")
	hour, want := start.Truncate(time.Hour), []string{}
	for i, point := range []string{"before claim", "after claim", "after run", "after done"} {
		first := w.serve(fmt.Sprintf("first%d", i))
		first.dieAt(point)
		hour = hour.Add(time.Hour)
		want = append(want, hour.Format("02T15:04")+" succeeded")
		w.clock.jump(hour)
		<-first.died
		passOn()
		w.people(fmt.Sprint(10 + i))
		second := w.serve(fmt.Sprintf("second%d", i))
		w.after(10 * time.Minute)
		same(t, point, want, w.firings("sync a"))
		second.finish()
	}
	if got := w.outcomes(); got != "succeeded 4" {
		t.Errorf("runs: %s", got)
	}
}

// TestDiesInRun: a run that died is closed, and another sends the rest.
func TestDiesInRun(t *testing.T) {
	onBoth(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *"}`), diesInRun)
}

func diesInRun(t *testing.T, w *world) {
	w.people("1", "2")
	hold := make(chan struct{})
	w.dest.hold = hold
	first := w.serve("first")
	w.until(at("2026-11-01T06:00:00"))
	first.kill()
	w.dest.mu.Lock()
	w.dest.hold = nil
	w.dest.mu.Unlock()
	close(hold)
	passOn()
	w.serve("second")
	w.after(10 * time.Minute)
	same(t, "firings", []string{"01T06:00 succeeded"}, w.firings("sync a"))
	if got := w.outcomes(); got != "interrupted 1, succeeded 1" {
		t.Errorf("runs: %s", got)
	}
	if n := len(w.dest.state("a")); n != 2 {
		t.Errorf("%d rows", n)
	}
}

// TestTwoAtOnce: daemons that start at the same instant, and stay, run each tick once
// and share the builds.
func TestTwoAtOnce(t *testing.T) {
	const hourly = `schedule: {cron: "0 * * * *"}`
	onBoth(t, "", "syncs:\n"+entitySync("a", hourly)+entitySync("b", hourly)+syncOf("c", hourly), twoAtOnce)
}

func twoAtOnce(t *testing.T, w *world) {
	w.people("1")
	w.launch("one")
	w.launch("two")
	w.serve("three")
	w.until(at("2026-11-01T02:30:00"))
	for _, task := range []string{"sync a", "sync b", "sync c"} {
		same(t, task, []string{"01T01:00 succeeded", "01T02:00 succeeded"}, w.firings(task))
	}
	if got := w.outcomes(); got != "succeeded 6" {
		t.Errorf("runs: %s", got)
	}
	if n := len(w.query("SELECT build FROM SCHEMA.builds")); n != 2 {
		t.Errorf("%d builds", n)
	}
}

// TestClockJumps: forward over many ticks makes up for the last one; back runs
// nothing again.
func TestClockJumps(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *"}`))
	w.people("1")
	w.serve("one")
	w.until(at("2026-11-01T06:30:00"))
	w.clock.jump(at("2026-11-04T12:00:00"))
	w.after(time.Hour)
	want := []string{"01T06:00 succeeded", "04T06:00 succeeded"}
	same(t, "forward", want, w.firings("sync a"))
	w.clock.jump(at("2026-11-03T00:00:00"))
	w.until(at("2026-11-04T23:00:00"))
	same(t, "back", want, w.firings("sync a"))
	w.until(at("2026-11-05T06:30:00"))
	same(t, "on", append(want, "05T06:00 succeeded"), w.firings("sync a"))
}

// TestClocksChange: a daily sync runs once on the days on which clocks change, also
// at an hour that is missing or shown twice.
func TestClocksChange(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"forward": {"2026-03-28T12:00:00", "2026-03-30T12:00:00", "29T01:00 30T00:30"},
		"back":    {"2026-10-24T12:00:00", "2026-10-26T12:00:00", "25T00:30 26T01:30"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "timezone: Europe/Amsterdam\n", "syncs:\n"+syncOf("a", `guards: {min_rows: 0}, schedule: {cron: "30 2 * * *"}`))
			w.clock.now = at(c.from)
			w.serve("one")
			w.until(at(c.to))
			if got := strings.ReplaceAll(strings.Join(w.firings("sync a"), " "), " succeeded", ""); got != c.want {
				t.Errorf("%s: %s", c.from, got)
			}
		})
	}
}

// TestWarehouseAway: for an hour nothing can be written; when it is back, what was
// due runs once, and a run that was on is gone on with.
func TestWarehouseAway(t *testing.T) {
	onBoth(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0,30 4-6 * * *"}`)+syncOf("b", `schedule: {cron: "0 5 * * *"}`), warehouseAway)
}

func warehouseAway(t *testing.T, w *world) {
	w.people("1")
	d := w.serve("one")
	w.until(at("2026-11-01T04:40:00"))
	w.away.Store(true)
	w.until(at("2026-11-01T05:40:00"))
	if d.Health().Away == nil {
		t.Error("the daemon thinks that the ledger can be read")
	}
	w.away.Store(false)
	w.until(at("2026-11-01T06:05:00"))
	if d.Health().Away != nil {
		t.Error("the daemon thinks that the ledger cannot be read")
	}
	same(t, "b", []string{"01T05:00 succeeded"}, w.firings("sync b"))
	got := w.firings("sync a")
	same(t, "a", []string{"01T04:30 succeeded", "01T05:30 succeeded", "01T06:00 succeeded"}, got[len(got)-3:])
}

// TestStopsAtStart: a daemon that is told to stop while it waits for the warehouse has
// nothing to finish, and that is no error; an invalid project is one.
func TestStopsAtStart(t *testing.T) {
	start := func(load func(context.Context, context.CancelFunc) error) error {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		d := &Daemon{
			Load:  func(context.Context) (*Session, error) { return nil, load(ctx, stop) },
			Clock: engine.SystemClock{}, Log: slog.New(slog.DiscardHandler), Times: Times{Retry: time.Millisecond},
		}
		return d.Run(ctx, t.Context())
	}
	tries := 0
	if err := start(func(_ context.Context, stop context.CancelFunc) error {
		if tries++; tries == 3 {
			stop()
		}
		return cdp.ErrUnreachable
	}); err != nil || tries != 3 {
		t.Errorf("between two tries: %v after %d", err, tries)
	}
	if err := start(func(ctx context.Context, stop context.CancelFunc) error {
		stop()
		return fmt.Errorf("open: %w", ctx.Err())
	}); err != nil {
		t.Errorf("in a try: %v", err)
	}
	if err := start(func(_ context.Context, stop context.CancelFunc) error {
		stop()
		return ErrInvalid
	}); !errors.Is(err, ErrInvalid) {
		t.Errorf("an invalid project: %v", err)
	}
}

// TestWarehouseSilent: a warehouse that does not answer does not stop the loop, so that
// whoever probes it does not take the daemon for dead.
func TestWarehouseSilent(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0 0 1 1 *"}`))
	w.times.Answer, w.times.Load = time.Second, time.Second
	d := w.serve("one")
	old := d.Session()
	w.silent.Store(true)
	d.Reload()
	w.clock.jump(start.Add(time.Hour))
	soon(t, "the loop stands still", func() bool { return d.Health().Away != nil })
	if d.Health().Turned.Before(start.Add(time.Hour)) || d.Health().Invalid != nil {
		t.Errorf("health: %+v", d.Health())
	}
	w.silent.Store(false)
	w.after(time.Hour)
	if d.Health().Away != nil || d.Session() == old {
		t.Errorf("health: %+v, and the project that somebody asked for is not in use", d.Health())
	}
}

// estimator says of every statement what the test wants.
type estimator struct {
	bytes uint64
	err   error
}

func (e *estimator) Estimate(context.Context, cdp.Statement) (uint64, error) { return e.bytes, e.err }

// TestUnaffordable: a run that would read too much, or whose statements are wrong, ends
// before it begins; it is told, and tried again with the next tick.
func TestUnaffordable(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`)+entitySync("b", `schedule: {cron: "0 3 * * *"}`))
	w.people("1")
	house := &estimator{bytes: 100}
	w.tune = func(e *engine.Engine) { e.Estimator, e.MaxBytes = house, 50 }
	w.serve("one")
	w.until(at("2026-11-01T02:30:00"))
	same(t, "too much", []string{"01T01:00 blocked", "01T02:00 blocked"}, w.firings("sync a"))
	same(t, "told", []string{"sync a blocked"}, w.messages())
	if !strings.Contains(w.told[0].Text, "max_bytes_billed is 50") || !strings.Contains(w.told[0].Text, "; select fewer syncs") {
		t.Errorf("message: %s", w.told[0].Text)
	}
	house.err = &cdp.StatementError{Message: "no such column"}
	w.until(at("2026-11-01T03:30:00"))
	same(t, "wrong", []string{"01T03:00 failed"}, w.firings("sync a")[2:])
	same(t, "its build", []string{"01T03:00 failed"}, w.firings("sync b"))
	told := w.messages()[1:]
	slices.Sort(told)
	same(t, "told", []string{"build failed", "sync a failed", "sync b failed"}, told)
	house.err = fmt.Errorf("%w: others ask too much", cdp.ErrBusy)
	w.until(at("2026-11-01T04:00:10"))
	house.bytes, house.err = 1, nil
	w.until(at("2026-11-01T04:30:00"))
	same(t, "a moment", []string{"01T04:00 succeeded"}, w.firings("sync a")[3:])
	if got := w.outcomes(); got != "blocked 2, failed 2, succeeded 1" {
		t.Errorf("runs: %s", got)
	}
}

// TestDiesBeforeRun: what kills the process each time before a run has begun is given up
// like what kills it in the run.
func TestDiesBeforeRun(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`))
	w.people("1")
	d := w.serve("one")
	f := ledger.Firing{Task: "sync a", Tick: at("2026-11-01T00:00:00"), Kind: ledger.ByCron, State: ledger.Claimed, Run: ledger.NewRunID(start), Attempt: maxAttempts, At: start}
	if err := d.Session().Engine.Ledger.WriteFiring(t.Context(), f, 1); err != nil {
		t.Fatal(err)
	}
	w.restart(d)
	w.until(at("2026-11-01T00:30:00"))
	same(t, "firings", []string{"01T00:00 failed"}, w.firings("sync a"))
	same(t, "told", []string{"sync a failed"}, w.messages())
}

// nowOnly is a world's time for an engine that does not wait for it.
type nowOnly struct {
	engine.SystemClock
	world *simClock
}

func (c nowOnly) Now() time.Time { return c.world.Now() }

// TestDestinationPaused: a sync whose destination is paused is tried again when the pause
// is over, and not before.
func TestDestinationPaused(t *testing.T) {
	w := newWorld(t, "", "syncs:\n"+syncOf("a", `schedule: {cron: "0,1 1 * * *"}`)+syncOf("b", `schedule: {cron: "2 1 * * *"}`))
	w.people("1")
	w.times.Retry = 5 * time.Second
	w.tune = func(e *engine.Engine) { e.Circuit, e.Clock = &engine.Circuit{}, nowOnly{world: w.clock} }
	w.dest.fail = func(string) error { return errors.New("no answer") }
	w.serve("one")
	w.until(at("2026-11-01T01:02:30")) // paused for a minute at 1:00, for two at 1:01
	w.dest.mu.Lock()
	w.dest.fail = nil
	w.dest.mu.Unlock()
	w.until(at("2026-11-01T01:02:59"))
	same(t, "paused", []string{}, w.firings("sync b"))
	w.until(at("2026-11-01T01:03:30"))
	same(t, "the pause is over", []string{"01T01:02 succeeded"}, w.firings("sync b"))
	if got := w.outcomes(); got != "failed 1, partial 1, succeeded 1, waited 1" {
		t.Errorf("runs: %s", got)
	}
}
