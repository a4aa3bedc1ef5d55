package ledger

import (
	"slices"
	"testing"

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
	} {
		row, ok := Ack{Row: c.row, Result: c.result}.BaselineRow()
		if !ok || row[slices.Index(BaselineColumns, "remote_id")] != c.want {
			t.Errorf("%s %s: %v", c.row.Op, c.result.Fate, row)
		}
	}
}
