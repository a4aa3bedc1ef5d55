package engine

import (
	"errors"
	"math/bits"

	"github.com/kithdata/kith/internal/cdp"
)

// isolation is what is known of a batch at which the destination fails although it answers: a
// row of it may be to blame, or the destination may be down for all. The batch is taken apart
// only while something else is answered: another batch, or a part of this one.
type isolation struct {
	failing bool   // the destination has failed at it
	heard   uint64 // answers to anything when it did so last
	lives   bool   // it has answered something else since it failed first
	on      bool   // the batch is in parts
	quiet   int    // parts in a row at which it failed, while it answered nothing
	left    int    // how often a part may still be halved
}

const (
	mostQuiet  = 4 // both halves of a batch, and both of the first of them
	moreOfLone = 2 // repeats of a row that stands alone
)

// newIsolation is that of a batch of some rows: it may be halved as often as it takes to find
// four of them. Further ones are found by the next run, in what this one has not delivered.
func newIsolation(rows int) *isolation { return &isolation{left: 4 * bits.Len(uint(rows))} }

// failed reports whether an error says that the destination itself has failed.
func failed(err error) bool {
	var e cdp.Answered
	return errors.As(err, &e) && e.Answered()
}

// hear keeps in mind that the destination has answered.
func (d *delivery) hear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.heard++
	d.vain = false
}

// notes that the destination has failed at the batch, or at a part of it.
func (d *delivery) notes(p *isolation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !p.failing {
		p.failing, p.heard = true, d.heard
	}
}

// living reports whether the destination has answered something since it failed at a part. Where
// it has not, one batch is looked into all the same, for a few calls, and no other before
// it has answered.
func (d *delivery) living(p *isolation) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.heard > p.heard {
		p.heard, p.quiet, p.lives = d.heard, 0, true
		return true
	}
	if !p.on {
		first := !d.vain
		d.vain = true
		return first
	}
	p.quiet++
	return p.quiet < mostQuiet
}

// isolate decides what becomes of a batch, or a part, at which the destination has failed. What
// it failed at to the end is unknown: no answer says that the row was not applied.
func (d *delivery) isolate(p *isolation, b cdp.Batch, next []cdp.Batch, v verdict, tries int) ([]cdp.Batch, verdict) {
	d.notes(p)
	n := len(b.Rows)
	if repeat := len(v.last) > 0; repeat && (!p.on || n == 1 && p.lives && tries <= moreOfLone) {
		return next, v
	}
	living := d.living(p)
	v.last, v.wait = nil, 0
	apart := n > 1 && living && p.left > 0
	for i := range v.final {
		if v.final[i] = v.failed; apart {
			v.final[i] = nil
		}
	}
	if apart {
		p.on, v.apart, v.wait = true, true, d.backoff(1, 0)
		p.left--
		return halves(b), v
	}
	v.stop = p.on && !living
	v.alone = n == 1 && p.lives
	v.moot = n == 1 && living && !p.on && !p.lives
	return nil, v
}

// halves are the two halves of a batch, the first one last.
func halves(b cdp.Batch) []cdp.Batch {
	n := len(b.Rows) / 2
	return []cdp.Batch{partOf(b, b.Rows[n:]), partOf(b, b.Rows[:n])}
}

// partOf is some rows of a batch.
func partOf(b cdp.Batch, rows []cdp.Delta) cdp.Batch {
	b.Rows, b.IdempotencyKey = rows, batchKey(rows)
	return b
}
