package hubspot_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination/hubspot"
)

// Keys that differ in case are two records, but for an address.
func TestKeyCase(t *testing.T) {
	objects := hubspot.Spec().Write(cdp.Object)
	if email, own := objects.Fold("email"), objects.Fold("customer_id"); email != cdp.FoldLower || own != cdp.FoldTrim {
		t.Errorf("email is folded by %q, a key of one's own by %q", email, own)
	}
	p := newPortal(t)
	p.noTrace = true
	d := open(t, p, nil)
	del := contacts(cdp.Upsert)
	del.Key, del.Fields = "customer_id", nil
	keyed := func(key, name string) cdp.Delta {
		r := row(1)
		r.Key, r.Fields = key, json.RawMessage(`{"firstname":"`+name+`"}`)
		return r
	}
	has := func(want map[string]string) {
		t.Helper()
		got := map[string]string{}
		for _, r := range p.records["contacts"] {
			got[r["customer_id"]] = r["firstname"]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	want(t, push(t, d, del, keyed("C-1", "Ann"), keyed("c-1", "Bob")), "delivered #100", "delivered #101")
	has(map[string]string{"C-1": "Ann", "c-1": "Bob"})

	del.Mode = cdp.Update
	finder, _ := d.(cdp.Finder)
	found, err := finder.Find(ctx, del, []cdp.Delta{keyed("C-1", ""), keyed("c-1", ""), keyed("C-2", "")})
	if err != nil || !slices.Equal(found, []string{"100", "101", ""}) {
		t.Error(found, err)
	}
	changed := []cdp.Delta{keyed("c-1", "Ben"), keyed("C-1", "Anna")}
	for i := range changed {
		changed[i].Op = cdp.Change
	}
	want(t, push(t, d, del, changed...), "delivered #101", "delivered #100")
	has(map[string]string{"C-1": "Anna", "c-1": "Ben"})

	// A record that kith had under a folded key, and one that it had looked for under it: both
	// are the record of the key as it is, no other is made and none goes.
	maps.DeleteFunc(p.records["contacts"], func(id string, _ map[string]string) bool { return id == "101" })
	p.records["contacts"]["100"]["customer_id"] = "c-1"
	p.records["contacts"]["7"] = map[string]string{"customer_id": "C-2"}
	told, sought := keyed("C-1", "Ann"), keyed("C-2", "Cas")
	told.Op, told.OldKey, told.RemoteID = cdp.Rekey, "c-1", "100"
	sought.Op, sought.OldKey = cdp.Rekey, "c-2"
	want(t, push(t, d, del, told, sought), "delivered #100", "delivered #7")
	has(map[string]string{"C-1": "Ann", "C-2": "Cas"})

	// A portal that does not tell case apart: the record is the one that it names.
	p.loose = true
	want(t, push(t, d, del, func() cdp.Delta { r := keyed("c-2", "Cis"); r.Op = cdp.Change; return r }()), "delivered #7")
}
