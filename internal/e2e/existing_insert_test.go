package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

// TestInsertOwnsNothing: what mode insert found there is not removed later, but what it has
// made, also in place of a record that it had found there once.
func TestInsertOwnsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := withExisting(t, warehouse, 20, "    mode: insert\n")
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Skipped != 10 || r.Delivered != 10 {
			t.Fatalf("first sync: %+v", r)
		}
		remove(p, "people", "id IN (2, 3, 12)")
		p.Kith("sync", "--json")
		got := amounts(t, box)
		if _, there := got["p12@example.com"]; len(got) != 19 || there || got["p2@example.com"] != "4711" {
			t.Errorf("%d contacts, %v", len(got), got)
		}
		list, err := box.HubSpot("made-up-token").Objects("contacts")
		if err != nil {
			t.Fatal(err)
		}
		atHubSpot(t, p, http.MethodDelete, list["p2@example.com"].ID, "")
		addPeople(p, 2, 3)
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Delivered != 1 || amounts(t, box)["p2@example.com"] != "0.02" {
			t.Fatalf("back again: %+v", r)
		}
		remove(p, "people", "id IN (2, 4)")
		p.Kith("sync", "--json")
		got = amounts(t, box)
		if _, there := got["p2@example.com"]; there || got["p4@example.com"] != "4711" {
			t.Errorf("%v", got)
		}
	})
}

// TestInsertConflict: in mode insert a contact that has the row's value of another unique property is
// no record of the row. The row is rejected, and goes once the value is free.
func TestInsertConflict(t *testing.T) {
	t.Parallel()
	box, base := newSandbox(t)
	account := box.HubSpot("made-up-token")
	if err := account.Define("contacts", []hubspot.Property{{Name: "customer_no", Type: "number", Unique: true}}); err != nil {
		t.Fatal(err)
	}
	p := newProjectOn(t, "clickhouse", hubspotProject(base))
	p.Env = []string{"HUBSPOT_TOKEN=made-up-token", "KITH_TEST_RATE=alone"}
	makePeople(p, 7)
	fields := `fields: {amount: {column: amount, on_null: clear}, seen: seen, tags: tags, ok: ok}`
	p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), fields, "fields: {customer_no: amount}", 1)+"    mode: insert\n")
	atHubSpot(t, p, http.MethodPost, "batch/create", `{"inputs": [
		{"properties": {"email": "someone@example.com", "customer_no": "0.03"}, "associations": []},
		{"properties": {"email": "p5@example.com"}, "associations": []}]}`)
	if r := parse(t, p.Run(nil, "sync", "--json").Out).Syncs[0]; r.Skipped != 1 || r.Delivered != 5 || r.Rejected != 1 {
		t.Fatalf("first sync: %+v", r)
	}
	foreign := func() string { return fmt.Sprint(p.Query("SELECT row_id FROM kith.foreign_rows FINAL WHERE del = 0")) }
	if got := foreign(); got != "[[5]]" {
		t.Errorf("records from before kith: %s", got)
	}
	list, err := account.Objects("contacts")
	if err != nil || len(list) != 7 {
		t.Fatal(len(list), err)
	}
	atHubSpot(t, p, http.MethodDelete, list["someone@example.com"].ID, "")
	if r := parse(t, p.Kith("sync", "--json", "--retry-rejected")).Syncs[0]; r.Delivered != 1 || r.Rejected != 0 {
		t.Fatalf("the number is free: %+v", r)
	}
	remove(p, "people", "id IN (3, 5)")
	p.Kith("sync", "--json")
	got := amounts(t, box)
	_, ours := got["p3@example.com"]
	if _, theirs := got["p5@example.com"]; ours || !theirs {
		t.Errorf("after both have left: %v", got)
	}
}

// TestInsertAtABusyServer: contacts that a server made before it said that it was busy are
// kith's, although the next try is told that they are there already.
func TestInsertAtABusyServer(t *testing.T) {
	t.Parallel()
	p, box := newHubSpotProject(t, 5)
	p.Write("syncs/people.yml", p.Read("syncs/people.yml")+"    mode: insert\n")
	if err := box.SetFaults([]sandbox.Fault{{PathRegex: ".*/contacts/batch/create", Nth: 1, Do: sandbox.AnswerAfter, Status: 503}}); err != nil {
		t.Fatal(err)
	}
	if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Skipped != 5 {
		t.Fatalf("first sync: %+v", r)
	}
	remove(p, "people", "id = 1")
	p.Kith("sync", "--json")
	if got := amounts(t, box); len(got) != 4 {
		t.Errorf("after one has left: %v", got)
	}
}
