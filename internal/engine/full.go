package engine

import (
	"context"
	"slices"

	"github.com/kithdata/kith/internal/ledger"
)

// unendedFull is the epoch of the oldest of the full runs since a handover that have not ended
// since another run did; 0 for none. A run that a guard stopped says nothing of it.
func (e *Engine) unendedFull(ctx context.Context, last []ledger.SyncRun, since uint64) (epoch uint64, err error) {
	blocked := func(r ledger.SyncRun) bool { return r.Status == string(Blocked) }
	if len(last) >= lastRuns && !slices.ContainsFunc(last, func(r ledger.SyncRun) bool { return !blocked(r) }) {
		if last, err = e.Ledger.LastRuns(ctx, last[0].Sync, ledger.KeptRuns); err != nil {
			return 0, err
		}
	}
	for _, r := range last {
		switch {
		case blocked(r):
		case !r.Full || r.Epoch < since || r.Status == string(Succeeded) || r.Status == string(Partial):
			return epoch, nil
		default:
			epoch = r.Epoch
		}
	}
	return epoch, nil
}
