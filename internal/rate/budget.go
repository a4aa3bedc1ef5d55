package rate

import (
	"math"
	"sync"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// budget is what this process may call at one account: the windows of its rates, or
// its part of them where other processes call too, and the calls at once. The syncs
// of the process wait at it in lanes, which share by their priority.
//
// Where a destination declares no rate its answers teach one: a refusal lowers it,
// silence raises it again. A declared rate is lowered and raised in the same way,
// since somebody else may be calling at the account.
type budget struct {
	clock Clock

	mu      sync.Mutex
	short   []*window // of rates that are shared by parts
	limits  []int     // of short: the whole account's
	long    []*allowance
	adapt   *window   // of one second; it limits nothing until a destination says no
	until   time.Time // the destination asked us to wait
	closed  time.Time // it asked for more than anybody waits: no call until then
	asked   time.Time // what it asked for then, which may be later
	why     string
	factor  float64   // of the limits that hold now
	cut     time.Time // when it was last lowered
	atOnce  int       // calls at once of the whole account; 0 for any number
	slots   int       // of this process
	coming  slots     // what slots is to be
	busy    int
	lanes   map[*Lane]bool
	waiting []*ticket
	changed chan struct{} // closed when something that waiters look at has changed
	calls   uint64        // made so far
	sharer  *sharer       // nil where nothing is shared

	// dry is told, once a wait, of a rate over a long time of which nothing is left for
	// this process; nil tells nobody.
	dry func(limit int, per time.Duration)
}

// patience is how long a call waits for a rate over a long time before it is told: more
// than a round, since what a process is granted at a time may be used up before.
const patience = 90 * time.Second

// slots is a number of calls at once that holds from a moment on: fewer from from, more
// from raise, when the calls of others that were under way have ended.
type slots struct {
	n           int
	from, raise time.Time
}

// allowance is a rate over a long time, of which a process is granted a little at a
// time: what is used is counted in the ledger.
type allowance struct {
	limit int
	per   time.Duration
	left  int // of the last grant
}

// Long is the longest window that is shared by parts: what is called of a longer one is
// counted in the ledger.
const Long = 2 * time.Minute

// How a rate is learnt from refusals.
const (
	cutTo    = 0.7
	cutLeast = 0.05
	healBy   = 0.1 // of the whole, in each window without a refusal
)

func newBudget(clock Clock, limits cdp.Limits) *budget {
	b := &budget{clock: clock, factor: 1, atOnce: limits.Concurrent, slots: limits.Concurrent, lanes: map[*Lane]bool{}, changed: make(chan struct{})}
	for _, r := range limits.Rates {
		switch {
		case r.Calls <= 0 || r.Per <= 0:
		case r.Per > Long:
			b.long = append(b.long, &allowance{limit: r.Calls, per: r.Per, left: r.Calls})
		default:
			w := newWindow(r.Per)
			w.set(r.Calls)
			b.short, b.limits = append(b.short, w), append(b.limits, r.Calls)
		}
	}
	if len(b.short) == 0 {
		b.adapt = newWindow(time.Second)
	}
	return b
}

// weight is what the lanes of this process have together.
func (b *budget) weight() (w float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for l := range b.lanes {
		w += l.weight
	}
	return w
}

// earliest is when n calls are allowed; ok is false when only a change can tell.
func (b *budget) earliest(now time.Time, n int) (at time.Time, ok bool) {
	b.heal(now)
	at = now
	if b.until.After(at) {
		at = b.until
	}
	b.turn(now)
	if b.slots > 0 && b.busy >= b.slots {
		return at, false // a call that ends wakes who waits
	}
	if b.used(n) != nil {
		return at, false
	}
	for _, w := range b.all() {
		t, known := w.earliest(now, n)
		if !known {
			return at, false
		}
		if t.After(at) {
			at = t
		}
	}
	return at, true
}

// turn puts the slots that are to be in their place when it is time.
func (b *budget) turn(now time.Time) {
	if b.coming.n > 0 && (b.coming.n <= b.slots && !now.Before(b.coming.from) || !now.Before(b.coming.raise)) {
		b.slots, b.coming = b.coming.n, slots{}
	}
}

// used is the rate over a long time that does not allow n calls now; nil for none.
func (b *budget) used(n int) *allowance {
	for _, a := range b.long {
		if a.left < n {
			return a
		}
	}
	return nil
}

func (b *budget) all() []*window {
	if b.adapt != nil {
		return append(b.short[:len(b.short):len(b.short)], b.adapt)
	}
	return b.short
}

func (b *budget) take(t *ticket) {
	b.begin(t.n)
	b.busy++
	t.l.pass += float64(t.n) / t.l.weight
}

func (b *budget) begin(n int) {
	for _, w := range b.all() {
		w.begin(n)
	}
	for _, a := range b.long {
		a.left -= n
	}
	b.calls += uint64(n)
}

// charge counts a call that is made beyond what was waited for.
func (b *budget) charge() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begin(1)
}

// settle ends a call: it frees its slot, and gives back what was not used.
func (b *budget) settle(n, made int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy--
	now, begun := b.clock.Now(), max(n, made)
	for _, w := range b.all() {
		w.end(now, begun, made)
	}
	for _, a := range b.long {
		a.left += begun - made
	}
	b.calls -= uint64(begun - made)
	b.wake()
}

// refused says that the destination wants less, and no call for a while.
func (b *budget) refused(wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	if t := now.Add(wait); t.After(b.until) {
		b.until = t
	}
	if now.Sub(b.cut) < b.span() {
		return // answers to calls that were under way
	}
	b.cut = now
	if b.adapt != nil {
		b.adapt.drop(now)
		rate := b.adapt.used
		if limit, limited := b.adapt.limitAt(now); limited {
			rate = min(rate, limit)
		}
		b.adapt.set(max(1, int(cutTo*float64(rate))))
		return
	}
	b.factor = max(cutLeast, cutTo*b.factor)
	b.apply(now)
}

// span is the longest of the short windows: a refusal says nothing more within it.
func (b *budget) span() time.Duration {
	span := time.Second
	for _, w := range b.short {
		span = max(span, w.per)
	}
	return span
}

// heal raises what refusals have lowered.
func (b *budget) heal(now time.Time) {
	if b.cut.IsZero() || now.Sub(b.cut) < 2*b.span() {
		return
	}
	b.cut = b.cut.Add(b.span())
	if b.adapt != nil {
		if limit, limited := b.adapt.limitAt(now); limited {
			b.adapt.set(limit + max(1, int(healBy*float64(limit))))
		}
		return
	}
	if b.factor = min(1, b.factor+healBy); b.factor == 1 {
		b.cut = time.Time{}
	}
	b.apply(now)
}

// apply gives the windows of an account that is not shared their limits.
func (b *budget) apply(time.Time) {
	if b.sharer != nil {
		return // at the next round
	}
	for i, w := range b.short {
		w.set(b.part(b.limits[i]))
	}
}

// part is a limit as far as it may be used now.
func (b *budget) part(limit int) int {
	if limit == 0 {
		return 0
	}
	return max(1, int(math.Floor(b.factor*float64(limit)+1e-9)))
}

// made is what this process has called: in all, within the longest short window and
// how long ago the last of those, and what it may still call by the long rates.
func (b *budget) made(now time.Time) (c ledger.Claim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.Calls = b.calls
	for _, w := range b.short {
		if n, last := w.own(now); uint64(n) > c.Recent {
			c.Recent, c.Age = uint64(n), max(0, now.Sub(last))
		}
	}
	for i, a := range b.long { // a call needs all of them
		if left := uint64(max(0, a.left)); i == 0 || left < c.Ahead {
			c.Ahead = left
		}
	}
	return c
}

// share plans the part of every shared rate for a round: what is lower from its
// beginning, what is higher from raise on. After a gap everything is higher.
func (b *budget) share(from, raise, until time.Time, gap bool, part func(limit int) int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, w := range b.short {
		if gap {
			w.set(0)
		}
		w.plan(from, raise, b.part(part(b.limits[i])), until)
	}
	if b.atOnce > 0 {
		b.turn(b.clock.Now())
		b.coming = slots{n: max(1, part(b.atOnce)), from: from, raise: from.Add(until.Sub(from) / 2)}
	}
	b.wake()
}

// inherit counts calls of others that may still be in the vendor's windows.
func (b *budget) inherit(at time.Time, calls func(limit int) int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, w := range b.short {
		if n := calls(b.limits[i]); n > 0 {
			w.inherit(at, n)
		}
	}
}
