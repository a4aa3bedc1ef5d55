package engine

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/rate"
)

// TestLongWait: who is told to come back in an hour does not wait for that, nor do the
// other workers or another sync of the account: they end at once and say until when.
func TestLongWait(t *testing.T) {
	throttled := &cdp.Throttled{After: time.Hour, Code: cdp.RateLimited, Reason: "CRM answered 429"}
	for name, answer := range map[string]func(int, cdp.Batch) ([]cdp.Result, error){
		"batch": func(int, cdp.Batch) ([]cdp.Result, error) { return nil, throttled },
		"rows": func(_ int, b cdp.Batch) ([]cdp.Result, error) {
			return all(b, cdp.Result{Fate: cdp.Deferred, Code: throttled.Code, Reason: throttled.Reason, After: throttled.After}), nil
		},
	} {
		d, dest := newDelivery(answer)
		begun := d.e.Clock.Now()
		for n := range 2 {
			got, err := d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: uint32(n), Rows: []cdp.Delta{{Op: cdp.Add, RowID: "a", H: 1}}})
			var limited *rate.LimitedError
			if !errors.As(err, &limited) || limited.Until != begun.Add(time.Hour) || !strings.Contains(err.Error(), "CRM answered 429") {
				t.Errorf("%s: %v", name, err)
			}
			if len(got.acks) != 1-n || n == 0 && (got.acks[0].Result.Fate != cdp.Deferred || got.acks[0].Result.After != time.Hour) {
				t.Errorf("%s, batch %d: %+v", name, n, got.acks)
			}
		}
		report := &SyncReport{Sync: "contacts"}
		report.conclude(t.Context(), d.e.judge(d.cs.sync, "crm", &rate.LimitedError{Until: begun.Add(time.Hour), Reason: "CRM answered 429"}))
		if report.Status != Failed || !strings.Contains(report.Error, "crm takes no more calls until 1970-01-01 01:00:00 UTC") || report.Help == "" {
			t.Errorf("%s: %+v", name, report)
		}
		if now := d.e.Clock.Now(); dest.calls != 1 || now.Sub(begun) > time.Second {
			t.Errorf("%s: %d calls, took %s", name, dest.calls, now.Sub(begun))
		}
		if err := d.e.Clock.Sleep(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, called, err := d.lane.Call(t.Context(), t.Context(), 1, func(context.Context) error { return nil }); !called || err != nil {
			t.Errorf("%s: afterwards: called %t, %v", name, called, err)
		}
	}
}

// TestAskedAgainInADay: an account that wants no call for months, or decades, as its wait is no
// number of seconds, is left alone for a day, whoever calls; then a call hears what holds now.
func TestAskedAgainInADay(t *testing.T) {
	for _, after := range []time.Duration{3_600_000 * time.Second, 1_000_000_000 * time.Second, math.MaxInt64} {
		d, dest := newDelivery(func(call int, b cdp.Batch) ([]cdp.Result, error) {
			if call == 1 {
				return nil, &cdp.Throttled{After: after, Code: cdp.RateLimited, Reason: "CRM answered 429"}
			}
			return all(b, cdp.Result{Fate: cdp.Delivered}), nil
		})
		begun := d.e.Clock.Now()
		d.e.Rates = &rate.Accounts{Alone: true} // a run joins what the engine keeps of the account, as in a daemon
		run := func() (_ answers, err error) {
			d.lane.Leave()
			if d.lane, err = d.e.join(t.Context(), Remote{Account: "crm"}, cdp.Normal); err != nil {
				t.Fatal(err)
			}
			return d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: 1, Rows: []cdp.Delta{{Op: cdp.Add, RowID: "a", H: 1}}})
		}
		for range 2 {
			_, err := run()
			var over *rate.LimitedError
			if !errors.As(err, &over) || dest.calls != 1 {
				t.Fatalf("%s: %v after %d calls", after, err, dest.calls)
			}
			want := "wants no call until " + begun.Add(after).UTC().Format("2006-01-02 15:04:05 UTC") + " and is asked again from 1970-01-02 00:00:00 UTC on (CRM answered 429)"
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s, want %s", err, want)
			}
			if err := d.e.Clock.Sleep(t.Context(), 23*time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := run(); err != nil || dest.calls != 2 || got.rows() != 1 {
			t.Errorf("%s: a day later %v after %d calls, %d rows", after, err, dest.calls, got.rows())
		}
	}
}
