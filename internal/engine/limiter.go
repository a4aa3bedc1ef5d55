package engine

import (
	"context"
	"sync"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// limiter keeps calls within rates: at most Calls in any window of Per. It keeps
// the times of the last Calls calls, so a vendor that counts in fixed windows and
// one that counts in rolling windows are both satisfied.
type limiter struct {
	clock Clock
	mu    sync.Mutex
	rates []*window
	until time.Time // the destination asked us to wait
}

type window struct {
	per   time.Duration
	times []time.Time // a ring
	next  int
}

// slack widens a window: calls are counted where they arrive, and a network may
// bring two of them closer together than they were sent.
const slack = 50

func newLimiter(clock Clock, rates []cdp.Rate) *limiter {
	l := &limiter{clock: clock}
	for _, r := range rates {
		if r.Calls > 0 && r.Per > 0 {
			l.rates = append(l.rates, &window{per: r.Per + r.Per/slack, times: make([]time.Time, r.Calls)})
		}
	}
	return l
}

// wait reserves n calls and sleeps until they are allowed.
func (l *limiter) wait(ctx context.Context, n int) error {
	at := l.reserve()
	for range n - 1 {
		at = l.reserve()
	}
	for now := l.clock.Now(); at.After(now); now = l.clock.Now() {
		if err := l.clock.Sleep(ctx, at.Sub(now)); err != nil {
			return err
		}
		// The destination may have asked for a pause meanwhile.
		l.mu.Lock()
		if l.until.After(at) {
			at = l.until
		}
		l.mu.Unlock()
	}
	return ctx.Err()
}

// reserve books the earliest time at which all rates allow a call.
func (l *limiter) reserve() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.clock.Now()
	if l.until.After(at) {
		at = l.until
	}
	for _, w := range l.rates {
		if oldest := w.times[w.next]; !oldest.IsZero() && oldest.Add(w.per).After(at) {
			at = oldest.Add(w.per)
		}
	}
	for _, w := range l.rates {
		w.times[w.next] = at
		w.next = (w.next + 1) % len(w.times)
	}
	return at
}

// pause holds all calls back for d.
func (l *limiter) pause(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.clock.Now().Add(d); t.After(l.until) {
		l.until = t
	}
}
