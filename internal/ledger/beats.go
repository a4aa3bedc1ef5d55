package ledger

import (
	"context"
	"slices"
	"sync"
	"time"
)

// beats writes the heartbeats of all leases that are kept: one statement for all of them,
// since BigQuery takes 25 a table in ten seconds, and of every process.
type beats struct {
	mu     sync.Mutex
	leases []*Lease
	stop   context.CancelFunc // ends the loop that writes; nil while no lease is kept
	done   chan struct{}      // closed when it has ended
}

// Keep writes heartbeats until the context ends. It returns no error: a holder
// that cannot write learns of it from Alive.
func (le *Lease) Keep(ctx context.Context) {
	le.l.join(ctx, le)
	<-ctx.Done()
	le.l.leave(le)
}

// Regained waits, where no heartbeat could be written for a while, until one can be again and
// has shown that nobody has taken over. It is false when somebody has, and when that does not
// come out in twice the time in which somebody could.
func (le *Lease) Regained(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*le.l.timing.Dead)
	defer cancel()
	tick := time.NewTicker(le.l.timing.Beat / 4)
	defer tick.Stop()
	for !le.Alive() {
		if le.lost.Load() {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

func (l *Ledger) join(ctx context.Context, le *Lease) {
	b := &l.beats
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leases = append(b.leases, le)
	if b.stop != nil {
		return
	}
	// Other leases go on when this one has been given back.
	beating, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	b.stop, b.done = stop, done
	go func() { defer close(done); l.beat(beating) }() // ended by stop
}

func (l *Ledger) leave(le *Lease) {
	if done := l.beats.remove(le); done != nil {
		<-done
	}
}

// remove ends the loop with the last lease, and says what to wait for then.
func (b *beats) remove(le *Lease) (done <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leases = slices.DeleteFunc(b.leases, func(other *Lease) bool { return other == le })
	if len(b.leases) > 0 {
		return nil
	}
	b.stop()
	b.stop = nil
	return b.done
}

// kept are the leases at this moment, none for a loop that was stopped: another may have begun.
func (b *beats) kept(ctx context.Context) []*Lease {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	return slices.Clone(b.leases)
}

// beat writes a heartbeat of every lease at each tick, also while one before is under way: where
// each takes long, on BigQuery a wait for slots, the leases would else have one in that time.
func (l *Ledger) beat(ctx context.Context) {
	var written sync.WaitGroup
	defer written.Wait()
	tick := time.NewTicker(l.timing.Beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if leases := l.beats.kept(ctx); len(leases) > 0 {
				written.Go(func() { l.heartbeat(ctx, leases) })
			}
		}
	}
}

// heartbeat writes one of every lease, and looks whether they still hold: in the time after
// which it would be worth nothing.
func (l *Ledger) heartbeat(ctx context.Context, leases []*Lease) {
	ctx, cancel := context.WithTimeout(ctx, l.timing.Stop)
	defer cancel()
	begun := l.now()
	if l.write(ctx, false, leases...) == nil {
		_ = l.look(ctx, begun, leases)
	}
}

// write writes a heartbeat of leases; who takes one, or gives it back, needs no look at it.
func (l *Ledger) write(ctx context.Context, released bool, leases ...*Lease) error {
	h, flag := l.holder, 0
	if released {
		flag = 1
	}
	_, err := l.w.Exec(ctx, l.c.Ledger("lease_beat", map[string]any{
		"Leases": leases, "Host": h.Host, "Boot": h.Boot, "PID": h.PID, "Start": h.Start, "Released": flag,
	}))
	return err
}

// Look asks whether another has taken the lease, or the one of the former name: sooner than the
// next heartbeat would.
func (le *Lease) Look(ctx context.Context) error {
	leases := []*Lease{le}
	if le.Was != nil {
		leases = append(leases, le.Was)
	}
	newest, err := le.l.newest(ctx, leases)
	if err != nil {
		return err
	}
	for _, le := range leases {
		if newest[le.Name] > le.Epoch {
			le.lost.Store(true)
		}
	}
	return nil
}

// look decides what a written heartbeat is worth for each of the leases.
func (l *Ledger) look(ctx context.Context, begun time.Time, leases []*Lease) error {
	newest, err := l.newest(ctx, leases)
	if err != nil {
		return err
	}
	for _, le := range leases {
		le.keeps(newest[le.Name], begun)
	}
	return nil
}

// newest are the greatest epochs of which there is a heartbeat, by the names of leases.
func (l *Ledger) newest(ctx context.Context, leases []*Lease) (map[string]uint64, error) {
	var names []string
	for _, le := range leases {
		names = append(names, le.Name)
	}
	rows, err := All(ctx, l.w, l.c.Ledger("lease_newest", map[string]any{"LeaseNames": l.quoted(names)}))
	if err != nil {
		return nil, err
	}
	newest := map[string]uint64{}
	for _, r := range rows {
		newest[Text(r[0])] = Uint(r[1])
	}
	return newest, nil
}
