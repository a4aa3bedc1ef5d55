package rate

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestAtOnceOverProjects: engines that take over from each other, as a project is read again, keep
// to the calls at once of an account together, while syncs of the ones before go on; to the least
// number that one of their projects allows, and to another account by itself.
func TestAtOnceOverProjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		accounts := &Accounts{Alone: true} // nothing is shared with other processes
		vendor, other := newCallers(t, cdp.Limits{}, 1), newCallers(t, cdp.Limits{}, 2)
		var all sync.WaitGroup
		run := func(a *callers, account string, limits cdp.Limits, from, until time.Duration) {
			all.Go(func() {
				vendor.from(from)
				l, err := accounts.Join(t.Context(), Account{Name: account, Limits: limits, Clock: SystemClock{}}, cdp.Normal)
				if err != nil {
					t.Error(err)
					return
				}
				defer l.Leave()
				ctx, stop := vendor.until(until)
				defer stop()
				var workers sync.WaitGroup
				for range 10 {
					workers.Go(func() {
						for {
							if _, called, _ := l.Call(ctx, context.WithoutCancel(ctx), 1, a.hit); !called {
								return
							}
						}
					})
				}
				workers.Wait()
			})
		}
		most := func(until time.Duration) int {
			vendor.from(until)
			vendor.account.mu.Lock()
			defer vendor.account.mu.Unlock()
			n := vendor.most
			vendor.most = vendor.busy
			return n
		}
		run(vendor, "hook", cdp.Limits{Concurrent: 4}, 0, time.Minute)
		run(vendor, "hook", cdp.Limits{Concurrent: 4}, 10*time.Second, 50*time.Second)
		run(other, "another", cdp.Limits{Concurrent: 3}, 10*time.Second, 50*time.Second)
		run(vendor, "hook", cdp.Limits{Concurrent: 2}, 20*time.Second, 40*time.Second)
		run(vendor, "hook", cdp.Limits{Concurrent: 6}, 20*time.Second, 90*time.Second)
		for _, x := range []struct {
			until time.Duration
			want  int
		}{{9 * time.Second, 4}, {19 * time.Second, 4}, {24 * time.Second, 4}, {39 * time.Second, 2}, {44 * time.Second, 4}, {59 * time.Second, 4}, {90 * time.Second, 6}} {
			if got := most(x.until); got != x.want {
				t.Errorf("until %s: %d calls at once, want %d", x.until, got, x.want)
			}
		}
		all.Wait()
		if other.most != 3 {
			t.Errorf("%d calls at once at the other account", other.most)
		}
	})
}

// TestClosedOverProjects: what a destination has said of when it may be called again is known to
// the engine of a project that was read again; another rate, or another account, knows nothing of it.
func TestClosedOverProjects(t *testing.T) {
	accounts, clock := &Accounts{Alone: true}, &fastClock{now: time.Unix(0, 0)}
	join := func(account string, rate int) *Lane {
		l, err := accounts.Join(t.Context(), Account{Name: account, Limits: cdp.Limits{Rates: []cdp.Rate{{Calls: rate, Per: time.Second}}}, Clock: clock}, cdp.Normal)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	first := join("crm", 5)
	_ = first.Told(12*time.Hour, time.Minute, "no calls are left today")
	first.Leave()
	for _, x := range []struct {
		account string
		rate    int
		closed  bool
	}{{"crm", 5, true}, {"crm", 50, false}, {"another", 5, false}} {
		l := join(x.account, x.rate)
		if err := l.wait(t.Context(), 1); (Limited(err) != nil) != x.closed {
			t.Errorf("%+v: %v", x, err)
		}
		l.Leave()
	}
}

// TestClaimsOverProjects: claims go on through the connection of a project whose syncs are there,
// also when that of the sync that began to share is closed.
func TestClaimsOverProjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCallers(t, tenSeconds, 1)
		before := &closing{board: w.board}
		b := newBudget(SystemClock{}, w.limits)
		first := b.join(cdp.Normal)
		first.of(before, 10)
		s := newSharer(before, SystemClock{}, b, "a", "me", 20*time.Second, 4*time.Second)
		s.log = func(step string, err error) { t.Error(step, err) }
		if err := s.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.begin(t.Context())
		w.from(time.Minute)
		second := b.join(cdp.Normal)
		second.of(w.board, 10)
		w.from(2 * time.Minute)
		first.Leave()
		w.from(2*time.Minute + time.Second)
		before.closed.Store(true)
		ctx, stop := w.until(5 * time.Minute)
		defer stop()
		for {
			if _, called, _ := second.Call(ctx, context.WithoutCancel(ctx), 1, w.hit); !called {
				break
			}
		}
		second.Leave()
		s.stop()
		<-s.done
		if u := w.used(w.start, 4*time.Minute, 5*time.Minute, cdp.Rate{Calls: 60 * 7, Per: time.Minute}); u < 0.9 { // one at a time, of 100 to 140 ms each
			t.Errorf("%.0f %% of the calls that one worker makes", 100*u)
		}
	})
}

// closing is a connection to a board that ends.
type closing struct {
	*board
	closed atomic.Bool
}

func (c *closing) Claim(ctx context.Context, account string, x ledger.Claim) error {
	if c.closed.Load() {
		return errors.New("the connection is closed")
	}
	return c.board.Claim(ctx, account, x)
}
