package hubspot_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
)

// A contact that was merged into another: whoever was in by it leaves under what their
// addresses are now, less those that are not theirs to give up.
func TestAudienceMerged(t *testing.T) {
	p := newPortal(t)
	d := open(t, p, nil)
	push(t, d, vip(), member(1), member(2), member(3))
	for _, id := range []string{"100", "101"} { // each into one that takes over its place
		delete(p.lists["1"].members, id)
		p.lists["1"].members["1"+id] = true
		p.records["contacts"]["1"+id] = p.records["contacts"][id]
		delete(p.records["contacts"], id)
	}
	leave := func(i int, id string) cdp.Delta {
		r := member(i)
		r.Op, r.Action, r.Reason, r.RemoteID = cdp.Remove, cdp.ActionRemove, cdp.Withdrawn, id
		return r
	}
	spared := leave(2, "101")
	spared.Match = json.RawMessage(`{"email":[]}`)
	if got := push(t, d, vip(), leave(1, "100"), spared, leave(3, "102")); got[0].Fate != cdp.Delivered || got[1].Fate != cdp.Delivered || got[2].Fate != cdp.Delivered {
		t.Errorf("%+v", got)
	}
	if got := p.inList(); !slices.Equal(got, []string{member(2).Key}) {
		t.Error(got)
	}
}
