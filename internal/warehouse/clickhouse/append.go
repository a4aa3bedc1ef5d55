package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/kithdata/kith/internal/cdp"
)

// Append implements [cdp.Warehouse]: the rows go as one block, which a MergeTree
// table writes as one part per partition, all or nothing (of one partition). The
// caller bounds rows by number and bytes: a block is held in memory here and there.
//
// A value must fit its column exactly. Null in a column that is not Nullable, a
// number or a time out of range, digits beyond the scale of a Decimal and the like
// are errors that name the column and the row; then nothing was written. Columns
// that are not named get their default. Of Map, Tuple, Variant, Dynamic and JSON
// columns no values can be appended; kith keeps JSON in String columns.
func (w *Warehouse) Append(ctx context.Context, table cdp.Table, columns []string, rows []cdp.Row) error {
	s := cdp.Statement{Name: "append to " + w.dialect.Table(table)}
	refuse := func(err error) error {
		return &cdp.StatementError{Statement: s, Message: err.Error(), Err: err}
	}
	if err := checkShape(table, columns, rows); err != nil {
		return refuse(err)
	}
	if len(rows) == 0 {
		return ctx.Err()
	}
	if err := w.take(ctx); err != nil {
		return err
	}
	defer w.give()

	idents := make([]string, len(columns))
	for i, c := range columns {
		idents[i] = w.dialect.Ident(c)
	}
	s.SQL = "INSERT INTO " + w.dialect.Table(table) + " (" + strings.Join(idents, ", ") + ")"
	c := w.newCall(s)
	c.settings["max_insert_block_size"] = max(len(rows), 1<<20) // over HTTP the server cuts blocks
	c.settings["min_insert_block_size_rows"] = max(len(rows), 1<<20)
	c.settings["min_insert_block_size_bytes"] = 0

	batch, err := w.conn.PrepareBatch(c.context(ctx), s.SQL)
	if err != nil {
		return w.fail(ctx, s, err)
	}
	if err := fill(batch, columns, rows); err != nil {
		_ = batch.Abort()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return refuse(err)
	}
	if err := batch.Send(); err != nil {
		return w.fail(ctx, s, unsent(err))
	}
	return nil
}

// unsent is for an error of Send that is not the server's: the outcome is unknown,
// whatever the driver calls it.
func unsent(err error) error {
	var ex *chgo.Exception
	if errors.As(err, &ex) {
		return err
	}
	return fmt.Errorf("%w: %w", chgo.ErrConnectionClosed, err)
}

// checkShape finds what the driver would trip over. It reads the statement with
// regular expressions, which names with quotes or parentheses break.
func checkShape(table cdp.Table, columns []string, rows []cdp.Row) error {
	if len(columns) == 0 {
		return errors.New("no columns")
	}
	for _, name := range append([]string{table.Schema, table.Name}, columns...) {
		if strings.ContainsAny(name, "`\"'\\()\r\n\t\x00") {
			return fmt.Errorf("the name %q has a character that cannot be appended to", name)
		}
	}
	for i, row := range rows {
		if len(row) != len(columns) {
			return fmt.Errorf("row %d has %d values for %d columns", i+1, len(row), len(columns))
		}
	}
	return nil
}

func fill(batch driver.Batch, columns []string, rows []cdp.Row) error {
	have := batch.Columns()
	if len(have) != len(columns) {
		return fmt.Errorf("the server expects %d columns, not %d", len(have), len(columns))
	}
	for i, name := range columns {
		if have[i].Name() != name {
			return fmt.Errorf("the server expects column %q in the place of %q", have[i].Name(), name)
		}
		col := column{to: batch.Column(i), t: parseType(string(have[i].Type())), rows: rows, i: i}
		if err := col.fill(); err != nil {
			return fmt.Errorf("column %s (%s): %w", name, have[i].Type(), err)
		}
	}
	return nil
}
