package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
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
