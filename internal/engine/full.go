package engine

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// unendedFull is the epoch of the oldest of the full runs that have not ended since another run
// did; 0 for none. A run that a guard stopped says nothing of it.
func (e *Engine) unendedFull(ctx context.Context, last past) (uint64, error) {
	if len(last.runs) == 0 {
		return 0, nil
	}
	switch r := last.runs[0]; {
	case r.Status == string(Blocked):
	case !r.Full, r.Status == string(Succeeded), r.Status == string(Partial):
		return 0, nil
	}
	return e.Ledger.FullSince(ctx, last.names...)
}

// recordedFull reports whether a run is recorded as one that a later run goes on with. What goes
// to another place is not before the handover has begun, which says so itself: until then, and
// until a rebaseline has come to its end, a full run that has not ended is there as it was.
func (cs *changeset) recordedFull() bool {
	return cs.goesOn || cs.full > 0 && (cs.former == 0 || cs.handover.Since > 0)
}

// countAgain counts what a full run has left, where a guard asks how much has changed: rows that
// it was refused, or had to put off, go out again as they were when it has ended.
func (e *Engine) countAgain(ctx context.Context, req *request, cs *changeset) error {
	g := cs.sync.Guards
	asks := g.MaxChanged.Set || g.Anomaly != 0
	if !asks || cs.first || cs.full > 0 || cs.diff.Event() || cs.ops[cdp.Change] <= cs.differing {
		return nil
	}
	row, err := e.one(ctx, req.id, cs.diff.Again())
	if err == nil {
		cs.again = ledger.Uint(row[0])
	}
	return err
}

// altered are the rows whose change somebody has to answer for, one that moves among them, be it
// renamed or removed and added: all of them, but for what a full run sends again as it is, or has
// left. One that somebody asks for is asked for as a whole; what goes on with one that has not
// ended is not.
func (cs *changeset) altered() uint64 {
	if cs.full > 0 {
		return cs.ops[cdp.Rekey] + cs.moves + cs.differing
	}
	return cs.ops[cdp.Rekey] + cs.moves + cs.ops[cdp.Change] - cs.again
}
