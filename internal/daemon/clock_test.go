package daemon

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"time"
)

// simClock moves when a test moves it, and wakes who sleeps.
type simClock struct {
	mu       sync.Mutex
	now      time.Time
	sleepers map[*sleeper]bool
}

type sleeper struct {
	until time.Time
	woken chan struct{}
	aside bool        // it sleeps beside a run, which may be busy
	dead  func() bool // it will never wake
}

func newSimClock(now time.Time) *simClock { return &simClock{now: now, sleepers: map[*sleeper]bool{}} }

func (c *simClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// mortalClock is the clock of a daemon that may be dead.
type mortalClock struct {
	*simClock
	d *served
}

func (c mortalClock) Sleep(ctx context.Context, d time.Duration) error {
	err := c.sleep(ctx, d, c.d.dead.Load)
	if c.d.dead.Load() {
		<-c.d.world.ended
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (c *simClock) sleep(ctx context.Context, d time.Duration, dead func() bool) error {
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	c.mu.Lock()
	s := &sleeper{c.now.Add(d), make(chan struct{}), aside(), dead}
	c.sleepers[s] = true
	c.mu.Unlock()
	select {
	case <-s.woken:
		return nil
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.sleepers, s)
		c.mu.Unlock()
		return ctx.Err()
	}
}

// jump sets the clock, forward or back, and wakes those whose time has come.
func (c *simClock) jump(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = to
	for s := range c.sleepers {
		if !s.until.After(to) {
			delete(c.sleepers, s)
			close(s.woken)
		}
	}
}

// next is when the first sleeper wakes.
func (c *simClock) next() (t time.Time, asleep int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.sleepers {
		if s.dead() {
			continue
		}
		if t.IsZero() || s.until.Before(t) {
			t = s.until
		}
		if !s.aside {
			asleep++
		}
	}
	return t, asleep
}

// aside reports that the caller is the goroutine that watches the hours of a run.
func aside() bool {
	var pcs [8]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, ".within.") {
			return true
		}
		if !more {
			return false
		}
	}
}
