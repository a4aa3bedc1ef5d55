package hubspot_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/destinationtest"
	"github.com/kithdata/kith/internal/destination/hubspot"
	"github.com/kithdata/kith/internal/sandbox"
	fake "github.com/kithdata/kith/internal/sandbox/hubspot"
)

// numbered is a row whose number is unique among contacts.
func numbered(i int, number string) cdp.Delta {
	r := row(i)
	r.Fields = json.RawMessage(`{"customer_no":"` + number + `"}`)
	return r
}

// TestInsertConflict: in mode insert a record is there when one has the key. A value that another
// record has of another unique property says nothing of that: the row is rejected.
func TestInsertConflict(t *testing.T) {
	box, err := sandbox.Open("", sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	account := box.HubSpot(destinationtest.Secret)
	if err := account.Define("contacts", []fake.Property{{Name: "customer_no", Type: "string", Unique: true}}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(box.Handler())
	t.Cleanup(srv.Close)
	d, err := hubspot.New(destination.Config{
		Options: map[string]string{"base_url": srv.URL + "/hubspot"}, AllowPrivate: true, Clock: time.Now,
		Secret: func(string) (string, error) { return destinationtest.Secret, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	ids := func() map[string]string {
		t.Helper()
		list, err := account.Objects("contacts")
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for key, r := range list {
			out[key] = r.ID
		}
		return out
	}
	del := contacts(cdp.Insert)
	del.Fields = []cdp.RemoteField{{Name: "customer_no", Type: cdp.Type{Kind: cdp.String}}}
	push(t, d, del, numbered(1, "c-1"), numbered(2, "c-2"))
	is := ids()
	first, second := is["ann.1@example.com"], is["ann.2@example.com"]

	// The number of the third is that of the first; of the second there is a record, of which the
	// number is free, and in the end one that has the key and another's number.
	got := push(t, d, del, numbered(3, "c-1"), numbered(2, "c-9"), numbered(4, "c-4"), numbered(1, "c-2"))
	want(t, got, "rejected conflict", "skipped exists #"+second, "delivered #"+ids()["ann.4@example.com"], "skipped exists #"+first)
	if got[0].Vendor == "" || got[0].Reason == "" {
		t.Errorf("the reason of a conflict: %+v", got[0])
	}
	want(t, push(t, d, del, numbered(3, "c-2")), "rejected conflict")
	if is := ids(); len(is) != 3 || is["ann.3@example.com"] != "" {
		t.Error(is)
	}
	// A change of key of which there is no record by the old one is made anew, likewise.
	moved := numbered(5, "c-1")
	moved.Op, moved.OldKey = cdp.Rekey, "old@example.com"
	want(t, push(t, d, del, moved), "rejected conflict")
	moved.Key = "ann.2@example.com"
	want(t, push(t, d, del, moved), "skipped exists #"+second)
}

// TestInsertConflictUnasked: whose a value is that is taken may not be known for now. Nothing of
// such a row was written, so that the next try may not take it for kith's own.
func TestInsertConflictUnasked(t *testing.T) {
	insert := contacts(cdp.Insert)
	for _, e := range laterErrors {
		for _, alone := range []bool{true, false} {
			f := &failing{portal: newPortal(t), status: e.status, body: e.body}
			d := open(t, f, nil)
			push(t, d, insert, row(1))
			f.seen, f.at, f.calls = 0, 2, nil
			rows, wanted := []cdp.Delta{row(1)}, []string{e.notSent}
			if !alone {
				rows, wanted = append(rows, row(2)), append(wanted, "delivered #101")
			}
			got, err := d.Push(ctx, cdp.Batch{Delivery: insert, Op: cdp.Add, Rows: rows})
			if alone && (e.name == "401" || e.name == "400") {
				if err == nil || uncertain(err) {
					t.Errorf("%s: %+v, %v", e.name, got, err)
				}
			} else {
				want(t, got, wanted...)
			}
			if err == nil && got[0].After != e.after {
				t.Errorf("%s: after %s", e.name, got[0].After)
			}
			if made := slices.DeleteFunc(f.calls, isLook); !slices.Equal(made, []string{http.MethodPost + " /crm/v3/objects/contacts/batch/create"}) { // and one that failed
				t.Errorf("%s: %v", e.name, f.calls)
			}
			want(t, push(t, d, insert, row(1)), "skipped exists #100")
		}
	}
}
