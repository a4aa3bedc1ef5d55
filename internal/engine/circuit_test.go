package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// TestCircuit: open for a minute, then twice as long with every probe that fails, at
// most half an hour; one answer closes it; other destinations never notice.
func TestCircuit(t *testing.T) {
	var c Circuit
	now := time.Unix(0, 0)
	if probe, err := c.enter("crm", now); probe || err != nil {
		t.Fatal(probe, err)
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
		until := c.trip("crm", "no answer", now)
		if got := until.Sub(now); got != want*time.Minute {
			t.Errorf("trip %d: %v, want %d minutes", i, got, want)
		}
		_, err := c.enter("crm", until.Add(-time.Second))
		var paused *PausedError
		if !errors.As(err, &paused) || !paused.Until.Equal(until) || !strings.Contains(err.Error(), "no answer") {
			t.Errorf("%v", err)
		}
		if _, err := c.enter("mail", now); err != nil {
			t.Errorf("another destination: %v", err)
		}
		now = until
		if probe, err := c.enter("crm", now); !probe || err != nil {
			t.Errorf("after the pause: %v %v, want a probe", probe, err)
		}
	}
	c.mend("crm")
	if probe, err := c.enter("crm", now); probe || err != nil {
		t.Error("not mended")
	}
	var none *Circuit
	none.mend("x")
	if _, err := none.enter("x", none.trip("x", "", now)); err != nil {
		t.Error(err)
	}
}

// TestBreakerOfAccount: a destination whose address or credentials were changed is no longer the
// one that did not answer, whoever has its name; the error is of who asks.
func TestBreakerOfAccount(t *testing.T) {
	var c Circuit
	e := &Engine{Clock: &fastClock{now: time.Unix(0, 0)}, Circuit: &c}
	s := &cdp.Sync{Destination: crm()}
	before, after := breaker(Remote{Account: "crm.example.com#1"}, s.Destination), breaker(Remote{Account: "crm.example.com#2"}, s.Destination)
	if err := e.judge(s, before, &DownError{Destination: "crm", Reason: "no answer"}); err == nil {
		t.Fatal("no error")
	}
	if probe, err := c.enter(after, e.Clock.Now()); probe || err != nil {
		t.Errorf("after the change: %t, %v", probe, err)
	}
	_, err := c.enter(before, e.Clock.Now())
	if err = e.judge(s, before, err); err == nil || !strings.HasPrefix(err.Error(), "destination crm is paused until 1970-01-01 00:01:00 UTC") {
		t.Errorf("%v", err)
	}
}

// TestProbe: after a pause one batch without repeats decides.
func TestProbe(t *testing.T) {
	for _, up := range []bool{true, false} {
		d, dest := newDelivery(func(_ int, b cdp.Batch) ([]cdp.Result, error) {
			if up {
				return all(b, cdp.Result{Fate: cdp.Delivered}), nil
			}
			return nil, &cdp.Throttled{Code: cdp.Unavailable, Reason: "refused"}
		})
		d.e.Circuit = &Circuit{}
		d.e.Circuit.trip("crm", "refused", time.Unix(-3600, 0))
		d.probe = true
		got, err := d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: 1, Rows: []cdp.Delta{{Op: cdp.Add, RowID: "1"}}})
		if err != nil || got.rows() != 1 || dest.calls != 1 {
			t.Fatalf("up %v: %v %v, %d calls", up, got, err, dest.calls)
		}
		err = d.judge(got)
		var down *DownError
		if up == errors.As(err, &down) {
			t.Errorf("up %v: %v", up, err)
		}
		probe, _ := d.e.Circuit.enter("crm", time.Unix(0, 0))
		if probe == up {
			t.Errorf("up %v: the breaker says %v", up, probe)
		}
	}
}

// TestRowIsNotTheDestination: rows that an answer puts off, or says nothing of, hold up
// themselves. Whoever gave that answer is there: no breaker opens for it, and one that is
// open closes.
func TestRowIsNotTheDestination(t *testing.T) {
	for name, row := range map[string]cdp.Result{
		"deferred": {Fate: cdp.Deferred, Code: cdp.Unavailable, After: time.Hour},
		"unknown":  {Fate: cdp.Unknown, Code: cdp.NoAnswer},
	} {
		for _, probe := range []bool{true, false} {
			d, _ := newDelivery(func(call int, b cdp.Batch) ([]cdp.Result, error) {
				if call == 2 {
					return nil, errors.New("connection reset") // not the last word
				}
				return all(b, row), nil
			})
			d.e.Circuit = &Circuit{}
			if d.probe = probe; probe {
				d.e.Circuit.trip("crm", "refused", time.Unix(-3600, 0))
			}
			for n := range 5 {
				got, err := d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: uint32(n), Rows: []cdp.Delta{{Op: cdp.Add, RowID: "1"}}})
				if err != nil || got.rows() != 1 {
					t.Fatalf("%s: %v %v", name, got, err)
				}
				if err := d.judge(got); err != nil {
					t.Errorf("%s, probe %t: %v", name, probe, err)
				}
			}
			d.unanswered()
			if again, err := d.e.Circuit.enter("crm", time.Unix(0, 0)); again || err != nil {
				t.Errorf("%s, probe %t: the breaker says %v, %v", name, probe, again, err)
			}
		}
	}
}

// TestNothingSentIsNoAnswer: a batch of which no row can be sent does not close a breaker: nobody was
// called.
func TestNothingSentIsNoAnswer(t *testing.T) {
	d, dest := newDelivery(nil)
	d.e.Circuit = &Circuit{}
	d.e.Circuit.trip("crm", "refused", time.Unix(-3600, 0))
	d.probe = true
	got, err := d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: 1, Rows: []cdp.Delta{{Op: cdp.Add, RowID: "1", Fields: make([]byte, 2000)}}})
	if err != nil || got.rows() != 1 || got.acks[0].Result.Code != cdp.TooLarge || dest.calls != 0 || d.judge(got) != nil {
		t.Fatalf("%+v, %v, %d calls", got, err, dest.calls)
	}
	if probe, err := d.e.Circuit.enter("crm", time.Unix(0, 0)); !probe || err != nil || d.answered {
		t.Errorf("the breaker says %v, %v", probe, err)
	}
}

// TestNotSentBesideNoAnswer: a row that cannot be sent makes no answer of a batch that got none, nor
// of one that was not called for.
func TestNotSentBesideNoAnswer(t *testing.T) {
	b := cdp.Batch{Op: cdp.Add, Number: 1, Rows: []cdp.Delta{{Op: cdp.Add, RowID: "1", Fields: make([]byte, 2000)}, {Op: cdp.Add, RowID: "2"}, {Op: cdp.Add, RowID: "3", KH: 7}}}
	ended, end := context.WithCancel(t.Context())
	end()
	for name, c := range map[string]struct {
		soft        context.Context
		calls, acks int
		down        bool
	}{
		"no answer":  {t.Context(), 1, 3, true},
		"not called": {ended, 0, 2, false},
	} {
		d, dest := newDelivery(func(int, cdp.Batch) ([]cdp.Result, error) { return nil, errors.New("connection reset") })
		d.e.Circuit = &Circuit{}
		d.e.Circuit.trip("crm", "refused", time.Unix(-3600, 0))
		d.probe, d.moved[7] = true, true
		got, err := d.push(c.soft, t.Context(), b)
		if err != nil || dest.calls != c.calls || got.rows() != c.acks {
			t.Fatalf("%s: %+v, %v, %d calls", name, got, err, dest.calls)
		}
		var down *DownError
		if err := d.judge(got); errors.As(err, &down) != c.down || d.answered || !d.probe {
			t.Errorf("%s: %v, answered %t, probe %t", name, err, d.answered, d.probe)
		}
		if probe, err := d.e.Circuit.enter("crm", time.Unix(0, 0)); !probe || err != nil {
			t.Errorf("%s: the breaker says %v, %v", name, probe, err)
		}
	}
}

// TestDownIsTold: what says that a destination is down opens its breaker, and the
// error tells until when; what does not leaves it alone.
func TestDownIsTold(t *testing.T) {
	s := &cdp.Sync{Destination: crm()}
	for _, tc := range []struct {
		err  error
		down bool
	}{
		{&DownError{Destination: "crm", Reason: "no answer in time"}, true},
		{&cdp.Throttled{Code: cdp.Unavailable, Reason: "not reached"}, true},
		{&cdp.Throttled{Code: cdp.RateLimited, Reason: "slow down"}, false},
		{&cdp.Fatal{Reason: "no"}, false},
		{nil, false},
	} {
		e := &Engine{Clock: &fastClock{now: time.Unix(0, 0)}, Circuit: &Circuit{}}
		err := e.judge(s, "crm", tc.err)
		r := &SyncReport{}
		r.conclude(context.Background(), err)
		_, paused := e.Circuit.enter("crm", time.Unix(1, 0))
		if (paused != nil) != tc.down || tc.down != strings.Contains(r.Help, "paused until 00:01:00 UTC") {
			t.Errorf("%v: paused %v, %q", tc.err, paused, r.Help)
		}
		if tc.err != nil && r.Status != Failed {
			t.Errorf("%v: %s", tc.err, r.Status)
		}
		if paused != nil {
			r := &SyncReport{}
			r.conclude(context.Background(), e.judge(s, "crm", paused))
			if r.Status != Waited || !strings.Contains(r.Error, "paused until") {
				t.Errorf("%+v", r)
			}
		}
	}
}
