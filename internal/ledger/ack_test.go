package ledger

import (
	"reflect"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/kithdata/kith/internal/cdp"
)

// TestIDOfBefore: the remote id of a member whose match values are sent anew is of who was
// matched before; if the answer is lost, a removal must look up who may be there.
func TestIDOfBefore(t *testing.T) {
	member := cdp.Delta{Op: cdp.Add, RowID: "p1", Key: "p1", H: 1, Match: []byte(`{"email":["new@example.com"]}`), RemoteID: "17"}
	record := cdp.Delta{Op: cdp.Change, RowID: "p1", Key: "k", H: 1, RemoteID: "17"}
	leaving := member
	leaving.Op = cdp.Remove
	for _, c := range []struct {
		row    cdp.Delta
		result cdp.Result
		want   string
	}{
		{member, cdp.Result{Fate: cdp.Unknown}, ""},
		{member, cdp.Result{Fate: cdp.Pending, Job: "j"}, ""},
		{member, cdp.Result{Fate: cdp.Delivered, RemoteID: "18"}, "18"},
		{leaving, cdp.Result{Fate: cdp.Unknown}, "17"},
		{record, cdp.Result{Fate: cdp.Unknown}, "17"},
		{record, cdp.Result{Fate: cdp.Skipped, Code: cdp.NotFound}, cdp.NoRecord},
		{member, cdp.Result{Fate: cdp.Skipped, Code: cdp.NotFound}, "17"},
	} {
		row, ok := Ack{Row: c.row, Result: c.result}.BaselineRow()
		if !ok || row[slices.Index(BaselineColumns, "remote_id")] != c.want {
			t.Errorf("%s %s: %v", c.row.Op, c.result.Fate, row)
		}
	}
}

// TestAgain: a row that a full run did not deliver may be as it was sent before, and differs
// from then on, as a change of the record that is there.
func TestAgain(t *testing.T) {
	d := cdp.Delta{Op: cdp.Change, KH: 3, RowID: "p1", Key: "k", H: 9, RemoteID: "17", Match: []byte("{}")}
	fh := []uint32{4, 5}
	for _, fate := range []cdp.Fate{cdp.Deferred, cdp.Rejected} {
		for _, again := range []bool{false, true} {
			row, ok := Ack{Row: d, Result: cdp.Result{Fate: fate}, FH: fh, Ver: 6, Mapping: 2, Again: again}.BaselineRow()
			if ok != again {
				t.Errorf("%s, again %t: %v", fate, again, row)
			}
			want := cdp.Row{uint64(3), "p1", "k", uint64(0), fh, "17", "{}", uint64(0), uint64(2), uint64(6), uint64(0)}
			if again && !reflect.DeepEqual(row, want) {
				t.Errorf("%s: %v, not %v", fate, row, want)
			}
		}
	}
	missing := d
	missing.RemoteID, missing.Missing = "", true
	if row, _ := (Ack{Row: missing, Result: cdp.Result{Fate: cdp.Deferred}, Again: true}).BaselineRow(); row[slices.Index(BaselineColumns, "remote_id")] != cdp.NoRecord {
		t.Errorf("of what is not there: %v", row)
	}
	for _, op := range []cdp.Op{cdp.Remove, cdp.Add, cdp.Rekey} { // these differ by themselves
		d.Op = op
		if row, ok := (Ack{Row: d, Result: cdp.Result{Fate: cdp.Deferred}, Again: true}).BaselineRow(); ok {
			t.Errorf("%s: %v", op, row)
		}
	}
}

// TestLegible: what a vendor says goes into the ledger as text, whatever bytes it is of, and an
// answer that is text stays as it is.
func TestLegible(t *testing.T) {
	good := Ack{Row: cdp.Delta{RowID: "\xff"}, Result: cdp.Result{Fate: cdp.Rejected, Code: cdp.Conflict, Vendor: "ключ", Reason: "занят", RemoteID: "17", Job: "j"}}
	bad := good
	bad.Result.Vendor, bad.Result.Reason, bad.Result.RemoteID, bad.Result.Job = "\xd1", "нет\xd1", "17\xff", "\xc0j"
	acks := []Ack{good, bad}
	got := legible(acks)
	if !reflect.DeepEqual(got[0], good) || !reflect.DeepEqual(acks[1], bad) {
		t.Errorf("%+v of %+v", got, acks)
	}
	for _, s := range []string{got[1].Result.Vendor, got[1].Result.Reason, got[1].Result.RemoteID, got[1].Result.Job} {
		if s == "" || !utf8.ValidString(s) {
			t.Errorf("%q", s)
		}
	}
}

// TestLost: a row whose record is not there to be renamed is in no baseline any more, unless an
// earlier try may have renamed it and only its key finds it.
func TestLost(t *testing.T) {
	for _, c := range []struct {
		doubt  bool
		remote string
		key    string
		del    uint64
	}{{false, "", "new", 1}, {false, "17", "new", 1}, {true, "17", "new", 1}, {true, "", "old", 0}} {
		a := Ack{
			Row:    cdp.Delta{Op: cdp.Rekey, RowID: "p1", Key: "new", OldKey: "old", H: 9, RemoteID: c.remote},
			Result: cdp.Result{Fate: cdp.Skipped, Code: cdp.NotFound}, Doubt: c.doubt,
		}
		row, ok := a.BaselineRow()
		if !ok || row[slices.Index(BaselineColumns, "key")] != c.key || row[slices.Index(BaselineColumns, "del")] != c.del || row[slices.Index(BaselineColumns, "h")] != uint64(0) {
			t.Errorf("%+v: %v", c, row)
		}
		if _, doubtful := a.DoubtfulRow(); doubtful != (c.del == 0) {
			t.Errorf("%+v: a doubtful key: %t", c, doubtful)
		}
	}
}

// TestMissed: of a row that was not found where it was to be removed nobody knows whether it is
// there, and the same removal is refused however often. Half of a move, or what has gone, stays as it was.
func TestMissed(t *testing.T) {
	d := cdp.Delta{Op: cdp.Remove, Action: cdp.ActionRemove, Reason: cdp.Left, KH: 3, RowID: "p1", Key: "k", H: 9, RemoteID: "17", Match: []byte("{}")}
	no := cdp.Result{Fate: cdp.Rejected, Code: cdp.NotFound}
	first := Ack{Row: d, Result: no, FH: []uint32{4}, Ver: 6, Mapping: 2}
	row, ok := first.BaselineRow()
	want := cdp.Row{uint64(3), "p1", "k", uint64(0), []uint32(nil), "17", "{}", uint64(0), uint64(2), uint64(6), uint64(0)}
	if !ok || !reflect.DeepEqual(row, want) {
		t.Errorf("%v, not %v", row, want)
	}
	d.H = 0
	if second := (Ack{Row: d, Result: no}); second.refused() != first.refused() {
		t.Error("the second refusal is of another removal")
	}
	half, other := first, first
	half.Row.Reason, other.Result.Code = cdp.NoReason, cdp.NotPermitted
	for _, a := range []Ack{half, other, {Row: d, Result: no}} {
		if row, ok := a.BaselineRow(); ok {
			t.Errorf("%+v: %v", a, row)
		}
	}
}
