package destinationtest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
)

func checks(t *testing.T, b *bench) {
	if b.link != nil {
		looks(t, b)
	}
	for range 2 { // the second finds what the first may have made
		if err := b.d.Check(context.Background(), b.h.Delivery); err != nil {
			t.Fatal(err)
		}
	}
	b.holds(t, nil)
}

func looks(t *testing.T, b *bench) {
	look := b.h.Delivery
	look.Look = true
	b.link.set(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.URL.Path != "/token" { // a token makes nothing
			t.Errorf("a look makes something: %s %s", r.Method, r.URL.Path)
		}
		b.link.next.ServeHTTP(w, r)
	})
	if err := b.d.Check(context.Background(), look); err != nil {
		t.Fatal(err)
	}
	b.link.set(nil)
}

func order(t *testing.T, b *bench) {
	rows := b.rowsFrom(0, min(7, b.h.Limits.MaxRows))
	ids := map[string]string{}
	for i, r := range b.deliver(t, b.batch(1, rows...)) {
		if r.Fate != cdp.Delivered {
			t.Errorf("row %d: %+v", i, r)
		}
		ids[rows[i].Key] = r.RemoteID
	}
	b.commit(t)
	b.holds(t, rows)
	if b.h.Spec.Session {
		return
	}
	// The same rows in another order have the same ids.
	slices.Reverse(rows)
	for i, r := range b.deliver(t, b.batch(2, rows...)) {
		if r.RemoteID != ids[rows[i].Key] {
			t.Errorf("row %d is %q, was %q", i, r.RemoteID, ids[rows[i].Key])
		}
	}
}

func empty(t *testing.T, b *bench) {
	if got, err := b.push(context.Background(), t, b.batch(1)); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	if b.link != nil && b.link.calls.Load() != 0 {
		t.Error("an empty batch was sent")
	}
	b.commit(t)
	b.holds(t, nil)
}

func maximal(t *testing.T, b *bench) {
	rows := b.rowsFrom(0, b.h.Limits.MaxRows)
	for i, r := range b.deliver(t, b.batch(1, rows...)) {
		if r.Fate != cdp.Delivered {
			t.Fatalf("row %d: %+v", i, r)
		}
	}
	b.commit(t)
	b.holds(t, rows)
}

// oversize: a row over the limit of the destination is the engine's to reject;
// one that comes all the same must not harm the others or bring the process down.
func oversize(t *testing.T, b *bench) {
	rows := b.rowsFrom(0, min(3, b.h.Limits.MaxRows))
	big := rows[len(rows)-1]
	var fields map[string]any
	if json.Unmarshal(big.Fields, &fields) != nil || len(fields) == 0 {
		t.Skip("rows without fields")
	}
	for k, v := range fields {
		if _, ok := v.(string); ok {
			fields[k] = strings.Repeat("x", 1<<20)
		}
	}
	big.Fields, _ = json.Marshal(fields)
	rows[len(rows)-1] = big
	for i, r := range b.deliver(t, b.batch(1, rows...)) {
		if r.Fate != cdp.Delivered && i < len(rows)-1 {
			t.Errorf("row %d: %+v", i, r)
		}
	}
}

func refused(t *testing.T, b *bench) {
	rows := b.rowsFrom(0, min(8, b.h.Limits.MaxRows))
	at := len(rows) / 2
	rows[at] = b.h.Bad(at)
	for i, r := range b.deliver(t, b.batch(1, rows...)) {
		if want := map[bool]cdp.Fate{true: cdp.Rejected, false: cdp.Delivered}[i == at]; r.Fate != want {
			t.Errorf("row %d: %+v, want %s", i, r, want)
		}
	}
	b.commit(t)
	b.holds(t, slices.Delete(rows, at, at+1))
}

// removals delivers rows and removes half of them by every action of the Spec.
func removals(t *testing.T, b *bench) {
	if b.h.Delivery.Kind == cdp.EventTo {
		t.Skip("events are not removed")
	}
	var actions []cdp.Action
	for _, w := range b.h.Spec.Writes {
		if w.Kind == b.h.Delivery.Kind && (w.Names == nil || slices.Contains(w.Names, b.h.Delivery.Remote)) {
			actions = w.Actions
		}
	}
	if !slices.Contains(actions, cdp.ActionIgnore) {
		t.Error("ignore is not among the actions; the engine offers it for every kind but a withdrawn audience")
	}
	for n, action := range actions {
		if action == cdp.ActionIgnore {
			continue // the engine makes no call
		}
		b := start(t, b.h)
		rows := b.rowsFrom(100*n, 4)
		for i, r := range b.deliver(t, b.batch(1, rows...)) {
			rows[i].RemoteID = r.RemoteID
		}
		gone := slices.Clone(rows[:2])
		gone[1].RemoteID = "" // an add whose answer was lost
		for i := range gone {
			gone[i].Op, gone[i].Action, gone[i].Reason = cdp.Remove, action, cdp.Left
			gone[i].IdempotencyKey = "r" + gone[i].IdempotencyKey[1:]
			if action != cdp.ActionSet {
				gone[i].Fields = nil
			}
		}
		left := rows[2:]
		if action == cdp.ActionSet {
			left = rows
		}
		for round := range 2 { // a removal that is repeated is no failure
			for i, r := range b.deliver(t, b.batch(2, gone...)) {
				if r.Fate != cdp.Delivered && (r.Fate != cdp.Skipped || r.Code != cdp.NotFound || round == 0) {
					t.Errorf("%s, round %d, row %d: %+v", action, round, i, r)
				}
			}
		}
		b.commit(t)
		b.holds(t, left)
		b.secrecy(t)
	}
}

func concurrent(t *testing.T, b *bench) {
	workers := max(b.h.Limits.Concurrent, 4)
	size := min(5, b.h.Limits.MaxRows)
	var all []cdp.Delta
	var wg sync.WaitGroup
	for w := range workers {
		rows := b.rowsFrom(w*size, size)
		all = append(all, rows...)
		wg.Add(1)
		go func() {
			defer wg.Done()
			results, err := b.push(context.Background(), t, b.batch(w+1, rows...))
			if err != nil {
				t.Errorf("worker %d: %v", w, err)
				return
			}
			b.poll(t, b.batch(w+1, rows...), results)
		}()
	}
	wg.Wait()
	b.commit(t)
	b.holds(t, all)
}

func cancelledBefore(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.push(ctx, t, b.batch(1, b.rowsFrom(0, 2)...)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want an error that wraps context.Canceled", err)
	}
	if s, ok := b.d.(cdp.Session); ok {
		if err := s.Abort(context.Background()); err != nil {
			t.Error(err)
		}
	}
	b.holds(t, nil)
}

func aborted(t *testing.T, b *bench) {
	s := b.session(t)
	b.deliver(t, b.batch(1, b.rowsFrom(0, 3)...))
	b.holds(t, nil) // nothing counts before Commit
	if err := s.Abort(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.holds(t, nil)
	if err := s.Abort(context.Background()); err != nil {
		t.Errorf("a second Abort: %v", err)
	}
	// The next run starts from nothing.
	b.h.Delivery.Epoch++
	b.begin(t)
	rows := b.rowsFrom(10, 2)
	b.deliver(t, b.batch(1, rows...))
	b.commit(t)
	b.holds(t, rows)
}

func committed(t *testing.T, b *bench) {
	rows := b.rowsFrom(0, 3)
	b.deliver(t, b.batch(1, rows...))
	b.commit(t)
	b.holds(t, rows)
	if err := b.session(t).Abort(context.Background()); err != nil {
		t.Errorf("Abort after Commit: %v", err)
	}
	b.holds(t, rows)
	if _, err := b.push(context.Background(), t, b.batch(2, b.rowsFrom(5, 1)...)); err == nil {
		t.Error("a row was taken after Commit")
	}
}

// find: a destination knows which rows it has, by their keys, and asking writes nothing.
func find(t *testing.T, b *bench) {
	f, ok := b.d.(cdp.Finder)
	if !ok {
		t.Fatal("the Spec says find, the type has none")
	}
	there := b.rowsFrom(0, 5)
	for i, r := range b.deliver(t, b.batch(1, there...)) {
		if r.Fate != cdp.Delivered {
			t.Fatalf("row %d: %+v", i, r)
		}
	}
	b.commit(t)
	ids, err := f.Find(context.Background(), b.h.Delivery, b.rowsFrom(3, 6))
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		if (id != "") != (i < 2) {
			t.Errorf("row %d of %d: %q", i, len(ids), id)
		}
	}
	if len(ids) != 6 {
		t.Errorf("%d answers for 6 rows", len(ids))
	}
	b.holds(t, there)
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := f.Find(ctx, b.h.Delivery, there); !errors.Is(err, context.Canceled) {
		t.Errorf("after it was stopped: %v", err)
	}
}
