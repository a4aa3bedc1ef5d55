package rate

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// hourly is a rate by the hour that is used up in nine minutes.
var hourly = cdp.Limits{Rates: []cdp.Rate{{Calls: 100, Per: 10 * time.Second}, {Calls: 5000, Per: time.Hour}}, Concurrent: 10}

// TestDailyRateUntilDry: processes that use up a long rate together take all of it and not one
// call more, also when it is dry and calls of an hour ago make room for new ones.
func TestDailyRateUntilDry(t *testing.T) {
	for processes := 1; processes <= 3; processes++ {
		for seed := range uint64(3) {
			synctest.Test(t, func(t *testing.T) {
				w := newCallers(t, hourly, seed)
				var all sync.WaitGroup
				for i := range processes {
					all.Go(func() {
						w.from(time.Duration(i) * time.Duration(seed) * 7 * time.Second)
						ctx, stop := w.until(75 * time.Minute)
						defer stop()
						w.process(ctx, false, cdp.Normal)
					})
				}
				all.Wait()
				w.check(t, hourly.Rates)
				name := fmt.Sprintf("%d processes, seed %d", processes, seed)
				if u := w.used(w.start, 0, time.Hour, hourly.Rates[1]); u < 0.99 {
					t.Errorf("%s: %.1f %% of the calls of an hour are made", name, 100*u)
				}
				if u := w.used(w.start, 0, 12*time.Minute, hourly.Rates[0]); u < 0.95*5000/7200 {
					t.Errorf("%s: %.0f calls in 12 minutes", name, 7200*u)
				}
				if u := w.used(w.start, time.Hour, 75*time.Minute, cdp.Rate{Calls: 5000, Per: 15 * time.Minute}); u < 0.95 {
					t.Errorf("%s: %.1f %% of what comes back", name, 100*u)
				}
			})
		}
	}
}

// TestDailyRateOfMany: processes that come, go, are killed and lose the warehouse for a while
// never make more calls together than a long rate allows.
func TestDailyRateOfMany(t *testing.T) {
	for name, limits := range map[string]cdp.Limits{
		"by the hour": {Rates: []cdp.Rate{{Calls: 100, Per: 10 * time.Second}, {Calls: 3000, Per: time.Hour}}, Concurrent: 5},
		"two of them": {Rates: []cdp.Rate{{Calls: 60, Per: 10 * time.Second}, {Calls: 900, Per: 10 * time.Minute}, {Calls: 2000, Per: time.Hour}}, Concurrent: 5},
		"few":         {Rates: []cdp.Rate{{Calls: 10, Per: 10 * time.Second}, {Calls: 40, Per: 5 * time.Minute}}, Concurrent: 2},
	} {
		for seed := range uint64(6) {
			synctest.Test(t, func(t *testing.T) {
				w := newCallers(t, limits, seed)
				w.slow = time.Duration(1+seed%3) * time.Second
				w.crowd(t, rand.New(rand.NewPCG(seed, 5)), crowd{processes: 8, begin: 8 * time.Minute, last: 10 * time.Minute, away: 240 * time.Second, back: 290 * time.Second})
				if len(w.at) == 0 {
					t.Errorf("%s, seed %d: nothing was called", name, seed)
				}
			})
		}
	}
}
