package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Timing are the times of a lease; tests lower them.
type Timing struct {
	Beat time.Duration // between two heartbeats
	Dead time.Duration // without a heartbeat, by the server's clock, a lease is dead
	Stop time.Duration // without a written heartbeat the holder stops pushing
}

func (t Timing) orDefault() Timing {
	if t.Beat == 0 {
		return Timing{Beat: 5 * time.Second, Dead: 30 * time.Second, Stop: 20 * time.Second}
	}
	return t
}

// Lease is the right to run one sync, the build or the migration. Its epoch is the
// fencing token: what an older holder writes later loses.
type Lease struct {
	Name  string
	Epoch uint64
	Was   *Lease // of the name that a sync had, while its state moves; else nil

	l      *Ledger
	former []string                  // tables of earlier epochs
	last   atomic.Pointer[time.Time] // when the last heartbeat was written, by both clocks of this machine
	lost   atomic.Bool               // another holder was seen

	mu   sync.Mutex // one heartbeat is judged at a time
	back heartbeat  // the first since a pause after which another may have taken over
}

// heartbeat is one that was written: when that began, and when it was seen that the lease held still.
type heartbeat struct{ begun, seen time.Time }

// HeldError says that another process has the lease.
type HeldError struct {
	Name   string
	Holder Holder
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s is running elsewhere (%s)", e.Name, e.Holder)
}

// Acquire takes a lease or says who has it. A dead lease is taken over.
func (l *Ledger) Acquire(ctx context.Context, name string) (*Lease, error) {
	lease, err := l.AcquireAfter(ctx, name, 0)
	if err != nil {
		return nil, err
	}
	return lease, l.Drop(ctx, lease.former...)
}

// AcquireAfter takes a lease whose epoch is greater than after: what a renamed sync
// writes must win over what it wrote under its old name. The tables of former holders are
// left to this one, see Former.
func (l *Ledger) AcquireAfter(ctx context.Context, name string, after uint64) (*Lease, error) {
	me := l.holder
	me.Nonce = random(8)
	for range 5 {
		epoch, holder, free, err := l.current(ctx, name)
		if err != nil {
			return nil, err
		}
		if !free {
			return nil, &HeldError{name, holder}
		}
		lease := &Lease{Name: name, Epoch: max(epoch, after) + 1, l: l}
		lease.wrote(l.now())
		won, there, err := l.take(ctx, lease, me)
		if err != nil {
			return nil, err
		}
		if !won {
			continue
		}
		begun := l.now()
		if err := l.write(ctx, false, lease); err != nil {
			return nil, err
		}
		lease.wrote(begun)
		return lease, l.leaves(ctx, lease, there)
	}
	return nil, &HeldError{Name: name}
}

// take creates the table of the epoch, of any number of processes one succeeds, and looks at
// the tables that there are then. That look cannot be spared: an earlier try of ours may have
// made the table, and a slow process may have made that of an epoch that was swept.
func (l *Ledger) take(ctx context.Context, lease *Lease, me Holder) (won bool, there []epochTable, err error) {
	comment, err := json.Marshal(me)
	if err != nil {
		return false, nil, err
	}
	data := map[string]any{"Name": lease.table(lease.Epoch), "Holder": string(comment)}
	err = Retry(ctx, func() error {
		_, err := l.w.Exec(ctx, l.c.Ledger("lease_take", data))
		return err
	})
	if err != nil && !errors.Is(err, cdp.ErrExists) {
		return false, nil, err
	}
	if there, err = l.epochs(ctx, "lease_state", lease.Name); err != nil {
		return false, nil, err
	}
	newest := there[0]
	if newest.epoch > lease.Epoch {
		return false, nil, l.Drop(ctx, lease.table(lease.Epoch))
	}
	return newest.epoch == lease.Epoch && newest.holder.Nonce == me.Nonce, there, nil
}

type epochTable struct {
	epoch    uint64
	age      time.Duration // since it was made or, where that was read, since the last heartbeat
	holder   Holder
	released bool // its holder has given it back; false where that was not read
}

// epochs are the tables of a lease, newest first; at least a zero one. The statement is
// lease_state or, with what the heartbeats say, lease_current.
func (l *Ledger) epochs(ctx context.Context, statement, name string) ([]epochTable, error) {
	prefix := "lease_" + name + "_"
	rows, err := All(ctx, l.w, l.c.Ledger(statement, map[string]any{"Schema": l.c.State("").Schema, "Prefix": prefix, "Lease": name}))
	if err != nil {
		return nil, err
	}
	out := []epochTable{{}}
	for _, row := range rows {
		n, err := strconv.ParseUint(strings.TrimPrefix(Text(row[0]), prefix), 10, 64)
		if err != nil {
			continue // a lease of another name that begins alike
		}
		t := epochTable{epoch: n, age: time.Duration(int64(Uint(row[1]))) * time.Millisecond}
		_ = json.Unmarshal([]byte(Text(row[2])), &t.holder) // a comment that is none of ours has no holder
		if len(row) > 3 && Uint(row[3]) > 0 {
			t.age, t.released = min(t.age, time.Duration(int64(Uint(row[4])))*time.Millisecond), Uint(row[5]) != 0
		}
		if n > out[0].epoch {
			out = append([]epochTable{t}, out...)
		} else {
			out = append(out, t)
		}
	}
	return out, nil
}

// current says whether the newest epoch of a lease may be followed by another. Tables and
// heartbeats are read by one statement, in whichever order: who takes an epoch meanwhile has no
// heartbeat yet, but a table that is young, and it is making the next one that decides.
func (l *Ledger) current(ctx context.Context, name string) (epoch uint64, h Holder, free bool, err error) {
	epochs, err := l.epochs(ctx, "lease_current", name)
	if err != nil {
		return 0, h, false, err
	}
	newest := epochs[0]
	free = newest.epoch == 0 || newest.released || newest.age > l.timing.Dead || l.holder.sees(newest.holder)
	return newest.epoch, newest.holder, free, nil
}

func (le *Lease) table(epoch uint64) string { return fmt.Sprintf("lease_%s_%d", le.Name, epoch) }

// Former are the tables of earlier epochs that name their holder, as every lease does and nobody
// else's table. Whoever has the lease drops them, when it drops other tables: nobody looks at them
// any more. Those that there were when it was taken are all: who makes one of an older epoch later
// drops it, or leaves it to the next holder, as one that dies leaves them.
func (le *Lease) Former() []string { return slices.Clone(le.former) }

// leaves notes what former holders of the lease have left behind.
func (l *Ledger) leaves(ctx context.Context, lease *Lease, epochs []epochTable) error {
	for _, e := range epochs {
		if e.epoch > 0 && e.epoch < lease.Epoch && e.holder.Nonce != "" {
			lease.former = append(lease.former, lease.table(e.epoch))
		}
	}
	if lease.Epoch%64 != 0 {
		return nil
	}
	return l.exec(ctx, "lease_sweep", map[string]any{"Lease": lease.Name, "Epoch": lease.Epoch})
}

// keeps decides what a written heartbeat is worth, given the newest epoch: nothing, for
// good, when another has taken over. Every heartbeat looks, since no clock of this machine
// tells of every pause: where a whole virtual machine stands still they all do. It counts, from
// when it began, where the lease was alive until it was seen to be written: nobody could take it
// before. After a pause that the clocks tell of (the process was stopped, the machine slept, the
// warehouse could not be reached, or took that long) two heartbeats decide, since somebody may
// have looked before the first and not have begun yet: the second begins when the first was
// seen, and is seen while nobody could take what the first has kept.
func (le *Lease) keeps(newest uint64, begun time.Time) {
	le.mu.Lock()
	defer le.mu.Unlock()
	now := le.l.now()
	switch {
	case newest > le.Epoch:
		le.lost.Store(true)
	case le.silent(now) < le.l.timing.Stop:
		le.back = heartbeat{}
		le.wrote(begun)
	case le.back.begun.IsZero() || apart(le.back.begun, now) >= le.l.timing.Stop:
		le.back = heartbeat{begun, now}
	case !begun.Before(le.back.seen):
		le.back = heartbeat{}
		le.wrote(begun)
	}
}

// wrote notes a heartbeat that counts; one that began before it may be seen after it.
func (le *Lease) wrote(begun time.Time) {
	if last := le.last.Load(); last == nil || begun.After(*last) {
		le.last.Store(&begun)
	}
}

// silent is how long ago the last heartbeat was.
func (le *Lease) silent(now time.Time) time.Duration { return apart(*le.last.Load(), now) }

// apart is how long lies between two times, by the clock that says more: the monotonic
// one stands still while a machine sleeps, the other may be set back.
func apart(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}

// Alive reports whether the holder may still push.
func (le *Lease) Alive() bool {
	return !le.lost.Load() && le.silent(le.l.now()) < le.l.timing.Stop && (le.Was == nil || le.Was.Alive())
}

// Release gives the lease back.
func (le *Lease) Release(ctx context.Context) error {
	return Retry(ctx, func() error { return le.l.write(ctx, true, le) })
}

// Ver is the version of a baseline row that batch n of this lease wrote.
func (le *Lease) Ver(n uint32) uint64 { return le.Epoch<<32 | uint64(n) }
