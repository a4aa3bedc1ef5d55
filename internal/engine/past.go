package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// past are the last runs of a sync, newest first, and the names under which all of them are.
type past struct {
	names  []string
	runs   []ledger.SyncRun
	states map[string]ledger.SyncState // of all syncs, as they were read before
}

// statesOf are the states of all syncs as they are now. Under the lease of a sync that has a state
// nobody else writes it, so that what was read with the last runs is that still; but not of one
// that has, or had, another name, nor of one that goes to another place, which this run may end.
func (e *Engine) statesOf(ctx context.Context, s *cdp.Sync, last past) (map[string]ledger.SyncState, error) {
	if state := last.states[s.Name]; s.Was == "" && state.Was == "" && settled(state) {
		return last.states, nil
	}
	return e.Ledger.StatesThere(ctx)
}

// settled reports whether a sync has a state, and is on its way to no other place.
func settled(state ledger.SyncState) bool {
	_, begun := state.Handover()
	_, taken := state.Taking()
	return state.Baseline != "" && !begun && !taken
}

// follows reports whether the run under a lease comes next after a run of the same sync that came
// to its end, without a lease between. That one has written all that it had to, and waited for
// it; so, if it left the state of the sync as it was, had the one before it. Whoever is older was
// overruled by what the first of them has written.
func follows(lease *ledger.Lease, s *cdp.Sync, last []ledger.SyncRun) bool {
	if lease.Was != nil || len(last) == 0 {
		return false
	}
	r := last[0]
	return r.Sync == s.Name && r.Epoch+1 == lease.Epoch && (r.Status == string(Succeeded) || r.Status == string(Partial))
}

// lastRuns is how many are looked at, of each name.
const lastRuns = 5

// lives are the names under which the runs of a sync are recorded: the one that it has, and the
// one that it had, unless that is another's now. Until its state moves, what was run under the
// name that it has now was another life of that name.
func lives(states map[string]ledger.SyncState, s *cdp.Sync) []string {
	if _, moves := Former(states, s); moves {
		return []string{s.Was}
	}
	if was := states[s.Name].Was; was != "" && states[was].Baseline == "" {
		return []string{s.Name, was}
	}
	return []string{s.Name}
}

func (e *Engine) past(ctx context.Context, s *cdp.Sync) (past, error) {
	states, err := e.Ledger.StatesThere(ctx)
	if err != nil {
		return past{}, err
	}
	last, err := e.pastUnder(ctx, lives(states, s)...)
	last.states = states
	return last, err
}

func (e *Engine) pastUnder(ctx context.Context, names ...string) (past, error) {
	last := past{names: names}
	for _, name := range names {
		runs, err := e.Ledger.LastRuns(ctx, name, lastRuns)
		if err != nil {
			return past{}, err
		}
		last.runs = append(last.runs, runs...)
	}
	slices.SortFunc(last.runs, func(a, b ledger.SyncRun) int { return cmp.Compare(b.Epoch, a.Epoch) })
	return last, nil
}

// under reports whether the newest of the runs has a name.
func (p past) under(name string) bool { return len(p.runs) > 0 && p.runs[0].Sync == name }

// unended is the epoch of the oldest of the runs that nobody ended since one did: what was
// delivered by them has neither exposures, nor has it settled a rejection. 0 for none.
func (e *Engine) unended(ctx context.Context, last past) (epoch uint64, err error) {
	if len(last.runs) == 0 || last.runs[0].Report != "" {
		return 0, nil
	}
	return e.Ledger.DeadSince(ctx, last.names...)
}

// recoverDead marks what a run that never wrote its end may have sent.
func (e *Engine) recoverDead(ctx context.Context, s *cdp.Sync, lease *ledger.Lease) (past, error) {
	last, err := e.past(ctx, s)
	if err != nil || len(last.runs) == 0 || last.runs[0].Status != ledger.Started {
		return last, err
	}
	own := lease
	if !last.under(s.Name) {
		own = lease.Was
	}
	if own == nil {
		return last, nil // what goes on under a name whose lease is another's has not died
	}
	return last, e.recover(ctx, &last.runs[0], own)
}
