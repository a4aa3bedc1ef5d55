package engine

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// usualLatency is how long a call takes as far as nothing is known.
const usualLatency = 100 * time.Millisecond

// estimate is the number of calls that the changeset takes, and how long a run takes:
// to compare, which has taken as long here, and to make the calls by the destination's
// rates when no other process calls at the account. Without a call it is 0. looked is what
// the plan has found of the new rows, nil where it did not look, used what has been called
// of each of the rates.
func (cs *changeset) estimate(comparing time.Duration, looked *Existing, used [][]ledger.Used) (calls uint64, seconds float64) {
	write := cs.remote.Spec.Write(cs.sync.Kind)
	batches := func(rows uint64, size int) uint64 { return (rows + uint64(size) - 1) / uint64(size) }
	phases := []uint64{0} // first the look-ups
	for _, op := range ops {
		rows := cs.ops[op]
		if op == cdp.Add && cs.sync.Existing == cdp.SkipExisting {
			phases[0] = batches(rows, max(1, cs.remote.Limits.MaxRows))
			if looked != nil && looked.Looked > 0 {
				rows -= rows * looked.Found / looked.Looked
			}
		}
		phases = append(phases, batches(rows, write.Batch(cs.remote.Limits, op))*uint64(max(1, write.Calls[op])))
	}
	for _, n := range phases {
		calls += n
	}
	if calls == 0 {
		return 0, 0
	}
	return calls, math.Round((comparing+duration(phases, cs.remote.Limits, cs.latency(), used)).Seconds()*10) / 10
}

// used is what has been called of the rates over a long time; of the others what was
// called before is gone from the window soon. It is nil where no rate is shared.
func (e *Engine) used(ctx context.Context, cs *changeset) ([][]ledger.Used, error) {
	if e.Rates == nil || e.Rates.Alone || cs.changes() == 0 {
		return nil, nil
	}
	rates := cs.remote.Limits.Rates
	used := make([][]ledger.Used, len(rates))
	for i, r := range rates {
		if r.Per <= longWindow {
			continue
		}
		var err error
		if used[i], err = e.Ledger.Used(ctx, cs.remote.Account, r.Per); err != nil {
			return nil, err
		}
	}
	return used, nil
}

// duration is how long the calls of some phases take, one phase after the other: as
// many as a window allows, as fast as the answers come, then the next window. What is
// used of a rate, nil for nothing, comes free as it says.
func duration(phases []uint64, limits cdp.Limits, latency time.Duration, used [][]ledger.Used) time.Duration {
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

// latency is that of the calls of the last run that made some.
func (cs *changeset) latency() time.Duration {
	for _, run := range cs.last {
		var r SyncReport
		if json.Unmarshal([]byte(run.Report), &r) == nil && r.Latency > 0 {
			return time.Duration(r.Latency * float64(time.Second))
		}
	}
	return usualLatency
}
