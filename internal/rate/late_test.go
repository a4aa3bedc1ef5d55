package rate

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestRateAfterALateClaim: the claim of one process hangs until it is late, and the other
// is gone by then. What that called in the round before is still in the vendor's windows
// when the round begins of which the one that is left has all.
func TestRateAfterALateClaim(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			w := newCallers(t, tenSeconds, seed)
			const round = 20 * time.Second
			begins := w.start.Add(w.skew).Truncate(round).Add(6 * round)
			late, first, hung := uint64(begins.UnixMilli()/round.Milliseconds()), "", false
			w.hang = func(c ledger.Claim) time.Duration {
				w.board.mu.Lock()
				defer w.board.mu.Unlock()
				if first == "" {
					first = c.Holder
				}
				if hung || c.Holder != first || c.Round != late {
					return 0
				}
				hung = true
				return 18 * time.Second
			}
			at := begins.Add(-w.skew).Sub(w.start)
			var both sync.WaitGroup
			both.Go(func() {
				ctx, stop := w.until(at + 3*time.Minute)
				defer stop()
				w.process(ctx, false, cdp.Normal)
			})
			both.Go(func() {
				w.from(5 * time.Second)
				ctx, stop := w.until(at - 3*time.Second)
				defer stop()
				w.process(ctx, false, cdp.Normal)
			})
			both.Wait()
			w.check(t, w.limits.Rates)
			if u := w.used(w.start, at+round, at+3*time.Minute, w.limits.Rates[0]); !hung || u < 0.95 {
				t.Errorf("seed %d: hung is %v, the one that is left uses %.1f %%", seed, hung, 100*u)
			}
		})
	}
}

// TestRateAfterASuspension: a process that stood still for an hour does not claim all the rounds
// that are over: it calls again within two rounds, however slow the warehouse is.
func TestRateAfterASuspension(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			w := newCallers(t, tenSeconds, seed)
			w.slow = 4 * time.Second // there and back again
			const round = 20 * time.Second
			var stood time.Duration // until then
			w.hang = func(ledger.Claim) time.Duration {
				d := time.Since(w.start)
				if stood > 0 || d < 2*time.Minute {
					return 0
				}
				stood = d + time.Hour
				return time.Hour
			}
			ctx, stop := w.until(2*time.Minute + time.Hour + 5*time.Minute)
			defer stop()
			w.process(ctx, false, cdp.Normal)
			w.check(t, w.limits.Rates)
			first := time.Duration(0)
			for _, at := range w.at {
				if d := at.Sub(w.start); d > stood && first == 0 {
					first = d - stood
				}
			}
			if first == 0 || first > 2*round {
				t.Errorf("seed %d: the first call is %s after the hour", seed, first)
			}
			if u := w.used(w.start, stood+time.Minute, stood+4*time.Minute, w.limits.Rates[0]); u < 0.80 {
				t.Errorf("seed %d: %.1f %% is used then", seed, 100*u)
			}
		})
	}
}
