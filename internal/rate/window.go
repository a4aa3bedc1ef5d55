package rate

import (
	"slices"
	"time"
)

// window keeps the calls of this process within its part of one rate, wherever in a
// call the vendor counts it: a call is in the window from the moment at which it is
// allowed until one length of the window after its answer. So a vendor that counts in
// fixed windows and one that counts in rolling windows are both satisfied, on a slow
// network and on a busy machine, and so is one that counts what several processes
// send: a part is lowered at once, and raised only when the calls that another made
// under the old parts have left every window.
//
// Times are kept in grains, so that a window takes the same memory whatever the rate.
type window struct {
	per     time.Duration
	grain   time.Duration
	used    int       // calls in the window, those without an answer included
	grains  []grain   // of those with an answer, oldest first
	steps   []step    // limits from a time on, in order; empty: no limit
	expires time.Time // from then on nothing is allowed; zero for never
}

type grain struct {
	end    time.Time
	calls  int
	others int // of calls: made by other processes
}

type step struct {
	from  time.Time
	limit int
}

// A vendor's clock may run a little slower than ours.
const (
	slackShare = 200 // parts of a window
	slackMost  = time.Second
	grainShare = 200
)

func newWindow(per time.Duration) *window {
	return &window{per: per + min(per/slackShare, slackMost), grain: max(time.Millisecond, per/grainShare)}
}

// limitAt is the limit at a moment; ok is false when there is none.
func (w *window) limitAt(t time.Time) (limit int, ok bool) {
	if !w.expires.IsZero() && !t.Before(w.expires) {
		return 0, true
	}
	for _, s := range w.steps {
		if t.Before(s.from) {
			break
		}
		limit, ok = s.limit, true
	}
	return limit, ok
}

// set gives the window a limit that holds from the beginning.
func (w *window) set(limit int) { w.steps = []step{{limit: limit}} }

// plan changes the limit: at once to what is lower, at raise to what is higher; it
// holds until expires.
func (w *window) plan(from, raise time.Time, limit int, expires time.Time) {
	w.expires = time.Time{}
	now, _ := w.limitAt(from) // 0 when there was none
	cut := slices.IndexFunc(w.steps, func(s step) bool { return !s.from.Before(from) })
	if cut < 0 {
		cut = len(w.steps)
	}
	before, later := w.steps[max(0, cut-3):cut], w.steps[cut:]
	w.steps = append(slices.Clone(before), step{from, min(now, limit)})
	for _, s := range later {
		if s.from.Before(raise) {
			w.steps = append(w.steps, step{s.from, min(s.limit, limit)})
		}
	}
	if now < limit {
		w.steps = append(w.steps, step{raise, limit})
	}
	w.expires = expires
}

func (w *window) drop(now time.Time) {
	n := 0
	for n < len(w.grains) && !w.grains[n].end.Add(w.per).After(now) {
		w.used -= w.grains[n].calls
		n++
	}
	w.grains = w.grains[n:]
}

// earliest is the first moment from now on at which n calls are allowed, as far as
// can be known; ok is false when only a new plan can tell.
func (w *window) earliest(now time.Time, n int) (at time.Time, ok bool) {
	w.drop(now)
	if limit, limited := w.limitAt(now); !limited || w.used+n <= limit {
		return now, true
	}
	used := w.used
	moments := []time.Time{now}
	for _, g := range w.grains {
		moments = append(moments, g.end.Add(w.per))
	}
	for _, s := range w.steps {
		if s.from.After(now) {
			moments = append(moments, s.from)
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	next := 0
	for _, at = range moments {
		for next < len(w.grains) && !w.grains[next].end.Add(w.per).After(at) {
			used -= w.grains[next].calls
			next++
		}
		limit, limited := w.limitAt(at)
		// More calls than the limit go when nothing else is in the window.
		if !limited || used+n <= limit || used <= 0 && limit > 0 {
			return at, true
		}
	}
	return time.Time{}, false
}

// begin counts n calls whose answers are to come.
func (w *window) begin(n int) { w.used += n }

// end counts, of calls that were begun, those that were made and have their answers.
func (w *window) end(now time.Time, begun, made int) {
	w.used -= begun
	w.add(now, made)
}

func (w *window) add(at time.Time, n int) *grain {
	end := at.Truncate(w.grain).Add(w.grain)
	w.used += n
	i, found := slices.BinarySearchFunc(w.grains, end, func(g grain, t time.Time) int { return g.end.Compare(t) })
	if !found {
		w.grains = slices.Insert(w.grains, i, grain{end: end})
	}
	w.grains[i].calls += n
	return &w.grains[i]
}

// inherit counts n calls of other processes at a moment.
func (w *window) inherit(at time.Time, n int) { w.add(at, n).others += n }

// own is the calls of this process that are in the window, and the end of the last.
func (w *window) own(now time.Time) (calls int, last time.Time) {
	w.drop(now)
	for _, g := range w.grains {
		if n := g.calls - g.others; n > 0 {
			calls, last = calls+n, g.end
		}
	}
	return calls, last
}
