package daemon

import (
	"context"
	"errors"
	"iter"

	"github.com/kithdata/kith/internal/cdp"
)

// errDown is the error of a warehouse that is away. It is not ErrUnreachable, for
// which the ledger waits half a minute of real time.
var errDown = errors.New("connection refused (test)")

// mortal is the warehouse as a daemon sees it: gone when the daemon is dead, away
// when the world says so.
type mortal struct {
	cdp.Warehouse
	d *served
}

func (m *mortal) gone() error {
	if m.d.dead.Load() || m.d.world.away.Load() {
		return errDown
	}
	return nil
}

func (m *mortal) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	if err := m.gone(); err != nil {
		return cdp.Stats{}, err
	}
	return m.Warehouse.Exec(ctx, s)
}

func (m *mortal) Append(ctx context.Context, t cdp.Table, columns []string, rows []cdp.Row) error {
	if err := m.gone(); err != nil {
		return err
	}
	return m.Warehouse.Append(ctx, t, columns, rows)
}

func (m *mortal) Query(ctx context.Context, s cdp.Statement) iter.Seq2[cdp.Row, error] {
	err := m.gone()
	if err == nil && m.d.world.silent.Load() {
		<-ctx.Done()
		err = ctx.Err()
	}
	if err != nil {
		return func(yield func(cdp.Row, error) bool) { yield(nil, err) }
	}
	return m.Warehouse.Query(ctx, s)
}
