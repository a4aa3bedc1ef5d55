package engine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// listening keeps the heartbeats that are written.
type listening struct {
	cdp.Warehouse
	mu   sync.Mutex
	list []string
}

func (l *listening) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	if s.Name == "lease_beat" {
		l.mu.Lock()
		l.list = append(l.list, s.SQL)
		l.mu.Unlock()
	}
	return l.Warehouse.Exec(ctx, s)
}

// next waits for n more heartbeats.
func (l *listening) next(t *testing.T, n int) []string {
	t.Helper()
	heard := func() []string {
		l.mu.Lock()
		defer l.mu.Unlock()
		return slices.Clone(l.list)
	}
	from := len(heard())
	for begun := time.Now(); len(heard()) < from+n; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("no heartbeats")
		}
	}
	return heard()[from:]
}

// TestBeats: the heartbeats of all leases of a process are one statement, since BigQuery
// limits statements for each table; and what becomes of one lease is no matter to the others.
func TestBeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))))
	ears := &listening{Warehouse: w.w}
	open := func(host string, timing ledger.Timing) *ledger.Ledger {
		l, err := ledger.Open(t.Context(), ears, w.e.Compiler, ledger.Options{Timing: timing, Holder: ledger.Holder{Host: host, Boot: host, PID: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	here := open("here", ledger.Timing{Beat: 100 * time.Millisecond, Dead: time.Minute, Stop: 50 * time.Second})
	leases, stop := map[string]*ledger.Lease{}, map[string]func(){}
	for _, name := range []string{"a", "b", "c"} {
		lease, err := here.Acquire(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); lease.Keep(ctx) }()
		leases[name], stop[name] = lease, func() { cancel(); <-done }
	}
	names := func(beat string) string {
		var all []string
		for _, name := range []string{"a", "b", "c"} {
			if strings.Contains(beat, "'"+name+"'") {
				all = append(all, name)
			}
		}
		return strings.Join(all, "")
	}
	for begun := time.Now(); names(ears.next(t, 1)[0]) != "abc"; {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("no heartbeat of all three")
		}
	}
	for _, beat := range ears.next(t, 2) {
		if names(beat) != "abc" {
			t.Errorf("a heartbeat of a part:\n%s", beat)
		}
	}
	// Somebody for whom every lease is dead takes one.
	if _, err := open("there", ledger.Timing{Beat: time.Minute, Dead: time.Nanosecond, Stop: time.Minute}).Acquire(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); leases["b"].Alive(); ears.next(t, 1) {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("a lease that was taken is not lost")
		}
	}
	stop["b"]()
	stop["a"]()
	ears.next(t, 1)
	if beat := ears.next(t, 1)[0]; names(beat) != "c" || !leases["a"].Alive() || !leases["c"].Alive() {
		t.Errorf("the others: a %v, c %v\n%s", leases["a"].Alive(), leases["c"].Alive(), beat)
	}
	stop["c"]()
	if err := leases["c"].Release(t.Context()); err != nil {
		t.Error(err)
	}
	if next, err := here.Acquire(t.Context(), "c"); err != nil || next.Epoch != leases["c"].Epoch+1 {
		t.Errorf("a lease that was given back: %+v, %v", next, err)
	}
}

// slowBeats is a warehouse in which every heartbeat but the first takes its time, as an INSERT of
// BigQuery that waits for slots.
type slowBeats struct {
	cdp.Warehouse
	takes time.Duration
	begun atomic.Int64
}

func (s *slowBeats) Exec(ctx context.Context, x cdp.Statement) (cdp.Stats, error) {
	if x.Name == "lease_beat" && s.begun.Add(1) > 1 {
		select {
		case <-time.After(s.takes):
		case <-ctx.Done():
			return cdp.Stats{}, ctx.Err()
		}
	}
	return s.Warehouse.Exec(ctx, x)
}

// TestSlowBeats: who has time until Stop to write a heartbeat goes on where each takes longer than
// lies between two, and than half of that time.
func TestSlowBeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))))
	timing := ledger.Timing{Beat: 500 * time.Millisecond, Dead: 7 * time.Second, Stop: 5 * time.Second}
	l, err := ledger.Open(t.Context(), &slowBeats{Warehouse: w.w, takes: 3 * time.Second}, w.e.Compiler, ledger.Options{Timing: timing, Holder: ledger.Holder{Host: "here", Boot: "here", PID: 1}})
	if err != nil {
		t.Fatal(err)
	}
	lease, err := l.Acquire(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { lease.Keep(ctx); close(done) }()
	for begun := time.Now(); time.Since(begun) < 2*timing.Stop; time.Sleep(timing.Beat / 10) {
		if !lease.Alive() {
			t.Errorf("stops pushing after %v", time.Since(begun))
			break
		}
	}
	stop()
	<-done
}
