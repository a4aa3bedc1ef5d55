package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// LimitedError ends a sync whose destination wants no call for longer than a run waits: its
// calls of the day are used up.
type LimitedError struct {
	Destination string // "" until the sync is known
	Until       time.Time
	Reason      string
}

func (e *LimitedError) Error() string {
	name := "the destination"
	if e.Destination != "" {
		name = "destination " + e.Destination
	}
	return fmt.Sprintf("%s takes no more calls until %s (%s): the rest is left to the next run",
		name, e.Until.UTC().Format("2006-01-02 15:04:05 UTC"), e.Reason)
}

// limited is the error of a wait that no waiting ends; nil when it was ended by a stop.
func limited(err error) error {
	var e *LimitedError
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// told tells everybody at an account that it refused a call for its rate, and that after
// wait it may be called again. Longer than most nobody waits: what is not sent then is left
// to the next run, and the error says so.
func (b *budget) told(wait, most time.Duration, reason string) error {
	if wait <= most {
		b.refused(wait)
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := b.clock.Now().Add(wait); until.After(b.closed) {
		b.closed, b.why = until, reason
	}
	b.wake()
	return b.limit(b.clock.Now())
}

// limit is the error of an account that takes no call now; nil when it does.
func (b *budget) limit(now time.Time) error {
	if !now.Before(b.closed) {
		return nil
	}
	return &LimitedError{Until: b.closed, Reason: b.why}
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
