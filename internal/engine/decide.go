package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// verdict is what a call means for its batch.
type verdict struct {
	final []*cdp.Result // by row; nil for a row that is tried again
	wait  time.Duration
	fatal error
	over  error // nobody waits for as long as the destination asks
	doubt bool  // of what is tried again some may have been applied: no answer says that it was not
	last  []cdp.Result

	failed *cdp.Result // the destination itself has failed at the batch
	apart  bool        // it is taken apart for that
	stop   bool        // or no more of it is sent
	alone  bool        // a row at which it fails while it answers others
	moot   bool        // one that says nothing of whether it is there
}

// decide turns an answer into results, batches to try again, and a wait.
func (d *delivery) decide(b cdp.Batch, results []cdp.Result, err error, tries int) (next []cdp.Batch, v verdict) {
	v.final = make([]*cdp.Result, len(b.Rows))
	all := func(r cdp.Result) {
		for i := range v.final {
			v.final[i] = &r
		}
	}
	var (
		refused   *cdp.Refused
		throttled *cdp.Throttled
		fatal     *cdp.Fatal
	)
	if err != nil && tookSome(b, results) {
		results, err = beside(results, err), nil
	}
	switch {
	case err == nil && len(results) != len(b.Rows):
		err = fmt.Errorf("destination answered %d results for %d rows", len(results), len(b.Rows))
		all(cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: err.Error()})
	case err == nil:
		return d.decideRows(b, results, tries, v)
	case errors.As(err, &refused):
		v.doubt = refused.Doubt
		return d.split(b, refused, v)
	case errors.As(err, &fatal):
		v.fatal = fatal
	case errors.Is(err, ErrLeaseLost):
		v.fatal = err
	case errors.As(err, &throttled):
		d.report.addRequests(0, 0, 1)
		r := throttled.Result()
		v.doubt = throttled.Doubt
		v.wait = d.backoff(tries, throttled.After)
		if throttled.Code == cdp.RateLimited {
			lane, _ := d.way(b)
			v.over = lane.Told(v.wait, d.maxWait(), throttled.Reason)
		}
		return d.again(b, r, tries, v)
	default:
		v.doubt = true
		v.wait = d.backoff(tries, 0)
		r := cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: brief(err)}
		if failed(err) {
			v.failed = &r
		}
		return d.again(b, r, tries, v)
	}
	return nil, v
}

// again repeats the whole batch, or leaves it when its tries are used up.
func (d *delivery) again(b cdp.Batch, r cdp.Result, tries int, v verdict) ([]cdp.Batch, verdict) {
	if tries <= d.retries() && v.wait <= d.maxWait() {
		v.last = make([]cdp.Result, len(b.Rows))
		for i := range v.last {
			v.last[i] = r
		}
		return []cdp.Batch{b}, v
	}
	v.wait = 0
	for i := range v.final {
		v.final[i] = &r
	}
	return nil, v
}

// decideRows keeps the rows that were deferred, or got no answer, for another try.
func (d *delivery) decideRows(b cdp.Batch, results []cdp.Result, tries int, v verdict) ([]cdp.Batch, verdict) {
	if worst, limited := rateOf(results); limited {
		d.report.addRequests(0, 0, 1)
		lane, _ := d.way(b)
		v.over = lane.Told(d.backoff(tries, worst.After), d.maxWait(), worst.Reason)
	}
	var left []cdp.Delta
	for i := range results {
		r := results[i]
		if (r.Fate == cdp.Deferred || r.Fate == cdp.Unknown) && tries <= d.retries() && r.After <= d.maxWait() {
			left = append(left, b.Rows[i])
			v.last = append(v.last, r)
			v.wait = max(v.wait, d.backoff(tries, r.After))
			v.doubt = v.doubt || r.Fate == cdp.Unknown
			continue
		}
		v.final[i] = &r
	}
	if len(left) == 0 {
		return nil, v
	}
	return []cdp.Batch{partOf(b, left)}, v
}

// tookSome reports whether a destination that returns an error names rows as taken all the same.
func tookSome(b cdp.Batch, results []cdp.Result) bool {
	return len(results) == len(b.Rows) && slices.ContainsFunc(results, func(r cdp.Result) bool {
		return r.Fate == cdp.Delivered || r.Fate == cdp.Pending
	})
}

// beside gives the rows that an error leaves without a result the one that it means for them;
// by themselves they are split, or meet what is fatal.
func beside(results []cdp.Result, err error) []cdp.Result {
	var (
		refused   *cdp.Refused
		throttled *cdp.Throttled
		fatal     *cdp.Fatal
	)
	rest := cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: brief(err)}
	switch {
	case errors.As(err, &throttled):
		rest = throttled.Result()
	case errors.As(err, &refused) && !refused.Doubt, errors.As(err, &fatal):
		rest = cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: brief(err)}
	}
	out := slices.Clone(results)
	for i := range out {
		if out[i].Fate == "" {
			out[i] = rest
		}
	}
	return out
}

// rateOf is the refusal of a row for its rate that asks for the longest wait.
func rateOf(results []cdp.Result) (worst cdp.Result, limited bool) {
	for _, r := range results {
		if (r.Fate == cdp.Deferred || r.Fate == cdp.Unknown) && r.Code == cdp.RateLimited && (!limited || r.After > worst.After) {
			worst, limited = r, true
		}
	}
	return worst, limited
}
