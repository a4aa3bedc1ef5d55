package engine

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// slowEnd answers what is asked at the end of a run late, as a warehouse that is busy, or has a long
// log to look through, does: the clock in the answer is of when the statement began.
type slowEnd struct {
	cdp.Warehouse
	late  time.Duration
	asked chan struct{}
}

func (s *slowEnd) Query(ctx context.Context, x cdp.Statement) iter.Seq2[cdp.Row, error] {
	if x.Name != "run_end" {
		return s.Warehouse.Query(ctx, x)
	}
	var rows []cdp.Row
	for r, err := range s.Warehouse.Query(ctx, x) {
		if err != nil {
			return func(yield func(cdp.Row, error) bool) { yield(nil, err) }
		}
		rows = append(rows, r)
	}
	close(s.asked)
	time.Sleep(s.late)
	return func(yield func(cdp.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// TestMomentGoesBack: no run begins at a moment before the one that the same process has read from the
// warehouse's clock already.
func TestMomentGoesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &cdp.Entity{Item: cdp.Item{Name: "person"}})
	s := &slowEnd{Warehouse: w.w, late: 3 * time.Second, asked: make(chan struct{})}
	l, err := ledger.Open(t.Context(), s, w.e.Compiler, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { // the end of a run of another sync of this daemon
		_, err := l.Residue(t.Context(), time.Now(), cdp.Retention{}, nil)
		done <- err
	}()
	<-s.asked
	time.Sleep(2900 * time.Millisecond)
	gate, err := l.Now(t.Context()) // a daemon looks at the condition of another sync: engine.Newest
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	asOf, err := l.Moment(t.Context()) // and begins its run
	if err != nil {
		t.Fatal(err)
	}
	if asOf.Before(gate) {
		t.Errorf("the run is as of %s, %s before what the clock said when its sources were looked at", asOf, gate.Sub(asOf))
	}
}
