package engine

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// TestPausedHolder: a holder that was stopped for longer than a lease lives and goes on
// must not push when another has taken over, though it can write heartbeats again, also
// when no clock of its machine tells of the pause; when nobody has, it goes on.
func TestPausedHolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))))
	timing := ledger.Timing{Beat: time.Second, Dead: 4 * time.Second, Stop: 3 * time.Second}
	open := func(host string, now func() time.Time) *ledger.Ledger {
		t.Helper()
		l, err := ledger.Open(t.Context(), w.w, w.e.Compiler, ledger.Options{Timing: timing, Holder: ledger.Holder{Host: host, Boot: host, PID: 1}, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	start := time.Now()
	there := open("there", nil)
	for name, x := range map[string]struct {
		taken bool
		now   func() time.Time // of the machine of the holder
	}{"taken": {true, nil}, "free": {false, nil}, "unseen": {true, func() time.Time { return start }}} {
		here, taken, unseen := open("here", x.now), x.taken, x.now != nil
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lease, err := here.Acquire(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(timing.Dead + time.Second) // no heartbeat: the process is stopped
			if lease.Alive() != unseen {
				t.Error("alive without a heartbeat, or a clock tells after all")
			}
			if taken {
				if _, err := there.Acquire(t.Context(), name); err != nil {
					t.Fatal(err)
				}
			}
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { lease.Keep(ctx); close(done) }()
			most := map[bool]time.Duration{true: 5 * timing.Beat, false: 30 * timing.Beat}[taken] // what is not to come is waited for
			for begun := time.Now(); lease.Alive() == unseen && time.Since(begun) < most; {
				time.Sleep(timing.Beat / 10)
			}
			if lease.Alive() == taken {
				t.Errorf("alive is %v after the pause", lease.Alive())
			}
			var held *ledger.HeldError
			if _, err := there.Acquire(t.Context(), name); !taken && !errors.As(err, &held) {
				t.Errorf("taken from a holder that goes on: %v", err)
			}
			stop()
			<-done
		})
	}
}

// slowStart is the warehouse of a process whose migration stops at a step until it is let go.
type slowStart struct {
	cdp.Warehouse
	at, on chan struct{} // the step is reached; it may go on
	beats  atomic.Int64
	mute   bool // its heartbeats are lost, so that another takes over
}

func (s *slowStart) Exec(ctx context.Context, x cdp.Statement) (cdp.Stats, error) {
	switch {
	case strings.Contains(x.Name, "ledger_1_intents"):
		close(s.at)
		<-s.on
	case strings.Contains(x.Name, "lease_beat") && s.beats.Add(1) > 1 && s.mute:
		return cdp.Stats{}, errors.New("lost")
	}
	return s.Warehouse.Exec(ctx, x)
}

// TestOneSalt: of processes that make one ledger at the same moment all take one salt, also
// when the first is so slow that another takes its lease over. Of two salts every id would
// differ, and each process would remove what the other has delivered.
func TestOneSalt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))))
	for name, mute := range map[string]bool{"keeps its lease": false, "loses its lease": true} {
		t.Run(name, func(t *testing.T) {
			p := *w.p
			p.State += map[bool]string{true: "_lost", false: "_kept"}[mute]
			w.sql("CREATE DATABASE " + p.State)
			t.Cleanup(func() { w.sql("DROP DATABASE " + p.State) })
			c, err := compile.New(&p, w.w.Dialect())
			if err != nil {
				t.Fatal(err)
			}
			open := func(w cdp.Warehouse, host string) (*ledger.Ledger, error) {
				timing := ledger.Timing{Beat: 100 * time.Millisecond, Dead: 10 * time.Second, Stop: 5 * time.Second}
				if mute {
					timing.Dead = time.Second
				}
				return ledger.Open(t.Context(), w, c, ledger.Options{Timing: timing, Holder: ledger.Holder{Host: host, Boot: host, PID: 1}})
			}
			slow := &slowStart{Warehouse: w.w, at: make(chan struct{}), on: make(chan struct{}), mute: mute}
			var first, second *ledger.Ledger
			var failed error
			done := make(chan struct{})
			go func() { defer close(done); first, failed = open(slow, "here") }()
			<-slow.at
			for begun := time.Now(); !mute && slow.beats.Load() < 3; time.Sleep(10 * time.Millisecond) {
				if time.Since(begun) > 10*time.Second {
					t.Error("no heartbeats while it migrates")
					break
				}
			}
			if !mute {
				close(slow.on)
			}
			if second, err = open(w.w, "there"); err != nil {
				t.Error(err)
			}
			if mute {
				close(slow.on)
			}
			<-done
			if failed != nil {
				t.Fatal(failed)
			}
			if first.Salt() == "" || second == nil || first.Salt() != second.Salt() || first.FreshSalt() == second.FreshSalt() {
				t.Errorf("%q and %q: two salts", first.Salt(), second.Salt())
			}
		})
	}
}
