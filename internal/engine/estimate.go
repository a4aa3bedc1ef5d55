package engine

import (
	"encoding/json"
	"math"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// usualLatency is how long a call takes as far as nothing is known.
const usualLatency = 100 * time.Millisecond

// estimate is the number of calls that the changeset takes, and how long they take by
// the destination's rates when no other process calls at the account.
func (cs *changeset) estimate() (calls uint64, seconds float64) {
	write := cs.remote.Spec.Write(cs.sync.Kind)
	per := uint64(max(1, write.Calls))
	for _, op := range ops {
		size := uint64(write.Batch(cs.remote.Limits, op))
		calls += (cs.ops[op] + size - 1) / size * per
	}
	return calls, math.Round(duration(calls, cs.remote.Limits, cs.latency()).Seconds()*10) / 10
}

// duration is how long n calls take: as many as a window allows, as fast as the
// answers come, then the next window.
func duration(n uint64, limits cdp.Limits, latency time.Duration) time.Duration {
	if n == 0 {
		return 0
	}
	each := latency / time.Duration(max(1, limits.Concurrent))
	rounds := func(n uint64) time.Duration { // calls at once, all of one latency
		at := uint64(max(1, limits.Concurrent))
		return time.Duration((n+at-1)/at) * latency
	}
	longest := rounds(n)
	for _, r := range limits.Rates {
		if r.Calls <= 0 || r.Per <= 0 {
			continue
		}
		w := newWindow(r.Per)
		calls := uint64(r.Calls)
		full := max(w.per+w.grain/2, time.Duration(calls)*each)
		longest = max(longest, time.Duration((n-1)/calls)*full+rounds((n-1)%calls+1))
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
