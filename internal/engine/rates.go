package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Rates are the budgets of the accounts that this process calls. The zero value is
// ready; its methods may be called concurrently.
type Rates struct {
	// Alone says that no other process calls these accounts: tests of other things set
	// it, to save the wait for the part of a process that they killed.
	Alone bool

	mu sync.Mutex
	by map[rated]*budget
}

// rated is an account under the rates that its destination declares. Where these are changed
// while syncs run, those keep to what they began with, and the two share as processes do.
type rated struct{ account, rates string }

// join opens a lane at the budget of a remote, which begins to share its rates with
// other processes when it is the first.
func (e *Engine) join(ctx context.Context, r Remote, p cdp.Priority) (*lane, error) {
	if e.Rates == nil {
		return newBudget(e.Clock, r.Limits).join(p), nil
	}
	e.Rates.mu.Lock()
	defer e.Rates.mu.Unlock()
	if e.Rates.by == nil {
		e.Rates.by = map[rated]*budget{}
	}
	key := rated{r.Account, fmt.Sprint(r.Limits.Rates)}
	b := e.Rates.by[key]
	if b == nil {
		b = newBudget(e.Clock, r.Limits)
		b.dry = func(limit int, per time.Duration) {
			e.Log.WarnContext(ctx, "waiting: the calls that the account allows are made, or kept for another process", "destination", r.Account, "calls", limit, "per", per)
		}
		e.Rates.by[key] = b
	}
	l := b.join(p)
	l.of(e.Ledger, r.Limits.Concurrent)
	if b.sharer != nil || e.Rates.Alone || len(r.Limits.Rates) == 0 {
		return l, nil
	}
	round, margin := e.Ledger.Rounds()
	s := newSharer(e.Ledger, e.Clock, b, r.Account, e.Ledger.NewHolder(), round, margin)
	s.log = func(text string, err error) {
		e.Log.WarnContext(ctx, "share of a rate", "step", text, "destination", r.Account, "err", err)
	}
	if err := s.start(ctx); err != nil {
		l.leave()
		return nil, fmt.Errorf("share the rate of %s: %w", r.Account, err)
	}
	s.begin(ctx)
	return l, nil
}

// release gives back the parts of the accounts at which no sync is waiting.
func (r *Rates) release() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var idle []*sharer
	for _, b := range r.by {
		b.mu.Lock()
		if b.sharer != nil && len(b.lanes) == 0 {
			idle = append(idle, b.sharer)
			b.sharer = nil
		}
		b.mu.Unlock()
	}
	for _, s := range idle {
		s.stop()
	}
	for _, s := range idle {
		<-s.done
	}
}
