package engine

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/rate"
)

// How long syncs to a destination that does not answer are paused: doubled with
// every time that it has not answered since.
const (
	firstPause   = time.Minute
	LongestPause = 30 * time.Minute
)

// Circuit is the breaker of every destination: a sync that finds one down opens it,
// and until the pause is over the others do not try. The first that tries then is a
// probe: one batch without repeats decides. Its zero value is ready; a nil one never
// pauses anything. An engine that takes the place of another takes over its Circuit.
type Circuit struct {
	mu   sync.Mutex
	open map[string]*pause // by breaker
}

type pause struct {
	times  int
	until  time.Time
	reason string
}

// PausedError says that a sync was not tried, because its destination did not answer
// another one a short time ago.
type PausedError struct {
	Destination, Reason string
	Until               time.Time
}

func (e *PausedError) Error() string {
	return fmt.Sprintf("destination %s is paused until %s because it did not answer (%s): nothing was sent",
		e.Destination, e.Until.UTC().Format("2006-01-02 15:04:05 UTC"), e.Reason)
}

// breaker is under which name a destination is paused: that of its account, so that one whose
// address or credentials were changed since is tried at once.
func breaker(r Remote, cfg *cdp.DestinationConfig) string { return cmp.Or(r.Account, cfg.Name) }

// enter says whether a destination may be called: a *PausedError when not. probe is
// true for the first call after a pause.
func (c *Circuit) enter(breaker string, now time.Time) (probe bool, err error) {
	if c == nil {
		return false, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.open[breaker]
	switch {
	case p == nil:
		return false, nil
	case now.Before(p.until):
		return false, &PausedError{Reason: p.reason, Until: p.until}
	}
	return true, nil
}

// trip opens the breaker and returns until when.
func (c *Circuit) trip(breaker, reason string, now time.Time) time.Time {
	if c == nil {
		return time.Time{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[string]*pause{}
	}
	p := c.open[breaker]
	if p == nil {
		p = &pause{}
		c.open[breaker] = p
	}
	p.reason = reason
	p.until = now.Add(min(LongestPause, firstPause<<min(p.times, 10)))
	p.times++
	return p.until
}

// mend closes the breaker: the destination has answered.
func (c *Circuit) mend(breaker string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, breaker)
}

// judge opens the breaker of a destination for an error that says that it is down,
// and words the error so that it tells the pause, and of whom it is.
func (e *Engine) judge(s *cdp.Sync, breaker string, err error) error {
	var (
		down   *DownError
		wait   *cdp.Throttled
		over   *rate.LimitedError
		paused *PausedError
	)
	switch {
	case errors.As(err, &paused):
		paused.Destination = s.Destination.Name
		return err
	case errors.As(err, &over):
		over.Destination = s.Destination.Name
		return err
	case errors.As(err, &down):
	case errors.As(err, &wait) && wait.Code == cdp.Unavailable:
		down = &DownError{Destination: s.Destination.Name, Reason: wait.Reason}
	default:
		return err
	}
	down.Until = e.Circuit.trip(breaker, down.Reason, e.Clock.Now())
	if wait != nil {
		return errors.Join(down, err)
	}
	return err
}
