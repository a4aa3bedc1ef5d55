//go:build !mutate_ack_first

package engine

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
)

// ackFirst does nothing. Its twin, in order_mutated.go, moves the baseline before
// the destination has answered: the crash test must find that.
func (d *delivery) ackFirst(context.Context, cdp.Batch) error { return nil }
