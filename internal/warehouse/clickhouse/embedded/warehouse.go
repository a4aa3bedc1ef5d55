package embedded

import (
	"context"
	"errors"
	"iter"
	"regexp"
	"strings"
	"sync"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
)

// Warehouse is a [cdp.Warehouse] on an Engine that survives the engine. What can be
// done twice is repeated on the next engine: a Query before its first row, an Append
// (kith appends to tables that keep one row for each key), a statement that replaces
// what it makes. Any other statement whose engine dies under it fails with
// [cdp.ErrUnreachable], as it would on a server: what of it was done is not known.
type Warehouse struct {
	engine  *Engine
	user    User
	cfg     clickhouse.Config
	dialect cdp.Dialect

	mu  sync.Mutex
	at  Address
	now *clickhouse.Warehouse
}

var _ cdp.Warehouse = (*Warehouse)(nil)

// Warehouse opens a connection as one of the users. Of cfg the address, the user
// and the password are the engine's.
func (e *Engine) Warehouse(ctx context.Context, u User, cfg clickhouse.Config, d cdp.Dialect) (*Warehouse, error) {
	w := &Warehouse{engine: e, user: u, cfg: cfg, dialect: d}
	if err := w.try(ctx, func(*clickhouse.Warehouse) error { return nil }); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open[w] = struct{}{}
	return w, nil
}

// Dialect is the dialect that was given to Engine.Warehouse.
func (w *Warehouse) Dialect() cdp.Dialect { return w.dialect }

// Exec implements [cdp.Warehouse].
func (w *Warehouse) Exec(ctx context.Context, s cdp.Statement) (stats cdp.Stats, err error) {
	if !repeatable(s.SQL) {
		return w.once(ctx, s)
	}
	err = w.try(ctx, func(now *clickhouse.Warehouse) (err error) {
		stats, err = now.Exec(ctx, s)
		return err
	})
	return stats, err
}

// once executes s on an engine that was alive just before, and again only if that one
// refused it: an engine that is dying says so before it begins with a statement.
func (w *Warehouse) once(ctx context.Context, s cdp.Statement) (stats cdp.Stats, err error) {
	var lost error
	err = w.try(ctx, func(now *clickhouse.Warehouse) (err error) {
		if err = now.Ping(ctx); err != nil {
			return err
		}
		stats, err = now.Exec(ctx, s)
		if err != nil && !refused(err) {
			lost, err = err, nil
		}
		return err
	})
	if lost != nil {
		return stats, lost
	}
	return stats, err
}

// refused reports whether a dying engine did not begin with a statement: ABORTED,
// as executeQuery.cpp of 26.7 says it.
func refused(err error) bool {
	var e *cdp.StatementError
	return errors.As(err, &e) && e.Code == 236 && strings.Contains(e.Message, "shutting down due to a fatal error")
}

// firstWords matches how a statement begins whose repetition changes nothing.
var firstWords = regexp.MustCompile(`(?i)^\s*(SELECT|WITH|EXPLAIN|SHOW|DESCRIBE|EXISTS|SET|OPTIMIZE|SYSTEM|GRANT|REVOKE|DELETE|TRUNCATE|CREATE\s+OR\s+REPLACE|CREATE\s+\w+\s+IF\s+NOT\s+EXISTS|DROP\s+\w+\s+IF\s+EXISTS)\b`)

func repeatable(sql string) bool { return firstWords.MatchString(sql) }

// Append implements [cdp.Warehouse].
func (w *Warehouse) Append(ctx context.Context, table cdp.Table, columns []string, rows []cdp.Row) error {
	return w.try(ctx, func(now *clickhouse.Warehouse) error { return now.Append(ctx, table, columns, rows) })
}

// Describe implements [cdp.Warehouse].
func (w *Warehouse) Describe(ctx context.Context, query string) (columns []cdp.Column, err error) {
	err = w.try(ctx, func(now *clickhouse.Warehouse) (err error) {
		columns, err = now.Describe(ctx, query)
		return err
	})
	return columns, err
}

// Query implements [cdp.Warehouse].
func (w *Warehouse) Query(ctx context.Context, s cdp.Statement) iter.Seq2[cdp.Row, error] {
	return func(yield func(cdp.Row, error) bool) {
		begun, ended := false, false
		err := w.try(ctx, func(now *clickhouse.Warehouse) error {
			for row, err := range now.Query(ctx, s) {
				if err != nil && !begun {
					return err
				}
				begun = true
				if !yield(row, err) || err != nil {
					ended = true
					break
				}
			}
			return nil
		})
		if err != nil && !ended {
			yield(nil, err)
		}
	}
}

// Close closes the connections and leaves the engine alone.
func (w *Warehouse) Close() error {
	w.engine.mu.Lock()
	delete(w.engine.open, w)
	w.engine.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now == nil {
		return nil
	}
	return w.now.Close()
}

// tries bounds how often one statement is begun, should it be what kills the engine.
const tries = 4

// try calls f until it meets an engine that lives through it.
func (w *Warehouse) try(ctx context.Context, f func(*clickhouse.Warehouse) error) error {
	for n := 1; ; n++ {
		now, at, err := w.connection(ctx)
		if err == nil {
			if err = f(now); err == nil {
				return nil
			}
		}
		if n == tries || !suspicious(err) || ctx.Err() != nil {
			return err
		}
		changed, reviveErr := w.engine.Revive(ctx, at)
		if reviveErr != nil {
			return reviveErr
		}
		if !changed && !errors.Is(err, cdp.ErrUnreachable) {
			return err
		}
	}
}

// suspicious reports whether err may come from an engine that is gone or going.
func suspicious(err error) bool {
	if errors.Is(err, cdp.ErrUnreachable) || errors.Is(err, cdp.ErrCredentials) {
		return true
	}
	var e *cdp.StatementError
	// ABORTED, QUERY_WAS_CANCELLED: an engine that shuts down cancels what it runs.
	return errors.As(err, &e) && (e.Code == 236 || e.Code == 394)
}

// connection returns the connection to the current engine.
func (w *Warehouse) connection(ctx context.Context) (*clickhouse.Warehouse, Address, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now != nil && w.at == w.engine.Addr() {
		return w.now, w.at, nil
	}
	now, at, err := w.engine.connect(ctx, w.user, w.cfg, w.dialect)
	if err != nil {
		return nil, at, err
	}
	if w.now != nil {
		_ = w.now.Close() // what still runs there fails anyway
	}
	w.now, w.at = now, at
	return now, at, nil
}
