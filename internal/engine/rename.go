package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// Former is the state that a renamed sync has still to take over, under the name that it
// had; ok is false when there is none.
func Former(states map[string]ledger.SyncState, s *cdp.Sync) (state ledger.SyncState, ok bool) {
	if states[s.Name].Baseline != "" {
		return state, false // its own
	}
	state, ok = states[s.Was]
	return state, ok && !state.Retired
}

// present is the name under which the ledger has what it knows of a sync, and the lease of
// that name: until its state moves, what a renamed sync had before. Whatever is written until
// then is written there, so that a run that goes no further leaves a sync of that name.
func present(s *cdp.Sync, lease *ledger.Lease) (string, *ledger.Lease) {
	if lease.Was != nil {
		return s.Was, lease.Was
	}
	return s.Name, lease
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
	if _, ok := Former(states, s); !ok {
		return nil, nil
	}
	was, err := e.Ledger.Acquire(ctx, s.Was)
	if err != nil {
		return nil, err
	}
	// Who moved it meanwhile had this lease before.
	if states, err = e.Ledger.States(ctx); err == nil {
		if _, ok := Former(states, s); ok {
			return was, nil
		}
	}
	return nil, errors.Join(err, was.Release(ctx))
}

// fetch gives a sync what holds its rows back, open jobs among that, of the name that it had,
// where an older kith moved its state without it: nobody else has that name. It comes before all
// that reads or writes under the name that the sync has, and before anything forgets the other.
func (e *Engine) fetch(ctx context.Context, s *cdp.Sync, last past, lease *ledger.Lease) error {
	name, _ := present(s, lease)
	states, was := last.states, last.states[name].Was
	if !leftUnder(states, name) {
		return nil
	}
	standing, err := e.Ledger.Standing(ctx, was)
	if err != nil || standing == (ledger.Standing{}) {
		return err
	}
	former := lease
	if was != s.Name { // else the lease is taken
		if former, err = e.Ledger.Acquire(ctx, was); err != nil {
			return err
		}
		defer e.keep(ctx, former)()
		if states, err = e.Ledger.StatesThere(ctx); err != nil || states[name].Was != was || !leftUnder(states, name) {
			return err
		}
	}
	state, upTo := states[name], uint64(0)
	if h, begun := state.Handover(); begun {
		upTo = h.UpTo()
	}
	if err := e.Ledger.Fetch(ctx, name, was, upTo); err != nil {
		return err
	}
	if standing.Rejected > 0 && state.There { // it was sent at once, and delivered perhaps
		if err := e.Ledger.ClearRejections(ctx, name, state.Baseline, 0); err != nil {
			return err
		}
	}
	e.fail("after fetch")
	if was == s.Name { // takeOver brings it back
		return nil
	}
	return e.leave(ctx, former, former.Ver(2), former.Alive)
}

// leftUnder reports whether nobody has the name that a sync had before its state moved.
func leftUnder(states map[string]ledger.SyncState, sync string) bool {
	was := states[sync].Was
	return was != "" && states[was].Baseline == ""
}

// takeOver copies what holds rows of a renamed sync back, when all is written that is to be
// written under its former name, and before anything is read or written under its own.
func (e *Engine) takeOver(ctx context.Context, s *cdp.Sync, last past, lease *ledger.Lease, owing uint64) error {
	switch {
	case lease.Was == nil && !last.under(s.Name):
		return e.leaveAgain(ctx, s)
	case lease.Was == nil:
		return nil
	}
	states, err := e.Ledger.States(ctx)
	if err != nil {
		return err
	}
	old, ok := Former(states, s)
	if !ok {
		return nil
	}
	upTo := uint64(0)
	if h, begun := old.Handover(); begun {
		upTo = h.UpTo()
	}
	exists, err := e.Ledger.Exists(ctx, old.Baseline)
	if err != nil {
		return err
	}
	if owing > 0 && exists { // what was delivered after all by a run that nobody ended is not to be copied
		if err := e.Ledger.ClearRejections(ctx, s.Was, old.Baseline, owing<<32); err != nil {
			return err
		}
	}
	if err := e.Ledger.TakeMappings(ctx, s.Name, s.Was, old.Was, e.Clock.Now()); err != nil {
		return err
	}
	// Older than what this run answers.
	return e.Ledger.TakeOver(ctx, s.Name, s.Was, upTo, lease.Ver(0)-1)
}

// moveState moves the state of a renamed sync, unless another has had one of the leases since.
// Whoever has the former name next has none of what was there.
func (e *Engine) moveState(ctx context.Context, state ledger.SyncState, lease *ledger.Lease) error {
	if err := e.movePause(ctx, state); err != nil {
		return err
	}
	e.fail("before move")
	if err := held(lease.Alive); err != nil {
		return err
	}
	if err := e.Ledger.MoveState(ctx, state, lease); err != nil {
		return err
	}
	e.fail("after move")
	if err := lease.Look(ctx); err != nil { // where another was before it, nothing has moved
		return err
	}
	return e.leave(ctx, lease.Was, lease.Was.Ver(2), lease.Alive)
}

// leaveAgain forgets what was copied when the run that moved the state died before it had:
// nothing has been run since under the name that the sync has now, and nobody has the former one.
func (e *Engine) leaveAgain(ctx context.Context, s *cdp.Sync) error {
	states, err := e.Ledger.States(ctx)
	if err != nil {
		return err
	}
	was := states[s.Name].Was
	if was == "" || states[was].Baseline != "" {
		return nil
	}
	lease, err := e.Ledger.Acquire(ctx, was)
	var held *ledger.HeldError
	if errors.As(err, &held) {
		return nil // who has it forgets it
	}
	if err != nil {
		return err
	}
	defer e.keep(ctx, lease)()
	if states, err = e.Ledger.States(ctx); err != nil || states[was].Baseline != "" {
		return err
	}
	return e.leave(ctx, lease, lease.Ver(2), lease.Alive)
}

// leave forgets what was copied, under the name of a lease, unless it may be another's by now.
func (e *Engine) leave(ctx context.Context, lease *ledger.Lease, ver uint64, alive func() bool) error {
	if err := held(alive); err != nil {
		return err
	}
	return e.Ledger.Leave(ctx, lease, ver)
}

// movePause gives a sync the pause of the name that it had, unless something was said of the
// new name already: its schedule is found under that one alone when `was` is deleted.
func (e *Engine) movePause(ctx context.Context, state ledger.SyncState) error {
	pauses, err := e.Ledger.Pauses(ctx)
	if err != nil {
		return err
	}
	p, now := pauses[ledger.TaskOf(state.Was)], ledger.TaskOf(state.Sync)
	if _, known := pauses[now]; known || !p.Paused {
		return nil
	}
	return e.Ledger.SetPause(ctx, now, p)
}

// newBaseline names the baseline of a new sync: not as one that has been renamed still has
// its own, though it may be retired.
func newBaseline(states map[string]ledger.SyncState, sync string) string {
	name := "baseline_" + sync
	for n := 2; ; n++ {
		taken := false
		for _, other := range states {
			taken = taken || other.Baseline == name && other.Sync != sync
		}
		if !taken {
			return name
		}
		name = fmt.Sprintf("baseline_%s_%d", sync, n)
	}
}
