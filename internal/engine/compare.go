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
	leastBits = 12
	someBits  = 14
	fewBits   = 16
	mostBits  = 20
)

// tiny is how many rows take longer to plan and to store on the way than to read: they
// are summed in few buckets and joined at once.
const tiny = 2000

// bits chooses the number of buckets from what the last runs changed: about eight for
// each row, so that an eighth of all rows lies in a bucket that differs. Where nothing
// changed, the fewest of a large table are kept, as their sums cost least. A run that
// changed much of everything says nothing of the next. The largest of a few counts: too
// many buckets take half of what a second look takes.
func (cs *changeset) bits() int {
	switch {
	case len(cs.last) > 0 && cs.last[0].Rows > 0 && cs.last[0].Rows <= tiny: // 0 may be of a run that failed before it counted
		return tinyBits
	case len(cs.last) == 0 || cs.last[0].Changed > cs.last[0].Rows/10:
		return fewBits
	}
	most := uint64(0)
	for _, r := range cs.last[:min(len(cs.last), learned)] {
		if r.Changed <= r.Rows/10 {
			most = max(most, r.Changed)
		}
	}
	if most == 0 {
		return leastBits
	}
	return min(max(someBits, bits.Len64(8*most)), mostBits)
}

// learned is how many of the last runs tell how much the next will change.
const learned = 3

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
	cs.makes(cs.in.Digest)
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
	cs.joined, cs.remapped, cs.gone = ledger.Uint(totals[5]), ledger.Uint(totals[7]), ledger.Uint(totals[8])
	return cs.faults(d, ledger.Uint(totals[3]), ledger.Uint(totals[4]))
}

// faults counts the rows that cannot be sent: those without a key are skipped, one without
// an id is an error of the source.
func (cs *changeset) faults(d *compile.Diff, noID, noKey uint64) error {
	cs.noKey = noKey
	if d.Event() { // an event is its key
		cs.noKey += noID
	} else if noID > 0 && cs.sync.Source != nil {
		return fmt.Errorf("%w: %d rows of source %s have no key (%s is null or empty); add `where: {column: %s, exists: true}` to the source, or choose another key",
			ErrData, noID, cs.sync.Source.Name, strings.Join(cs.sync.Source.Key, ", "), cs.sync.Source.Key[0])
	}
	return nil
}

const (
	// wide is how many rows of which only the id is joined take the memory of one that
	// is joined and written with all its columns.
	wide = 10
	// light is how many rows that are looked up take the memory of one of which the id
	// is joined: 7,500,000 at once, as a table of 8,388,608 ids takes 134 MB.
	light = 6
	// passes is how often all desired rows are read, to look a part of them up each time,
	// before it is cheaper to store them in order.
	passes = 4
)

// fill writes the raw changeset, in as many slices as keep the memory of each small, and
// returns their number and the diff that reads what it has stored on the way.
func (e *Engine) fill(ctx context.Context, req *request, cs *changeset, d *compile.Diff, bits int, all bool) (*compile.Diff, int, error) {
	item, dialect := "sync "+cs.sync.Name, e.Compiler.Dialect()
	slices := dialect.Statements(wide * cs.joined)
	if d.Pairs() && !all && max(cs.rows, cs.known) > tiny {
		if n, many := cs.looks(dialect.Statements); n > 0 {
			cs.makes(cs.in.Pairs)
			differ, err := e.fillPairs(ctx, req, item, d, d.Slices(n), bits, many)
			return d, dialect.Statements(wide * differ), err
		}
	}
	if slices > 2 && !d.Materialise() {
		// Reading slices out of order would read everything for each.
		var err error
		if d, err = e.store(ctx, req, cs, d); err != nil {
			return nil, 0, err
		}
	}
	all = all || slices > 1 && cs.everywhere()
	for _, s := range d.Slices(slices) {
		if _, err := e.exec(ctx, req.id, item, d.Fill(s, bits, all)); err != nil {
			return nil, 0, err
		}
	}
	return d, slices, nil
}

// looks is in how many slices what differs is looked for, each of which reads all desired
// rows, and whether by looking up rather than by a join; 0 where it is better to store
// the desired rows in order: where nearly every bucket differs, so may nearly every row,
// and to find those is no help.
func (cs *changeset) looks(statements func(rows uint64) int) (n int, many bool) {
	if statements(cs.joined) == 1 {
		return 1, false
	}
	n = statements(cs.joined / light)
	if n > passes || cs.everywhere() {
		return 0, false
	}
	return n, true
}

// everywhere says that nearly every bucket differs: to tell those apart takes more than
// to join the others as well.
func (cs *changeset) everywhere() bool { return cs.joined >= cs.rows-cs.rows/20 }

// fillPairs is fill by way of what differs, and returns how many rows that are: how many
// lie in buckets that differ says little of it.
func (e *Engine) fillPairs(ctx context.Context, req *request, item string, d *compile.Diff, slices []compile.Slice, bits int, many bool) (differ uint64, err error) {
	for _, s := range slices {
		find := []cdp.Statement{d.Pair(s, bits)}
		if many {
			find = d.PairMany(s, bits)
		}
		if err := e.runAll(ctx, req, item, find); err != nil {
			return 0, err
		}
		row, err := e.one(ctx, req.id, d.CountPairs())
		if err != nil {
			return 0, err
		}
		n := ledger.Uint(row[0])
		differ += n
		for _, part := range s.Cut(e.Compiler.Dialect().Statements(wide * n)) {
			if _, err := e.exec(ctx, req.id, item, d.FillPairs(part, bits)); err != nil {
				return 0, err
			}
		}
	}
	return differ, nil
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
