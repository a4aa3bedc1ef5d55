package ledger

import (
	"context"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Decision is what somebody has said of a pair of nodes: accepted, refused, or
// undecided to take it back. It holds for as long as the ledger lives.
type Decision struct {
	Entity string
	A, B   uint64 // A < B
	Says   string
}

// WriteDecisions records decisions; the latest of a pair counts.
func (l *Ledger) WriteDecisions(ctx context.Context, list []Decision, at time.Time) error {
	rows := make([]cdp.Row, len(list))
	for i, d := range list {
		rows[i] = cdp.Row{d.Entity, d.A, d.B, d.Says, at}
	}
	return l.append(ctx, "match_decisions", []string{"entity", "a", "b", "decision", "at"}, rows)
}
