package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// keeper is a destination that has every record, and is told of each question.
type keeper struct {
	scripted
	asked func(rows int)
}

func (k *keeper) Find(_ context.Context, _ cdp.Delivery, rows []cdp.Delta) ([]string, error) {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = "id"
	}
	k.asked(len(rows))
	return ids, nil
}

// TestLeaseLostWhileLookingUp: a run that may have lost its lease asks no more what a destination
// has, and takes nothing that it has found for a record from before kith: another run may have
// made it meanwhile, and a row that is once taken for somebody else's is so for good.
func TestLeaseLostWhileLookingUp(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]func(asked, of int) bool{
		"between two questions":   func(asked, _ int) bool { return asked > 0 },
		"after the last question": func(asked, of int) bool { return asked == of },
		"not at all":              func(int, int) bool { return false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newReadable(t, rand.New(rand.NewPCG(3, 4)))
			asked, alive := 0, true
			of := len(w.rows[cdp.Add])
			w.d.dest = &keeper{asked: func(rows int) { asked += rows; alive = !lost(asked, of) }}
			w.d.alive = func() bool { return alive }
			w.d.report, w.d.cs.baseline, w.d.lane = &SyncReport{}, "baseline_rows", laneOf(SystemClock{}, cdp.Limits{})
			err := w.d.leaveExisting(t.Context(), t.Context())
			found := ledger.Uint(w.query("SELECT count() FROM " + w.p.State + ".foreign_rows FINAL")[0][0])
			switch ends := errors.Is(err, ErrLeaseLost); {
			case name == "not at all" && (err != nil || asked != of || found != uint64(of)):
				t.Errorf("%v: asked about %d of %d rows, %d found", err, asked, of, found)
			case name != "not at all" && (!ends || found != 0 || !lost(asked, of)):
				t.Errorf("%v: %d rows are somebody else's", err, found)
			case name == "between two questions" && asked > w.d.limits.MaxRows:
				t.Errorf("asked about %d rows", asked)
			}
			if r := (&SyncReport{}); name != "not at all" {
				r.conclude(t.Context(), err)
				if r.Status != Failed || !again(err) {
					t.Errorf("%s, again %t", r.Status, again(err))
				}
			}
		})
	}
}

// TestFoundOfAnother: what another run has acknowledged, or taken away again, is known at once,
// also where answers wait to be folded: a record that is kith's does not pass for one from before it.
func TestFoundOfAnother(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		w := newWorldOf(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))), d)
		const baseline = "baseline_people"
		w.entity.Links[0].Source.Key = []string{"email"}
		sync := &cdp.Sync{Item: cdp.Item{Name: "people"}, Source: w.entity.Links[0].Source, Kind: cdp.Object, Remote: "people", Destination: crm()}
		diff := w.e.Compiler.Diff(sync, cdp.DestinationSpec{Writes: []cdp.RemoteSpec{{Kind: cdp.Object}}}, compile.DiffInput{Baseline: baseline, Mapping: 1})
		for _, s := range diff.CreateBaseline() {
			w.sql(s.SQL)
		}
		ack := func(epoch uint64, op cdp.Op, r cdp.Result, rows ...string) {
			t.Helper()
			var acks []ledger.Ack
			for _, row := range rows {
				acks = append(acks, ledger.Ack{Row: cdp.Delta{Op: op, KH: 7, RowID: row, Key: row, H: 9}, Result: r, Ver: epoch << 32, At: testNow})
			}
			if err := w.e.Ledger.Acknowledge(t.Context(), ledger.SyncRun{Sync: sync.Name, Run: "r", Epoch: epoch}, baseline, "crm", acks); err != nil {
				t.Fatal(err)
			}
		}
		done, there := cdp.Result{Fate: cdp.Delivered}, cdp.Result{Fate: cdp.Skipped, Code: cdp.Exists}
		ack(2, cdp.Add, done, "left")
		if err := w.e.Ledger.Fold(t.Context(), baseline, 0); err != nil {
			t.Fatal(err)
		}
		ack(4, cdp.Add, done, "made", "gone")
		ack(5, cdp.Remove, done, "gone", "left")
		ack(3, cdp.Add, there, "made", "gone", "left", "found")
		var got []string
		for _, r := range w.query("SELECT row_id FROM " + w.p.State + ".foreign_rows ORDER BY row_id") {
			got = append(got, ledger.Text(r[0]))
		}
		if want := []string{"found", "gone", "left"}; !slices.Equal(got, want) {
			t.Errorf("%v are taken for somebody else's, not %v", got, want)
		}
	})
}

// TestLeaseLostBeforeMapping: a run that was paused between its choice of a number for the fields
// of its sync and their record does not record them: another run has had the same number for its own.
func TestLeaseLostBeforeMapping(t *testing.T) {
	t.Parallel()
	w := newWorld(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))))
	now := time.Now()
	l, err := ledger.Open(t.Context(), w.w, w.e.Compiler, ledger.Options{Holder: ledger.Self(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	lease, err := l.Acquire(t.Context(), "people")
	if err != nil {
		t.Fatal(err)
	}
	write := func(fields ...string) error {
		cs := &changeset{sync: &cdp.Sync{Item: cdp.Item{Name: "people"}}, unwritten: []ledger.Mapping{{Sync: "people", Version: 1, Hash: "kith/1", Fields: fields}}}
		return w.e.writeMapping(t.Context(), &request{now: now}, cs, lease)
	}
	if err := write("a"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if err := write("b"); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("%v", err)
	}
	if m, err := l.LastMapping(t.Context(), "people"); err != nil || !slices.Equal(m.Fields, []string{"a"}) {
		t.Errorf("%+v, %v", m, err)
	}
}
