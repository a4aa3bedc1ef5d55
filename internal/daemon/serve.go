package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// maxAttempts is how often a run that ends without its end being written is begun
// again: whatever kills the process each time must not do so for ever.
const maxAttempts = 5

// serve does once what is due of a task.
func (d *Daemon) serve(ctx, hard context.Context, s *Session, t task, what due) outcome {
	if what.verdict == forgo {
		if busy, err := d.elsewhere(ctx, s); busy || err != nil {
			return outcome{patient: d.Times.Read, err: err}
		}
	}
	var seen look
	if t.looks(what) {
		var o *outcome
		if what, seen, o = d.look(ctx, s, t, what); o != nil {
			return *o
		}
	}
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return outcome{}
	}
	defer func() { <-d.slots }()
	if t.sync == nil {
		select {
		case d.building <- struct{}{}:
			defer func() { <-d.building }()
		case <-ctx.Done():
			return outcome{}
		}
	}
	if d.Session() != s {
		return outcome{} // another project is in use since it waits, and may want nothing of the kind
	}
	return d.underLease(ctx, hard, s, t, what, seen)
}

// underLease takes the task's lease and decides again, from what the ledger says
// now: another daemon may have been here.
func (d *Daemon) underLease(ctx, hard context.Context, s *Session, t task, what due, seen look) (o outcome) {
	e := s.Engine
	lease, err := e.Ledger.Acquire(ctx, t.lease())
	var held *ledger.HeldError
	if errors.As(err, &held) {
		return outcome{patient: 2 * d.Times.Retry}
	}
	if err != nil {
		return outcome{patient: d.Times.Retry, err: err}
	}
	release := keep(hard, lease)
	defer func() {
		if err := release(); err != nil && o.err == nil {
			o.err = err // it dies by itself
		}
	}()
	t, others, err := d.refreshed(ctx, e.Ledger, t)
	if err != nil {
		return outcome{patient: d.Times.Retry, err: err}
	}
	if len(t.left()) > 0 {
		if o := d.bring(ctx, hard, e.Ledger, t, lease); o.err != nil || o.patient > 0 {
			return o
		}
		if t, others, err = d.refreshed(ctx, e.Ledger, t); err != nil {
			return outcome{patient: d.Times.Retry, err: err}
		}
	}
	if !seen.at.IsZero() && seen.since != t.known.Marks {
		return outcome{} // a run has ended since, and may have delivered what is newer
	}
	now := t.due(d.Clock.Now(), d.alive, others)
	tick := now.firing.Tick.Equal(what.firing.Tick)
	switch {
	case now.verdict == nothing:
		return outcome{} // it has been served
	case tick && now.verdict == run && what.verdict == yield:
		now.verdict = yield
	case now.verdict == yield && what.verdict == run && !seen.at.IsZero():
		if !t.schedule.Open(d.Clock.Now()) {
			return outcome{} // it is looked at again
		}
		now.verdict, now.firing.Tick = run, now.last // its condition holds, and serves the ticks that came meanwhile
	case tick:
	case now.verdict == run && (t.schedule == nil || !t.schedule.Gated()):
		// The next tick has come meanwhile, and is served by the same run.
	default:
		return outcome{}
	}
	if seen.marks != "" {
		now.firing.Marks = seen.marks
	}
	w := &work{d: d, s: s, t: t, lease: lease, firing: now.firing, need: t.need(now.firing, seen.at, others)}
	if w.onBuild() && w.firing.Kind == ledger.ByAfter {
		w.firing.Marks = clamped(w.firing.Marks, w.need) // what is newer than the build has not been delivered
	}
	switch now.verdict {
	case forgo:
		return w.forgo(ctx, hard)
	case yield:
		return w.yield(ctx, hard)
	case resume:
		return w.resume(ctx, hard)
	}
	return w.run(ctx, hard)
}

// keep writes heartbeats until the returned function gives the lease back.
func keep(hard context.Context, lease *ledger.Lease) (release func() error) {
	beating, stop := context.WithCancel(context.WithoutCancel(hard))
	done := make(chan struct{})
	go func() { defer close(done); lease.Keep(beating) }() // ended by release
	return func() error {
		stop()
		<-done
		ctx, cancel := context.WithTimeout(context.WithoutCancel(hard), 10*time.Second)
		defer cancel()
		return lease.Release(ctx)
	}
}

// work is one firing on its way, under the lease of its task.
type work struct {
	d      *Daemon
	s      *Session
	t      task
	lease  *ledger.Lease
	firing ledger.Firing
	along  []ledger.Firing // that its run serves and ends, too
	need   time.Time       // no build that is older will do
	writes uint32
}

// write records the firing as it is now.
func (w *work) write(ctx context.Context) error {
	w.writes++
	w.firing.At = w.d.Clock.Now().Truncate(time.Millisecond)
	return w.s.Engine.Ledger.WriteFirings(ctx, w.written(), w.lease.Ver(w.writes))
}

// end records that the firing is done without a run, when people know.
func (w *work) end(hard context.Context, status, note string) outcome {
	w.firing.State, w.firing.Status, w.firing.Note = ledger.Done, status, note
	if err := w.d.judge(hard, w.s, w.t, w.firing, nil); err != nil {
		return outcome{patient: w.d.Times.Retry, err: err}
	}
	if err := w.write(hard); err != nil {
		return outcome{patient: w.d.Times.Retry, err: err}
	}
	w.d.Log.InfoContext(hard, "not run", "task", w.t.name, "tick", w.firing.Tick, "status", status, "why", note)
	w.d.observe(Event{Kind: "run", Task: w.t.name, Status: status})
	return outcome{}
}

// yield gives a tick up whose condition did not come to hold: a run that waited.
func (w *work) yield(ctx, hard context.Context) outcome {
	why, err := w.d.lagging(ctx, w.s, w.t)
	if err != nil {
		return outcome{patient: w.d.Times.Retry, err: err}
	}
	w.firing.Run = ledger.NewRunID(w.d.Clock.Now())
	if err := w.s.Engine.Note(hard, w.request(), engine.Waited, why); err != nil {
		return outcome{patient: w.d.Times.Retry, err: err}
	}
	w.d.fail("after waited")
	return w.end(hard, string(engine.Waited), why)
}

// resume looks at what became of a run that somebody began.
func (w *work) resume(ctx, hard context.Context) outcome {
	l := w.s.Engine.Ledger
	runs, err := l.Runs(ctx, w.firing.Run, 1)
	if err != nil {
		return outcome{patient: w.d.Times.Retry, err: err}
	}
	switch {
	case w.firing.Status == string(engine.Interrupted), w.firing.Status == Suspended:
		return w.run(ctx, hard)
	case len(runs) == 0 && w.firing.Attempt >= maxAttempts:
		return w.give(hard, nil, fmt.Sprintf("its run has not begun in any of %d attempts: %s", w.firing.Attempt, cmp.Or(w.firing.Note, "the process died in each")))
	case len(runs) == 0:
		return w.run(ctx, hard)
	case ended(runs[0]):
		return w.finished(hard, runs[0])
	case w.firing.Attempt >= maxAttempts:
		return w.give(hard, &runs[0], fmt.Sprintf("the process died in each of %d attempts", w.firing.Attempt))
	}
	if err := w.close(hard, runs[0]); err != nil {
		return outcome{patient: w.d.Times.Retry, err: err}
	}
	return w.run(ctx, hard)
}

// close ends a run that died.
func (w *work) close(hard context.Context, r ledger.Run) error {
	if r.FinishedAt == nil {
		if err := w.s.Engine.Close(hard, w.request(), r, engine.Interrupted, "the process died; the next run of "+w.t.name+" goes on"); err != nil {
			return err
		}
	}
	w.d.fail("after close dead")
	return nil
}

// give records that a run is not tried any more: one that never began, or was left open.
func (w *work) give(hard context.Context, left *ledger.Run, why string) outcome {
	var err error
	switch {
	case left == nil:
		err = w.s.Engine.Note(hard, w.request(), engine.Failed, why)
	case left.FinishedAt == nil:
		err = w.s.Engine.Close(hard, w.request(), *left, engine.Failed, why)
	}
	if err != nil {
		return outcome{patient: w.d.Times.Retry, err: err}
	}
	return w.end(hard, string(engine.Failed), why)
}

// ended reports that a run came to its end.
func ended(r ledger.Run) bool { return r.FinishedAt != nil && r.Status != string(engine.Interrupted) }

// finished records the end of a run whose end only the run itself has written.
func (w *work) finished(hard context.Context, r ledger.Run) outcome {
	report := reportOf(r)
	return w.conclude(hard, report, 0)
}

// request is what the engine is asked for.
func (w *work) request() engine.Request {
	if w.t.sync == nil {
		return engine.Request{Command: "build", ID: w.firing.Run, Build: true}
	}
	return engine.Request{Command: "sync", ID: w.firing.Run, Syncs: []*cdp.Sync{w.t.sync}}
}

// run claims the firing, runs and records the end.
func (w *work) run(ctx, hard context.Context) outcome {
	d := w.d
	if o, busy := w.busy(ctx, hard); busy {
		return o
	}
	began := d.Clock.Now()
	if w.firing.Status != Suspended && w.firing.Status != string(engine.Interrupted) {
		w.firing.Attempt++
	}
	w.firing.State, w.firing.Status, w.firing.Note = ledger.Claimed, "", ""
	w.firing.Run = ledger.NewRunID(began)
	w.gather()
	if w.onBuild() && w.firing.Kind == ledger.ByCron {
		w.firing.Upto = w.need // for whoever goes on
	}
	d.fail("before claim")
	if err := w.write(ctx); err != nil {
		return outcome{patient: d.Times.Retry, err: err}
	}
	d.fail("after claim")
	if w.onBuild() {
		upto, err := d.ensureBuild(ctx, hard, w.s, w.need)
		if o, stop := w.unbuilt(ctx, hard, err); stop {
			return o
		}
		if w.firing.Kind == ledger.ByCron {
			w.firing.Upto = later(w.firing.Upto, upto) // ticks that came while it was made
		}
		d.fail("after build")
	} else if w.t.sync == nil {
		w.firing.Upto = later(w.firing.Tick, began)
	}
	if !w.lease.Alive() || ctx.Err() != nil {
		return w.stopped(hard)
	}
	soft, end := w.within(ctx, began)
	defer end()
	d.Log.InfoContext(ctx, "run", "task", w.t.name, "tick", w.firing.Tick, "run", w.firing.Run, "attempt", w.firing.Attempt)
	soft, kept, span := d.span(soft, hard, w)
	report, err := w.s.Engine.Run(soft, kept, w.request())
	endSpan(span, report, err)
	d.fail("after run")
	if report == nil {
		return w.refused(ctx, soft, hard, err)
	}
	if err != nil {
		return outcome{patient: d.Times.Retry, err: err} // no end is written: it stays claimed
	}
	return w.conclude(hard, report, d.Clock.Now().Sub(began))
}

// busy looks for a run of the same by hand: a tick waits for its end, or lets it pass.
func (w *work) busy(ctx, hard context.Context) (outcome, bool) {
	list, err := w.s.Engine.Ledger.Leases(ctx, []string{w.t.runLease()})
	switch {
	case err != nil:
		return outcome{patient: w.d.Times.Retry, err: err}, true
	case list[0].Free:
		return outcome{}, false
	case w.t.schedule != nil && w.t.schedule.Skip && w.firing.Kind == ledger.ByCron && w.firing.State == "":
		return w.end(hard, "skipped", "another run was on ("+list[0].Holder.String()+")"), true
	}
	return outcome{patient: 2 * w.d.Times.Retry}, true
}

// stopped records that the firing goes on later, with a run of its own.
func (w *work) stopped(hard context.Context) outcome {
	w.firing.Status = string(engine.Interrupted)
	if err := w.write(hard); err != nil {
		return outcome{patient: w.d.Times.Retry, err: err}
	}
	return outcome{patient: w.d.Times.Retry}
}

// conclude records how a run ended, when people know.
func (w *work) conclude(hard context.Context, report *engine.Report, took time.Duration) outcome {
	d := w.d
	w.firing.State, w.firing.Status, w.firing.Note = ledger.Done, string(report.Status), whyOf(report)
	o := outcome{}
	switch {
	case report.Status == engine.Interrupted && w.outOfHours():
		w.firing.State, w.firing.Status = ledger.Claimed, Suspended
	case report.Status == engine.Interrupted:
		w.firing.State, o.patient = ledger.Claimed, d.Times.Retry
	case report.Status == engine.Waited: // another process began it in the meantime, or its destination is paused
		w.firing.State, w.firing.Status = ledger.Claimed, string(engine.Interrupted)
		o.patient = max(2*d.Times.Retry, report.Until.Sub(w.s.Engine.Clock.Now()))
	case report.Again && w.firing.Attempt < maxAttempts:
		w.firing.State, o.patient = ledger.Claimed, d.Times.Retry<<w.firing.Attempt
		w.firing.Status = string(engine.Interrupted)
		w.firing.Attempt++
	}
	if w.firing.State == ledger.Done {
		if err := d.judge(hard, w.s, w.t, w.firing, report); err != nil {
			return outcome{patient: d.Times.Retry, err: err} // it stays claimed, with a run that has ended
		}
	}
	if err := w.write(hard); err != nil {
		return outcome{patient: d.Times.Retry, err: err}
	}
	d.fail("after done")
	w.event(report, took)
	d.Log.InfoContext(hard, "ended", "task", w.t.name, "tick", w.firing.Tick, "run", w.firing.Run, "status", w.firing.Status, "dur", took)
	if w.firing.State == ledger.Done {
		w.passBy(hard, took)
	}
	return o
}

func (w *work) event(report *engine.Report, took time.Duration) {
	v := Event{Kind: "run", Task: w.t.name, Status: w.firing.Status, Took: took}
	if len(report.Syncs) > 0 {
		v.Report = report.Syncs[0]
	}
	w.d.observe(v)
}

// passBy records the tick that came while the run was on, where overlap is skip. One of
// which only the end is recorded was not on: what came since is made up for.
func (w *work) passBy(hard context.Context, took time.Duration) {
	s := w.t.schedule
	if s == nil || !s.Skip || w.firing.Kind == ledger.ByPerson {
		return
	}
	now := w.d.Clock.Now().Add(-w.t.offset())
	tick := s.Last(later(later(w.firing.Tick, w.firing.Upto), now.Add(-took)), now)
	if tick.IsZero() {
		return
	}
	passed := ledger.Firing{Task: w.t.name, Tick: tick, Kind: ledger.ByCron}
	was := w.firing
	w.firing = passed
	w.end(hard, "skipped", "the run before was still on")
	w.firing = was
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b.Truncate(time.Millisecond)
	}
	return a
}
