package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/testkit"
)

// TestKeyTakenAndGone: a row leaves and a new one has its remote key, but the destination
// is away; then the new one leaves too. What kith made under the key must be removed.
func TestKeyTakenAndGone(t *testing.T) {
	t.Parallel()
	box, base := newSandbox(t)
	p := testkit.NewProject(t, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: taken
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - {name: hook, type: webhook, base_url: "%s/webhook/default", allow_private: true}
`, base),
		"models/people.yml": fileProject["models/people.yml"],
		"syncs/people.yml": `syncs:
  - {name: people, from: {source: people}, to: {destination: hook, object: people}, key: {email: email}, fields: {seen: seen}, on_removed: delete, guards: {max_removed: 100%}}
`,
	})
	p.Env = []string{"KITH_TEST_RATE=alone"}
	p.SQL("CREATE DATABASE IF NOT EXISTS raw", createPeople, fillPeople(3))
	p.Kith("sync", "--json")
	p.SQL(
		"INSERT INTO raw.people SELECT 100, email, amount, seen, tags, ok FROM raw.people WHERE id = 1",
		"ALTER TABLE raw.people DELETE WHERE id = 1 SETTINGS mutations_sync = 2",
	)
	if err := box.SetFaults([]sandbox.Fault{{Path: "/webhook/", Do: sandbox.Answer, Status: 401, Every: 1}}); err != nil {
		t.Fatal(err)
	}
	if r := p.Run(nil, "sync", "--json"); r.Code != 1 {
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	if err := box.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	p.SQL("ALTER TABLE raw.people DELETE WHERE id = 100 SETTINGS mutations_sync = 2")
	p.Kith("sync", "--json")
	rows, err := box.Webhook("default").Rows("people")
	if err != nil {
		t.Fatal(err)
	}
	if _, there := rows["p1@example.com"]; there || len(rows) != 2 {
		t.Errorf("the key is still there: %v", rows)
	}
}

// TestKeyTakenByWhoIsThere: the same where who takes the key has a record, and cannot be
// given the other's key, because the other's record is there. When they go, both records go.
func TestKeyTakenByWhoIsThere(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHubSpotProjectOn(t, warehouse, 3)
		p.Kith("sync", "--json")
		remove(p, "people", "id = 1")
		update(p, "people", "email = 'p1@example.com'", "id = 2")
		if r := p.Run(nil, "sync", "--json"); r.Code != 3 || parse(t, r.Out).Syncs[0].Rejected != 1 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		remove(p, "people", "id = 2")
		p.Kith("sync", "--json")
		checkHubSpot(t, p, box)
	})
}

// TestKeyBecomesID: a sync of people under their customer numbers becomes one of a source
// whose own key that number is. All ids are others then, and no key: nobody is removed but who is gone.
func TestKeyBecomesID(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		box, base := newSandbox(t)
		p := sharing(t, warehouse, fmt.Sprintf(`{name: out, type: webhook, base_url: "%s/webhook/default", allow_private: true}`, base), "[email]")
		from := func(from, key string) {
			p.Write("syncs/vip.yml", "syncs:\n  - {name: vip, from: {"+from+"}, to: {destination: out, object: people}, key: {number: "+key+"}, fields: {score: score}, consent: none, on_removed: {gone: delete}, guards: {max_removed: 100%}}\n")
		}
		from("entity: person", "customer_id")
		for _, id := range []string{"C-1", "C-2", "C-3", "C-4"} {
			addMember(p, id, id+"@example.com", "", "")
		}
		p.Kith("run", "--json")
		remove(p, "crm", "id = 'C-4'")
		from("source: crm", "id")
		r := parse(t, p.Kith("run", "--json")).Syncs[0]
		if r.Added != 3 || r.Removed != 1 {
			t.Errorf("%+v", r)
		}
		rows, err := box.Webhook("default").Rows("people")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for key, row := range rows {
			got = append(got, fmt.Sprint(key, " ", row.RowID, " ", row.Sends))
		}
		if slices.Sort(got); fmt.Sprint(got) != "[C-1 C-1 2 C-2 C-2 2 C-3 C-3 2]" { // a record that was removed meanwhile was sent once
			t.Errorf("%v", got)
		}
		if r := parse(t, p.Kith("run", "--json")).Syncs[0]; r.Added+r.Changed+r.Removed != 0 {
			t.Errorf("not silent: %+v", r)
		}
	})
}

// TestWithdrawnAlone: consent is withdrawn where nothing else is to be done and whoever
// leaves for another reason is left: the record is removed at once, and before somebody else's
// is given its key.
func TestWithdrawnAlone(t *testing.T) {
	t.Parallel()
	box, base := newSandbox(t)
	p := sharing(t, "clickhouse", fmt.Sprintf(`{name: out, type: webhook, base_url: "%s/webhook/default", allow_private: true}`, base), "[email]")
	p.Write("syncs/vip.yml", "syncs:\n  - {name: vip, from: {segment: vip}, to: {destination: out, object: people}, key: {email: email}, fields: {score: score}, consent: ads, on_removed: {withdrawn: delete}, guards: {max_removed: 100%}}\n")
	for _, id := range []string{"a", "b", "c"} {
		addMember(p, id, id+"@example.com", "", "")
	}
	p.Kith("run", "--json")
	keys := func(when, want string) {
		t.Helper()
		rows, err := box.Webhook("default").Rows("people")
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(slices.Sorted(maps.Keys(rows))); got != want {
			t.Errorf("%s: %s is there, want %s", when, got, want)
		}
	}
	update(p, "crm", "ok = false", "id = 'a'")
	p.Kith("run", "--json")
	keys("alone", "[b@example.com c@example.com]")
	update(p, "crm", "ok = false", "id = 'b'")
	update(p, "crm", "email = 'b@example.com'", "id = 'c'")
	p.Kith("run", "--json")
	keys("the key is another's", "[b@example.com]")
	// Nor does it wait where a guard stops the rest and nobody can write down what.
	addMember(p, "d", "d@example.com", "", "")
	p.Write("syncs/vip.yml", strings.Replace(p.Read("syncs/vip.yml"), "max_removed: 100%", "min_rows: 9", 1))
	p.SQL("DROP TABLE kith.plans")
	update(p, "crm", "ok = false", "id = 'c'")
	if s := stopped(t, p, nil, 1, "run"); s.Status != "failed" || s.Delivered != 1 || !strings.Contains(s.Error, "plans") {
		t.Errorf("no plan can be written: %+v", s)
	}
	keys("no plan can be written", "[]")
}
