// Package daemon turns schedules into runs of the engine, and keeps doing so: when
// it is killed, when clocks change, when the warehouse goes away, when there are
// several of it.
//
//	d := &daemon.Daemon{Load: load, Files: files, Clock: engine.SystemClock{}, Log: log}
//	err := d.Run(ctx, hard) // until ctx ends; what is in flight is finished and recorded
//
// A task is the build or a sync. A task is due at a tick of its cron, after others,
// or because somebody asked. A due task is served under a lease of its own, and what
// is done with a tick is written to the ledger under that lease, before and after:
//
//  1. claimed, with the id of the run that is about to begin;
//  2. the run, which writes its own beginning and end;
//  3. done, with the status of the run, when people have been told of it.
//
// Killed after 1, the next holder of the lease finds a claim whose run never began,
// and begins it. Killed in 2, it finds a run without an end, closes it and runs
// again: the diff sends what is missing. Killed after 2, it finds a run with an end,
// tells, and writes 3. So a tick has one run that came to its end, whoever serves it.
//
// Nothing here reads the machine's clock: time comes from the injected one.
package daemon

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/kithdata/kith/internal/alert"
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// Daemon serves one project on one target. Its exported fields are set before Run;
// its methods may be called concurrently.
type Daemon struct {
	// Load reads the project and opens its target. It is called at the start and
	// again when the files have changed.
	Load func(ctx context.Context) (*Session, error)
	// Files is a fingerprint of the project's files.
	Files func() (string, error)
	Clock engine.Clock
	Log   *slog.Logger
	// Tell sends an alert; nil tells nobody.
	Tell func(ctx context.Context, to *cdp.Channel, m alert.Message) error
	// Observe is told what happened, for metrics; it may be nil and is called
	// concurrently.
	Observe func(Event)
	// Fail is called at every boundary between two things that are written; tests
	// end the daemon there. It may be nil.
	Fail  func(point string)
	Trace trace.Tracer // nil traces nothing
	Times Times

	mu        sync.Mutex
	session   *Session
	tasks     []*task
	invalid   error     // why the files as they are now are not in use; nil when they are
	postponed error     // why the files as they are now could not be opened yet; nil when they could
	away      error     // why the ledger could not be read; nil when it could
	turned    time.Time // when the loop last came round
	alive     time.Time // since when the loop has been looking at ticks
	stopping  bool
	readAt    time.Time // when the ledger was last read
	anchored  bool      // the schedules of the project in use have their moments
	untold    []string  // tasks of which people have not been told yet
	triedAt   time.Time // when that was last tried
	sweptAt   time.Time // when old firings were last dropped
	asked     time.Time // the moment of the last manual firing

	watch    watch // of the loop alone
	poked    chan struct{}
	reread   chan struct{}
	workers  sync.WaitGroup
	building chan struct{} // one build of this process at a time
	slots    chan struct{} // runs at a time
}

// Session is a project that is open: the engine on its target.
type Session struct {
	Engine *engine.Engine
	Close  func() error

	users sync.WaitGroup // runs that go on
}

// Times are how often things are looked at; zero fields have defaults.
type Times struct {
	Nap    time.Duration // at most so long until due tasks are looked for again; notices a clock that jumped
	Read   time.Duration // between two looks at what others wrote to the ledger
	Settle time.Duration // so long must the files be left alone before they are read
	Gate   time.Duration // between two looks at a condition that does not hold
	Retry  time.Duration // after a failure of the ledger, or a lease that another holds
	Runs   int           // at a time

	// The loop waits no longer than so, in real time: for the ledger, and for a project
	// that is read again. Together with a nap each is less than what a probe allows.
	Answer, Load time.Duration
}

func (t Times) orDefault() Times {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&t.Nap, 5*time.Second)
	set(&t.Read, 30*time.Second)
	set(&t.Settle, 2*time.Second)
	set(&t.Gate, time.Minute)
	set(&t.Retry, 5*time.Second)
	set(&t.Answer, 45*time.Second)
	set(&t.Load, 90*time.Second)
	if t.Runs == 0 {
		t.Runs = 4
	}
	return t
}

// Event is something that happened, for metrics.
type Event struct {
	Kind   string // "run", "reload", "alert"
	Task   string
	Status string // of the run; "ok" or "failed" of the rest; of a reload also "postponed"
	At     time.Time
	Took   time.Duration
	Report *engine.SyncReport // of a run of a sync; or nil
}

func (d *Daemon) observe(e Event) {
	if d.Observe != nil {
		e.At = d.Clock.Now()
		d.Observe(e)
	}
}

func (d *Daemon) fail(point string) {
	if d.Fail != nil {
		d.Fail(point)
	}
}

// Run serves until ctx ends, then finishes and records what is in flight; hard ends
// that too. A project that is invalid at the start is an error; later it is not. That ctx
// ends before there is a project is none either.
func (d *Daemon) Run(ctx, hard context.Context) error {
	d.begin()
	switch err := d.start(ctx); {
	case err != nil && ctx.Err() != nil && !errors.Is(err, ErrInvalid):
		return nil
	case err != nil:
		return err
	}
	for ctx.Err() == nil {
		next := d.turn(ctx, hard)
		d.nap(ctx, next)
	}
	d.mu.Lock()
	d.stopping = true
	d.mu.Unlock()
	d.workers.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.session.Close()
}

func (d *Daemon) begin() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Times = d.Times.orDefault()
	if d.Trace == nil {
		d.Trace = noop.NewTracerProvider().Tracer("kith")
	}
	d.poked, d.reread = make(chan struct{}, 1), make(chan struct{}, 1)
	d.building, d.slots = make(chan struct{}, 1), make(chan struct{}, d.Times.Runs)
	d.alive = d.Clock.Now()
}

// turn does once what there is to do and returns when there will be more.
func (d *Daemon) turn(ctx, hard context.Context) time.Time {
	settles := d.reload(ctx)
	now := d.Clock.Now()
	d.set(func() { d.turned = now })
	if d.stale(now) || d.anyDue(now) {
		d.read(ctx)
		d.set(func() { d.turned = d.Clock.Now() }) // it may have waited, as the reload before it
	}
	next := d.dispatch(ctx, hard, now)
	if next.IsZero() || !settles.IsZero() && settles.Before(next) {
		return settles
	}
	return next
}

// nap waits until a moment, at most a nap, or until something pokes.
func (d *Daemon) nap(ctx context.Context, until time.Time) {
	wait := min(d.Times.Nap, max(0, until.Sub(d.Clock.Now())))
	if until.IsZero() {
		wait = d.Times.Nap
	}
	napping, wake := context.WithCancel(ctx)
	defer wake()
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		select {
		case <-d.poked:
			wake()
		case <-napping.Done():
		}
	}()
	_ = d.Clock.Sleep(napping, wait) // that it was woken is no error
	wake()
	<-listened // a poke that it still hears is answered by the turn that follows
}

// poke makes the loop look again at once.
func (d *Daemon) poke() {
	select {
	case d.poked <- struct{}{}:
	default:
	}
}

// Reload reads the project again, whether or not its files have changed.
func (d *Daemon) Reload() {
	select {
	case d.reread <- struct{}{}:
	default:
	}
	d.poke()
}

// Health is what a probe asks.
type Health struct {
	Turned    time.Time // when the loop last came round
	Invalid   error     // the project as it is on disk is not in use, for this reason
	Postponed error     // nor is it for this reason, which is none of the project's: it is tried again
	Away      error     // the ledger cannot be read
	Stopped   bool      // it is stopping, or has not begun
	Running   int       // runs that go on
}

// Health is how the daemon is.
func (d *Daemon) Health() Health {
	d.mu.Lock()
	defer d.mu.Unlock()
	running := 0
	for _, t := range d.tasks {
		if t.running {
			running++
		}
	}
	return Health{Turned: d.turned, Invalid: d.invalid, Postponed: d.postponed, Away: d.away, Stopped: d.stopping || d.session == nil, Running: running}
}

// TaskInfo is what is known of a task without asking the ledger.
type TaskInfo struct {
	Name    string
	Next    time.Time // when it is due next, by its cron; zero when that cannot be told, or not yet
	Paused  bool
	Running bool
}

// Tasks are the build and the syncs.
func (d *Daemon) Tasks() []TaskInfo {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]TaskInfo, len(d.tasks))
	for i, t := range d.tasks {
		out[i] = TaskInfo{Name: t.name, Paused: t.pause.Paused, Running: t.running}
		if d.anchored && !t.pause.Paused {
			out[i].Next = t.next(d.Clock.Now())
		}
	}
	return out
}

// Session is the project that is in use now; nil before the first.
func (d *Daemon) Session() *Session {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.session
}

// use takes the session for a run; the returned function gives it back.
func (d *Daemon) use() (*Session, func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.session
	s.users.Add(1)
	return s, s.users.Done
}

// unlessDone drops the error of a context that has ended.
func unlessDone(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}
