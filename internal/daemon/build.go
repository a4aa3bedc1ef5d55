package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// buildError says that the build that a sync needs was tried, and is not there.
type buildError struct {
	status engine.Status // of the try: failed or blocked
	why    string
}

func (e *buildError) Error() string {
	if e.status == engine.Blocked {
		return "the build that it needs was stopped: " + e.why
	}
	return "the build that it needs failed: " + e.why
}

// ensureBuild makes a build that was begun at a moment or after it, unless there is
// one: syncs that are due together share it, also those of other daemons.
func (d *Daemon) ensureBuild(ctx, hard context.Context, s *Session, need time.Time) (upto time.Time, err error) {
	select {
	case d.building <- struct{}{}:
		defer func() { <-d.building }()
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
	t, ok := d.copyOf(ledger.TaskBuild)
	if !ok {
		return need, nil // nothing to build
	}
	for {
		upto, o, err := d.tryBuild(ctx, hard, s, t, need)
		if err != nil || !upto.IsZero() {
			return upto, err
		}
		if err := d.Clock.Sleep(ctx, max(o.patient, d.Times.Retry/5)); err != nil {
			return time.Time{}, err
		}
	}
}

// tryBuild looks for a build, or makes one; a zero upto asks to try again.
func (d *Daemon) tryBuild(ctx, hard context.Context, s *Session, t task, need time.Time) (upto time.Time, o outcome, err error) {
	l := s.Engine.Ledger
	if upto, err = d.built(ctx, s, need); err != nil || !upto.IsZero() {
		return upto, o, err
	}
	lease, err := l.Acquire(ctx, t.lease())
	var held *ledger.HeldError
	if errors.As(err, &held) {
		return time.Time{}, outcome{}, nil
	}
	if err != nil {
		return time.Time{}, o, err
	}
	release := keep(hard, lease)
	defer func() { err = errors.Join(err, release()) }()
	// Another process may have built between the look and the lease.
	if upto, err = d.built(ctx, s, need); err != nil || !upto.IsZero() {
		return upto, o, err
	}
	t, _, err = d.refreshed(ctx, l, t)
	if err != nil {
		return time.Time{}, o, err
	}
	w := &work{d: d, s: s, t: t, lease: lease, firing: ledger.Firing{Task: t.name, Tick: later(need, d.Clock.Now()), Kind: ledger.ByNeed}}
	if i := slices.IndexFunc(t.known.Open, func(f ledger.Firing) bool { return f.State == ledger.Claimed }); i >= 0 {
		w.firing = t.known.Open[i] // somebody began one and did not end it
		o = w.resume(ctx, hard)
	} else {
		o = w.run(ctx, hard)
	}
	if o.err != nil || o.patient > 0 {
		return time.Time{}, o, o.err
	}
	upto, err = d.built(ctx, s, need)
	return upto, o, err
}

// built is up to when a build serves that is recent enough and made from these
// models; zero for none. One that its guards stopped leaves the build before, which
// serves on unless the models have changed; another try would be stopped like it.
func (d *Daemon) built(ctx context.Context, s *Session, need time.Time) (time.Time, error) {
	known, err := s.Engine.Ledger.Tasks(ctx, ledger.TaskBuild)
	if err != nil {
		return time.Time{}, err
	}
	last := known[ledger.TaskBuild]
	if last.Built.Before(need) {
		return time.Time{}, nil
	}
	stale, err := s.Engine.NeedsBuild(ctx)
	if err != nil {
		return time.Time{}, err
	}
	switch status := engine.Status(last.BuiltAs); {
	case status == engine.Failed && !stale && !need.After(last.Completed) && !last.Completed.IsZero():
		return last.Completed, nil // the one before it will do
	case status == engine.Failed || status == engine.Blocked && stale:
		return time.Time{}, &buildError{status, last.BuiltNote}
	case stale:
		return time.Time{}, nil
	}
	return last.Built, nil
}

// need is how new a build must be for a firing: as what is due, and no older than the look at
// the condition that it waited for. What follows others takes the build that they had, also
// after a wait: a build for it alone would run them again where they follow the build, and
// it after them, without an end.
func (t *task) need(f ledger.Firing, looked time.Time, others map[string]*task) time.Time {
	if f.Kind != ledger.ByAfter || t.schedule == nil || len(t.schedule.After) == 0 {
		return later(later(f.Tick, f.Upto), looked)
	}
	return t.followed(others)
}

// followed is up to when the tasks serve that a task follows. Those that follow others have
// ticks at which these ended, which are later than the build that they had.
func (t *task) followed(others map[string]*task) (upto time.Time) {
	for _, other := range t.follows(others) {
		if other.schedule != nil && len(other.schedule.After) > 0 {
			upto = later(upto, other.followed(others))
		} else {
			upto = later(upto, other.known.Completed)
		}
	}
	return upto
}

// onBuild reports that what is delivered comes from a build.
func (w *work) onBuild() bool { return w.t.sync != nil && w.t.sync.Entity != nil }

// unbuilt ends a firing whose build failed.
func (w *work) unbuilt(ctx, hard context.Context, err error) (outcome, bool) {
	var failed *buildError
	switch {
	case err == nil:
		return outcome{}, false
	case ctx.Err() != nil:
		return w.stopped(hard), true
	case errors.As(err, &failed):
		if err := w.s.Engine.Note(hard, w.request(), engine.Failed, failed.Error()); err != nil {
			return outcome{patient: w.d.Times.Retry, err: err}, true
		}
		return w.end(hard, string(engine.Failed), failed.Error()), true
	}
	return w.again(hard, err), true
}

// reportOf is what a run wrote about itself at its end.
func reportOf(r ledger.Run) *engine.Report {
	report := &engine.Report{RunID: r.ID}
	if json.Unmarshal([]byte(r.Report), report) != nil {
		report.Error = "its report cannot be read"
	}
	report.Status = engine.Status(r.Status)
	return report
}

// whyOf is what a person should know about the end of a run; no values of rows.
func whyOf(r *engine.Report) string {
	switch {
	case r.Error != "" && r.Help != "":
		return r.Error + "; " + r.Help
	case r.Error != "":
		return r.Error
	}
	for _, s := range r.Syncs {
		switch {
		case s.Error != "" && s.Help != "":
			return s.Error + "; " + s.Help
		case s.Error != "":
			return s.Error
		}
	}
	return ""
}
