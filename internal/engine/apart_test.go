package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// TestClearingApart: rows that clear a field go in batches of their own, by the rates of
// their endpoint, where a destination takes them by another; a null in a text clears nothing.
func TestClearingApart(t *testing.T) {
	d, _ := newDelivery(func(_ int, b cdp.Batch) ([]cdp.Result, error) { return all(b, cdp.Result{Fate: cdp.Delivered}), nil })
	d.target.Kind = cdp.Object
	d.cs.remote.Account = "account"
	d.cs.remote.Spec.Writes = []cdp.RemoteSpec{{Kind: cdp.Object, Clearing: &cdp.Apart{Name: "single", MaxRows: 2, Rates: []cdp.Rate{{Calls: 2, Per: time.Minute}}}}}
	var rows []string
	for i := range 20 {
		fields := `{"a":"null","b":{"c":null}}`
		if i%4 == 0 {
			fields = `{"a":"x","b":null}`
		}
		row, err := pack(cdp.Row{uint64(i), fmt.Sprint(i), "", uint64(0), fmt.Sprint(i), "", uint64(1), []any{}, fields, "", "", nil})
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	open := map[kind]*pile{}
	batches, err := d.cut(cdp.Change, rows, open)
	if err != nil || len(batches) != 2 || len(open) != 2 {
		t.Fatalf("%d batches, %d open, %v", len(batches), len(open), err)
	}
	for k, p := range open {
		batches = append(batches, d.batchOf(cdp.Change, k, p.rows))
	}
	plain := 0
	begun := d.e.Clock.Now()
	for _, b := range batches {
		if !b.Clearing {
			plain += len(b.Rows)
		}
		for i := range b.Rows {
			if b.Rows[i].Clears() != b.Clearing {
				t.Errorf("row %s, clearing %v", b.Rows[i].RowID, b.Clearing)
			}
		}
		if err := d.joinApart(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		got, err := d.push(t.Context(), t.Context(), b)
		if err != nil || got.whole == nil || d.spanned(got.whole) {
			t.Errorf("%v, %+v", err, got)
		}
	}
	if took := d.e.Clock.Now().Sub(begun); plain != 15 || took < time.Minute || took > 70*time.Second {
		t.Errorf("%d rows together; of the others, two at once a minute, took %s", plain, took)
	}
}

// TestCallsOfInsert: an add in mode insert waits for as many calls as it may take, another for its own.
func TestCallsOfInsert(t *testing.T) {
	d, _ := newDelivery(nil)
	d.cs.remote.Spec.Writes = []cdp.RemoteSpec{{Kind: cdp.Object, Insert: 2}}
	for mode, want := range map[cdp.Mode][2]int{cdp.Insert: {2, 1}, cdp.Upsert: {1, 1}} {
		d.target = cdp.Delivery{Kind: cdp.Object, Mode: mode}
		_, add := d.way(cdp.Batch{Op: cdp.Add})
		_, change := d.way(cdp.Batch{Op: cdp.Change})
		if got := [2]int{add, change}; got != want {
			t.Errorf("%s: %v calls of an add and a change, want %v", mode, got, want)
		}
	}
}
