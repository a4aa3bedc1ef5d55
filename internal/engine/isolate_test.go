package engine

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// crash is what a destination answers that fails at a row.
type crash struct{}

func (crash) Error() string  { return "CRM answered 500" }
func (crash) Answered() bool { return true }

// poisoned answers batches that hold one of some rows with an error, and takes the others.
func poisoned(err error, rows ...int) func(int, cdp.Batch) ([]cdp.Result, error) {
	return func(_ int, b cdp.Batch) ([]cdp.Result, error) {
		for _, r := range b.Rows {
			if slices.Contains(rows, int(r.KH)) {
				return nil, err
			}
		}
		return all(b, cdp.Result{Fate: cdp.Delivered}), nil
	}
}

// rowsOf are rows by their numbers.
func rowsOf(from, to int) (rows []cdp.Delta) {
	for i := from; i < to; i++ {
		rows = append(rows, cdp.Delta{Op: cdp.Add, KH: uint64(i), RowID: strconv.Itoa(i), H: 1})
	}
	return rows
}

// TestPoisonWithoutAnAnswer: a row at which a destination fails without saying so is found as one
// that it refuses is, and is as unknown as it was: no answer says that it was not applied. It is
// sent by itself a few times more, waits as one that was refused does, and opens no breaker.
func TestPoisonWithoutAnAnswer(t *testing.T) {
	for name, bad := range map[string][]int{"one": {7}, "first": {0}, "last": {99}, "two": {7, 80}, "neighbours": {40, 41, 42}} {
		d, dest := newDelivery(poisoned(crash{}, bad...))
		got, err := d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: 1, Rows: rowsOf(0, 100)})
		if err != nil || len(got.acks) != 100 {
			t.Fatalf("%s: %d answers, %v", name, len(got.acks), err)
		}
		for _, a := range got.acks {
			want := map[bool]cdp.Fate{true: cdp.Unknown, false: cdp.Delivered}[slices.Contains(bad, int(a.Row.KH))]
			if a.Result.Fate != want || a.Alone != (want == cdp.Unknown) || !a.Doubt {
				t.Errorf("%s: %+v", name, a)
			}
		}
		if most := 4 + len(bad)*(2*7+moreOfLone); dest.calls > most {
			t.Errorf("%s: %d calls, more than %d", name, dest.calls, most)
		}
		if err := d.judge(got); err != nil || !d.answered {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDownIsNotTakenApart: who fails at everything is down, not poisoned. One batch is looked into
// for a few calls, the others are not; the breaker opens as ever. So is who does not answer
// at all.
func TestDownIsNotTakenApart(t *testing.T) {
	for _, c := range []struct {
		err  error
		most int
	}{{crash{}, mostQuiet}, {errors.New("connection reset"), 0}, {&cdp.Throttled{Code: cdp.Unavailable, Doubt: true}, 0}} {
		d, dest := newDelivery(func(int, cdp.Batch) ([]cdp.Result, error) { return nil, c.err })
		d.e.Circuit = &Circuit{}
		var err error
		for n := range 3 {
			if err != nil {
				t.Fatalf("%v: batch %d: %v", c.err, n, err)
			}
			var got answers
			if got, err = d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: uint32(n), Rows: rowsOf(100*n, 100*n+100)}); err != nil || len(got.acks) != 100 {
				t.Fatalf("%v: %d answers, %v", c.err, len(got.acks), err)
			}
			for _, a := range got.acks {
				if a.Result.Fate != cdp.Unknown || a.Alone {
					t.Fatalf("%v: %+v", c.err, a)
				}
			}
			err = d.judge(got)
		}
		var down *DownError
		if whole := 3 * (1 + d.limits.Retries); !errors.As(err, &down) || dest.calls != whole+c.most {
			t.Errorf("%v: %v after %d calls, %d and %d", c.err, err, dest.calls, whole, c.most)
		}
	}
}

// TestPoisonAlone: of a row that is sent by itself nobody knows whether it or the destination is
// to blame: it neither opens a breaker nor closes one. Two of them in a row are no accident.
func TestPoisonAlone(t *testing.T) {
	for _, probe := range []bool{false, true} {
		d, _ := newDelivery(poisoned(crash{}, 0, 1))
		d.e.Circuit = &Circuit{}
		if d.probe = probe; probe {
			d.e.Circuit.trip("crm", "refused", time.Unix(-3600, 0))
		}
		push := func(from, to int) error {
			t.Helper()
			got, err := d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: 1, Rows: rowsOf(from, to)})
			if err != nil || len(got.acks) != 1 || got.acks[0].Result.Fate != cdp.Unknown || got.acks[0].Alone {
				t.Errorf("%+v, %v", got, err)
			}
			return d.judge(got)
		}
		if err := push(0, 1); err != nil {
			t.Error(err)
		}
		d.unanswered()
		if again, err := d.e.Circuit.enter("crm", time.Unix(0, 0)); again != probe || err != nil {
			t.Errorf("probe %t: the breaker says %v, %v", probe, again, err)
		}
		if err := push(1, 2); (err != nil) != probe || d.broken != 1 {
			t.Errorf("probe %t: %v, %d broken", probe, err, d.broken)
		}
	}
}

// TestPoisonBesideOthers: while other batches are answered a row that goes alone is known to be to
// blame, and a batch is taken apart however many of its rows are.
func TestPoisonBesideOthers(t *testing.T) {
	var d *delivery
	d, dest := newDelivery(func(int, cdp.Batch) ([]cdp.Result, error) {
		d.hear() // by another worker
		return nil, crash{}
	})
	got, err := d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: 1, Rows: rowsOf(0, 1)})
	if err != nil || len(got.acks) != 1 || !got.acks[0].Alone || got.silent || got.moot {
		t.Errorf("%+v, %v", got, err)
	}
	dest.calls = 0
	got, err = d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: 1, Rows: rowsOf(0, 100)})
	if n := newIsolation(100).left; err != nil || len(got.acks) != 100 || got.silent || dest.calls > 1+d.limits.Retries+2*n*(1+moreOfLone) {
		t.Errorf("%d answers in %d calls, %v", len(got.acks), dest.calls, err)
	}
	if err := d.judge(got); err != nil {
		t.Error(err)
	}
}
