package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// Bounds of one page of the changeset in memory.
const (
	pageRows  = 5_000
	pageBytes = 2 << 20
)

// stretch is how far ahead of the answers rows may be sent: rows of about a second.
type stretch struct {
	until  int // batches that are covered by the last intent
	sent   int
	since  time.Time
	length int
}

// read pages through the rows of one operation, in order, and cuts them into
// batches of one action.
func (d *delivery) read(ctx, hard context.Context, op cdp.Op, out chan<- cdp.Batch) error {
	var (
		afterKH uint64
		afterID string
		open    = map[cdp.Action]*pile{}
		ahead   stretch
	)
	for {
		rows, err := d.page(ctx, op, afterKH, afterID)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		last := rows[len(rows)-1]
		afterKH, afterID = last.KH, last.RowID
		ready := d.cut(op, rows, open)
		if err := d.send(ctx, hard, op, ready, last, &ahead, out); err != nil {
			return err
		}
	}
	var rest []cdp.Batch
	for action, p := range open {
		if len(p.rows) > 0 {
			rest = append(rest, d.batch(op, action, p.rows))
		}
	}
	return d.send(ctx, hard, op, rest, cdp.Delta{KH: d.e.Compiler.Dialect().MaxHash()}, &ahead, out)
}

// pile collects the rows of one action until they are a batch.
type pile struct {
	rows  []cdp.Delta
	bytes int
}

// cut adds rows to the piles and returns those that are full. A row that is too
// large for the destination is rejected here, before anything is sent.
func (d *delivery) cut(op cdp.Op, rows []cdp.Delta, open map[cdp.Action]*pile) (ready []cdp.Batch) {
	most := d.cs.remote.Spec.Write(d.target.Kind).Batch(d.limits, op)
	for _, row := range rows {
		size := len(row.Fields) + len(row.Match) + len(row.Key) + len(row.RowID) + 64
		p := open[row.Action]
		if p == nil {
			p = &pile{}
			open[row.Action] = p
		}
		full := len(p.rows) >= most || (d.limits.MaxBytes > 0 && p.bytes+size > d.limits.MaxBytes)
		if full && len(p.rows) > 0 {
			ready = append(ready, d.batch(op, row.Action, p.rows))
			*p = pile{rows: make([]cdp.Delta, 0, len(p.rows))}
		}
		p.rows, p.bytes = append(p.rows, row), p.bytes+size
	}
	return ready
}

func (d *delivery) batch(op cdp.Op, action cdp.Action, rows []cdp.Delta) cdp.Batch {
	d.mu.Lock()
	d.number++
	n := d.number
	d.mu.Unlock()
	b := cdp.Batch{Delivery: d.target, Op: op, Action: action, Rows: rows, Number: n}
	b.IdempotencyKey = batchKey(rows)
	return b
}

// batchKey names the content of a batch.
func batchKey(rows []cdp.Delta) string {
	h := sha256.New()
	for _, r := range rows {
		h.Write([]byte(r.IdempotencyKey))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// send hands batches to the workers, never beyond the intent that is written.
// A session needs none: nothing counts before its commit.
func (d *delivery) send(ctx, hard context.Context, op cdp.Op, batches []cdp.Batch, last cdp.Delta, ahead *stretch, out chan<- cdp.Batch) error {
	_, session := d.dest.(cdp.Session)
	for i, b := range batches {
		if !session && ahead.sent >= ahead.until {
			n := ahead.next(d.e.Clock.Now(), d.limits.Concurrent)
			kh, id := last.KH, last.RowID
			if i+n < len(batches) {
				end := batches[i+n-1].Rows
				kh, id = farthest(batches[i:i+n], end[len(end)-1])
			} else {
				n = len(batches) - i
			}
			d.e.fail("before intent")
			if err := d.e.Ledger.Intend(hard, d.run.Sync, d.run.Epoch, op, kh, id, d.e.Clock.Now()); err != nil {
				return err
			}
			d.e.fail("after intent")
			ahead.until = ahead.sent + n
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case out <- b:
			ahead.sent++
		}
	}
	return nil
}

// farthest is the greatest position in batches; piles of several actions interleave.
func farthest(batches []cdp.Batch, at cdp.Delta) (kh uint64, id string) {
	kh, id = at.KH, at.RowID
	for _, b := range batches {
		if l := b.Rows[len(b.Rows)-1]; l.KH > kh || (l.KH == kh && l.RowID > id) {
			kh, id = l.KH, l.RowID
		}
	}
	return kh, id
}

// next is the number of batches of the next stretch: as many as the last second took.
func (s *stretch) next(now time.Time, concurrent int) int {
	least := max(2, 2*concurrent)
	if !s.since.IsZero() {
		if took := now.Sub(s.since); took < time.Second/2 {
			s.length *= 2
		} else if took > 2*time.Second {
			s.length /= 2
		}
	}
	s.since = now
	s.length = min(max(s.length, least), 1000)
	return s.length
}

// page reads the next rows of an operation, bounded by rows and by bytes.
func (d *delivery) page(ctx context.Context, op cdp.Op, afterKH uint64, afterID string) ([]cdp.Delta, error) {
	s := d.cs.diff.Page(op, afterKH, afterID, pageRows, d.only)
	s.Run = d.req.id
	var out []cdp.Delta
	err := ledger.Retry(ctx, func() error {
		out = out[:0]
		bytes := 0
		for row, err := range d.e.Warehouse.Query(ctx, s) {
			if err != nil {
				return err
			}
			delta, err := d.delta(op, row)
			if err != nil {
				return err
			}
			out = append(out, delta)
			if bytes += len(delta.Fields) + len(delta.Match) + len(delta.RowID); bytes > pageBytes {
				break
			}
		}
		return nil
	})
	return out, err
}

// delta makes a row of a page; columns as in the changeset_page template.
func (d *delivery) delta(op cdp.Op, row cdp.Row) (cdp.Delta, error) {
	if len(row) != 15 {
		return cdp.Delta{}, fmt.Errorf("a row of the changeset has %d columns", len(row))
	}
	x := cdp.Delta{
		Op: op, KH: ledger.Uint(row[0]), RowID: ledger.Text(row[1]), Action: cdp.Action(ledger.Text(row[2])), Reason: cdp.Reason(ledger.Uint(row[3])),
		Key: ledger.Text(row[4]), OldKey: ledger.Text(row[5]), H: ledger.Uint(row[6]),
		Fields: []byte(ledger.Text(row[8])), Match: []byte(ledger.Text(row[9])), RemoteID: ledger.Text(row[11]),
	}
	x.FH = ledger.Hashes(row[7])
	x.At, _ = row[12].(time.Time)
	x.IdempotencyKey = d.rowKey(x)
	return x, nil
}

// rowKey is SHA-256 over sync, row, op and hash, in lower hex. Of an event only over
// sync and row: it is sent once, whatever it holds.
func (d *delivery) rowKey(x cdp.Delta) string {
	b := make([]byte, 0, 160)
	b = append(b, d.run.Sync...)
	b = append(b, 0)
	b = append(b, x.RowID...)
	if d.target.Kind != cdp.EventTo {
		b = append(b, 0)
		b = append(b, x.Op.String()...)
		b = append(b, 0)
		b = binary.BigEndian.AppendUint64(b, x.H)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
