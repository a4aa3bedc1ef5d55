package daemon

import (
	"context"
	"time"

	"github.com/kithdata/kith/internal/ledger"
)

// others are the tasks by name.
func (d *Daemon) others() map[string]*task {
	out := make(map[string]*task, len(d.tasks))
	for _, t := range d.tasks {
		out[t.name] = t
	}
	return out
}

// anyDue reports whether something is to be done, as far as is known.
func (d *Daemon) anyDue(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	others := d.others()
	for _, t := range d.tasks {
		if t.running || now.Before(t.patient) {
			continue
		}
		if what := t.due(now, d.alive, others); what.verdict != nothing && !now.Before(t.rests(what)) {
			return true
		}
	}
	return false
}

// dispatch begins what is due and returns when to look again.
func (d *Daemon) dispatch(ctx, hard context.Context, now time.Time) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := time.Time{}
	sooner := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if d.away != nil || !d.anchored {
		return now.Add(d.Times.Retry)
	}
	d.tellUntold(hard)
	d.sweep(hard, now)
	others := d.others()
	for _, t := range d.tasks {
		if late := t.lateSince(now); !late.IsZero() && !t.late {
			t.late = true // looked at again with the next read
			d.background(func() { d.tellLate(hard, t.name, t.alerts, late) })
		}
		if t.running {
			continue
		}
		if now.Before(t.patient) {
			sooner(t.patient)
			continue
		}
		what := t.due(now, d.alive, others)
		if what.verdict == nothing {
			sooner(what.at)
			continue
		}
		if rests := t.rests(what); now.Before(rests) {
			sooner(rests)
			continue
		}
		t.running = true
		session, name := d.session, t.name
		session.users.Add(1)
		d.background(func() {
			defer session.users.Done()
			d.work(ctx, hard, session, name, what)
		})
	}
	return next
}

// background runs f as a worker, which Run waits for.
func (d *Daemon) background(f func()) { d.workers.Go(f) }

// outcome is what a worker found out.
type outcome struct {
	patient time.Duration // look again no sooner
	closed  time.Duration // nor at the condition
	err     error         // of the ledger: what was to be done is not recorded
}

// work serves a task once and lets the loop know.
func (d *Daemon) work(ctx, hard context.Context, s *Session, name string, what due) {
	copied, ok := d.copyOf(name)
	o := outcome{}
	if ok {
		o = d.serve(ctx, hard, s, copied, what)
	}
	if err := unlessDone(ctx, o.err); err != nil {
		d.Log.WarnContext(ctx, "it is tried again", "task", name, "err", err)
	}
	d.mu.Lock()
	for _, t := range d.tasks { // they may be others than when it began
		if t.name == name {
			t.running = false
			t.patient, t.closed = d.Clock.Now().Add(o.patient), d.Clock.Now().Add(o.closed)
		}
	}
	d.readAt = time.Time{} // what was done changes what is due
	d.mu.Unlock()
	d.poke()
}

// copyOf is a task as it is now.
func (d *Daemon) copyOf(name string) (task, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.tasks {
		if t.name == name {
			return *t, true
		}
	}
	return task{}, false
}

// refreshed is a task, and all others, with what the ledger says now. What is
// claimed under a lease is decided from this and from nothing older.
func (d *Daemon) refreshed(ctx context.Context, l *ledger.Ledger, t task) (task, map[string]*task, error) {
	only := t.name
	if t.former() != "" || t.schedule != nil && len(t.schedule.After) > 0 {
		only = ""
	}
	known, err := l.Tasks(ctx, only)
	if err != nil {
		return t, nil, err
	}
	pauses, err := l.Pauses(ctx)
	if err != nil {
		return t, nil, err
	}
	t.known, t.pause = t.knownOf(known), t.pauseOf(pauses)
	d.mu.Lock()
	defer d.mu.Unlock()
	others := map[string]*task{}
	for _, o := range d.tasks {
		others[o.name] = &task{name: o.name, schedule: o.schedule, known: o.knownOf(known)}
	}
	return t, others, nil
}

// sweep drops old firings, and ends what nobody runs any more, once a day; d.mu is held.
func (d *Daemon) sweep(ctx context.Context, now time.Time) {
	if since := now.Sub(d.sweptAt); since >= 0 && since < 24*time.Hour {
		return
	}
	d.sweptAt = now
	session := d.session
	session.users.Add(1)
	d.background(func() {
		defer session.users.Done()
		if err := session.Engine.Ledger.SweepFirings(ctx, now); err != nil {
			d.Log.WarnContext(ctx, "old firings left behind", "err", err)
		}
		if d.Tell == nil {
			return
		}
		if err := d.endLeftovers(ctx, session, now); err != nil {
			d.Log.WarnContext(ctx, notTold, "err", err) // the next day, or another does
		}
	})
}
