package rate

import (
	"errors"
	"fmt"
	"time"
)

// LimitedError ends a sync whose destination wants no call for longer than a run waits: its
// calls of the day are used up.
type LimitedError struct {
	Destination string    // "" until the sync is known
	Until       time.Time // when it is asked again
	Told        time.Time // until when it wants no call, where that is later; else zero
	Reason      string
}

func (e *LimitedError) Error() string {
	name := "the destination"
	if e.Destination != "" {
		name = "destination " + e.Destination
	}
	const layout = "2006-01-02 15:04:05 UTC"
	says := "takes no more calls until " + e.Until.UTC().Format(layout)
	if !e.Told.IsZero() {
		says = "wants no call until " + e.Told.UTC().Format(layout) + " and is asked again from " + e.Until.UTC().Format(layout) + " on"
	}
	return fmt.Sprintf("%s %s (%s): the rest is left to the next run", name, says, e.Reason)
}

// Limited is the *LimitedError of a wait that no waiting ends; nil when it was ended by a stop.
func Limited(err error) error {
	var e *LimitedError
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// longestClosed is how long an account is left alone, whatever it says. Limits of a day end
// within it, and of a wait that is no number of seconds only the answer to a call tells.
const longestClosed = 24 * time.Hour

// Told tells everybody at the lane's account that it refused a call for its rate, and that after
// wait it may be called again. Longer than most nobody waits: what is not sent then is left
// to the next run, and the error says so.
func (l *Lane) Told(wait, most time.Duration, reason string) error {
	b := l.b
	if wait <= most {
		b.refused(wait)
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	if until := now.Add(min(wait, longestClosed)); until.After(b.closed) {
		b.closed, b.asked, b.why = until, now.Add(wait), reason
	}
	b.wake()
	return b.limit(now)
}

// Refused tells them that it did, and that it wants no call for a while.
func (l *Lane) Refused(wait time.Duration) { l.b.refused(wait) }

// limit is the error of an account that takes no call now; nil when it does.
func (b *budget) limit(now time.Time) error {
	if !now.Before(b.closed) {
		return nil
	}
	e := &LimitedError{Until: b.closed, Reason: b.why}
	if b.asked.After(b.closed) {
		e.Told = b.asked
	}
	return e
}
