package engine

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// rebaseline takes the desired rows as acknowledged; what was rejected of them is not any
// more. Rows that are not desired stay as they were sent to this place: they are yet to be
// removed, or were left there. Of another place they are forgotten. When it dies on the way
// to another place, only a rebaseline or a full run goes on: what a plain one would send
// there, the place is said to have.
func (e *Engine) rebaseline(ctx context.Context, req *request, cs *changeset, lease *ledger.Lease) error {
	if err := held(lease.Alive); err != nil {
		return err
	}
	elsewhere, left := cs.elsewhere(), cs.leaves(lease)
	if elsewhere { // first: a run to the former place would take the rows for what that one has
		cs.state.Endpoint = ledger.Taking{To: cs.place, From: cs.state.Target()}.String()
		if err := e.Ledger.SetState(ctx, cs.state, lease.Ver(1)); err != nil {
			return err
		}
	}
	write := []cdp.Statement{cs.diff.Adopt(lease.Ver(1))}
	if elsewhere && !cs.blank {
		write = append(write, cs.diff.ForgetRest(lease.Ver(1)))
	}
	if err := e.writeBaseline(ctx, req, cs.sync, cs.baseline, lease.Ver(1), write...); err != nil {
		return err
	}
	cs.folded = true
	// Only now: until all is taken, what was written under an unknown hash function stops a plain run.
	if err := e.writeMapping(ctx, req, cs, lease); err != nil {
		return err
	}
	if err := e.Ledger.ClearRejections(ctx, cs.sync.Name, cs.baseline, lease.Ver(1)); err != nil {
		return err
	}
	if !elsewhere {
		return nil
	}
	// Only now: a run to this place would take the rows that the former one has for its own.
	e.fail("before another place")
	if err := held(lease.Alive); err != nil { // else the former one may be in use
		return err
	}
	if left.Since > 0 {
		if err := e.Ledger.Forget(ctx, lease, left); err != nil {
			return err
		}
	}
	cs.state.Endpoint = cs.place
	return e.Ledger.SetState(ctx, cs.state, lease.Ver(2))
}

// elsewhere reports whether what kith knows is of another place than the one the rows go to.
func (cs *changeset) elsewhere() bool { return cs.state.Endpoint != cs.place }

// blank reports whether the ledger knows nothing of any row of a sync, so that all that
// can be said of the desired rows is that each of them is new.
func (e *Engine) blank(ctx context.Context, req *request, cs *changeset) (bool, error) {
	row, err := e.one(ctx, req.id, cs.diff.BaselineRows())
	if err != nil || ledger.Uint(row[1]) > 0 {
		return false, err
	}
	standing, err := e.Ledger.Standing(ctx, cs.name)
	return standing == ledger.Standing{}, err
}

// allNew counts what a comparison with nothing would find, and refuses what it would
// refuse, without writing the changeset: nobody sends it. The rows that are counted are
// stored, and are those that are taken as acknowledged.
func (e *Engine) allNew(ctx context.Context, req *request, cs *changeset) error {
	d, err := e.store(ctx, req, cs, cs.diff)
	if err != nil {
		return err
	}
	cs.diff, cs.blank = d, true
	totals, err := e.one(ctx, req.id, d.DesiredTotals())
	if err != nil {
		return err
	}
	cs.rows = ledger.Uint(totals[0])
	if err := cs.faults(d, ledger.Uint(totals[1]), ledger.Uint(totals[2])); err != nil {
		return err
	}
	if err := e.countExpired(ctx, req, cs, d); err != nil {
		return err
	}
	parts := e.Compiler.Dialect().Statements(cs.rows)
	var list []cdp.Statement
	for _, s := range d.Slices(parts) {
		list = append(list, d.DesiredRepeated(s))
	}
	if err := e.repeated(ctx, req, cs, list...); err != nil {
		return err
	}
	shared, err := e.shared(ctx, req, d, parts)
	if err != nil {
		return err
	}
	if shared > 0 {
		cs.held[cdp.DuplicateKey] = shared
	}
	cs.ops[cdp.Add] = cs.rows - shared
	return nil
}

// shared counts the desired rows whose remote key another has.
func (e *Engine) shared(ctx context.Context, req *request, d *compile.Diff, parts int) (n uint64, err error) {
	if !d.Keyed() {
		return 0, nil
	}
	for part := range parts {
		row, err := e.one(ctx, req.id, d.DesiredShared(part, parts))
		if err != nil {
			return 0, err
		}
		n += ledger.Uint(row[0])
	}
	return n, nil
}
