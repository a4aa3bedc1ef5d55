package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// place is where the rows of a sync are: an endpoint, and what is written there. Where the
// key of a record cannot be changed, or records are looked up by it, it is part of it: under
// another one no record is found.
func place(r Remote, s *cdp.Sync) string {
	text := unkeyed(r, s)
	if w := r.Spec.Write(s.Kind); s.Kind == cdp.Object && s.Key != nil && (!w.Rekey || w.Find) {
		text += " by " + s.Key.Remote
	}
	return text
}

func unkeyed(r Remote, s *cdp.Sync) string {
	text := r.Endpoint + " " + string(s.Kind) + " " + s.Remote
	if s.RemoteID != "" {
		text += "id " + s.RemoteID
	}
	return text
}

// placed is a state as this kith writes it: older ones recorded the endpoint alone, or no key
// where it can be changed.
func placed(state ledger.SyncState, r Remote, s *cdp.Sync) ledger.SyncState {
	now := func(text string) string {
		if text == r.Endpoint || text == unkeyed(r, s) {
			return place(r, s)
		}
		return text
	}
	h, begun := state.Handover()
	t, taken := state.Taking()
	switch {
	case begun:
		h.To, h.From = now(h.To), now(h.From)
		state.Endpoint = h.String()
	case taken:
		t.To, t.From = now(t.To), now(t.From)
		state.Endpoint = t.String()
	default:
		state.Endpoint = now(state.Endpoint)
	}
	return state
}

// elsewhere is the refusal of a run whose rows are at another place.
func (e *Engine) elsewhere(cs *changeset, was string) *BlockedError {
	help := "--full sends every row to where it goes now; --rebaseline takes it as having them already"
	if s := cs.sync; s.Kind == cdp.Object && s.Key != nil && strings.HasPrefix(was, unkeyed(cs.remote, s)+" by ") {
		help = fmt.Sprintf("with the former key the next sync goes on; where all records have %[1]s already, --rebaseline takes them as found by it; --full sends every row, and makes a second record of one that has no %[1]s yet", s.Key.Remote)
	}
	return &BlockedError{Guard: "endpoint", Text: e.shown(fmt.Sprintf("sync %s was delivered to %s so far, and would now go to %s", cs.sync.Name, was, cs.place)), Help: help}
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
	if err := held(lease.Alive); err != nil { // else the place that is left may be in use
		return err
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
	return e.Ledger.Forget(ctx, lease, h)
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
	if err := held(lease.Alive); err != nil {
		return state, err
	}
	return e.Ledger.EndHandover(ctx, state, h, lease, lease.Ver(1)) // newer than a state that was moved
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
