package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// Retire marks a sync as retired in the ledger, under its lease, and returns its state. Nothing
// is removed at the destination, and the baseline stays. A sync that the ledger does not know,
// or that is retired or renamed, is an error.
func (e *Engine) Retire(ctx context.Context, sync string) (state ledger.SyncState, err error) {
	lease, err := e.Ledger.Acquire(ctx, sync)
	if err != nil {
		return state, err
	}
	defer func() {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, lease.Release(release))
	}()
	states, err := e.Ledger.States(ctx)
	if err != nil {
		return state, err
	}
	state, ok := states[sync]
	if !ok || state.Retired {
		return state, fmt.Errorf("sync %s is not in the ledger, or no longer: it was retired or renamed; `kith status` names those that are", sync)
	}
	state.Retired = true
	return state, e.Ledger.SetState(ctx, state, lease.Ver(0))
}

// reacher is a destination whose Check makes no call: it can be connected to all the same.
type reacher interface {
	// Reach connects and asks nothing; its error is as that of Check.
	Reach(ctx context.Context) error
}

// CheckDestination opens the destination of a sync and checks that it can be reached and can
// deliver; no row is written, and nothing is made there.
func (e *Engine) CheckDestination(ctx context.Context, s *cdp.Sync) error {
	remote, err := e.Remotes.Describe(s.Destination)
	if err != nil {
		return err
	}
	dest, err := e.Remotes.Open(ctx, s.Destination)
	if err != nil {
		return err
	}
	defer func() { _ = dest.Close() }() // nothing was sent
	look := target(s, remote.Spec, "check", 0)
	look.Look = true
	if err := dest.Check(ctx, look); err != nil {
		return err
	}
	if r, ok := dest.(reacher); ok {
		return r.Reach(ctx)
	}
	return nil
}
