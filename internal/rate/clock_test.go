package rate

import (
	"context"
	"time"
)

// systemClock is the time of the bubble that a test runs in.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// fastClock does not wait.
type fastClock struct{ now time.Time }

func (c *fastClock) Now() time.Time { return c.now }

func (c *fastClock) Sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(max(0, d))
	return ctx.Err()
}
