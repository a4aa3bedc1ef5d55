package daemon

import (
	"context"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// lateSince is since when a task is late: its tick, or for one that waits for something else
// than its cron the moment at which its run was begun. Zero when it is not.
func (t *task) lateSince(now time.Time) time.Time {
	if t.alerts == nil || t.schedule == nil || t.pause.Paused {
		return time.Time{}
	}
	since, starts := t.schedule.Next(t.base()), time.Time{}
	switch {
	case t.waitsFor():
		since = t.hangs()
		starts = since
	case !since.IsZero():
		starts = t.starts(since)
	}
	starts = later(starts, t.reopens(now))
	if since.IsZero() || now.Before(starts.Add(t.alerts.Late)) {
		return time.Time{}
	}
	return since
}

// waitsFor reports whether the runs of a task begin when something else has happened.
func (t *task) waitsFor() bool { return t.schedule.Gated() || t.schedule.Cron == "" }

// claimed is the firing of the schedule that was begun and has not ended.
func (t *task) claimed() (ledger.Firing, bool) {
	i := slices.IndexFunc(t.known.Open, func(f ledger.Firing) bool {
		return f.State == ledger.Claimed && (f.Kind == ledger.ByCron || f.Kind == ledger.ByAfter)
	})
	if i < 0 {
		return ledger.Firing{}, false
	}
	return t.known.Open[i], true
}

// reopens is when the hours began, or begin, in which the run goes on that was begun in earlier
// ones; zero for none. One that is not known to have stopped when its hours were over goes on.
func (t *task) reopens(now time.Time) (at time.Time) {
	f, ok := t.claimed()
	if !ok || t.schedule == nil || f.Status == "" && !t.schedule.Open(now) {
		return at
	}
	for closes := t.schedule.Closes(f.Tick); !closes.IsZero() && !closes.After(now); closes = t.schedule.Closes(at) {
		at = t.schedule.Opens(closes)
	}
	return at
}

// meet remembers when the run was begun that is on: the ledger knows of its last attempt only.
func (t *task) meet() {
	if f, ok := t.claimed(); ok && !f.Tick.Equal(t.met) {
		t.met, t.begun = f.Tick, f.At
	}
}

// hangs is when the run that is on, or is to go on, was begun, as far as this process knows.
func (t *task) hangs() time.Time {
	f, ok := t.claimed()
	if !ok {
		return time.Time{}
	}
	since := f.At
	if f.Tick.Equal(t.met) {
		since = t.begun
	}
	return later(since, t.resumed())
}

// tellLate opens an episode of lateness for a run that has not ended in time.
func (d *Daemon) tellLate(ctx context.Context, name string, alerts *cdp.Alerts, since time.Time) {
	t, ok := d.copyOf(name)
	if !ok || alerts == nil || d.Tell == nil || !slices.Contains(alerts.On, cdp.AlertLate) {
		return
	}
	s, done := d.use()
	defer done()
	f := ledger.Firing{Task: name, Tick: since}
	text := "due at "
	if t.waitsFor() {
		text = "begun at "
	}
	text += clock(since) + ", and has not ended"
	if t.running {
		text += "; it is running"
	}
	// The run may have ended since the ledger was read, and its lateness with it.
	still := func(ctx context.Context) (bool, error) {
		t, _, err := d.refreshed(ctx, s.Engine.Ledger, t)
		if err != nil || t.lateSince(d.Clock.Now()).IsZero() {
			return false, err
		}
		over, err := recording(ctx, s.Engine.Ledger, t)
		return !over, err
	}
	if err := d.episodes(ctx, s, t, f, []trouble{{cdp.AlertLate, text, still}}, nil); err != nil {
		d.Log.WarnContext(ctx, notTold, "task", name, "err", err) // it is looked at again
	}
}

// recording reports whether the run of a task has ended whose end is being recorded: people are
// told of that first, and its lateness would be told anew in between.
func recording(ctx context.Context, l *ledger.Ledger, t task) (bool, error) {
	for _, f := range t.known.Open {
		if f.State != ledger.Claimed || f.Status != "" || f.Kind == ledger.ByPerson {
			continue
		}
		if runs, err := l.Runs(ctx, f.Run, 1); err != nil || len(runs) > 0 && ended(runs[0]) {
			return err == nil, err
		}
	}
	return false, nil
}

// settled is what a run ends that did not end well: lateness, unless a person asked a sync for
// it, which serves no tick.
func settled(f ledger.Firing) []ending {
	if f.Kind == ledger.ByPerson && f.Task != ledger.TaskBuild {
		return nil
	}
	return endings(cdp.AlertLate)
}

// postponed reports whether the end of an episode is told with that of another of its task: a
// run that was late and ended badly is late no more, which is no good news.
func postponed(e ledger.Episode, list []ledger.Episode) bool {
	return e.Kind == string(cdp.AlertLate) && !e.Open && slices.ContainsFunc(list, func(x ledger.Episode) bool {
		return x.Task == e.Task && x.Open && (x.Kind == string(cdp.AlertFailed) || x.Kind == string(cdp.AlertBlocked))
	})
}

// anew reports whether lateness that people know of, and whose end they have not been told, is
// news when it is to begin again: another run hangs, or what was due has been given up.
func (b *book) anew(e ledger.Episode) bool {
	return postponed(e, b.known) || e.Kind == string(cdp.AlertLate) && e.Open && e.Run == "" && b.f.Run != ""
}
