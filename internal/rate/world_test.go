package rate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// board keeps claims in memory, on a clock of its own, behind a slow connection.
type board struct {
	mu     sync.Mutex
	skew   time.Duration
	slow   time.Duration
	rng    *rand.Rand
	claims []ledger.Claim
	lost   bool                             // the warehouse is away
	hang   func(ledger.Claim) time.Duration // before a claim is written; nil: not at all
}

func (b *board) trip() error {
	b.mu.Lock()
	d := time.Duration(b.rng.Int64N(int64(b.slow) + 1))
	lost := b.lost
	b.mu.Unlock()
	time.Sleep(d)
	if lost {
		return fmt.Errorf("away: %w", cdp.ErrUnreachable)
	}
	return nil
}

func (b *board) Claim(_ context.Context, _ string, c ledger.Claim) error {
	if b.hang != nil {
		time.Sleep(b.hang(c))
	}
	if err := b.trip(); err != nil {
		return err
	}
	b.mu.Lock()
	c.At = time.Now().Add(b.skew)
	b.claims = append(b.claims, c)
	b.mu.Unlock()
	return b.trip()
}

func (b *board) Claims(_ context.Context, _ string, within time.Duration) (now time.Time, claims []ledger.Claim, err error) {
	if err := b.trip(); err != nil {
		return now, nil, err
	}
	b.mu.Lock()
	now = time.Now().Add(b.skew)
	for _, c := range b.claims {
		if c.At.After(now.Add(-within)) {
			claims = append(claims, c)
		}
	}
	b.mu.Unlock()
	return now, claims, b.trip()
}

func (b *board) Spent(_ context.Context, _ string, within, lasting time.Duration) (spent ledger.Spent, err error) {
	if err := b.trip(); err != nil {
		return spent, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now, newest := time.Now().Add(b.skew), map[string]ledger.Claim{}
	for _, c := range b.claims {
		if c.At.After(now.Add(-within)) {
			spent.Calls += c.Calls
		}
		if c.At.After(now.Add(-within - lasting)) {
			newest[c.Holder] = c
		}
	}
	for _, c := range newest {
		if !c.Released {
			spent.Holders = append(spent.Holders, c)
		}
	}
	return spent, nil
}

// account is a vendor that counts the calls of all processes where they arrive.
type account struct {
	mu   sync.Mutex
	rng  *rand.Rand
	at   []time.Time
	busy int
	most int // calls at once
}

// hit is a call of 80 to 120 ms, and sometimes of up to two seconds; the vendor counts
// it anywhere in between.
func (a *account) hit(context.Context) error {
	a.mu.Lock()
	a.busy++
	a.most = max(a.most, a.busy)
	took := 80*time.Millisecond + time.Duration(a.rng.Int64N(int64(40*time.Millisecond)))
	if a.rng.IntN(50) == 0 {
		took += time.Duration(a.rng.Int64N(int64(2 * time.Second)))
	}
	there := time.Duration(a.rng.Int64N(int64(took)))
	a.mu.Unlock()
	time.Sleep(there)
	a.mu.Lock()
	a.at = append(a.at, time.Now())
	a.mu.Unlock()
	time.Sleep(took - there)
	a.mu.Lock()
	a.busy--
	a.mu.Unlock()
	return nil
}

// check counts the windows that a vendor would have refused something in.
func (a *account) check(t *testing.T, rates []cdp.Rate) {
	t.Helper()
	slices.SortFunc(a.at, time.Time.Compare)
	for _, r := range rates {
		for i := r.Calls; i < len(a.at); i++ {
			if d := a.at[i].Sub(a.at[i-r.Calls]); d < r.Per {
				t.Fatalf("%d calls within %v, at %v", r.Calls+1, d, a.at[i].Sub(a.at[0]))
			}
		}
	}
}

// used is the share of a rate that was used between two moments since start.
func (a *account) used(start time.Time, from, to time.Duration, r cdp.Rate) float64 {
	n := 0
	for _, at := range a.at {
		if d := at.Sub(start); d >= from && d < to {
			n++
		}
	}
	return float64(n) / ((to - from).Seconds() * float64(r.Calls) / r.Per.Seconds())
}

var tenSeconds = cdp.Limits{Rates: []cdp.Rate{{Calls: 190, Per: 10 * time.Second}}, Concurrent: 10}

// callers is an account, the board of its processes, and a start.
type callers struct {
	t *testing.T
	*board
	*account
	limits cdp.Limits
	start  time.Time
}

func newCallers(t *testing.T, limits cdp.Limits, seed uint64) *callers {
	return &callers{
		t: t, limits: limits, start: time.Now(), account: &account{rng: rand.New(rand.NewPCG(seed, 2))},
		board: &board{skew: time.Duration(seed) * 7331 * time.Millisecond, slow: 80 * time.Millisecond, rng: rand.New(rand.NewPCG(seed, 1))},
	}
}

// process calls as fast as it may until ctx ends; with kill set it gives nothing back.
func (w *callers) process(ctx context.Context, kill bool, syncs ...cdp.Priority) (made []int) {
	b := newBudget(SystemClock{}, w.limits)
	made = make([]int, len(syncs))
	var lanes []*Lane
	for _, p := range syncs {
		lanes = append(lanes, b.join(p))
	}
	s := newSharer(w.board, SystemClock{}, b, "a", w.name(), 20*time.Second, 4*time.Second)
	s.log = func(string, error) {}
	if err := s.start(ctx); err != nil {
		if !errors.Is(err, cdp.ErrUnreachable) {
			w.t.Error(err)
		}
		return made
	}
	s.begin(ctx)
	var workers sync.WaitGroup
	var mu sync.Mutex
	for i, l := range lanes {
		for range w.limits.Concurrent {
			workers.Go(func() {
				for {
					n, called, _ := l.Call(ctx, context.WithoutCancel(ctx), 1, w.hit)
					if !called {
						return
					}
					mu.Lock()
					made[i] += n
					mu.Unlock()
				}
			})
		}
	}
	workers.Wait()
	if kill {
		s.stop()
		<-s.done
		w.board.mu.Lock()
		w.claims = slices.DeleteFunc(w.claims, func(c ledger.Claim) bool { return c.Holder == s.me && c.Released })
		w.board.mu.Unlock()
		return made
	}
	s.stop()
	<-s.done
	return made
}

func (w *callers) name() string {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	return fmt.Sprintf("%016x", w.board.rng.Uint64())
}

func (w *callers) from(d time.Duration) { time.Sleep(time.Until(w.start.Add(d))) }

func (w *callers) until(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithDeadline(context.Background(), w.start.Add(d))
}

func (b *board) away(lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lost = lost
}

// crowd is how many processes come, by when all have begun, how long each may last, and from
// when to when the warehouse is away.
type crowd struct {
	processes               int
	begin, last, away, back time.Duration
}

// crowd lets processes come and go, now and then several at once or killed, and checks that they
// made no more calls together than is allowed.
func (w *callers) crowd(t *testing.T, rng *rand.Rand, c crowd) {
	t.Helper()
	var all sync.WaitGroup
	for range c.processes {
		begin := time.Duration(rng.Int64N(int64(c.begin)))
		if rng.IntN(3) == 0 {
			begin = begin.Truncate(20 * time.Second)
		}
		end, kill := begin+time.Duration(rng.Int64N(int64(c.last))), rng.IntN(3) == 0
		p := []cdp.Priority{cdp.High, cdp.Normal, cdp.Low}[rng.IntN(3)]
		all.Go(func() {
			w.from(begin)
			ctx, stop := w.until(end)
			defer stop()
			w.process(ctx, kill, p)
		})
	}
	all.Go(func() {
		w.from(c.away)
		w.away(true)
		w.from(c.back)
		w.away(false)
	})
	all.Wait()
	w.check(t, w.limits.Rates)
}
