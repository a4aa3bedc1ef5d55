package engine

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// former is the state that a renamed sync has still to take over, under the name that it
// had; ok is false when there is none.
func former(states map[string]ledger.SyncState, s *cdp.Sync) (state ledger.SyncState, ok bool) {
	if states[s.Name].Baseline != "" {
		return state, false // its own
	}
	state, ok = states[s.Was]
	return state, ok && !state.Retired
}

// leaseOfFormer takes the lease of the name from which a sync takes its state over; nil
// when it takes none. A process that still knows the sync by that name may be running it.
func (e *Engine) leaseOfFormer(ctx context.Context, s *cdp.Sync) (*ledger.Lease, error) {
	if s.Was == "" {
		return nil, nil
	}
	states, err := e.Ledger.States(ctx)
	if err != nil {
		return nil, err
	}
	if _, ok := former(states, s); !ok {
		return nil, nil
	}
	return e.Ledger.Acquire(ctx, s.Was)
}
