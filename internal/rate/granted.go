package rate

import (
	"context"
	"math"
	"time"

	"github.com/kithdata/kith/internal/ledger"
)

// A rate over a long time is granted, a little with each round. A claim says what its
// process has called, and what it may call beyond that: what was left of its last grant. Who
// claims a round in time reads what all have said, and takes its part of what is left then.
// That is nowhere in the ledger until the next claim says so; so of a process that has not
// claimed this round everybody assumes that it was granted the most that one can be.
// Of what all may have together no call is then granted twice.

// grant takes from the long rates what this process may use until it claims again.
func (s *sharer) grant(ctx context.Context, round uint64, part func(int) int) error {
	for i, a := range s.b.long {
		spent, err := s.ledger().Spent(ctx, s.account, a.per+flight, 2*s.round+flight)
		if err != nil {
			return err
		}
		most := s.b.most(a, 2*s.round)
		s.b.grant(i, granted(a.limit, most, int(s.left), spent, s.me, round, part), s.told)
	}
	return nil
}

// granted is how many calls of a long rate a process may have beyond those that the ledger
// knows of, of which left were its own when it claimed the round. part is its part of a number
// of calls. One that has more than its part of all that is left gives up the rest: it may be
// idle, and others have their part of that once it has said so.
func granted(limit, most, left int, spent ledger.Spent, me string, round uint64, part func(int) int) int {
	all := limit - int(min(spent.Calls, math.MaxInt32))
	free := all - left
	for _, h := range spent.Holders {
		switch {
		case h.Holder == me:
		case h.Round < round || h.Dead:
			free -= max(most, int(h.Ahead))
		default:
			free -= int(h.Ahead)
		}
	}
	return min(most, part(max(0, all)), left+part(max(0, free)))
}

// most is what may be used of a long rate within a time: no more than the short rates allow,
// so that a death wastes little.
func (b *budget) most(a *allowance, within time.Duration) int {
	if len(b.short) == 0 {
		return max(1, a.limit/24)
	}
	most := a.limit
	for j, w := range b.short {
		most = min(most, b.limits[j]*int(1+within/w.per))
	}
	return most
}

// grant lets the process make some calls of a long rate beyond those that it has told of.
func (b *budget) grant(i, calls int, told uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.long[i].left = calls - int(b.calls-told)
	b.wake()
}

// empty takes back all of the long rates.
func (b *budget) empty() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.long {
		a.left = 0
	}
}
