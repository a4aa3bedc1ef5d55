package e2e

import (
	"slices"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

// TestKeyCase: a key of one's own goes to HubSpot as it is, so that two which differ in case
// are two records; and one that an earlier kith wrote in lower case is renamed in place.
func TestKeyCase(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		box, base := newSandbox(t)
		if err := box.HubSpot("made-up-token").Define("contacts", []hubspot.Property{{Name: "customer_id", Type: "string", Unique: true}}); err != nil {
			t.Fatal(err)
		}
		files := hubspotProject(base)
		files["models/people.yml"] = "sources:\n  - {name: people, table: raw.people, key: id, columns: {id: int, code: string}}\n"
		files["syncs/people.yml"] = "syncs:\n  - {name: people_crm, from: {source: people}, to: {destination: crm, object: contacts}, key: {customer_id: code}, fields: {firstname: code}, on_removed: archive, guards: {max_removed: 100%}}\n"
		p := newProjectOn(t, warehouse, files)
		p.Env = []string{"HUBSPOT_TOKEN=made-up-token", "KITH_TEST_RATE=alone"}
		people := sourceTable{"people", []string{"id int", "code string"}}
		people.create(p)
		people.add(p, cdp.Row{int64(1), "c-1"}, cdp.Row{int64(2), "C-2"})
		has := func(when string, want ...string) {
			t.Helper()
			p.Kith("sync", "--json")
			list, err := box.HubSpot("made-up-token").Objects("contacts")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range list { // those in the recycle bin too
				got = append(got, r.Properties["customer_id"])
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", when, got, want)
			}
		}
		has("at first", "C-2", "c-1")
		update(p, "people", "code = 'C-1'", "id = 1")
		people.add(p, cdp.Row{int64(3), "c-2"})
		has("one is in capitals, one differs in case alone", "C-1", "C-2", "c-2")
	})
}
