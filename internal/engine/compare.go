package engine

import (
	"context"
	"fmt"
	"math/bits"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// Buckets of a digest, as bits of kh: few are cheap to sum, many keep what has to be
// joined small. More than 2^20 are more than sumResample takes.
const (
	tinyBits  = 10
	leastBits = 14
	fewBits   = 16
	mostBits  = 20
)

// tiny is how many rows take longer to plan and to store on the way than to read: they
// are summed in few buckets and joined at once.
const tiny = 2000

// bits chooses the number of buckets from what the last run changed: about eight for
// each row, so that an eighth of all rows lies in a bucket that differs. A run that
// changed much of everything says nothing of the next.
func (cs *changeset) bits() int {
	switch {
	case len(cs.last) > 0 && cs.last[0].Rows <= tiny:
		return tinyBits
	case len(cs.last) == 0 || cs.last[0].Changed > cs.last[0].Rows/10:
		return fewBits
	}
	return min(max(leastBits, bits.Len64(8*cs.last[0].Changed)), mostBits)
}

// digest sums both sides by bucket and reads the totals. When more has changed than the
// last run let expect, so that many buckets differ, it does so again with the most
// buckets there can be: a second look is cheaper than to sort or join what is equal.
func (e *Engine) digest(ctx context.Context, req *request, cs *changeset, d *compile.Diff) (bits int, err error) {
	bits = cs.bits()
	if err := e.sum(ctx, req, cs, d, bits); err != nil {
		return 0, err
	}
	many := e.Compiler.Dialect().Statements(cs.joined) > 1 || cs.joined > max(few, cs.rows/4)
	if d.Pairs() && bits < mostBits && cs.full == 0 && !d.Event() && cs.known > 0 && many {
		bits = mostBits
		err = e.sum(ctx, req, cs, d, bits)
	}
	return bits, err
}

// few is how many rows are joined in the time that a second look takes at least.
const few = 100_000

func (e *Engine) sum(ctx context.Context, req *request, cs *changeset, d *compile.Diff, bits int) error {
	if _, err := e.exec(ctx, req.id, "sync "+cs.sync.Name, d.CreateDigest(bits)); err != nil {
		return err
	}
	totals, err := e.one(ctx, req.id, d.Totals(bits))
	if err != nil {
		return err
	}
	if ledger.Uint(totals[6]) != 1 {
		return fmt.Errorf("sync %s: nothing was compared: the digest of its rows is empty", cs.sync.Name)
	}
	cs.dirty, cs.rows, cs.known = ledger.Uint(totals[0]), ledger.Uint(totals[1]), ledger.Uint(totals[2])
	cs.noKey, cs.joined = ledger.Uint(totals[4]), ledger.Uint(totals[5])
	if d.Event() { // an event is its key
		cs.noKey += ledger.Uint(totals[3])
	} else if n := ledger.Uint(totals[3]); n > 0 && cs.sync.Source != nil {
		return fmt.Errorf("%w: %d rows of source %s have no key (%s is null or empty); add `where: {column: %s, exists: true}` to the source, or choose another key",
			ErrData, n, cs.sync.Source.Name, strings.Join(cs.sync.Source.Key, ", "), cs.sync.Source.Key[0])
	}
	return nil
}

const (
	// wide is how many rows of which only the id is joined take the memory of one that
	// is joined and written with all its columns.
	wide = 8
	// passes is how often all desired rows are read, to join a part of them each time,
	// before it is cheaper to store them in order.
	passes = 4
)

// fill writes the raw changeset, in as many slices as keep the memory of each small, and
// returns their number and the diff that reads what it has stored on the way.
func (e *Engine) fill(ctx context.Context, req *request, cs *changeset, d *compile.Diff, bits int, all bool) (*compile.Diff, int, error) {
	item, dialect := "sync "+cs.sync.Name, e.Compiler.Dialect()
	n, slices := dialect.Statements(cs.joined), dialect.Statements(wide*cs.joined)
	if d.Pairs() && !all && n <= passes && max(cs.rows, cs.known) > tiny {
		for _, s := range d.Slices(n) {
			list := []cdp.Statement{d.Pair(s, bits)}
			for _, part := range s.Cut(max(1, slices/n)) {
				list = append(list, d.FillPairs(part, bits))
			}
			if err := e.runAll(ctx, req, item, list); err != nil {
				return nil, 0, err
			}
		}
		return d, slices, nil
	}
	if slices > 2 && !d.Materialise() {
		// Reading slices out of order would read everything for each.
		if err := e.runAll(ctx, req, item, []cdp.Statement{d.CreateDesired()}); err != nil {
			return nil, 0, err
		}
		d = d.Stored()
	}
	for _, s := range d.Slices(slices) {
		if _, err := e.exec(ctx, req.id, item, d.Fill(s, bits, all)); err != nil {
			return nil, 0, err
		}
	}
	return d, slices, nil
}

// countExpired counts the events that are too old to be sent.
func (e *Engine) countExpired(ctx context.Context, req *request, cs *changeset, d *compile.Diff) error {
	s, can := d.CountExpired()
	if !can {
		return nil
	}
	row, err := e.one(ctx, req.id, s)
	if err != nil {
		return err
	}
	cs.expired = ledger.Uint(row[0])
	return nil
}
