package engine

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/rate"
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
	return calls, math.Round((comparing+rate.Duration(phases, cs.remote.Limits, cs.latency(), used)).Seconds()*10) / 10
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
		if r.Per <= rate.Long {
			continue
		}
		var err error
		if used[i], err = e.Ledger.Used(ctx, cs.remote.Account, r.Per); err != nil {
			return nil, err
		}
	}
	return used, nil
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
