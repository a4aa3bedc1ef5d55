package rate

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// The tests of this file run in bubbles of synctest: their time is made up, so that
// minutes take milliseconds and every run of a test is the same.

// TestRateOfOne: one process uses at least 95 % of what is allowed, from the start.
func TestRateOfOne(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			w := newCallers(t, tenSeconds, seed)
			ctx, stop := w.until(5 * time.Minute)
			defer stop()
			w.process(ctx, false, cdp.Normal)
			w.check(t, w.limits.Rates)
			if u := w.used(w.start, 0, 5*time.Minute, w.limits.Rates[0]); u < 0.95 {
				t.Errorf("seed %d: %.1f %% is used", seed, 100*u)
			}
		})
	}
}

// TestRateOfTwo: two processes that begin at any time use at least 90 % after two
// minutes, and never more than is allowed; when one is killed its part idles for less
// than a minute.
func TestRateOfTwo(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			w := newCallers(t, tenSeconds, seed)
			second := time.Duration(seed) * 13 * time.Second
			const killed = 5 * time.Minute
			var both sync.WaitGroup
			both.Go(func() {
				ctx, stop := w.until(15 * time.Minute)
				defer stop()
				w.process(ctx, false, cdp.Normal)
			})
			both.Go(func() {
				w.from(second)
				ctx, stop := w.until(killed + time.Duration(seed)*time.Second)
				defer stop()
				w.process(ctx, true, cdp.Normal)
			})
			both.Wait()
			w.check(t, w.limits.Rates)
			if u := w.used(w.start, second+2*time.Minute, killed, w.limits.Rates[0]); u < 0.90 {
				t.Errorf("seed %d: two use %.1f %% after two minutes", seed, 100*u)
			}
			if u := w.used(w.start, killed+time.Minute+time.Duration(seed)*time.Second, 15*time.Minute, w.limits.Rates[0]); u < 0.95 {
				t.Errorf("seed %d: the one that is left uses %.1f %%", seed, 100*u)
			}
		})
	}
}

// TestAtOnce: the calls at once of an account are shared too. Here they, and no rate, are
// what holds up two processes, of which each would make all of them.
func TestAtOnce(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			limits := cdp.Limits{Rates: []cdp.Rate{{Calls: 1000, Per: 10 * time.Second}, {Calls: 6000, Per: time.Minute}}, Concurrent: 4}
			w := newCallers(t, limits, seed)
			var both sync.WaitGroup
			for i, end := range []time.Duration{10 * time.Minute, 5 * time.Minute} {
				both.Go(func() {
					w.from(time.Duration(i) * time.Duration(seed) * 13 * time.Second)
					ctx, stop := w.until(end)
					defer stop()
					w.process(ctx, i == 1, cdp.Normal)
				})
			}
			both.Wait()
			w.check(t, limits.Rates)
			if w.most != limits.Concurrent {
				t.Errorf("seed %d: %d calls at once, %d are allowed", seed, w.most, limits.Concurrent)
			}
			alone, two := w.used(w.start, 7*time.Minute, 10*time.Minute, limits.Rates[0]), w.used(w.start, 2*time.Minute, 5*time.Minute, limits.Rates[0])
			if alone < 0.28 || two < 0.9*alone { // four at once that take 120 ms each are a third of 100 a second
				t.Errorf("seed %d: one uses %.2f, two use %.2f", seed, alone, two)
			}
		})
	}
}

// TestRateOfMany: processes that come and go as they like are never too many
// together, whatever the warehouse's clock says, also while the warehouse is away.
func TestRateOfMany(t *testing.T) {
	limits := map[string]cdp.Limits{
		"one window":  tenSeconds,
		"two windows": {Rates: []cdp.Rate{{Calls: 10, Per: time.Second}, {Calls: 300, Per: time.Minute}}, Concurrent: 5},
		"tiny":        {Rates: []cdp.Rate{{Calls: 3, Per: 10 * time.Second}}, Concurrent: 2},
	}
	for name, limits := range limits {
		for seed := range uint64(4) {
			synctest.Test(t, func(t *testing.T) {
				w := newCallers(t, limits, seed)
				w.crowd(t, rand.New(rand.NewPCG(seed, 3)), crowd{processes: 12, begin: 5 * time.Minute, last: 2 * time.Minute, away: 200 * time.Second, back: 230 * time.Second})
				if len(w.at) == 0 {
					t.Errorf("%s, seed %d: nothing was called", name, seed)
				}
			})
		}
	}
}

// TestRateAfterAnother: a run that begins right after another, as cron does it, goes
// on at once and does not fill the vendor's window twice.
func TestRateAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCallers(t, tenSeconds, 1)
		for i := range 30 {
			ctx, stop := w.until(time.Duration(i+1) * 4 * time.Second)
			w.process(ctx, false, cdp.Normal)
			stop()
		}
		w.check(t, w.limits.Rates)
		if u := w.used(w.start, 0, 2*time.Minute, w.limits.Rates[0]); u < 0.80 {
			t.Errorf("%.1f %% is used", 100*u)
		}
	})
}

// TestDailyRate: a long rate is counted over processes and kept to, and a death wastes
// little of it.
func TestDailyRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := cdp.Limits{Rates: []cdp.Rate{{Calls: 100, Per: 10 * time.Second}, {Calls: 5000, Per: time.Hour}}, Concurrent: 10}
		w := newCallers(t, limits, 1)
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				w.from(time.Duration(i) * 90 * time.Second)
				ctx, stop := w.until(time.Duration(i)*90*time.Second + 4*time.Minute)
				defer stop()
				w.process(ctx, i == 2, cdp.Normal)
			})
		}
		all.Wait()
		w.check(t, limits.Rates)
		if n := len(w.at); n < 4000 {
			t.Errorf("%d of 5000 calls", n)
		}
	})
}

// TestDryRateIsTold: who waits for tomorrow says so, once, and goes on when it may.
func TestDryRateIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCallers(t, cdp.Limits{Rates: []cdp.Rate{{Calls: 10, Per: time.Second}, {Calls: 50, Per: time.Hour}}}, 1)
		b := newBudget(SystemClock{}, w.limits)
		told := 0
		b.dry = func(limit int, per time.Duration) {
			if limit != 50 || per != time.Hour {
				t.Errorf("told of %d calls per %s", limit, per)
			}
			told++
		}
		l := b.join(cdp.Normal)
		s := newSharer(w.board, SystemClock{}, b, "a", w.name(), 20*time.Second, 4*time.Second)
		s.log = func(step string, err error) { t.Error(step, err) }
		if err := s.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.begin(t.Context())
		for i := range 51 {
			if i == 50 && told != 0 {
				t.Errorf("told %d times while calls were left", told)
			}
			if _, called, err := l.Call(t.Context(), t.Context(), 1, w.hit); !called || err != nil {
				t.Fatal(err)
			}
		}
		s.stop()
		<-s.done
		if waited := time.Since(w.start); told != 1 || waited < time.Hour {
			t.Errorf("told %d times, went on after %s", told, waited)
		}
	})
}

// TestPriority: syncs of one process share by priority, and so do processes.
func TestPriority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCallers(t, tenSeconds, 1)
		ctx, stop := w.until(4 * time.Minute)
		defer stop()
		made := w.process(ctx, false, cdp.High, cdp.Normal, cdp.Low)
		for i, want := range []float64{4. / 7, 2. / 7, 1. / 7} {
			if got := float64(made[i]) / float64(made[0]+made[1]+made[2]); got < want-0.03 || got > want+0.03 {
				t.Errorf("sync %d has %.2f of the calls, want %.2f", i, got, want)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newCallers(t, tenSeconds, 2)
		var both sync.WaitGroup
		made := map[cdp.Priority]int{}
		var mu sync.Mutex
		for _, p := range []cdp.Priority{cdp.High, cdp.Low} {
			both.Go(func() {
				ctx, stop := w.until(10 * time.Minute)
				defer stop()
				n := w.process(ctx, false, p)
				mu.Lock()
				made[p] = n[0]
				mu.Unlock()
			})
		}
		both.Wait()
		w.check(t, w.limits.Rates)
		if ratio := float64(made[cdp.High]) / float64(made[cdp.Low]); ratio < 3.3 || ratio > 4.7 {
			t.Errorf("high made %.1f times the calls of low", ratio)
		}
	})
}

// TestLearntRate: a destination that only says no is called about as often as it
// takes, and refusals become rare.
func TestLearntRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(SystemClock{}, cdp.Limits{Concurrent: 10})
		l := b.join(cdp.Normal)
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
		defer stop()
		var mu sync.Mutex
		var second time.Time
		n, taken, refused, late := 0, 0, 0, 0
		const allowed = 40 // in any second of the clock
		start := time.Now()
		var workers sync.WaitGroup
		for range 10 {
			workers.Go(func() {
				for {
					_, called, err := l.Call(ctx, context.Background(), 1, func(context.Context) error {
						time.Sleep(20 * time.Millisecond)
						mu.Lock()
						defer mu.Unlock()
						if s := time.Now().Truncate(time.Second); !s.Equal(second) {
							second, n = s, 0
						}
						if n++; n > allowed {
							refused++
							if time.Since(start) > 2*time.Minute {
								late++
							}
							return &cdp.Throttled{Code: cdp.RateLimited}
						}
						taken++
						return nil
					})
					if !called {
						return
					}
					if err != nil {
						b.refused(100 * time.Millisecond)
					}
				}
			})
		}
		workers.Wait()
		if share := float64(taken) / (300 * allowed); share < 0.7 {
			t.Errorf("%.0f %% of what it takes", 100*share)
		}
		if share := float64(refused) / float64(taken); share > 0.05 {
			t.Errorf("%d refused, %d taken, %d after two minutes", refused, taken, late)
		}
	})
}

// TestRefusedAtDeclaredRate: somebody else calls at the account; the rate goes down and,
// when they stop, up again.
func TestRefusedAtDeclaredRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(SystemClock{}, tenSeconds)
		b.refused(time.Second)
		if limit, _ := b.short[0].limitAt(time.Now()); limit != 133 {
			t.Errorf("the limit after a refusal is %d", limit)
		}
		time.Sleep(5 * time.Minute)
		b.mu.Lock()
		for range 100 {
			b.heal(time.Now())
		}
		b.mu.Unlock()
		if limit, _ := b.short[0].limitAt(time.Now()); limit != 190 {
			t.Errorf("the limit much later is %d", limit)
		}
	})
}

// TestDuration: a plan's prediction is within 3 % of what the calls then take, at the
// windows that a run waits at and in made-up time; `go run ./internal/bench -only plan` compares with a whole
// run in real time.
func TestDuration(t *testing.T) {
	for name, c := range map[string]struct {
		limits  cdp.Limits
		phases  []uint64
		latency time.Duration
	}{
		"within one window": {tenSeconds, []uint64{150}, 100 * time.Millisecond},
		"full windows":      {tenSeconds, []uint64{190 * 4}, 100 * time.Millisecond},
		"many windows":      {tenSeconds, []uint64{5000}, 100 * time.Millisecond},
		"a call more":       {tenSeconds, []uint64{191}, 50 * time.Millisecond},
		"slow answers":      {tenSeconds, []uint64{1000}, time.Second},
		"nearly too slow":   {tenSeconds, []uint64{2000}, 450 * time.Millisecond},
		"phases":            {tenSeconds, []uint64{1, 0, 101, 11}, time.Second},
		"phases at a rate":  {tenSeconds, []uint64{3, 2, 400, 205}, 300 * time.Millisecond},
		"by the second":     {cdp.Limits{Rates: []cdp.Rate{{Calls: 5, Per: time.Second}}, Concurrent: 2}, []uint64{333}, 80 * time.Millisecond},
		"two rates":         {cdp.Limits{Rates: []cdp.Rate{{Calls: 20, Per: time.Second}, {Calls: 300, Per: time.Minute}}, Concurrent: 4}, []uint64{1000}, 80 * time.Millisecond},
		"no rate":           {cdp.Limits{Concurrent: 4}, []uint64{500}, 80 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newBudget(SystemClock{}, c.limits).join(cdp.Normal)
			start := time.Now()
			for _, n := range c.phases {
				inTurn(t, l, c.limits.Concurrent, n, c.latency)
			}
			took, said := time.Since(start), Duration(c.phases, c.limits, c.latency, nil)
			if ratio := said.Seconds() / took.Seconds(); ratio < 0.97 || ratio > 1.03 {
				t.Errorf("%s: said %v, took %v", name, said, took)
			}
		})
	}
}

// inTurn makes n calls, some at once, and waits for all answers.
func inTurn(t *testing.T, l *Lane, at int, n uint64, latency time.Duration) {
	t.Helper()
	calls := make(chan struct{}, n)
	for range n {
		calls <- struct{}{}
	}
	close(calls)
	var workers sync.WaitGroup
	for range at {
		workers.Go(func() {
			for range calls {
				_, _, _ = l.Call(t.Context(), t.Context(), 1, func(context.Context) error { time.Sleep(latency); return nil })
			}
		})
	}
	workers.Wait()
}
