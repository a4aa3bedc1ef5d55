package engine

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// sized is a warehouse with a limit on what a statement reads: what was acknowledged is beyond it,
// and everything is once a destination was sent something.
type sized struct {
	cdp.Warehouse
	sent atomic.Bool
}

var readsAcks = regexp.MustCompile("(FROM|JOIN) \\S+\\.`acks_")

func (l *sized) refuses(s cdp.Statement) error {
	if !s.Unlimited && (l.sent.Load() || readsAcks.MatchString(s.SQL)) {
		return &cdp.StatementError{Statement: s, Message: "bytes billed exceeded", Kind: cdp.ErrDenied}
	}
	return nil
}

func (l *sized) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	if err := l.refuses(s); err != nil {
		return cdp.Stats{}, err
	}
	return l.Warehouse.Exec(ctx, s)
}

func (l *sized) Query(ctx context.Context, s cdp.Statement) iter.Seq2[cdp.Row, error] {
	if err := l.refuses(s); err != nil {
		return func(yield func(cdp.Row, error) bool) { yield(nil, err) }
	}
	return l.Warehouse.Query(ctx, s)
}

// TestLimitOfWhatHasBegun: no limit on what a statement reads stops a run whose rows are sent, nor
// the next one from folding what the run before was answered, or from closing its jobs.
func TestLimitOfWhatHasBegun(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.BigQuery{})
	l := &sized{Warehouse: u.w}
	u.w = l
	e := u.kith("{a: a}", compile.FirstHash)
	u.box.tune = func(r *Remote) { r.Limits.MaxRows = 7 }
	u.box.pushed = func() { l.sent.Store(true) }
	run := func(step string, status Status, want int) *SyncReport {
		t.Helper()
		r, _ := u.run(e, "people", Request{})
		l.sent.Store(false)
		if r.Status != status || len(u.box.got) != want {
			t.Errorf("%s: %s (%s), sent %v", step, r.Status, r.Error, u.box.got)
		}
		return r
	}
	run("first", Succeeded, 14)
	u.set("a = 'x'", "p01 p02")
	u.box.pushed = func() { u.box.got = nil }
	u.dies(e, Request{}, "after acknowledge", 1)
	u.box.pushed = func() { l.sent.Store(true) }
	run("after a kill", Succeeded, 0)
	c := &clerk{inbox: u.box, state: &cdp.JobState{Done: true}}
	e.Remotes = c
	u.set("a = 'y'", "p01 p02")
	run("jobs", Partial, 2)
	if r := run("closed", Succeeded, 0); r.Delivered != 2 {
		t.Errorf("%+v", r)
	}
}

// priced is what each statement reads, by whether a limit holds for it.
type priced map[bool]uint64

func (p priced) Estimate(_ context.Context, s cdp.Statement) (uint64, error) {
	return p[s.Unlimited], nil
}

// TestLimitOfARun: a run is refused for what it would read before it sends anything, and for
// nothing else: one that is refused for what has begun could never end that.
func TestLimitOfARun(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.BigQuery{})
	e := u.kith("{a: a}", compile.FirstHash)
	e.MaxBytes = 1 << 30
	refused := func(p priced) string {
		e.Estimator = p
		req := u.request(e, Request{})
		req.Syncs = []*cdp.Sync{syncNamed(e, "people")}
		cost, err := e.affordable(t.Context(), req)
		if err == nil && cost.Bytes == 0 {
			t.Error("nothing was counted")
		}
		return fmt.Sprint(err)
	}
	if err := refused(priced{true: 1 << 40}); err != "<nil>" {
		t.Error(err)
	}
	if err := refused(priced{true: 1 << 50, false: 1 << 40}); !strings.Contains(err, "max_bytes_billed is 1073741824; most by ") || strings.Contains(err, "most by fold") {
		t.Error(err)
	}
}
