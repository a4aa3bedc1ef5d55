package ledger

import (
	"context"
	"fmt"
	"time"
)

// reading is an answer of the warehouse's clock.
type reading struct{ said, heard time.Time } // heard is of this machine, when the answer was there

// at is what the clock says now, as far as a reading tells; zero when that is too long ago.
func (r *reading) at(now time.Time) time.Time {
	// By both clocks: one stands still while a machine sleeps, the other may be set.
	since, wall := now.Sub(r.heard), now.Round(0).Sub(r.heard.Round(0))
	if since < 0 || max(since, wall) >= recent {
		return time.Time{}
	}
	return r.said.Add(since)
}

// recent is how old an answer may be for a run to go on from.
const recent = time.Minute

// Now is the warehouse's clock.
func (l *Ledger) Now(ctx context.Context) (time.Time, error) {
	row, err := One(ctx, l.w, l.c.Ledger("now", nil))
	if err != nil {
		return time.Time{}, err
	}
	return l.took(row[0])
}

func (l *Ledger) took(v any) (time.Time, error) {
	t, ok := v.(time.Time)
	if !ok {
		return t, fmt.Errorf("the warehouse's clock gave %T", v)
	}
	t = t.UTC()
	// Of an answer that was long on its way the clock is of when it began: what was read meanwhile is later.
	if r := l.read.Load(); r == nil || !t.Before(r.at(l.now())) {
		l.read.Store(&reading{t, l.now()})
	}
	return t, nil
}

// Moment is the warehouse's clock for a run that begins: where it was read a short time ago, as
// when the ledger was opened, what it said then and the time since. That is never ahead of it,
// but behind by what the answer took on its way; leases go by no such moment.
func (l *Ledger) Moment(ctx context.Context) (time.Time, error) {
	if r := l.read.Load(); r != nil {
		if at := r.at(l.now()); !at.IsZero() {
			return at, nil
		}
	}
	return l.Now(ctx)
}
