package engine

import (
	"context"
	"errors"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// Retire marks a sync as retired in the ledger, under its lease. Nothing is removed
// at the destination, and the baseline stays. The sync must be known to the ledger.
func (e *Engine) Retire(ctx context.Context, state ledger.SyncState) (err error) {
	lease, err := e.Ledger.Acquire(ctx, state.Sync)
	if err != nil {
		return err
	}
	defer func() {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, lease.Release(release))
	}()
	state.Retired = true
	return e.Ledger.SetState(ctx, state, lease.Ver(0))
}

// CheckDestination opens the destination of a sync and checks that it can deliver;
// no row is written.
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
	return dest.Check(ctx, target(s, remote.Spec, "check", 0))
}
