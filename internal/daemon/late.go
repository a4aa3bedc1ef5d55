package daemon

import (
	"context"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// tellLate opens an episode of lateness for a run that has not ended in time.
func (d *Daemon) tellLate(ctx context.Context, name string, alerts *cdp.Alerts, since time.Time) {
	t, ok := d.copyOf(name)
	if !ok || alerts == nil || d.Tell == nil || !slices.Contains(alerts.On, cdp.AlertLate) {
		return
	}
	s, done := d.use()
	defer done()
	f := ledger.Firing{Task: name, Tick: since}
	text := "due at " + clock(since) + ", and has not ended"
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
