package rate

import (
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// Duration is how long the calls of some phases take, one phase after the other: as
// many as a window allows, as fast as the answers come, then the next window. What is
// used of a rate, nil for nothing, comes free as it says.
func Duration(phases []uint64, limits cdp.Limits, latency time.Duration, used [][]ledger.Used) time.Duration {
	at := uint64(max(1, limits.Concurrent))
	// rounds is how long calls take from the one after done on: some at once, all of one
	// latency, and those of a phase before those of the next.
	rounds := func(done, n uint64) (took time.Duration) {
		for _, p := range phases {
			skipped := min(p, done)
			of := min(p-skipped, n)
			done, n = done-skipped, n-of
			took += time.Duration((of+at-1)/at) * latency
		}
		return took
	}
	n := uint64(0)
	for _, p := range phases {
		n += p
	}
	if n == 0 {
		return 0
	}
	longest := rounds(0, n)
	for i, r := range limits.Rates {
		if r.Calls <= 0 || r.Per <= 0 {
			continue
		}
		w := newWindow(r.Per)
		// A call counts from its beginning until a window after its answer.
		full, left, took := w.per+w.grain/2+latency, int64(r.Calls), time.Duration(0)
		var free []ledger.Used // in order
		if used != nil {
			free = slices.Clone(used[i])
		}
		for _, u := range free {
			left -= int64(u.Calls)
		}
		for done := uint64(0); done < n; {
			for len(free) > 0 && (left <= 0 || free[0].Until <= took) {
				took, left, free = max(took, free[0].Until), left+int64(free[0].Calls), free[1:]
			}
			now := min(uint64(left), n-done)
			free, left = append(free, ledger.Used{Calls: now, Until: took + full}), 0
			took += rounds(done, now)
			done += now
		}
		longest = max(longest, took)
	}
	return longest
}
