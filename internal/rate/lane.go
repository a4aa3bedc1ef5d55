package rate

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Lane is one sync at the budget of an account.
type Lane struct {
	b      *budget
	weight float64
	pass   float64 // calls so far by its weight: the least goes first
	claims claims  // where its engine claims; nil for one that shares nothing
	atOnce int     // calls at once that its project allows at the account; 0 for what the budget does
}

type ticket struct {
	l *Lane
	n int
}

// join opens a lane; Leave closes it.
func (b *budget) join(p cdp.Priority) *Lane {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := &Lane{b: b, weight: p.Weight()}
	first := true
	for other := range b.lanes {
		if first || other.pass < l.pass {
			l.pass, first = other.pass, false
		}
	}
	b.lanes[l] = true
	return l
}

// Leave closes the lane.
func (l *Lane) Leave() {
	l.b.mu.Lock()
	defer l.b.mu.Unlock()
	delete(l.b.lanes, l)
	l.b.narrow()
}

// of says whose the lane is: of an engine whose project may have been read later than that of
// others at the account.
func (l *Lane) of(c claims, atOnce int) {
	l.b.mu.Lock()
	defer l.b.mu.Unlock()
	l.claims, l.atOnce = c, atOnce
	l.b.narrow()
}

// narrow keeps the account to the least number of calls at once that a project of its lanes
// allows. More is shared from the next round on.
func (b *budget) narrow() {
	least := 0
	for l := range b.lanes {
		if l.atOnce > 0 && (least == 0 || l.atOnce < least) {
			least = l.atOnce
		}
	}
	if least == 0 || least == b.atOnce {
		return
	}
	b.atOnce = least
	if b.sharer == nil || b.slots == 0 || b.slots > least {
		b.slots = least
	}
	b.coming.n = min(b.coming.n, least)
	b.wake()
}

// Call waits until n calls are allowed and makes them in f, which may make fewer or
// more: they are counted as they are written. It returns how many there were; f is
// not called when the wait was ended by soft.
func (l *Lane) Call(soft, hard context.Context, n int, f func(ctx context.Context) error) (made int, waited bool, err error) {
	if err := l.wait(soft, n); err != nil {
		return 0, false, err
	}
	var written atomic.Int64
	trace := &httptrace.ClientTrace{WroteHeaders: func() {
		if written.Add(1) > int64(n) {
			l.b.charge()
		}
	}}
	err = f(httptrace.WithClientTrace(hard, trace))
	made = max(1, int(written.Load()))
	l.b.settle(n, made)
	return made, true, err
}

// pollEvery bounds a sleep, since what is allowed may change meanwhile.
const pollEvery = 100 * time.Millisecond

// wait takes n calls and a slot as soon as they are allowed and it is this lane's turn. It
// ends with a *LimitedError while the account takes none for longer than anybody waits.
func (l *Lane) wait(ctx context.Context, n int) error {
	b := l.b
	t := &ticket{l, n}
	b.mu.Lock()
	b.waiting = append(b.waiting, t)
	b.mu.Unlock()
	defer b.quit(t)
	var since time.Time // when a long rate was found used up
	told := b.dry == nil
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.mu.Lock()
		now := b.clock.Now()
		if err := b.limit(now); err != nil {
			b.mu.Unlock()
			return err
		}
		if a := b.used(n); a == nil {
			since = time.Time{}
		} else if since.IsZero() {
			since = now
		} else if !told && now.Sub(since) >= patience {
			told = true
			b.dry(a.limit, a.per)
		}
		next := b.next() == t
		at, known := b.earliest(now, n)
		if next && known && !at.After(now) {
			b.take(t)
			b.mu.Unlock()
			return nil
		}
		changed := b.changed
		b.mu.Unlock()
		if next && known {
			if err := b.clock.Sleep(ctx, min(at.Sub(now), pollEvery)); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
}

// next is the ticket whose turn it is: of the lane that has had least for its weight.
func (b *budget) next() *ticket {
	var best *ticket
	for _, t := range b.waiting {
		if best == nil || t.l.pass < best.l.pass {
			best = t
		}
	}
	return best
}

func (b *budget) quit(t *ticket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, x := range b.waiting {
		if x == t {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			break
		}
	}
	b.wake()
}

func (b *budget) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}
