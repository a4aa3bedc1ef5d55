package ledger

import (
	"context"
	"fmt"
)

// Handover is an endpoint that a sync has begun to be delivered to instead of a former
// one. The baseline then has rows as either of the two has them: what was acknowledged
// since is at the one, all else at the other.
type Handover struct {
	To, From string
	Since    uint64 // epoch of the first run that sent to it
}

const handoverFormat = "%q instead of %q since run %d" // no endpoint begins with a quote

// String is the endpoint as the state of the sync has it.
func (h Handover) String() string { return fmt.Sprintf(handoverFormat, h.To, h.From, h.Since) }

// UpTo is the last version that is no answer of the new endpoint: what a run writes under
// its version 0, before it sends anything, is none.
func (h Handover) UpTo() uint64 { return h.Since << 32 }

// Handover is the one that has not ended, if there is one.
func (s SyncState) Handover() (Handover, bool) {
	var h Handover
	_, err := fmt.Sscanf(s.Endpoint, handoverFormat, &h.To, &h.From, &h.Since)
	return h, err == nil
}

// Taking is an endpoint whose rows a rebaseline has begun to take as delivered, instead of
// those of a former one. The baseline is then of neither.
type Taking struct{ To, From string }

const takingFormat = "%q as it is, instead of %q"

// String is the endpoint as the state of the sync has it.
func (t Taking) String() string { return fmt.Sprintf(takingFormat, t.To, t.From) }

// Taking is the one that has not ended, if there is one.
func (s SyncState) Taking() (Taking, bool) {
	var t Taking
	_, err := fmt.Sscanf(s.Endpoint, takingFormat, &t.To, &t.From)
	return t, err == nil
}

// Target is the endpoint that the last run that sent something sent to.
func (s SyncState) Target() string {
	if h, ok := s.Handover(); ok {
		return h.To
	}
	if t, ok := s.Taking(); ok {
		return t.From
	}
	return s.Endpoint
}

// EndHandover forgets what only the former endpoint has, so that the rest is new to the
// other one; it may be repeated. Acknowledgements have to be folded. It returns the state
// as it is then.
func (l *Ledger) EndHandover(ctx context.Context, s SyncState, h Handover, lease *Lease, ver uint64) (SyncState, error) {
	if err := l.Forget(ctx, lease, h); err != nil {
		return s, err
	}
	data := map[string]any{"Baseline": s.Baseline, "Acks": l.c.Acks(s.Baseline), "UpTo": h.UpTo()}
	if l.c.Acks(s.Baseline) != s.Baseline { // before the rows: else what has been folded once would come back
		if err := l.exec(ctx, "acks_forget", data); err != nil {
			return s, err
		}
	}
	if err := l.exec(ctx, "baseline_forget", data); err != nil {
		return s, err
	}
	s.Endpoint = h.To
	return s, l.SetState(ctx, s, ver)
}

// Forget forgets what the former endpoint had before kith, and what it refused; it may be
// repeated. Nothing where another has had the lease of the sync since: to that one it may count.
func (l *Ledger) Forget(ctx context.Context, lease *Lease, h Handover) error {
	for _, name := range []string{"foreign_forget", "rejections_forget"} {
		if err := l.exec(ctx, name, map[string]any{"Sync": lease.Name, "Epoch": lease.Epoch, "UpTo": h.UpTo()}); err != nil {
			return err
		}
	}
	return nil
}
