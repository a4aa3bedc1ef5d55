package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/rate"
)

// TestUnknownRows: rows whose part of a batch got no answer are sent again, as a batch without
// one is; until they are answered, and where no answer comes at all, they may be there.
func TestUnknownRows(t *testing.T) {
	lost := cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer}
	for name, c := range map[string]struct {
		then  func(cdp.Batch) ([]cdp.Result, error)
		fate  cdp.Fate
		calls int
		doubt bool
	}{
		"taken": {func(b cdp.Batch) ([]cdp.Result, error) { return all(b, cdp.Result{Fate: cdp.Delivered}), nil }, cdp.Delivered, 2, true},
		"exists": {func(b cdp.Batch) ([]cdp.Result, error) {
			return all(b, cdp.Result{Fate: cdp.Skipped, Code: cdp.Exists}), nil
		}, cdp.Skipped, 2, true},
		"busy":   {func(cdp.Batch) ([]cdp.Result, error) { return nil, &cdp.Throttled{Code: cdp.RateLimited} }, cdp.Unknown, 4, true},
		"fatal":  {func(cdp.Batch) ([]cdp.Result, error) { return nil, &cdp.Fatal{Reason: "wrong token"} }, cdp.Unknown, 2, false},
		"silent": {func(b cdp.Batch) ([]cdp.Result, error) { return all(b, lost), nil }, cdp.Unknown, 4, true},
	} {
		d, dest := newDelivery(func(call int, b cdp.Batch) ([]cdp.Result, error) {
			if call > 1 {
				if len(b.Rows) != 1 || b.Rows[0].RowID != "b" {
					t.Errorf("%s: asked again for %+v", name, b.Rows)
				}
				return c.then(b)
			}
			return []cdp.Result{{Fate: cdp.Skipped, Code: cdp.Exists}, lost}, nil
		})
		got, _ := d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: 1, Rows: []cdp.Delta{{Op: cdp.Add, RowID: "a", H: 1}, {Op: cdp.Add, RowID: "b", H: 1}}})
		if len(got.acks) != 2 || dest.calls != c.calls {
			t.Fatalf("%s: %d calls, %+v", name, dest.calls, got.acks)
		}
		if a, b := got.acks[0], got.acks[1]; a.Result.Fate != cdp.Skipped || a.Doubt || b.Result.Fate != c.fate || b.Doubt != c.doubt {
			t.Errorf("%s: %+v", name, got.acks)
		}
	}
}

// TestRowsLimited: a refusal of some rows for the rate is one of the account, as that of a
// whole batch is: nobody calls there before the time that it tells.
func TestRowsLimited(t *testing.T) {
	d, _ := newDelivery(func(call int, b cdp.Batch) ([]cdp.Result, error) {
		out := all(b, cdp.Result{Fate: cdp.Delivered})
		if call == 1 {
			out[1] = cdp.Result{Fate: cdp.Deferred, Code: cdp.RateLimited, After: 10 * time.Second}
		}
		return out, nil
	})
	begun := d.e.Clock.Now()
	_, err := d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: 1, Rows: []cdp.Delta{{Op: cdp.Add, RowID: "a", H: 1}, {Op: cdp.Add, RowID: "b", H: 1}}})
	_, _, callErr := d.lane.Call(t.Context(), t.Context(), 1, func(context.Context) error { return nil })
	if rests := d.e.Clock.Now().Sub(begun); err != nil || callErr != nil || rests < 10*time.Second || rests > 11*time.Second || d.report.Throttle != 1 {
		t.Errorf("%v, %v: the account rests for %s, %d refusals", err, callErr, rests, d.report.Throttle)
	}
}

// TestResultsBesideAnError: a destination that says what became of some rows and returns an
// error as well is believed in the former: the error is about the others.
func TestResultsBesideAnError(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		fate cdp.Fate
	}{
		"busy":    {&cdp.Throttled{Code: cdp.RateLimited, After: time.Hour}, cdp.Deferred},
		"refused": {&cdp.Refused{Row: -1, Code: cdp.InvalidValue}, cdp.Rejected},
		"fatal":   {&cdp.Fatal{Reason: "wrong token"}, ""},
		"lost":    {errors.New("connection reset"), cdp.Unknown},
		"doubt":   {&cdp.Throttled{Code: cdp.Unavailable, Doubt: true}, cdp.Unknown},
	} {
		fates, _, err := pushed(t, 3, func(_ int, b cdp.Batch) ([]cdp.Result, error) {
			out := make([]cdp.Result, len(b.Rows))
			if len(b.Rows) == 3 {
				out[0].Fate = cdp.Delivered
			}
			return out, c.err
		})
		if fates["0"] != cdp.Delivered || fates["1"] != c.fate || fates["2"] != c.fate {
			t.Errorf("%s: %v", name, fates)
		}
		var fatal *cdp.Fatal
		if errors.As(err, &fatal) != (name == "fatal") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBusyInDoubt: a destination that says that it is busy may have applied the batch all the
// same where it does not say that it has not. It is waited for as long as it asks, as often as
// for one that has not; what it says afterwards is held to be of that try, and what it never
// answers is unknown.
func TestBusyInDoubt(t *testing.T) {
	for _, doubt := range []bool{false, true} {
		busy := &cdp.Throttled{After: 7 * time.Second, Code: cdp.Unavailable, Reason: "CRM answered 503", Doubt: doubt}
		d, dest := newDelivery(func(call int, b cdp.Batch) ([]cdp.Result, error) {
			if call == 1 {
				return nil, busy
			}
			return all(b, cdp.Result{Fate: cdp.Skipped, Code: cdp.Exists}), nil
		})
		b := cdp.Batch{Op: cdp.Add, Number: 1, Rows: []cdp.Delta{{Op: cdp.Add, RowID: "a", H: 1}}}
		begun := d.e.Clock.Now()
		got, err := d.push(t.Context(), t.Context(), b)
		if err != nil || len(got.acks) != 1 || got.acks[0].Doubt != doubt || dest.calls != 2 || d.e.Clock.Now().Sub(begun) != busy.After || d.report.Throttle != 1 {
			t.Errorf("doubt %t: %v, %+v in %d calls, %s", doubt, err, got.acks, dest.calls, d.e.Clock.Now().Sub(begun))
		}
		if tried := <-d.acks; tried.tried[0].Result.Reason != busy.Reason {
			t.Errorf("doubt %t: the log has %+v", doubt, tried.tried)
		}

		for _, after := range []time.Duration{0, 7 * time.Second, time.Hour} {
			busy.After = after
			fates, calls, err := pushed(t, 3, func(int, cdp.Batch) ([]cdp.Result, error) { return nil, busy })
			want := map[bool]cdp.Fate{false: cdp.Deferred, true: cdp.Unknown}[doubt]
			if tries := map[bool]int{true: 1, false: 4}[after == time.Hour]; err != nil || count(fates, want) != 3 || calls != tries {
				t.Errorf("doubt %t, after %s: %v, %v in %d calls", doubt, after, err, fates, calls)
			}
		}
	}
}

// TestRefusedInPart: of a batch that is refused although some rows of it were applied, nobody
// knows which, every row may be there until it is answered by itself.
func TestRefusedInPart(t *testing.T) {
	no := &cdp.Refused{Row: -1, Code: cdp.OtherRejection, Doubt: true}
	b := cdp.Batch{Op: cdp.Change, Number: 1, Rows: []cdp.Delta{{Op: cdp.Change, RowID: "a", H: 1}, {Op: cdp.Change, RowID: "b", H: 1}}}
	d, _ := newDelivery(func(_ int, b cdp.Batch) ([]cdp.Result, error) {
		if len(b.Rows) > 1 {
			return nil, no
		}
		return all(b, cdp.Result{Fate: cdp.Rejected, Code: cdp.Conflict}), nil
	})
	got, err := d.push(t.Context(), t.Context(), b)
	if err != nil || len(got.acks) != 2 || !got.acks[0].Doubt || !got.acks[1].Doubt {
		t.Errorf("%v: %+v", err, got.acks)
	}
	fates, _, err := pushed(t, 2, func(call int, _ cdp.Batch) ([]cdp.Result, error) {
		if call == 1 {
			return nil, no
		}
		return nil, &cdp.Throttled{Code: cdp.RateLimited, After: time.Hour}
	})
	var over *rate.LimitedError
	if !errors.As(err, &over) || count(fates, cdp.Unknown) != 2 {
		t.Errorf("%v: %v", err, fates)
	}
}

// TestBriefIsText: the text of an error is cut between two letters, never within one.
func TestBriefIsText(t *testing.T) {
	for _, prefix := range []string{"", "a", "ab", "abc"} {
		for _, letter := range []string{"я", "語", "😀"} {
			if s := brief(errors.New(prefix + strings.Repeat(letter, 100))); !utf8.ValidString(s) || len(s) < 190 || len(s) > 200 {
				t.Errorf("%q: %d bytes", s, len(s))
			}
		}
	}
}

// TestProgress: a batch goes again while that settles rows of it, as long as nobody asks for a pause:
// a vendor may refuse a request for one row at a time. It does not go on for ever.
func TestProgress(t *testing.T) {
	for name, c := range map[string]struct {
		rows             int
		after            time.Duration
		settled          int // of each call
		calls, delivered int
	}{
		"one by one": {20, 0, 1, 20, 20},
		"many":       {200, 0, 1, 104, 104},
		"a pause":    {20, time.Second, 1, 4, 4},
		"none":       {20, 0, 0, 4, 0},
	} {
		fates, calls, err := pushed(t, c.rows, func(_ int, b cdp.Batch) ([]cdp.Result, error) {
			out := all(b, cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, After: c.after})
			for i := range c.settled {
				out[i] = cdp.Result{Fate: cdp.Delivered}
			}
			return out, nil
		})
		if n := count(fates, cdp.Delivered); err != nil || calls != c.calls || n != c.delivered || n+count(fates, cdp.Deferred) != c.rows {
			t.Errorf("%s: %d delivered of %d calls, %v", name, n, calls, err)
		}
	}
}
