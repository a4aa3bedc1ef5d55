package e2e

import (
	"fmt"
	"net/http"
	"testing"
)

// TestNotFoundIsNobodys: of a row that a destination has no record of, what is made there later
// is not removed with it, unless kith has written to it since.
func TestNotFoundIsNobodys(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := withExisting(t, warehouse, 14, "    mode: update\n")
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Delivered != 10 || r.Skipped != 4 {
			t.Fatalf("at first: %+v", r)
		}
		list, err := box.HubSpot("made-up-token").Objects("contacts")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if r.Properties["email"] == "p3@example.com" {
				atHubSpot(t, p, http.MethodDelete, r.ID, "")
			}
		}
		update(p, "people", "amount = 5", "id = 3")
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Skipped != 1 {
			t.Errorf("deleted there: %+v", r)
		}
		for _, id := range []int{3, 10, 11} {
			atHubSpot(t, p, http.MethodPost, "batch/create", fmt.Sprintf(`{"inputs": [{"properties": {"email": "p%d@example.com", "amount": "4711"}, "associations": []}]}`, id))
		}
		update(p, "people", "amount = 5", "id = 11")
		p.Kith("sync", "--json")
		if a := amounts(t, box)["p11@example.com"]; a != "5" {
			t.Errorf("one that was made there is changed from then on: %q", a)
		}
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Requests != 0 {
			t.Errorf("without a change: %+v", r)
		}
		remove(p, "people", "id IN (2, 3, 10, 11, 12)")
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Removed != 2 {
			t.Errorf("removed: %+v", r)
		}
		got := amounts(t, box)
		_, two := got["p2@example.com"]
		_, eleven := got["p11@example.com"]
		if got["p3@example.com"] != "4711" || got["p10@example.com"] != "4711" || two || eleven {
			t.Errorf("p3 and p10 should be there, p2 and p11 not: %v", got)
		}
		addPeople(p, 10, 11)
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Delivered != 1 || amounts(t, box)["p10@example.com"] != "0.1" {
			t.Errorf("back again: %+v", r)
		}
	})
}
