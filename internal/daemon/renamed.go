package daemon

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/ledger"
)

// renamed is the status of a firing that goes on under the name that its sync has now.
const renamed = "renamed"

// knownOf is what is known of a task. What is open under the name that a sync had is its own, and
// as long as nothing says up to when it was served under the one that it has, what says so of the
// former does.
func (t *task) knownOf(all map[string]ledger.Task) ledger.Task {
	own, former := all[t.name], t.former()
	if former == "" {
		return own
	}
	was := all[former]
	own.Open = append(slices.Clone(own.Open), was.Open...)
	slices.SortStableFunc(own.Open, func(a, b ledger.Firing) int { return b.Tick.Compare(a.Tick) })
	if own.Served.IsZero() {
		own.Served = was.Served
	}
	if own.Awaited.IsZero() {
		own.Awaited = was.Awaited
	}
	if own.Ended.IsZero() {
		own.Ended, own.Completed = was.Ended, was.Completed
	}
	if own.Marks == "" {
		own.Marks = was.Marks
	}
	return own
}

// newAnchor is from when the ticks of a schedule count that a task was not met with. A sync that is
// renamed has the schedule that it had, unless that has changed as well: what was served is.
func (t *task) newAnchor(ctx context.Context, l *ledger.Ledger, anchors map[string]ledger.Anchor, now time.Time) (ledger.Anchor, error) {
	a := ledger.Anchor{Spec: t.spec(), From: now}
	former, had := anchors[t.former()]
	if _, met := anchors[t.name]; met || !had || former.Spec != a.Spec {
		return a, nil
	}
	known, err := l.Tasks(ctx, t.former())
	was := task{schedule: t.schedule, anchor: former.From, known: known[t.former()]}
	a.From = was.base()
	return a, err
}

// left are the open firings under the name that a sync had: no project has another of that name.
func (t *task) left() []ledger.Firing {
	return slices.DeleteFunc(slices.Clone(t.known.Open), func(f ledger.Firing) bool { return f.Task == t.name })
}

// bring gives a task, under whose lease it is called, what is open under the name that its sync
// had, unless a process that knows it by that name is at it. First it is written under the new
// name, so that a death in between loses none; a firing that is there already is not written
// again, since nothing of the task has been served before it was brought.
func (d *Daemon) bring(ctx, hard context.Context, l *ledger.Ledger, t task, lease *ledger.Lease) (o outcome) {
	was := &task{name: t.former()}
	former, err := l.Acquire(ctx, was.lease())
	var held *ledger.HeldError
	if errors.As(err, &held) {
		return outcome{patient: 2 * d.Times.Retry}
	}
	if err != nil {
		return outcome{patient: d.Times.Retry, err: err}
	}
	release := keep(hard, former)
	defer func() {
		if err := release(); err != nil && o.err == nil {
			o.err = err // it dies by itself
		}
	}()
	known, err := l.Tasks(ctx, was.name)
	if err != nil {
		return outcome{patient: d.Times.Retry, err: err}
	}
	for _, f := range known[was.name].Open {
		own := f
		own.Task = t.name
		there := slices.ContainsFunc(t.known.Open, func(o ledger.Firing) bool { return o.Task == t.name && o.Tick.Equal(f.Tick) })
		if !there {
			if err := l.WriteFiring(ctx, own, lease.Ver(0)); err != nil {
				return outcome{patient: d.Times.Retry, err: err}
			}
		}
		d.fail("after bring")
		f.State, f.Status, f.Note = ledger.Done, renamed, "it goes on as "+t.name
		if err := l.WriteFiring(ctx, f, former.Ver(1)); err != nil {
			return outcome{patient: d.Times.Retry, err: err}
		}
	}
	return outcome{}
}
