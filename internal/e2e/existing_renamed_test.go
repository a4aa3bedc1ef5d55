package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestRenamedOntoExisting: where records from before kith are left alone, a row whose own record
// is gone, and which is given the key of such a record, is a new row: it neither changes nor owns
// that record. Under a key that nobody has it gets one of kith's again.
func TestRenamedOntoExisting(t *testing.T) {
	t.Parallel()
	for _, test := range []string{"clickhouse existing: skip", "clickhouse mode: insert", "bigquery existing: skip", "bigquery mode: insert"} {
		t.Run(test, func(t *testing.T) {
			t.Parallel()
			warehouse, how, _ := strings.Cut(test, " ")
			p, box := withExisting(t, warehouse, 12, "    "+how+"\n")
			p.Kith("sync", "--json")
			list, err := box.HubSpot("made-up-token").Objects("contacts")
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				if e := r.Properties["email"]; e == "p10@example.com" || e == "p11@example.com" {
					atHubSpot(t, p, http.MethodDelete, r.ID, "")
				}
			}
			atHubSpot(t, p, http.MethodPost, "batch/create", `{"inputs": [{"properties": {"email": "x@example.com", "amount": "4711"}, "associations": []}]}`)
			update(p, "people", "email = CASE id WHEN 10 THEN 'x@example.com' ELSE 'y@example.com' END", "id IN (10, 11)")
			p.Kith("sync", "--json")
			if x := amounts(t, box)["x@example.com"]; x != "4711" {
				t.Errorf("renamed onto it: %q", x)
			}
			p.Kith("sync", "--json")
			if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Requests != 0 {
				t.Errorf("without a change: %+v", r)
			}
			update(p, "people", "amount = 5", "id = 10")
			p.Kith("sync", "--json")
			if got := amounts(t, box); got["x@example.com"] != "4711" || got["y@example.com"] != "0.11" {
				t.Errorf("x, which was there, has %q, y %q", got["x@example.com"], got["y@example.com"])
			}
			remove(p, "people", "id IN (10, 11)")
			p.Kith("sync", "--json")
			got := amounts(t, box)
			if _, y := got["y@example.com"]; got["x@example.com"] != "4711" || y || len(got) != 11 {
				t.Errorf("gone: %v", got)
			}
		})
	}
}

// TestRenamedInDoubtStaysOurs: a record whose id nobody knows, and that a run renamed before it
// died, is not taken for one from before kith because it is not found under its old key.
func TestRenamedInDoubtStaysOurs(t *testing.T) {
	t.Parallel()
	for _, test := range []string{"clickhouse existing: skip", "clickhouse mode: insert", "bigquery existing: skip"} {
		t.Run(test, func(t *testing.T) {
			t.Parallel()
			warehouse, how, _ := strings.Cut(test, " ")
			p, box := withExisting(t, warehouse, 12, "    "+how+"\n")
			p.Kith("sync", "--json")
			if onClickHouse(p) {
				p.SQL("ALTER TABLE kith.baseline_people_crm UPDATE remote_id = '' WHERE 1 SETTINGS mutations_sync = 2")
			} else {
				p.SQL("UPDATE kith.baseline_people_crm SET remote_id = '' WHERE TRUE")
			}
			update(p, "people", "email = 'x@example.com'", "id = 11")
			if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push"}, "sync", "--json"); !r.Killed {
				t.Fatalf("not killed: exit %d\n%s%s", r.Code, r.Out, r.Err)
			}
			for range 3 { // it is not there under the old key; it is added under the new one; that is no longer in doubt
				p.Kith("sync", "--json")
			}
			if got := amounts(t, box); len(got) != 12 || got["x@example.com"] != "0.11" {
				t.Errorf("%v", got)
			}
			remove(p, "people", "id = 11")
			p.Kith("sync", "--json")
			if _, there := amounts(t, box)["x@example.com"]; there {
				t.Error("the record of kith's stays")
			}
		})
	}
}
