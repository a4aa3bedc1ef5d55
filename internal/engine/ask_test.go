package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/rate"
)

// busyCheck is a destination that is busy when it is checked, some times.
type busyCheck struct {
	scripted
	busy []error
}

func (b *busyCheck) Check(context.Context, cdp.Delivery) error {
	b.calls++
	if b.calls <= len(b.busy) {
		return b.busy[b.calls-1]
	}
	return nil
}

// TestCheckIsRepeated: a destination that is busy, or not reached, is checked again, as it
// is pushed to again; what is wrong with the delivery is told at once.
func TestCheckIsRepeated(t *testing.T) {
	for name, c := range map[string]struct {
		busy  []error
		calls int
		ok    bool
	}{
		"busy":      {[]error{&cdp.Throttled{After: 7 * time.Second, Code: cdp.RateLimited}, &cdp.Throttled{Code: cdp.Unavailable}, errors.New("connection lost")}, 4, true},
		"wrong":     {[]error{&cdp.Throttled{Code: cdp.RateLimited}, &cdp.Fatal{Reason: "wrong token"}}, 2, false},
		"too often": {slices.Repeat([]error{&cdp.Throttled{Code: cdp.RateLimited}}, 9), 4, false},
		"too long":  {[]error{&cdp.Throttled{After: time.Hour, Code: cdp.RateLimited}}, 1, false},
	} {
		d, _ := newDelivery(nil)
		dest := &busyCheck{busy: c.busy}
		d.dest = dest
		begun := d.e.Clock.Now()
		err := d.check(t.Context())
		if (err == nil) != c.ok || dest.calls != c.calls {
			t.Errorf("%s: %v after %d calls", name, err, dest.calls)
		}
		if took := d.e.Clock.Now().Sub(begun); took > time.Minute || c.ok && took < 7*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
	}
}

// busyFinder answers every question with an error.
type busyFinder struct{ err error }

func (f busyFinder) Find(context.Context, cdp.Delivery, []cdp.Delta) ([]string, error) {
	return nil, f.err
}

// TestLongWaitToFind: nor does a question wait for that.
func TestLongWaitToFind(t *testing.T) {
	for _, code := range []cdp.Code{cdp.RateLimited, cdp.Unavailable} {
		d, _ := newDelivery(nil)
		begun := d.e.Clock.Now()
		_, err := d.find(t.Context(), t.Context(), busyFinder{&cdp.Throttled{After: time.Hour, Code: code}}, make([]cdp.Delta, 1))
		var (
			over *rate.LimitedError
			wait *cdp.Throttled
		)
		if took := d.e.Clock.Now().Sub(begun); errors.As(err, &over) != (code == cdp.RateLimited) || errors.As(err, &wait) != (code == cdp.Unavailable) || took > time.Second {
			t.Errorf("%s: %v, took %s", code, err, took)
		}
	}
}

// fussyFinder has every second row, and looks nothing up beside a row that it does not like.
type fussyFinder struct {
	bad  []string
	err  error
	asks int
}

func (f *fussyFinder) Find(_ context.Context, _ cdp.Delivery, rows []cdp.Delta) ([]string, error) {
	f.asks++
	ids := make([]string, len(rows))
	for i, r := range rows {
		if slices.Contains(f.bad, r.Key) {
			return nil, f.err
		}
		if r.KH%2 == 0 {
			ids[i] = "id " + r.Key
		}
	}
	return ids, nil
}

// TestRefusedLookUp: a value that the destination refuses to look up, or fails at each time, is found
// by halves. Its row alone is left out, with the reason; of all others it says what it has.
func TestRefusedLookUp(t *testing.T) {
	for _, c := range []struct {
		err  error
		want cdp.Result
	}{
		{&cdp.Refused{Row: -1, Code: cdp.InvalidValue, Vendor: "INVALID_EMAIL", Reason: "no address"}, cdp.Result{Fate: cdp.Rejected, Code: cdp.InvalidValue, Vendor: "INVALID_EMAIL", Reason: "no address"}},
		{crash{}, cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: "CRM answered 500"}},
	} {
		d, _ := newDelivery(nil)
		finder := &fussyFinder{bad: []string{"k3", "k110"}, err: c.err}
		var rows []cdp.Delta
		for i := range 130 { // two questions
			rows = append(rows, cdp.Delta{Op: cdp.Add, KH: uint64(i), Key: fmt.Sprint("k", i)})
		}
		list, err := d.find(t.Context(), t.Context(), finder, rows)
		if err != nil || len(list) != 130 || finder.asks > 26+2*d.limits.Retries {
			t.Fatalf("%v: %d rows in %d questions, %v", c.err, len(list), finder.asks, err)
		}
		for i, f := range list {
			key := fmt.Sprint("k", i)
			if bad := slices.Contains(finder.bad, key); bad != (f.not != nil) || bad && *f.not != c.want {
				t.Errorf("%v: %s: %+v", c.err, key, f.not)
			} else if want := map[bool]string{true: "id " + key}[i%2 == 0 && !bad]; f.id != want {
				t.Errorf("%v: %s: %q, want %q", c.err, key, f.id, want)
			}
		}
	}
}

// TestNothingLookedUp: who fails at every question is down, and the sync ends with its error.
func TestNothingLookedUp(t *testing.T) {
	d, _ := newDelivery(nil)
	finder := &fussyFinder{bad: []string{""}, err: crash{}}
	if _, err := d.find(t.Context(), t.Context(), finder, make([]cdp.Delta, 100)); !errors.Is(err, crash{}) || finder.asks != 1+d.limits.Retries+mostQuiet {
		t.Errorf("%v after %d questions", err, finder.asks)
	}
}
