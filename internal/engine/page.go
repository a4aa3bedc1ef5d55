package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// Bounds of one page of the changeset in memory: one is cut into batches while the next
// is read.
const (
	firstRows = 2_000
	pageRows  = 10_000
	pageBytes = 3 << 20
)

// page is rows of one operation, packed.
type page struct {
	rows []string
	err  error // there are no more
}

// pages reads all rows of an operation. It asks for a range of hashes that should hold
// a page: without an end the warehouse begins to read all parts that lie behind.
func (d *delivery) pages(ctx context.Context, op cdp.Op, out chan<- page) error {
	var (
		after ledger.Place
		end   = d.e.Compiler.Dialect().MaxHash()
	)
	for limit := firstRows; ; {
		upTo := reach(after.KH, d.cs.ops[op], limit, end)
		rows, size, whole, err := d.page(ctx, op, after, upTo, limit)
		p := page{rows: rows, err: err}
		if n := len(rows); n > 0 && err == nil {
			at := packed{rest: rows[n-1]}
			after = ledger.Place{KH: at.number(), RowID: at.text()}
			limit = min(max(pageBytes/(1+size/n), 100), pageRows)
		}
		if len(rows) > 0 || err != nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case out <- p:
			}
		}
		switch {
		case err != nil:
			return err
		case whole && upTo == end:
			return nil
		case whole:
			after = ledger.Place{KH: upTo + 1} // before every row of that hash: none has an empty id
		}
	}
}

// reach is the hash up to which most rows should be, and a few less so that one page
// takes them all: hashes are spread evenly. A wrong total makes pages small or ranges
// that take several, no more.
func reach(from, total uint64, most int, end uint64) uint64 {
	share := uint64(max(1, most*9/10))
	if total <= share {
		return end
	}
	if upTo := from + end/total*share; upTo > from && upTo < end {
		return upTo
	}
	return end
}

// page reads the next rows of an operation up to a hash, bounded by rows and by bytes;
// whole says that there are no more up to it.
func (d *delivery) page(ctx context.Context, op cdp.Op, after ledger.Place, upTo uint64, limit int) (out []string, size int, whole bool, err error) {
	s := d.cs.diff.Page(op, after.KH, after.RowID, upTo, limit, d.only)
	s.Run = d.req.id
	err = ledger.Retry(ctx, func() error {
		out, size, whole = make([]string, 0, limit), 0, true
		for row, err := range d.e.Warehouse.Query(ctx, s) {
			if err != nil {
				return err
			}
			text, err := pack(row)
			if err != nil {
				return err
			}
			out = append(out, text)
			if size += len(text); size > 2*pageBytes {
				whole = false
				break
			}
		}
		whole = whole && len(out) < limit
		return nil
	})
	return out, size, whole, err
}

// pack is a row of a page in one text: a warehouse that can make it sends one column,
// since a text is cheaper to read than a dozen. It is the columns of the template
// changeset_page in the RowBinary format of ClickHouse
// (https://clickhouse.com/docs/interfaces/formats/RowBinary, read 2026-11-29).
func pack(row cdp.Row) (string, error) {
	if len(row) == 1 {
		return ledger.Text(row[0]), nil
	}
	if len(row) != 12 {
		return "", fmt.Errorf("a row of the changeset has %d columns", len(row))
	}
	var b []byte
	text := func(v any) {
		s := ledger.Text(v)
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	b = binary.LittleEndian.AppendUint64(b, ledger.Uint(row[0]))
	text(row[1])
	text(row[2])
	b = append(b, byte(ledger.Uint(row[3])))
	text(row[4])
	text(row[5])
	b = binary.LittleEndian.AppendUint64(b, ledger.Uint(row[6]))
	hashes := ledger.Hashes(row[7])
	b = binary.AppendUvarint(b, uint64(len(hashes)))
	for _, h := range hashes {
		b = binary.LittleEndian.AppendUint32(b, h)
	}
	text(row[8])
	text(row[9])
	text(row[10])
	at, ok := row[11].(time.Time)
	if !ok {
		return string(append(b, 1)), nil
	}
	return string(binary.LittleEndian.AppendUint64(append(b, 0), uint64(at.UnixMicro()))), nil
}

var errPacked = errors.New("a row of the changeset is not whole")

// unpack is pack undone. The texts of the row are parts of its text; its bytes and
// hashes are kept in a.
func unpack(op cdp.Op, text string, a *arena) (x cdp.Delta, err error) {
	r := packed{rest: text}
	x = cdp.Delta{Op: op, KH: r.number(), RowID: r.text(), Action: cdp.Action(r.text()), Reason: cdp.Reason(r.byte()), Key: r.text(), OldKey: r.text(), H: r.number()}
	hashes := r.take(4 * r.length())
	fields, match := r.text(), r.text()
	if x.RemoteID = r.text(); x.RemoteID == cdp.NoRecord {
		x.RemoteID, x.Missing = "", true
	}
	if r.byte() == 0 {
		x.At = time.UnixMicro(int64(r.number())).UTC()
	}
	if r.short || r.rest != "" {
		return x, errPacked
	}
	x.Fields, x.Match, x.FH = a.keep(fields), a.keep(match), a.keepHashes(hashes)
	return x, nil
}

// arena keeps what many rows hold in few pieces of memory.
type arena struct {
	bytes  []byte
	hashes []uint32
}

func (a *arena) keep(s string) []byte {
	if s == "" {
		return nil
	}
	const piece = 64 << 10
	if cap(a.bytes)-len(a.bytes) < len(s) {
		a.bytes = make([]byte, 0, max(len(s), piece))
	}
	from := len(a.bytes)
	a.bytes = append(a.bytes, s...)
	return a.bytes[from:len(a.bytes):len(a.bytes)]
}

// keepHashes keeps numbers of four bytes, the lowest first.
func (a *arena) keepHashes(s string) []uint32 {
	n := len(s) / 4
	if n == 0 {
		return nil
	}
	const piece = 4 << 10
	if cap(a.hashes)-len(a.hashes) < n {
		a.hashes = make([]uint32, 0, max(n, piece))
	}
	from := len(a.hashes)
	for ; len(s) >= 4; s = s[4:] {
		a.hashes = append(a.hashes, uint32(s[0])|uint32(s[1])<<8|uint32(s[2])<<16|uint32(s[3])<<24)
	}
	return a.hashes[from:len(a.hashes):len(a.hashes)]
}

// packed reads a packed row from its front.
type packed struct {
	rest  string
	short bool
}

func (r *packed) take(n int) string {
	if n < 0 || n > len(r.rest) {
		r.short, r.rest, n = true, "", 0
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *packed) byte() byte {
	if s := r.take(1); s != "" {
		return s[0]
	}
	return 0
}

func (r *packed) number() (n uint64) {
	s := r.take(8)
	for i := len(s) - 1; i >= 0; i-- {
		n = n<<8 | uint64(s[i])
	}
	return n
}

// length is a LEB128 number of a text that is in memory.
func (r *packed) length() (n int) {
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		n |= int(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	r.short = true
	return 0
}

func (r *packed) text() string { return r.take(r.length()) }
