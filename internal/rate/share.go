package rate

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/ledger"
)

// sharer divides the rates of one account among processes. Nobody is asked per
// call: the warehouse's time is cut into rounds, and a process claims its part of
// the next round with one row.
//
//   - A claim that is written before a round's cutoff is seen by everybody who reads
//     after it, so all members of a round compute the same parts, or smaller ones.
//   - A claim that is written later is good only when, read after it was written, no
//     other process has claimed the round: of two that come late at once, at least
//     one sees the other. Who sees another waits for the next round.
//   - A part is lowered when its round begins and raised one window later, because
//     the calls that others made under the old parts still count at the vendor.
//
// So the parts in use never add up to more than the whole. A process that dies
// leaves its part idle until the last round that it claimed is over: two rounds at
// most.
type sharer struct {
	claims  claims
	clock   Clock
	b       *budget
	account string
	me      string
	round   time.Duration
	margin  time.Duration // before a round: the cutoff for claims
	log     func(string, error)

	ahead  time.Duration // the warehouse's clock minus ours: at least
	behind time.Duration // at most
	told   uint64        // calls that the ledger knows of
	left   uint64        // of the long rates, calls beyond those that the ledger knows of
	have   uint64        // the last round of which there is a part
	stop   context.CancelFunc
	done   chan struct{}
}

// claims is where claims are kept: the ledger.
type claims interface {
	Claim(ctx context.Context, account string, c ledger.Claim) error
	Claims(ctx context.Context, account string, within time.Duration) (now time.Time, claims []ledger.Claim, err error)
	Spent(ctx context.Context, account string, within, lasting time.Duration) (ledger.Spent, error)
}

// claimed is the member's part of a limit in a round.
func claimed(limit int, claims []ledger.Claim, me string, round uint64) int {
	type member struct {
		name   string
		weight float64
		order  uint64
	}
	var all []member
	for _, c := range claims {
		if c.Round != round || c.Dead && c.Holder != me || released(claims, c.Holder) || slices.ContainsFunc(all, func(m member) bool { return m.name == c.Holder }) {
			continue
		}
		h := fnv.New64a()
		_, _ = fmt.Fprintf(h, "%d %s", round, c.Holder)
		all = append(all, member{c.Holder, c.Weight, h.Sum64()})
	}
	// The order differs from round to round: what cannot be divided goes around.
	slices.SortFunc(all, func(a, b member) int {
		if a.order < b.order {
			return -1
		}
		return 1
	})
	rank := slices.IndexFunc(all, func(m member) bool { return m.name == me })
	if rank < 0 {
		return 0
	}
	var sum float64
	equal := true
	for _, m := range all {
		sum += m.weight
		equal = equal && m.weight == all[0].weight
	}
	n := len(all)
	if equal || limit < 4*n || sum <= 0 {
		return max(0, (limit-rank+n-1)/n)
	}
	return int(float64(limit)*all[rank].weight/sum + 1e-9)
}

// measure narrows what is known of the warehouse's clock from a read that took from
// before until after.
func (s *sharer) measure(server, before, after time.Time) {
	s.ahead, s.behind = server.Sub(after), server.Sub(before)
}

// soonest and latest are when, by our clock, a moment of the warehouse's clock is.
func (s *sharer) soonest(t time.Time) time.Time { return t.Add(-s.behind) }
func (s *sharer) latest(t time.Time) time.Time  { return t.Add(-s.ahead) }

// ledger is where claims are written now: that of a sync that is there. A project that was read
// again has another connection, and the one before is closed when its syncs have ended.
func (s *sharer) ledger() claims {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	var other claims
	for l := range s.b.lanes {
		switch l.claims {
		case nil:
		case s.claims:
			return s.claims
		default:
			other = l.claims
		}
	}
	if other != nil {
		s.claims = other
	}
	return s.claims
}

// present is the round that it is, as far as is known.
func (s *sharer) present() uint64 {
	return uint64(s.clock.Now().Add(s.ahead).UnixMilli() / s.round.Milliseconds())
}

func (s *sharer) begins(round uint64) time.Time {
	return time.UnixMilli(int64(round) * s.round.Milliseconds())
}

// read looks at the claims that matter now.
func (s *sharer) read(ctx context.Context) (now time.Time, claims []ledger.Claim, err error) {
	before := s.clock.Now()
	now, claims, err = s.ledger().Claims(ctx, s.account, 2*s.round+s.b.span()+s.margin)
	if err != nil {
		return now, nil, err
	}
	s.measure(now, before, s.clock.Now())
	return now, claims, nil
}

// claim writes a claim of a round, with the calls made since the last.
func (s *sharer) claim(ctx context.Context, round uint64, released bool) error {
	c := s.b.made(s.clock.Now())
	// Calls that were told of while they were under way, and then not made, stay told.
	calls := max(c.Calls, s.told)
	c.Holder, c.Round, c.Weight, c.Calls, c.Released = s.me, round, max(s.b.weight(), 1), calls-s.told, released
	if released {
		c.Ahead = 0
	}
	if err := s.ledger().Claim(ctx, s.account, c); err != nil {
		return err
	}
	s.told, s.left = calls, c.Ahead
	return nil
}

// start takes what is free in this round: all of it, when nobody else is there.
func (s *sharer) start(ctx context.Context) error {
	now, _, err := s.read(ctx)
	if err != nil {
		return err
	}
	round := uint64(now.UnixMilli() / s.round.Milliseconds())
	s.b.empty()
	if err := s.claim(ctx, round, false); err != nil {
		return err
	}
	return s.late(ctx, round)
}

// late takes a round that was claimed after its cutoff: all of it or nothing.
func (s *sharer) late(ctx context.Context, round uint64) error {
	_, claims, err := s.read(ctx)
	if err != nil {
		return err
	}
	alone := !slices.ContainsFunc(claims, func(c ledger.Claim) bool {
		return c.Holder != s.me && c.Round >= round && !c.Dead && !released(claims, c.Holder)
	})
	if alone {
		if err := s.grant(ctx, round, func(n int) int { return n }); err != nil {
			return err
		}
	}
	from := s.soonest(s.begins(round))
	if now := s.clock.Now(); now.After(from) {
		from = now
	}
	gap, raise := s.gap(round), from
	if gap {
		s.inherit(claims, round)
	} else if free := s.free(round); free.After(raise) {
		raise = free
	}
	s.b.share(from, raise, s.soonest(s.begins(round+1)), gap, func(limit int) int {
		if alone {
			return limit
		}
		return 0
	})
	s.have = round
	return nil
}

// gap reports whether there was no part of the round before: others may have had all.
func (s *sharer) gap(round uint64) bool { return s.have == 0 || s.have != round && s.have+1 != round }

// released reports whether a holder has given everything back.
func released(claims []ledger.Claim, holder string) bool {
	return slices.ContainsFunc(claims, func(c ledger.Claim) bool { return c.Holder == holder && c.Released })
}

// inherit counts the calls that others made just before, as far as they may still
// be in the vendor's windows.
func (s *sharer) inherit(claims []ledger.Claim, round uint64) {
	for _, c := range claims {
		switch {
		case c.Holder == s.me:
		case c.Released:
			s.b.inherit(s.latest(c.At).Add(-c.Age), func(int) int { return int(c.Recent) })
		case released(claims, c.Holder):
		case c.Dead || c.Round < round:
			// It may have used its part until it died or its round was over.
			at := s.latest(s.begins(c.Round + 1))
			if now := s.clock.Now(); at.After(now) {
				at = now
			}
			s.b.inherit(at, func(limit int) int { return claimed(limit, claims, c.Holder, c.Round) })
		}
	}
}

// keep claims round after round until it is stopped, and then gives back.
func (s *sharer) keep(ctx context.Context) {
	defer close(s.done)
	round := s.present()
	for {
		next := round + 1
		if err := s.enter(ctx, next); err != nil && ctx.Err() == nil {
			s.log("no part of the next round: calls wait", err)
		}
		if err := s.until(ctx, s.soonest(s.begins(next))); err != nil {
			break
		}
		// After a suspension, or a claim that hung, all rounds until now are over.
		round = max(next, s.present())
	}
	giving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := s.claim(giving, round, true); err != nil {
		s.log("the part was not given back: it idles until its round is over", err)
	}
}

func (s *sharer) until(ctx context.Context, t time.Time) error {
	return s.clock.Sleep(ctx, t.Sub(s.clock.Now()))
}

// enter claims the next round in time, reads after the cutoff, and plans the part.
func (s *sharer) enter(ctx context.Context, round uint64) error {
	cutoff := s.begins(round).Add(-s.margin)
	if err := s.claim(ctx, round, false); err != nil {
		return err
	}
	if !s.clock.Now().Before(s.soonest(cutoff)) {
		return s.late(ctx, round)
	}
	if err := s.until(ctx, s.latest(cutoff)); err != nil {
		return err
	}
	_, claims, err := s.read(ctx)
	if err != nil {
		return err
	}
	part := func(limit int) int { return claimed(limit, claims, s.me, round) }
	if err := s.grant(ctx, round, part); err != nil {
		return err
	}
	s.b.share(s.soonest(s.begins(round)), s.free(round), s.soonest(s.begins(round+1)), s.gap(round), part)
	s.have = round
	return nil
}

// free is when the calls that others made under their parts of the round before have left every window.
func (s *sharer) free(round uint64) time.Time {
	return s.latest(s.begins(round)).Add(s.b.span() + flight)
}

// flight is how long a call that was allowed under an old part may be on its way.
const flight = time.Second

func newSharer(c claims, clock Clock, b *budget, account, me string, round, margin time.Duration) *sharer {
	return &sharer{claims: c, clock: clock, b: b, account: account, me: me, round: round, margin: margin, told: b.made(clock.Now()).Calls, done: make(chan struct{})}
}

// begin keeps claiming until release.
func (s *sharer) begin(ctx context.Context) {
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.b.mu.Lock()
	s.b.sharer = s
	s.b.mu.Unlock()
	go s.keep(keeping) // ended by stop
}
