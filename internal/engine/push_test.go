package engine

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/rate"
)

// fastClock does not wait.
type fastClock struct{ now time.Time }

func (c *fastClock) Now() time.Time { return c.now }

func (c *fastClock) Sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return ctx.Err()
}

// scripted is a destination that answers as a function says.
type scripted struct {
	calls  int
	answer func(call int, b cdp.Batch) ([]cdp.Result, error)
}

func (s *scripted) Check(context.Context, cdp.Delivery) error { return nil }
func (s *scripted) Close() error                              { return nil }

func (s *scripted) Push(_ context.Context, b cdp.Batch) ([]cdp.Result, error) {
	s.calls++
	return s.answer(s.calls, b)
}

func all(b cdp.Batch, r cdp.Result) []cdp.Result { return slices.Repeat([]cdp.Result{r}, len(b.Rows)) }

func crm() *cdp.DestinationConfig {
	c := &cdp.DestinationConfig{}
	c.Name = "crm"
	return c
}

// laneOf is that of a sync that is alone at an account.
func laneOf(clock Clock, limits cdp.Limits) *rate.Lane {
	l, err := (*rate.Accounts)(nil).Join(context.Background(), rate.Account{Limits: limits, Clock: clock}, cdp.Normal)
	if err != nil {
		panic(err)
	}
	return l
}

// newDelivery is a delivery to a destination that answers as a function says.
func newDelivery(answer func(call int, b cdp.Batch) ([]cdp.Result, error)) (*delivery, *scripted) {
	clock, dest := &fastClock{now: time.Unix(0, 0)}, &scripted{answer: answer}
	return &delivery{
		e: &Engine{Clock: clock, Log: slog.New(slog.DiscardHandler)}, cs: &changeset{sync: &cdp.Sync{Destination: crm()}},
		lease: &ledger.Lease{Epoch: 1}, alive: func() bool { return true }, dest: dest, report: &SyncReport{}, moved: map[uint64]bool{}, acks: make(chan flush, 200),
		limits: cdp.Limits{MaxRows: 100, Retries: 3, MaxWait: time.Minute, RowBytes: 1000}, lane: laneOf(clock, cdp.Limits{Rates: []cdp.Rate{{Calls: 2, Per: time.Second}}}),
	}, dest
}

// pushed sends n rows through a script and returns fates by row.
func pushed(t *testing.T, n int, answer func(call int, b cdp.Batch) ([]cdp.Result, error)) (fates map[string]cdp.Fate, calls int, err error) {
	t.Helper()
	d, dest := newDelivery(answer)
	b := cdp.Batch{Op: cdp.Add, Number: 1}
	for i := range n {
		b.Rows = append(b.Rows, cdp.Delta{Op: cdp.Add, KH: uint64(i), RowID: strconv.Itoa(i), H: 1})
	}
	got, err := d.push(t.Context(), t.Context(), b)
	acks := got.acks
	if got.whole != nil {
		acks = append(acks, d.each(got.whole)...)
	}
	fates = map[string]cdp.Fate{}
	for _, a := range acks {
		if _, twice := fates[a.Row.RowID]; twice {
			t.Errorf("row %s has two fates", a.Row.RowID)
		}
		fates[a.Row.RowID] = a.Result.Fate
	}
	return fates, dest.calls, err
}

func count(fates map[string]cdp.Fate, f cdp.Fate) (n int) {
	for _, x := range fates {
		if x == f {
			n++
		}
	}
	return n
}

// TestPoisonRow: a row for which the destination refuses whole batches is isolated
// by bisection and rejected alone.
func TestPoisonRow(t *testing.T) {
	fates, calls, err := pushed(t, 100, func(_ int, b cdp.Batch) ([]cdp.Result, error) {
		for _, r := range b.Rows {
			if r.RowID == "37" || r.RowID == "38" {
				return nil, &cdp.Refused{Row: -1, Code: cdp.InvalidValue, Reason: "no"}
			}
		}
		return all(b, cdp.Result{Fate: cdp.Delivered}), nil
	})
	if err != nil || len(fates) != 100 || fates["37"] != cdp.Rejected || fates["38"] != cdp.Rejected || count(fates, cdp.Delivered) != 98 {
		t.Errorf("%v, %d rows, %d delivered", err, len(fates), count(fates, cdp.Delivered))
	}
	if calls > 30 {
		t.Errorf("%d calls to find two rows of a hundred", calls)
	}
}

// TestNamedRow: a row that the destination names is taken out at once.
func TestNamedRow(t *testing.T) {
	fates, calls, _ := pushed(t, 10, func(call int, b cdp.Batch) ([]cdp.Result, error) {
		if call == 1 {
			return nil, &cdp.Refused{Row: 3, Code: cdp.InvalidValue}
		}
		return all(b, cdp.Result{Fate: cdp.Delivered}), nil
	})
	if fates["3"] != cdp.Rejected || count(fates, cdp.Delivered) != 9 || calls != 2 {
		t.Errorf("%v in %d calls", fates, calls)
	}
}

// TestNamedRows: rows that one answer names are all taken out at once, and the others sent
// once more, whatever else the answer names.
func TestNamedRows(t *testing.T) {
	for name, row := range map[string]int{"the first": 3, "none first": -1, "nonsense first": 99} {
		reasons := map[string]string{}
		d, dest := newDelivery(func(call int, b cdp.Batch) ([]cdp.Result, error) {
			if call == 1 {
				return nil, &cdp.Refused{Row: row, Code: cdp.InvalidValue, Reason: "one", More: []cdp.Refused{
					{Row: 5, Code: cdp.MissingValue, Reason: "two"}, {Row: 10, Reason: "nobody"}, {Row: -1}, {Row: 5, Reason: "again"}, {Row: 9, Reason: "three"},
				}}
			}
			return all(b, cdp.Result{Fate: cdp.Delivered}), nil
		})
		b := cdp.Batch{Op: cdp.Add, Number: 1}
		for i := range 10 {
			b.Rows = append(b.Rows, cdp.Delta{Op: cdp.Add, KH: uint64(i), RowID: strconv.Itoa(i), H: 1})
		}
		got, err := d.push(t.Context(), t.Context(), b)
		for _, a := range got.acks {
			reasons[a.Row.RowID] += string(a.Result.Fate) + " " + string(a.Result.Code) + " " + a.Result.Reason
		}
		want := map[string]string{"5": "rejected missing_value two", "9": "rejected other_rejection three"}
		if row == 3 {
			want["3"] = "rejected invalid_value one"
		}
		for i := range 10 {
			if id := strconv.Itoa(i); want[id] == "" {
				want[id] = "delivered  "
			}
		}
		if err != nil || dest.calls != 2 || !maps.Equal(reasons, want) {
			t.Errorf("%s: %v in %d calls, %v", name, reasons, dest.calls, err)
		}
	}
}

// TestThrottledThenTaken: what was held back is sent again, all of it.
func TestThrottledThenTaken(t *testing.T) {
	fates, calls, _ := pushed(t, 10, func(call int, b cdp.Batch) ([]cdp.Result, error) {
		if call < 3 {
			return nil, &cdp.Throttled{After: 10 * time.Second, Code: cdp.RateLimited}
		}
		return all(b, cdp.Result{Fate: cdp.Delivered}), nil
	})
	if count(fates, cdp.Delivered) != 10 || calls != 3 {
		t.Errorf("%v in %d calls", fates, calls)
	}
}

// TestKeysStay: idempotency keys are those of every kith before, or what a vendor knows
// would come twice after an upgrade: of a row its operation and value, of an event its id. The
// same values under other fields are another row.
func TestKeysStay(t *testing.T) {
	for kind, want := range map[cdp.RemoteKind]string{
		cdp.Object:   "0b1379353064b7311fea49c30c74b9808347c7a39d4053ddfcb0033b89f328a0",
		cdp.Audience: "0b1379353064b7311fea49c30c74b9808347c7a39d4053ddfcb0033b89f328a0",
		cdp.EventTo:  "f4bff73d4edd1a1284bd894841299392b05c9c33cb0d5e82e614fcac782526ca",
	} {
		d, _ := newDelivery(nil)
		d.run.Sync, d.target.Kind, d.cs.mapping.Version = "s", kind, 1
		row := cdp.Delta{Op: cdp.Change, RowID: "r", H: 7}
		key := d.rowKey(&row)
		if hex.EncodeToString(key[:]) != want {
			t.Errorf("%v: %x", kind, key)
		}
		d.cs.mapping.Version = 2
		if renamed := d.rowKey(&row); renamed == key != (kind == cdp.EventTo) {
			t.Errorf("%v, under another mapping: %x", kind, renamed)
		}
	}
}

// TestBackoffJitters: a repeat waits anything up to a time that doubles with every try, and
// never longer than a destination bears; as long as it says, when it says so.
func TestBackoffJitters(t *testing.T) {
	d, _ := newDelivery(nil)
	for tries, ceiling := range map[int]time.Duration{1: 500 * time.Millisecond, 2: time.Second, 4: 4 * time.Second, 40: time.Minute} {
		low, high := ceiling, time.Duration(0)
		for range 1000 {
			wait := d.backoff(tries, 0)
			low, high = min(low, wait), max(high, wait)
		}
		if high > ceiling || high < ceiling*9/10 || low > ceiling/10 {
			t.Errorf("try %d: from %v to %v of %v", tries, low, high, ceiling)
		}
		if wait := d.backoff(tries, 7*time.Second); wait != 7*time.Second {
			t.Errorf("try %d: %v, told 7 s", tries, wait)
		}
	}
}

// TestNoAnswer: an outcome that stays open is unknown, never guessed.
func TestNoAnswer(t *testing.T) {
	keys := map[string]bool{}
	fates, calls, err := pushed(t, 10, func(_ int, b cdp.Batch) ([]cdp.Result, error) {
		keys[b.IdempotencyKey] = true
		return nil, errors.New("connection reset")
	})
	if err != nil || count(fates, cdp.Unknown) != 10 || calls != 4 || len(keys) != 1 {
		t.Errorf("%v: %v in %d calls under %d keys", err, fates, calls, len(keys))
	}
}

// TestSomeDeferred: only the rows that were deferred are sent again.
func TestSomeDeferred(t *testing.T) {
	fates, _, _ := pushed(t, 10, func(call int, b cdp.Batch) ([]cdp.Result, error) {
		out := all(b, cdp.Result{Fate: cdp.Delivered})
		if call == 1 {
			out[2] = cdp.Result{Fate: cdp.Deferred, After: time.Second}
		} else if len(b.Rows) != 1 || b.Rows[0].RowID != "2" {
			return nil, fmt.Errorf("asked again for %d rows", len(b.Rows))
		}
		return out, nil
	})
	if count(fates, cdp.Delivered) != 10 {
		t.Errorf("%v", fates)
	}
}

// TestFatal: nothing of the batch has a fate, so that all of it still differs.
func TestFatal(t *testing.T) {
	fates, calls, err := pushed(t, 10, func(int, cdp.Batch) ([]cdp.Result, error) { return nil, &cdp.Fatal{Reason: "wrong token"} })
	var fatal *cdp.Fatal
	if !errors.As(err, &fatal) || len(fates) != 0 || calls != 1 {
		t.Errorf("%v, %v in %d calls", err, fates, calls)
	}
}

// TestLeaseLostWhileWaiting: nothing is sent once the lease may be lost, also when that
// happens while a batch waits for its next try.
func TestLeaseLostWhileWaiting(t *testing.T) {
	d, dest := newDelivery(func(int, cdp.Batch) ([]cdp.Result, error) {
		return nil, &cdp.Throttled{After: 50 * time.Second, Code: cdp.RateLimited}
	})
	end := d.e.Clock.Now().Add(20 * time.Second)
	d.alive = func() bool { return d.e.Clock.Now().Before(end) }
	got, err := d.push(t.Context(), t.Context(), cdp.Batch{Op: cdp.Add, Number: 1, Rows: []cdp.Delta{{Op: cdp.Add, RowID: "a", H: 1}}})
	if !errors.Is(err, ErrLeaseLost) || dest.calls != 1 || len(got.acks) != 0 {
		t.Errorf("%v: %d calls, %v", err, dest.calls, got.acks)
	}
}

// TestWrongNumberOfResults: an answer that does not fit is an unknown outcome.
func TestWrongNumberOfResults(t *testing.T) {
	fates, _, _ := pushed(t, 10, func(int, cdp.Batch) ([]cdp.Result, error) { return make([]cdp.Result, 3), nil })
	if count(fates, cdp.Unknown) != 10 {
		t.Errorf("%v", fates)
	}
}

// TestDoubtStays: a try without an answer may have been applied, whatever the next
// one says about being busy or about the token.
func TestDoubtStays(t *testing.T) {
	for name, then := range map[string]error{
		"throttled": &cdp.Throttled{Code: cdp.Unavailable}, "fatal": &cdp.Fatal{Reason: "wrong token"},
	} {
		fates, _, _ := pushed(t, 10, func(call int, _ cdp.Batch) ([]cdp.Result, error) {
			if call == 1 {
				return nil, errors.New("connection reset")
			}
			return nil, then
		})
		if count(fates, cdp.Unknown) != 10 {
			t.Errorf("%s: %v", name, fates)
		}
	}
}

// TestDoubtStaysOfAll: a stop while a batch is split leaves unknown what the try before
// the split may have applied, also the part whose turn did not come.
func TestDoubtStaysOfAll(t *testing.T) {
	soft, stop := context.WithCancel(t.Context())
	d, _ := newDelivery(func(call int, _ cdp.Batch) ([]cdp.Result, error) {
		if call == 1 {
			return nil, errors.New("connection reset")
		}
		stop()
		return nil, &cdp.Refused{Row: -1, Code: cdp.TooLarge}
	})
	b := cdp.Batch{Op: cdp.Add, Number: 1}
	for i := range 10 {
		b.Rows = append(b.Rows, cdp.Delta{Op: cdp.Add, KH: uint64(i), RowID: strconv.Itoa(i), H: 1})
	}
	got, err := d.push(soft, t.Context(), b)
	unknown := 0
	for _, a := range got.acks {
		if a.Result.Fate == cdp.Unknown {
			unknown++
		}
	}
	if err != nil || unknown != 10 || len(got.acks) != 10 {
		t.Errorf("%v: %d of %d answers are unknown", err, unknown, len(got.acks))
	}
}

// TestDoubtStaysOfRejected: a row that is rejected after a try without an answer may be
// there from that try, so that it must be removed some day, or set back. Not so when it is
// rejected for its values: they were no others at the first try.
func TestDoubtStaysOfRejected(t *testing.T) {
	for code, want := range map[cdp.Code]int{cdp.NoCode: 0, cdp.Conflict: 2, cdp.OtherRejection: 2, cdp.InvalidValue: 0} {
		doubt := code != cdp.NoCode
		for _, op := range []cdp.Op{cdp.Add, cdp.Change} {
			d, _ := newDelivery(func(call int, b cdp.Batch) ([]cdp.Result, error) {
				if doubt && call == 1 {
					return nil, errors.New("connection reset")
				}
				return all(b, cdp.Result{Fate: cdp.Rejected, Code: code}), nil
			})
			got, err := d.push(t.Context(), t.Context(), cdp.Batch{Op: op, Number: 1, Rows: []cdp.Delta{{Op: op, RowID: "a", Key: "k", H: 1}, {Op: op, RowID: "b", Key: "l", H: 1}}})
			maybe := 0
			for _, a := range got.acks {
				if a.Result.Fate != cdp.Rejected {
					t.Errorf("%s: %+v", op, a.Result)
				}
				if row, ok := a.BaselineRow(); ok {
					maybe++
					if h := row[slices.Index(ledger.BaselineColumns, "h")]; h != uint64(0) {
						t.Errorf("%s: taken as there: %v", op, row)
					}
				}
			}
			if err != nil || len(got.acks) != 2 || maybe != want {
				t.Errorf("%s, %q: %d of %d rows may be there, %v", op, code, maybe, len(got.acks), err)
			}
		}
	}
}
