package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// leadRows bounds an intent: of the rows below it a death leaves "maybe there" also
// those that were not sent yet.
const leadRows = 50_000

// lead is how far ahead of the answers rows may be sent: rows of about a second.
type lead struct {
	upTo   ledger.Place // the last intent
	since  time.Time    // when it was written
	length int          // in batches
}

// read pages through the rows of one operation, in order, and cuts them into batches
// of one action. The next page is read while one is sent: forward ends the reader,
// which closes the channel.
func (d *delivery) read(ctx, hard context.Context, op cdp.Op, out chan<- cdp.Batch) error {
	ahead, stop := context.WithCancel(ctx)
	pages := make(chan page)
	var reader errgroup.Group
	reader.Go(func() error {
		defer close(pages)
		return d.pages(ahead, op, pages)
	})
	err := d.forward(ctx, hard, op, pages, out)
	stop()
	_ = reader.Wait() // its error came with a page
	return err
}

// forward cuts pages into batches and sends them.
func (d *delivery) forward(ctx, hard context.Context, op cdp.Op, pages <-chan page, out chan<- cdp.Batch) error {
	var (
		open  = map[kind]*pile{}
		ahead lead
		n     uint64
	)
	for p := range pages {
		if p.err != nil {
			return p.err
		}
		n += uint64(len(p.rows))
		ready, err := d.cut(op, p.rows, open)
		if err != nil {
			return err
		}
		if err := d.send(ctx, hard, op, ready, &ahead, out); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil { // the reader may have ended for that
		return err
	}
	var rest []cdp.Batch
	for k, p := range open {
		if len(p.rows) > 0 {
			rest = append(rest, d.batchOf(op, k, p.rows))
		}
	}
	if err := d.send(ctx, hard, op, rest, &ahead, out); err != nil {
		return err
	}
	if want := d.cs.ops[op]; d.only == cdp.NoReason && n != want { // a node that lags behind another, or a lost table
		return fmt.Errorf("%w: the changeset had %d rows of %s, and %d were read", errOpen, want, op, n)
	}
	return nil
}

// kind is what the rows of a batch have in common.
type kind struct {
	action cdp.Action
	clears bool // and the destination takes such rows apart
}

// pile collects the rows of one kind until they are a batch.
type pile struct {
	rows  []cdp.Delta
	bytes int
}

// cut adds rows to the piles and returns those that are full. A row that is too
// large for the destination is rejected here, before anything is sent.
func (d *delivery) cut(op cdp.Op, rows []string, open map[kind]*pile) (ready []cdp.Batch, err error) {
	write := d.cs.remote.Spec.Write(d.target.Kind)
	var kept arena
	for i, text := range rows {
		row, err := unpack(op, text, &kept)
		if err != nil {
			return nil, err
		}
		size := len(row.Fields) + len(row.Match) + len(row.Key) + len(row.RowID) + 64
		k, most := kind{action: row.Action}, write.Batch(d.limits, op)
		if write.Clearing != nil && row.Clears() {
			k.clears, most = true, min(most, write.Clearing.MaxRows)
		}
		p := open[k]
		if p == nil {
			p = &pile{}
			open[k] = p
		}
		full := len(p.rows) >= most || (d.limits.MaxBytes > 0 && p.bytes+size > d.limits.MaxBytes)
		if full && len(p.rows) > 0 {
			ready = append(ready, d.batchOf(op, k, p.rows))
			*p = pile{}
		}
		if p.rows == nil {
			p.rows = make([]cdp.Delta, 0, min(most, len(rows)-i))
		}
		p.rows, p.bytes = append(p.rows, row), p.bytes+size
	}
	return ready, nil
}

func (d *delivery) batchOf(op cdp.Op, k kind, rows []cdp.Delta) cdp.Batch {
	b := d.batch(op, k.action, rows)
	b.Clearing = k.clears
	return b
}

// batch makes a batch of rows, and the idempotency keys of all.
func (d *delivery) batch(op cdp.Op, action cdp.Action, rows []cdp.Delta) cdp.Batch {
	d.mu.Lock()
	d.number++
	n := d.number
	d.mu.Unlock()
	b := cdp.Batch{Delivery: d.target, Op: op, Action: action, Rows: rows, Number: n}
	const size = 2 * sha256.Size
	keys := make([]byte, 0, len(rows)*size)
	for i := range rows {
		sum := d.rowKey(&rows[i])
		keys = hex.AppendEncode(keys, sum[:])
	}
	all := string(keys)
	for i := range rows {
		rows[i].IdempotencyKey = all[i*size : (i+1)*size]
	}
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

// send hands batches to the workers, none of them with a row beyond the intent that is
// written. A session needs none: nothing counts before its commit.
func (d *delivery) send(ctx, hard context.Context, op cdp.Op, batches []cdp.Batch, ahead *lead, out chan<- cdp.Batch) error {
	_, session := d.dest.(cdp.Session)
	for _, b := range batches {
		if err := d.joinApart(ctx, b); err != nil {
			return err
		}
		end := b.Rows[len(b.Rows)-1] // they are in order
		last := ledger.Place{KH: end.KH, RowID: end.RowID}
		if !session && last.Compare(ahead.upTo) > 0 {
			n := ahead.next(d.e.Clock.Now(), d.limits.Concurrent)
			upTo := last
			if kh := reach(last.KH, d.cs.ops[op], min((n-1)*len(b.Rows), leadRows), d.e.Compiler.Dialect().MaxHash()); kh > last.KH {
				upTo = ledger.Place{KH: kh}
			}
			d.e.fail("before intent")
			if err := d.e.Ledger.Intend(hard, d.run.Sync, d.run.Epoch, op, upTo, d.e.Clock.Now()); err != nil {
				return err
			}
			d.e.fail("after intent")
			ahead.upTo = upTo
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case out <- b:
		}
	}
	return nil
}

// next is the number of batches of the next lead: as many as a second takes.
func (s *lead) next(now time.Time, concurrent int) int {
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

// rowKey is SHA-256 over sync, row, op, hash and, from the second on, the version of the
// mapping: under other names the same values are another row to who drops a key that comes
// again. Of an event only over sync and row: it is sent once, whatever it holds.
func (d *delivery) rowKey(x *cdp.Delta) [sha256.Size]byte {
	b := make([]byte, 0, 160)
	b = append(b, d.run.Sync...)
	b = append(b, 0)
	b = append(b, x.RowID...)
	if d.target.Kind != cdp.EventTo {
		b = append(b, 0)
		b = append(b, x.Op.String()...)
		b = append(b, 0)
		b = binary.BigEndian.AppendUint64(b, x.H)
		if v := d.cs.mapping.Version; v > 1 {
			b = binary.BigEndian.AppendUint32(b, v)
		}
	}
	return sha256.Sum256(b)
}
