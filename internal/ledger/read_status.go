package ledger

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// BaselineRows is the number of rows that a destination holds as far as a baseline
// knows; false when the baseline's table is gone.
func (l *Ledger) BaselineRows(ctx context.Context, baseline string) (rows uint64, ok bool, err error) {
	if ok, err = l.Exists(ctx, baseline); err != nil || !ok {
		return 0, false, err
	}
	row, err := One(ctx, l.w, l.c.Ledger("baseline_rows", map[string]any{"Baseline": baseline}))
	if err != nil {
		return 0, false, err
	}
	return Uint(row[0]), true, nil
}

// Waiting is the rejected rows of a sync that wait for their next try.
type Waiting struct {
	Rows uint64
	Next time.Time // the earliest
}

// Waiting counts the rejected rows of all syncs, by name.
func (l *Ledger) Waiting(ctx context.Context) (map[string]Waiting, error) {
	d := l.w.Dialect()
	// The newest version of each row, in SQL that both dialects read.
	inner := "SELECT sync, next_try, del, row_number() OVER (PARTITION BY sync, kh, row_id ORDER BY ver DESC) AS __kith_n FROM " + d.Table(l.c.State("rejections"))
	rows, err := All(ctx, l.w, cdp.Statement{
		Name: "rejections waiting", Model: "ledger",
		SQL: "SELECT sync, count(*), min(next_try) FROM (" + inner + ") AS __kith_r WHERE __kith_n = 1 AND del = 0 GROUP BY sync",
	})
	if err != nil {
		return nil, err
	}
	out := map[string]Waiting{}
	for _, r := range rows {
		w := Waiting{Rows: Uint(r[1])}
		w.Next, _ = r[2].(time.Time)
		out[Text(r[0])] = w
	}
	return out, nil
}

// Rejection is a row that a destination said no to.
type Rejection struct {
	Sync     string
	KH       uint64
	RowID    string // may be an address: mask it before it is shown
	Op       cdp.Op
	Code     string
	Vendor   string
	Reason   string
	Attempts uint64
	NextTry  time.Time
	Run      string
	At       time.Time
}

// Rejections lists rejected rows that were not delivered since, newest first; of
// one sync or, for "", of all, and by their last attempt of one run or of any.
func (l *Ledger) Rejections(ctx context.Context, sync, run string, limit int) ([]Rejection, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("rejections_list", map[string]any{"Sync": sync, "Run": run, "Limit": limit}))
	if err != nil {
		return nil, err
	}
	out := make([]Rejection, len(rows))
	for i, r := range rows {
		out[i] = Rejection{
			Sync: Text(r[0]), KH: Uint(r[1]), RowID: Text(r[2]), Op: cdp.Op(Uint(r[3])), Code: Text(r[4]), Vendor: Text(r[5]), Reason: Text(r[6]),
			Attempts: Uint(r[7]), Run: Text(r[9]),
		}
		out[i].NextTry, _ = r[8].(time.Time)
		out[i].At, _ = r[10].(time.Time)
	}
	return out, nil
}

// LogEntry is one attempt to send one row.
type LogEntry struct {
	At                 time.Time
	Sync, Run          string
	Batch, Attempt     uint64
	KH                 uint64 // names the row
	Op, Action         string
	Fate, Code, Vendor string
	Reason             string
}

// LogFilter narrows the log; empty fields let everything pass.
type LogFilter struct {
	Sync, Run string
	Fate      cdp.Fate
	Limit     int
}

// LogEntries lists attempts, newest first.
func (l *Ledger) LogEntries(ctx context.Context, f LogFilter) ([]LogEntry, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("sync_log_list", map[string]any{"Sync": f.Sync, "Run": f.Run, "Fate": string(f.Fate), "Limit": f.Limit}))
	if err != nil {
		return nil, err
	}
	out := make([]LogEntry, len(rows))
	for i, r := range rows {
		out[i] = LogEntry{
			Sync: Text(r[1]), Run: Text(r[2]), Batch: Uint(r[3]), Attempt: Uint(r[4]), KH: Uint(r[5]), Op: Text(r[6]), Action: Text(r[7]),
			Fate: Text(r[8]), Code: Text(r[9]), Vendor: Text(r[10]), Reason: Text(r[11]),
		}
		out[i].At, _ = r[0].(time.Time)
	}
	return out, nil
}

// Fates counts the rows of a run by the last that the log says of them. syncs are the names that
// the sync has had, since a moment of the warehouse before its beginning.
func (l *Ledger) Fates(ctx context.Context, run string, since time.Time, syncs ...string) (map[cdp.Fate]uint64, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("sync_log_count", map[string]any{"Syncs": l.quoted(syncs), "Run": run, "When": l.c.Dialect().Time(since)}))
	if err != nil {
		return nil, err
	}
	out := map[cdp.Fate]uint64{}
	for _, r := range rows {
		out[cdp.Fate(Text(r[0]))] = Uint(r[1])
	}
	return out, nil
}

// LeaseInfo is who holds a lease now.
type LeaseInfo struct {
	Name   string
	Epoch  uint64
	Free   bool
	Own    bool   // the newest epoch is of this process, also when the lease is free
	Holder Holder // likewise
}

// Leases looks at leases by name, without taking them.
func (l *Ledger) Leases(ctx context.Context, names []string) ([]LeaseInfo, error) {
	out := make([]LeaseInfo, len(names))
	for i, name := range names {
		epoch, holder, free, err := l.current(ctx, name)
		if err != nil {
			return nil, err
		}
		out[i] = LeaseInfo{Name: name, Epoch: epoch, Free: free, Own: holder.is(l.holder), Holder: holder}
	}
	return out, nil
}

// CheckRights makes, writes, reads and drops a table of its own in the state schema.
func CheckRights(ctx context.Context, w cdp.Warehouse, c *compile.Compiler) error {
	l := &Ledger{w: w, c: c}
	name := "scratch_check_" + strings.ToLower(random(4))
	if _, err := w.Exec(ctx, c.Ledger("lease_take", map[string]any{"Name": name, "Holder": ""})); err != nil {
		return err
	}
	table := c.State(name)
	err := w.Append(ctx, table, []string{"a"}, []cdp.Row{{uint64(1)}})
	if err == nil {
		_, err = One(ctx, w, cdp.Statement{Name: "read the check", Model: "ledger", SQL: "SELECT a FROM " + w.Dialect().Table(table)})
	}
	return errors.Join(err, l.Drop(context.WithoutCancel(ctx), name))
}
