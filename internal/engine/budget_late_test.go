package engine

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
