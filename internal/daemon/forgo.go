package daemon

import (
	"context"

	"github.com/kithdata/kith/internal/ledger"
)

// older reports that a daemon is on that began before this one: what this one would take for
// missed is its to come to.
func (d *Daemon) older(ctx context.Context, s *Session) (bool, error) {
	known, err := s.Engine.Ledger.Tasks(ctx, "")
	if err != nil {
		return false, err
	}
	for name, k := range known {
		for _, f := range k.Open {
			if f.State != ledger.Claimed || !f.At.Before(d.alive) {
				continue
			}
			leases, err := s.Engine.Ledger.Leases(ctx, []string{(&task{name: name}).lease()})
			if err != nil || !leases[0].Free {
				return err == nil, err
			}
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
