package clickhouse

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/kithdata/kith/internal/cdp"
)

// Query implements [cdp.Warehouse]. The rows share one slice; memory holds a few
// blocks of the server (max_block_size rows each) at a time.
func (w *Warehouse) Query(ctx context.Context, s cdp.Statement) iter.Seq2[cdp.Row, error] {
	return func(yield func(cdp.Row, error) bool) {
		if err := w.take(ctx); err != nil {
			yield(nil, err)
			return
		}
		defer w.give()
		c, m := w.newCall(s), newMeter(s.Progress)
		if s.Progress != nil {
			c.options = append(c.options, m.options()...)
		}
		ctx2, cancel := context.WithCancel(ctx)
		defer cancel()

		var rows driver.Rows
		err := m.run(func() (err error) {
			rows, err = w.conn.Query(c.context(ctx2), s.SQL)
			return err
		})
		more := true
		if err == io.EOF { //nolint:errorlint // bare it says "no result"; a lost connection wraps it
			return
		}
		if err == nil {
			more, err = w.stream(rows, m, yield)
			if !more {
				w.readOn(c, rows, cancel)
			}
			// The driver reads on until its context ends, and waits for a reader.
			cancel()
			_ = rows.Close()
		}
		if ctx.Err() != nil {
			w.kill(c)
		}
		if err != nil && more {
			yield(nil, w.fail(ctx, s, err))
		}
	}
}

// The rows that nobody wants are read for rest before their statement is stopped, and then
// until it says so, for patience at most.
const (
	rest     = 200 * time.Millisecond
	patience = 3 * time.Second
)

// readOn reads what is left until it ends, soon by being stopped. A connection that is closed
// with an answer in it is reset, and the embedded engine aborts when it writes to one just then.
func (w *Warehouse) readOn(c *call, rows driver.Rows, cancel func()) {
	defer time.AfterFunc(rest, func() {
		if w.killByID(c) != nil {
			cancel()
		}
	}).Stop()
	defer time.AfterFunc(rest+patience, cancel).Stop()
	for rows.Next() {
	}
}

// stream yields all rows. It returns false when the consumer has had enough.
func (w *Warehouse) stream(rows driver.Rows, m *meter, yield func(cdp.Row, error) bool) (bool, error) {
	cells := newCells(rows.ColumnTypes(), w.json)
	dests := make([]any, len(cells))
	for i, c := range cells {
		dests[i] = c.dest()
	}
	row := make(cdp.Row, len(cells))
	for n := 0; rows.Next(); n++ {
		if err := scan(rows, dests); err != nil {
			return true, err
		}
		for i, c := range cells {
			row[i] = c.value()
		}
		if n&0xfff == 0 {
			m.tell()
		}
		if !yield(row, nil) {
			return false, nil
		}
	}
	m.tell()
	return true, rows.Err()
}

// scan turns a panic of the driver, which some nested types cause, into an error.
func scan(rows driver.Rows, dests []any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a column of this type cannot be read: %v", p)
		}
	}()
	return rows.Scan(dests...)
}
