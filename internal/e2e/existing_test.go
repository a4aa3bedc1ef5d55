package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/testkit"
)

// withExisting is a project whose account has the contacts of ids 0 to 9 already, with
// an amount that is none of kith's.
func withExisting(t *testing.T, warehouse string, rows int, existing string) (*testkit.Project, *sandbox.Sandbox) {
	t.Helper()
	p, box := newHubSpotProjectOn(t, warehouse, rows)
	var inputs []string
	for id := range 10 {
		inputs = append(inputs, fmt.Sprintf(`{"properties": {"email": "P%d@example.com", "amount": "4711"}, "associations": []}`, id))
	}
	atHubSpot(t, p, http.MethodPost, "batch/create", `{"inputs": [`+strings.Join(inputs, ", ")+`]}`)
	p.Write("syncs/people.yml", fewFields(p.Read("syncs/people.yml"))+existing)
	return p, box
}

// atHubSpot does something to contacts of the account without kith.
func atHubSpot(t *testing.T, p *testkit.Project, method, path, body string) {
	t.Helper()
	inHubSpot(t, p, method, "objects/contacts/"+path, body)
}

// inHubSpot calls the account without kith.
func inHubSpot(t *testing.T, p *testkit.Project, method, path, body string) {
	t.Helper()
	_, base, _ := strings.Cut(p.Read("kith.yml"), `base_url: "`)
	base, _, _ = strings.Cut(base, `"`)
	q, err := http.NewRequestWithContext(t.Context(), method, base+"/crm/v3/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer made-up-token")
	q.Header.Set("Content-Type", "application/json")
	a, err := http.DefaultClient.Do(q)
	if err != nil || a.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%v %v", a, err)
	}
	_ = a.Body.Close()
}

// amounts are the amounts of the contacts at the account, by e-mail.
func amounts(t *testing.T, box *sandbox.Sandbox) map[string]string {
	t.Helper()
	list, err := box.HubSpot("made-up-token").Objects("contacts")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range list {
		if !r.Archived {
			out[r.Properties["email"]] = r.Properties["amount"]
		}
	}
	return out
}

// untouched checks that the contacts from before kith of withExisting are as they were, and
// returns the amounts of all.
func untouched(t *testing.T, box *sandbox.Sandbox, when string) map[string]string {
	t.Helper()
	got := amounts(t, box)
	for id := range 10 {
		if a := got[fmt.Sprintf("p%d@example.com", id)]; a != "4711" {
			t.Errorf("%s: contact %d, from before kith, has %q", when, id, a)
		}
	}
	return got
}

// TestSkipExisting: records from before kith are left alone for good, also when kith
// dies in between; everything else is kith's.
func TestSkipExisting(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		const rows = 30
		p, box := withExisting(t, warehouse, rows, "    existing: skip\n")
		var plan struct {
			Syncs []struct {
				Existing struct{ Looked, Found uint64 }
			}
		}
		if err := json.Unmarshal([]byte(p.Kith("plan", "--json")), &plan); err != nil || plan.Syncs[0].Existing.Looked != rows || plan.Syncs[0].Existing.Found != 10 {
			t.Fatalf("plan: %+v %v", plan, err)
		}
		killed(t, p, "after existing:1", "sync")
		killed(t, p, "after push:1", "sync")
		p.Kith("sync", "--json")
		if got := untouched(t, box, "after the first sync"); len(got) != rows || got["p25@example.com"] != "0.25" {
			t.Errorf("%d contacts; number 25 has %q", len(got), got["p25@example.com"])
		}
		// What a sync has found there it knows under another name, too.
		p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "name: people_crm", "name: renamed\n    was: people_crm", 1))
		killed(t, p, "after move", "sync")
		update(p, "people", "amount = 5", "id < 20")
		remove(p, "people", "id IN (3, 4, 13, 14)")
		r := parse(t, p.Kith("sync", "--json")).Syncs[0]
		if r.Delivered != 10 {
			t.Errorf("8 changes and 2 removals are kith's: %+v", r)
		}
		if got := untouched(t, box, "after changes and removals"); len(got) != rows-2 || got["p15@example.com"] != "5" {
			t.Errorf("%d contacts; number 15 has %q", len(got), got["p15@example.com"])
		}
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Requests != 0 {
			t.Errorf("without a change: %+v", r)
		}
		p.Kith("sync", "--full", "--json")
		untouched(t, box, "after --full")
		addPeople(p, 3, 4) // back again
		p.Kith("sync", "--json")
		untouched(t, box, "after a return")
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Requests != 0 {
			t.Errorf("what was found is looked up again: %+v", r)
		}
		p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "    existing: skip\n", "", 1))
		update(p, "people", "amount = 7", "id IN (3, 4)")
		p.Kith("sync", "--json")
		untouched(t, box, "without existing: skip")
	})
}

// TestSkipExistingRefused: a value that HubSpot refuses to look up holds up its own row. What
// HubSpot has under it nobody knows, so nothing is written there, until it is looked up.
func TestSkipExistingRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := withExisting(t, warehouse, 30, "    existing: skip\n")
		const refusals = 5 // of 30 rows, of 15, 7, 3 and 1
		if err := box.SetFaults([]sandbox.Fault{{
			PathRegex: ".*/contacts/batch/read", Times: refusals, Do: sandbox.Answer, Status: 400, Body: `{"category":"VALIDATION_ERROR","message":"not an address"}`,
		}}); err != nil {
			t.Fatal(err)
		}
		r := p.Run(nil, "sync", "--json")
		s := parse(t, r.Out).Syncs[0]
		if r.Code != 3 || s.Rejected != 1 || s.Skipped+s.Delivered != 29 {
			t.Fatalf("exit %d, %+v", r.Code, s)
		}
		has := func(when string) {
			t.Helper()
			if got, want := untouched(t, box, when), 10+int(s.Delivered); len(got) != want {
				t.Errorf("%s: %d contacts, not %d", when, len(got), want)
			}
		}
		has("refused")
		if out := p.Run(nil, "log", "--rejected").Out; !strings.Contains(out, "not an address") {
			t.Errorf("%s", out)
		}
		if s := parse(t, p.Run(nil, "sync", "--json").Out).Syncs[0]; s.Held != 1 || s.Requests != 0 {
			t.Errorf("it waits: %+v", s)
		}
		again := parse(t, p.Kith("sync", "--retry-rejected", "--json")).Syncs[0]
		if again.Skipped+again.Delivered != 1 {
			t.Errorf("tried again: %+v", again)
		}
		s.Delivered += again.Delivered
		has("tried again")
	})
}

// TestSkipExistingOfMerged: who becomes one with the owner of a record from before kith does
// not own it either, also when kith dies on the way, and when the sync is renamed meanwhile.
func TestSkipExistingOfMerged(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) { skipExistingOfMerged(t, warehouse, true) })
	t.Run("under its name", func(t *testing.T) {
		t.Parallel()
		skipExistingOfMerged(t, "clickhouse", false)
	})
}

func skipExistingOfMerged(t *testing.T, warehouse string, renamed bool) {
	t.Helper()
	p, box := withExisting(t, warehouse, 12, "")
	p.Write("models/people.yml", `sources:
  - {name: people, table: raw.people, key: id, timestamp: seen, columns: {id: int, email: string, amount: "decimal(12,2)", seen: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id}, {name: email, normalize: email}], links: [{source: people, identifiers: {customer_id: id, email: email}}]}}
traits:
  - {name: amount, entity: person, from: people.amount, pick: latest}
segments:
  - {name: all_people, entity: person, where: {event: people}}
`)
	p.Write("syncs/people.yml", "syncs:\n  - {name: people_crm, from: {segment: all_people}, to: {destination: crm, object: contacts}, key: {email: email}, fields: {amount: amount}, existing: skip, on_removed: {gone: archive, left: archive, merged: archive}, guards: {max_removed: 100%}}\n")
	addPerson(p, 100, "", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)) // the eldest, whose address nobody knows
	if r := parse(t, p.Kith("run", "--json")).Syncs[0]; r.Delivered != 2 {
		t.Fatalf("%+v", r)
	}
	update(p, "people", "email = 'p3@example.com', amount = 5", "id IN (3, 100)")
	p.Kith("build")
	if renamed {
		p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "name: people_crm,", "name: renamed, was: people_crm,", 1))
	}
	var plan struct{ Syncs []struct{ Changed uint64 } }
	if err := json.Unmarshal([]byte(p.Kith("plan", "--json")), &plan); err != nil || plan.Syncs[0].Changed != 0 {
		t.Errorf("plan: %+v %v", plan, err)
	}
	for _, point := range []string{"before merges", "before diff"} {
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=" + point}, "sync", "--json"); !r.Killed {
			t.Fatalf("not killed %s: exit %d\n%s%s", point, r.Code, r.Out, r.Err)
		}
	}
	p.Kith("sync", "--json")
	if a := amounts(t, box)["p3@example.com"]; a != "4711" {
		t.Errorf("merged: %q", a)
	}
	remove(p, "people", "id IN (3, 100, 11)")
	p.Kith("run", "--json")
	if got := amounts(t, box); len(got) != 11 || got["p3@example.com"] != "4711" {
		t.Errorf("gone: %v", got)
	}
}

// TestFoundStaysWhyeverItLeaves: of a record from before kith nothing is done for a reason either
// that comes out only when the row is looked for, where the one that is assumed is ignored.
func TestFoundStaysWhyeverItLeaves(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := withExisting(t, warehouse, 12, "")
		p.Write("models/people.yml", `sources:
  - {name: people, table: raw.people, key: id, timestamp: seen, columns: {id: int, email: string, amount: "decimal(12,2)", ok: bool, seen: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id}], links: [{source: people, identifiers: {customer_id: id}}]}}
traits:
  - {name: email, entity: person, from: people.email, pick: latest}
  - {name: amount, entity: person, from: people.amount, pick: latest}
consents:
  - {name: mail, entity: person, from: people.ok}
segments:
  - {name: all_people, entity: person, where: {event: people}}
`)
		p.Write("syncs/people.yml", `syncs:
  - {name: a_people, from: {segment: all_people}, to: {destination: crm, object: contacts}, key: {email: email}, fields: {amount: amount}, consent: mail, existing: skip, on_removed: {withdrawn: archive}, guards: {max_removed: 100%}}
  - {name: b_rows, from: {source: people, where: {column: amount, lt: 100}}, to: {destination: crm, object: contacts}, key: {email: email}, fields: {seen: seen}, existing: skip, on_removed: {left: archive}, guards: {max_removed: 100%}}
`)
		update(p, "people", "ok = id != 11", "id >= 0")
		update(p, "people", "amount = 1", "id IN (1, 2, 10, 11)")
		for _, s := range parse(t, p.Kith("run", "--json")).Syncs {
			if s.Delivered != 1 {
				t.Fatalf("at first: %+v", s)
			}
		}
		update(p, "people", "ok = id = 11", "id IN (2, 10)")
		update(p, "people", "amount = 500", "id IN (1, 11)")
		p.Kith("run", "--json")
		got := amounts(t, box)
		_, ten := got["p10@example.com"]
		_, eleven := got["p11@example.com"]
		if got["p2@example.com"] != "4711" || got["p1@example.com"] != "4711" || ten || eleven {
			t.Errorf("the two that were there should be so, the two of kith's not: %v", got)
		}
	})
}

// TestAdoptExisting: records from before kith are taken over.
func TestAdoptExisting(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := withExisting(t, warehouse, 20, "")
		p.Write("syncs/people.yml", hubspotProject("")["syncs/people.yml"]+"    existing: adopt\n")
		if out := p.Kith("plan"); !strings.Contains(out, "existing: of 20 new rows looked up, 10 are there already; kith takes those over") {
			t.Errorf("plan: %s", out)
		}
		p.Kith("sync", "--json")
		checkHubSpot(t, p, box)
		remove(p, "people", "id < 5")
		p.Kith("sync", "--json")
		checkHubSpot(t, p, box)
	})
}

// TestRemovedThenAddedAgain: a row that went and came back is sent again, and --full
// sends removals too.
func TestRemovedThenAddedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHubSpotProjectOn(t, warehouse, 20)
		p.Kith("sync", "--json")
		remove(p, "people", "id < 7")
		p.Kith("sync", "--json")
		checkHubSpot(t, p, box)
		addPeople(p, 0, 7)
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Delivered != 7 {
			t.Errorf("the return: %+v", r)
		}
		checkHubSpot(t, p, box)
		remove(p, "people", "id IN (10, 11)")
		update(p, "people", "email = 'new15@example.com'", "id = 15")
		if r := parse(t, p.Kith("sync", "--full", "--json")).Syncs[0]; r.Removed != 2 || r.Delivered != 20 {
			t.Errorf("--full: %+v", r)
		}
		checkHubSpot(t, p, box) // the renamed one has one record, not two
	})
}

// TestKeyTakenOverOfExisting: whoever takes over the key of a record that is kith's has a
// record of kith's, also who was found there before kith once; and only those.
func TestKeyTakenOverOfExisting(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := withExisting(t, warehouse, 40, "    existing: skip\n")
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		p.Kith("sync", "--json")
		remove(p, "people", "id = 20")
		addPerson(p, 200, "p20@example.com", at)
		p.Kith("sync", "--json")
		update(p, "people", "amount = 5", "id = 200")
		p.Kith("sync", "--json")
		if got := amounts(t, box)["p20@example.com"]; got != "5" {
			t.Errorf("the contact of who took over its key has %q", got)
		}
		remove(p, "people", "id IN (3, 4, 200)")
		p.Kith("sync", "--json")
		if _, there := amounts(t, box)["p20@example.com"]; there {
			t.Error("the contact of who took over its key stays")
		}
		// One who was found there comes back with a key of kith's, and one with a key from before it.
		remove(p, "people", "id = 30")
		addPerson(p, 3, "p30@example.com", at)
		addPerson(p, 301, "p4@example.com", at)
		p.Kith("sync", "--json")
		remove(p, "people", "id IN (3, 301)")
		p.Kith("sync", "--json")
		got := amounts(t, box)
		if _, there := got["p30@example.com"]; there || got["p4@example.com"] != "4711" || got["p3@example.com"] != "4711" {
			t.Errorf("p30 is there: %v, p4 has %q, p3 %q", there, got["p4@example.com"], got["p3@example.com"])
		}
	})
}
