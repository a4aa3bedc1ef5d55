// Package rate keeps the calls at an account within what its vendor allows, and uses that up.
//
//	lane, err := accounts.Join(ctx, rate.Account{Name: "crm", Limits: limits, Clock: clock, Ledger: ledger, Log: log}, cdp.Normal)
//	defer lane.Leave()
//	made, called, err := lane.Call(soft, hard, 1, func(ctx context.Context) error { ... })
//
// The syncs of a process share a budget, by their priority; processes divide the rates among
// them in rounds, which they claim in the ledger: see sharer.
package rate

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Accounts are the budgets of the accounts that this process calls. The zero value is
// ready; its methods may be called concurrently.
type Accounts struct {
	// Alone says that no other process calls these accounts: tests of other things set
	// it, to save the wait for the part of a process that they killed.
	Alone bool

	mu sync.Mutex
	by map[rated]*budget
}

// rated is an account under the rates that its destination declares. Where these are changed
// while syncs run, those keep to what they began with, and the two share as processes do.
type rated struct{ account, rates string }

// Account is what a sync joins: an account at a vendor, and how the one who joins tells the
// time, and tells other processes and people what is called there.
type Account struct {
	Name   string
	Limits cdp.Limits
	Clock  Clock
	Ledger Ledger
	Log    *slog.Logger
}

// Ledger is where processes tell each other what they call.
type Ledger interface {
	claims
	// Rounds are how long a round is, and how long before it its claims are read.
	Rounds() (round, margin time.Duration)
	// NewHolder is a name that no other process has.
	NewHolder() string
}

// Join opens a lane at the budget of an account, which begins to share its rates with
// other processes when it is the first. At a nil a the lane keeps to the rates by itself.
func (a *Accounts) Join(ctx context.Context, to Account, p cdp.Priority) (*Lane, error) {
	if a == nil {
		return newBudget(to.Clock, to.Limits).join(p), nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.by == nil {
		a.by = map[rated]*budget{}
	}
	key := rated{to.Name, fmt.Sprint(to.Limits.Rates)}
	b := a.by[key]
	if b == nil {
		b = newBudget(to.Clock, to.Limits)
		b.dry = func(limit int, per time.Duration) {
			to.Log.WarnContext(ctx, "waiting: the calls that the account allows are made, or kept for another process", "destination", to.Name, "calls", limit, "per", per)
		}
		a.by[key] = b
	}
	l := b.join(p)
	l.of(to.Ledger, to.Limits.Concurrent)
	if b.sharer != nil || a.Alone || len(to.Limits.Rates) == 0 {
		return l, nil
	}
	round, margin := to.Ledger.Rounds()
	s := newSharer(to.Ledger, to.Clock, b, to.Name, to.Ledger.NewHolder(), round, margin)
	s.log = func(text string, err error) {
		to.Log.WarnContext(ctx, "share of a rate", "step", text, "destination", to.Name, "err", err)
	}
	if err := s.start(ctx); err != nil {
		l.Leave()
		return nil, fmt.Errorf("share the rate of %s: %w", to.Name, err)
	}
	s.begin(ctx)
	return l, nil
}

// Release gives back the parts of the accounts at which no sync is waiting.
func (a *Accounts) Release() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var idle []*sharer
	for _, b := range a.by {
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
