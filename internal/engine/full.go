package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// unendedFull is the epoch of the oldest of the full runs since a handover that have not ended
// since another run did; 0 for none. A run that a guard stopped says nothing of it. The runs are
// of the name that the sync has and of the one that it had, unless that is another's now.
func (e *Engine) unendedFull(ctx context.Context, cs *changeset, states map[string]ledger.SyncState, since uint64) (epoch uint64, err error) {
	ended := func(r ledger.SyncRun) bool { return r.Status == string(Succeeded) || r.Status == string(Partial) }
	if len(cs.last) == 0 || cs.last[0].Status != string(Blocked) && (!cs.last[0].Full || ended(cs.last[0])) {
		return 0, nil
	}
	var names []string
	if !cs.moved { // else what ran under the name that it has now was another life of it
		names = append(names, cs.sync.Name)
	}
	if was := cs.state.Was; was != "" && (cs.moved || states[was].Baseline == "") {
		names = append(names, was)
	}
	var last []ledger.SyncRun
	for _, name := range names {
		runs, err := e.Ledger.LastUnblocked(ctx, name, ledger.KeptRuns)
		if err != nil {
			return 0, err
		}
		last = append(last, runs...)
	}
	slices.SortFunc(last, func(a, b ledger.SyncRun) int { return cmp.Compare(b.Epoch, a.Epoch) })
	for _, r := range last {
		if !r.Full || r.Epoch < since || ended(r) {
			break
		}
		epoch = r.Epoch
	}
	return epoch, nil
}

// altered are the rows whose change somebody has to answer for, one that moves among them, be it
// renamed or removed and added: all of them, but for what a full run sends again as it is. One that somebody asks for is asked for as a whole; what goes
// on with one that has not ended is not.
func (cs *changeset) altered() uint64 {
	if cs.full > 0 {
		return cs.ops[cdp.Rekey] + cs.moves + cs.differing
	}
	return cs.ops[cdp.Rekey] + cs.moves + cs.ops[cdp.Change]
}
