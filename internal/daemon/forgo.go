package daemon

import (
	"context"
	"slices"

	"github.com/kithdata/kith/internal/ledger"
)

// elsewhere reports that another process has begun a run and is on, or was a moment ago: what
// this one would take for missed may be its to come to. One that is younger than this puts off
// the record only.
func (d *Daemon) elsewhere(ctx context.Context, s *Session) (bool, error) {
	l := s.Engine.Ledger
	known, err := l.Tasks(ctx, "")
	if err != nil {
		return false, err
	}
	last, err := l.LastFirings(ctx, "", 1)
	if err != nil {
		return false, err
	}
	for name, k := range known {
		claimed := slices.ContainsFunc(k.Open, func(f ledger.Firing) bool { return f.State == ledger.Claimed })
		ended := len(last[name]) > 0 && d.Clock.Now().Sub(last[name][0].At) < d.Times.Read
		if !claimed && !ended {
			continue
		}
		leases, err := l.Leases(ctx, []string{(&task{name: name}).lease()})
		if err != nil || !leases[0].Own && (ended || !leases[0].Free) {
			return err == nil, err
		}
	}
	return false, nil
}

// forgo records that a tick was missed: with catch_up: never another has come since. Where a
// run of it has begun its end is recorded, or it is closed first; one that is to be gone on
// with has an end.
func (w *work) forgo(ctx, hard context.Context) outcome {
	if w.firing.State == ledger.Claimed && w.firing.Status == "" {
		runs, err := w.s.Engine.Ledger.Runs(ctx, w.firing.Run, 1)
		if err == nil && len(runs) > 0 {
			if ended(runs[0]) {
				return w.finished(hard, runs[0])
			}
			err = w.close(hard, runs[0])
		}
		if err != nil {
			return outcome{patient: w.d.Times.Retry, err: err}
		}
	}
	return w.end(hard, "missed", "nothing served it in time, and catch_up is never")
}
