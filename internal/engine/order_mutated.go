//go:build mutate_ack_first

package engine

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// ackFirst is the bug of every peer, on purpose: the baseline moves before the
// answer. It is only built for the test that shows that the crash test finds it.
func (d *delivery) ackFirst(hard context.Context, b cdp.Batch) error {
	acks := make([]ledger.Ack, len(b.Rows))
	for i, row := range b.Rows {
		acks[i] = d.ack(b, row, cdp.Result{Fate: cdp.Delivered}, 1)
	}
	return d.e.Ledger.Acknowledge(hard, d.run, d.cs.baseline, d.cs.sync.Destination.Name, acks)
}
