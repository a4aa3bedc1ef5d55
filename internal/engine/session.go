package engine

import (
	"context"
	"fmt"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// verdictFailed marks, in the table of verdicts, the rows of a session that must
// not be acknowledged by its commit.
const verdictFailed = 9

// handSession keeps the answers of a session out of memory: its rows count
// together, so only those that failed are written down, and the commit
// acknowledges the rest in the warehouse.
func (d *delivery) handSession(hard context.Context, acks []ledger.Ack) error {
	var failed []ledger.Ack
	var rows []cdp.Row
	for _, a := range acks {
		if a.Result.Fate == cdp.Delivered || a.Result.Fate == cdp.Skipped {
			continue
		}
		failed = append(failed, a)
		rows = append(rows, cdp.Row{a.Row.KH, a.Row.RowID, uint64(a.Row.Op), uint64(verdictFailed), uint64(0), ""})
	}
	if len(failed) == 0 {
		return nil
	}
	if err := d.e.Ledger.MarkFailed(hard, d.cs.diff.FixTable(), rows); err != nil {
		return err
	}
	return d.e.Ledger.Acknowledge(hard, d.run, d.cs.baseline, d.cs.sync.Destination.Name, failed)
}

// commit ends a session. Everything may be there once Commit is called, so the
// intent comes before it; everything is there once it has returned.
func (d *delivery) commit(hard context.Context, session cdp.Session) error {
	last := cdp.Add
	if d.only != cdp.NoReason {
		last = cdp.Remove
	}
	if err := d.e.Ledger.Intend(hard, d.run.Sync, d.run.Epoch, last, ledger.Place{KH: d.e.Compiler.Dialect().MaxHash()}, d.e.Clock.Now()); err != nil {
		return err
	}
	if !d.alive() {
		return fmt.Errorf("%w: the session is not committed", ErrLeaseLost)
	}
	d.e.fail("before commit")
	if err := session.Commit(hard); err != nil {
		return fmt.Errorf("%w: commit: %w", errOpen, err)
	}
	d.e.fail("after commit")
	// Acknowledged in the warehouse: memory does not grow with the session.
	d.mu.Lock()
	ver := version(d.lease, d.number+1)
	d.mu.Unlock()
	for _, s := range []cdp.Statement{d.cs.diff.Commit(ver, d.only), d.cs.diff.CommitLog(d.req.id, d.cs.sync.Destination.Name, d.only)} {
		if err := ledger.Retry(hard, func() error {
			_, err := d.e.exec(hard, d.req.id, "sync "+d.cs.sync.Name, s)
			return err
		}); err != nil {
			return fmt.Errorf("%w: %w", errOpen, err)
		}
	}
	return nil
}
