package engine

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// place is where the rows of a sync are: an endpoint, and what is written there. Where the
// key of a record cannot be changed, it is part of it: under another one no record is found.
func place(r Remote, s *cdp.Sync) string {
	text := r.Endpoint + " " + string(s.Kind) + " " + s.Remote
	if s.RemoteID != "" {
		text += "id " + s.RemoteID
	}
	if s.Kind == cdp.Object && s.Key != nil && !r.Spec.Write(s.Kind).Rekey {
		text += " by " + s.Key.Remote
	}
	return text
}

// placed is a state as this kith writes it: an older one recorded the endpoint alone.
func placed(state ledger.SyncState, r Remote, s *cdp.Sync) ledger.SyncState {
	h, begun := state.Handover()
	switch {
	case begun && h.To == r.Endpoint:
		h.To = place(r, s)
		state.Endpoint = h.String()
	case state.Endpoint == r.Endpoint:
		state.Endpoint = place(r, s)
	}
	return state
}

// comeBack is the state of a sync that was retired: what it delivered is still there, and no
// other endpoint has it.
func comeBack(state ledger.SyncState, req *request) ledger.SyncState {
	state.Retired, state.StartedAt = false, req.asOf
	return state
}

// handOver records that a full run leaves the former place, before anything is sent to
// the other one. The rows that the former one had before kith, or refused, are not those of
// the other, which is asked what it has.
func (e *Engine) handOver(ctx context.Context, cs *changeset, run *ledger.SyncRun, lease *ledger.Lease) error {
	if cs.former == 0 {
		return nil
	}
	h, begun := cs.state.Handover()
	if !begun || h.To != cs.place {
		h = ledger.Handover{To: cs.place, From: cs.state.Target(), Since: lease.Epoch}
		cs.state.Endpoint = h.String()
		if err := e.Ledger.SetState(ctx, cs.state, lease.Ver(1)); err != nil {
			return err
		}
		e.fail("after handover")
	}
	cs.handover, run.Former = h, h.UpTo()
	return e.Ledger.Forget(ctx, cs.sync.Name, h)
}

// leaves is what a rebaseline leaves behind: all that is of another place. Since is 0 when that
// is nothing, as after a rebaseline that died on its way elsewhere.
func (cs *changeset) leaves(lease *ledger.Lease) (h ledger.Handover) {
	switch begun, ok := cs.state.Handover(); {
	case ok && begun.To == cs.place:
		h = begun
	case cs.state.Target() != cs.place:
		h.Since = lease.Epoch
	}
	return h
}

// endHandover ends one to the endpoint that the sync goes to, which an earlier run began
// and did not end: what that run did not deliver there is new to it. A full run goes on
// with the handover instead, so that what was approved of it is what it sends.
func (e *Engine) endHandover(ctx context.Context, req *request, state ledger.SyncState, place string, lease *ledger.Lease) (ledger.SyncState, error) {
	h, begun := state.Handover()
	if !begun || h.To != place || req.Full || req.Rebaseline || lease == nil {
		return state, nil
	}
	exists, err := e.Ledger.Exists(ctx, state.Baseline)
	if err != nil || !exists {
		return state, err
	}
	if state.Retired { // begin says so under an older version
		state = comeBack(state, req)
	}
	e.fail("before end handover")
	return e.Ledger.EndHandover(ctx, state, h, lease.Ver(1)) // newer than a state that was moved
}

// handoverUnended is the refusal of a run that is not the one to end a handover, or of a plan.
func (e *Engine) handoverUnended(cs *changeset, h ledger.Handover) *BlockedError {
	help := "the destination set back to " + h.To + ", the next sync sends the rest there; --full sends every row to the one that it goes to now"
	if h.To == cs.place {
		help = "the next sync sends the rest; plan again after it, or what a full run would send with --full"
	}
	return &BlockedError{
		Guard: "endpoint", Help: e.shown(help),
		Text: e.shown("the run that began to deliver sync " + cs.sync.Name + " to " + h.To + ", instead of to " + h.From + ", has not ended: each has rows that the other has not"),
	}
}

// rebaselineUnended is the refusal of a run after a rebaseline to another place that has not ended.
func (e *Engine) rebaselineUnended(cs *changeset, t ledger.Taking) *BlockedError {
	return &BlockedError{
		Guard: "endpoint", Help: e.shown("--rebaseline takes the desired rows as delivered to " + cs.place + ", --full sends every row there"),
		Text: e.shown("the rebaseline that took the rows of sync " + cs.sync.Name + " as delivered to " + t.To + ", instead of to " + t.From + ", has not ended: what kith knows is of neither"),
	}
}
