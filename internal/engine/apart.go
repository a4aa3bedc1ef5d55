package engine

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/rate"
)

// join opens a lane at the account of a remote.
func (e *Engine) join(ctx context.Context, r Remote, p cdp.Priority) (*rate.Lane, error) {
	return e.Rates.Join(ctx, rate.Account{Name: r.Account, Limits: r.Limits, Clock: e.Clock, Ledger: e.Ledger, Log: e.Log}, p)
}

// joinApart opens the lane of the rows that a destination takes apart, with the first of
// them: until then nobody need share the rates of their endpoint.
func (d *delivery) joinApart(ctx context.Context, b cdp.Batch) (err error) {
	if !b.Clearing || d.apart != nil {
		return nil
	}
	remote, clearing := d.cs.remote, d.cs.remote.Spec.Write(d.target.Kind).Clearing
	remote.Account += " " + clearing.Name
	remote.Limits.Rates = clearing.Rates
	d.apart, err = d.e.join(ctx, remote, d.cs.sync.Priority)
	return err
}

// way is where a batch waits for its calls, and how many it may take.
func (d *delivery) way(b cdp.Batch) (*rate.Lane, int) {
	if b.Clearing && d.apart != nil {
		return d.apart, len(b.Rows)
	}
	write := d.cs.remote.Spec.Write(d.target.Kind)
	n := max(1, write.Calls[b.Op], write.Most[b.Op])
	if b.Op == cdp.Add && d.target.Mode == cdp.Insert {
		n = max(n, write.Insert)
	}
	return d.lane, n
}

// leave closes the lanes.
func (d *delivery) leave() {
	d.lane.Leave()
	if d.apart != nil {
		d.apart.Leave()
	}
}
