package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// loading fills a table from a file: into a table beside it first, then all at once.
// What ends before that leaves the table as it was.
type loading struct {
	w         cdp.Warehouse
	src       *cdp.Source
	staging   cdp.Table // what is filled first
	columns   []seedColumn
	file      string
	reader    recordReader
	rowNumber string
	replace   bool
	read      func() uint64 // bytes so far
	size      uint64        // of the file, 0 when not known
	observe   func(engine.Event)

	rows    uint64
	created bool
	bad     []string // problems with values, a few
	base    uint64   // row number of the last row that is there
}

// Bounds of one batch in memory.
const (
	seedRows   = 20_000
	seedBytes  = 8 << 20
	maxBadRows = 10
)

func (l *loading) exec(ctx context.Context, name string, data any) error {
	s, err := statement(l.w.Dialect(), name, data)
	if err != nil {
		return err
	}
	_, err = l.w.Exec(ctx, s)
	return err
}

func (l *loading) run(ctx context.Context) (err error) {
	table := *l.src.Table
	name, err := statement(l.w.Dialect(), "source_staging", map[string]any{"Name": table.Name, "Load": strconv.FormatInt(time.Now().UnixNano(), 36)})
	if err != nil {
		return err
	}
	l.staging = cdp.Table{Schema: table.Schema, Name: name.SQL}
	if err := l.exec(ctx, "source_schema", table); err != nil {
		return err
	}
	exists, err := seedNumber(ctx, l.w, "source_exists", table)
	if err != nil {
		return err
	}
	l.created = exists == 0
	if l.rowNumber != "" && exists > 0 && !l.replace {
		if l.base, err = seedNumber(ctx, l.w, "source_last", map[string]any{"Table": table, "Column": l.rowNumber}); err != nil {
			return err
		}
	}
	if err := l.exec(ctx, "source_table", map[string]any{"Table": l.staging, "Columns": l.columns, "Key": l.src.Key}); err != nil {
		return err
	}
	defer func() { // after a swap this drops what the table held before
		drop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		if dropErr := l.exec(drop, "source_drop", l.staging); err == nil {
			err = dropErr
		}
	}()
	if err := l.fill(ctx); err != nil {
		return err
	}
	switch {
	case l.created:
		return l.exec(ctx, "source_rename", map[string]any{"A": l.staging, "B": table})
	case l.replace:
		return l.exec(ctx, "source_swap", map[string]any{"A": l.staging, "B": table})
	}
	return l.exec(ctx, "source_append", map[string]any{"From": l.staging, "To": table, "Columns": declared(l.columns)})
}

// fill streams the file into the staging table.
func (l *loading) fill(ctx context.Context) error {
	names := declared(l.columns)
	var batch []cdp.Row
	before := l.read()
	flush := func() error {
		if len(batch) == 0 || len(l.bad) > 0 {
			batch = batch[:0]
			return ctx.Err()
		}
		if err := l.w.Append(ctx, l.staging, names, batch); err != nil {
			return err
		}
		batch = batch[:0]
		before = l.read()
		if l.observe != nil {
			l.observe(engine.Event{Item: "seed " + l.src.Name, Step: "bytes", Done: l.read(), Total: l.size})
		}
		return nil
	}
	for {
		r, err := l.reader.next()
		if errors.Is(err, io.EOF) {
			break
		}
		var at *lineError
		if errors.As(err, &at) {
			l.note(at.line, "", "", at.text)
			if len(l.bad) >= maxBadRows || at.text == errRecord.Error() {
				break
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.file, err)
		}
		l.rows++
		batch = append(batch, l.row(r))
		if len(l.bad) >= maxBadRows {
			break
		}
		if len(batch) >= seedRows || l.read()-before > seedBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(l.bad) > 0 {
		more := ""
		if len(l.bad) >= maxBadRows {
			more = fmt.Sprintf("\nand perhaps more: kith stopped after %d", maxBadRows)
		}
		return withHelp(fmt.Errorf("%s does not fit source %s, nothing was loaded:\n  %s%s", l.file, l.src.Name, strings.Join(l.bad, "\n  "), more),
			"correct the file, or declare the column as string")
	}
	return flush()
}

// row reads the values of a record; what does not fit is noted.
func (l *loading) row(r record) cdp.Row {
	row := make(cdp.Row, len(l.columns))
	for i, c := range l.columns {
		if c.Name == l.rowNumber {
			row[i] = int64(l.base + l.rows)
			continue
		}
		v, err := r.value(c)
		if err != nil {
			l.note(r.line, c.Name, r.raw(c), err.Error())
			continue
		}
		if v == nil && c.key {
			l.note(r.line, c.Name, "", "the key is empty")
		}
		row[i] = v
	}
	return row
}

func (l *loading) note(line int, column, value, text string) {
	if len(l.bad) >= maxBadRows {
		return
	}
	at := fmt.Sprintf("%s:%d: ", l.file, line)
	if column != "" {
		at += column + ": "
	}
	if value != "" {
		at += engine.Mask(value) + " "
	}
	l.bad = append(l.bad, printable(at+text))
}
