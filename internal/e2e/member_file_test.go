package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// TestMembersFile: an audience in a CSV has a column for each identifier, whatever the
// traits are called, and two traits of one kind fill one column: both addresses are there,
// each once, when somebody joins and when they leave.
func TestMembersFile(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newProjectOn(t, warehouse, map[string]string{
			"kith.yml": fmt.Sprintf("version: 1\nname: members\ndefault_target: local\ntargets: {local: {%s}}\ndestinations: [{name: out, type: file, dir: exports, format: csv}]\n", embeddedTarget),
			"models/people.yml": `sources:
  - {name: crm, table: raw.crm, key: id, columns: {id: string, home: {type: string, pii: email}, work: {type: string, pii: email}, phone: {type: string, pii: phone}, score: int, at: timestamp}, timestamp: at}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id}], links: [{source: crm, identifiers: {customer_id: id}}]}}
traits:
  - {name: home_mail, entity: person, from: crm.home, pick: latest}
  - {name: mobile, entity: person, from: crm.phone, pick: latest}
  - {name: work_mail, entity: person, from: crm.work, pick: latest}
  - {name: score, entity: person, from: crm.score, pick: latest}
segments:
  - {name: vip, entity: person, where: {trait: score, gte: 10}}
`,
			"syncs/vip.yml": "syncs:\n  - {name: vip, from: {segment: vip}, to: {destination: out, audience: VIP}, match: [home_mail, mobile, work_mail], consent: none, guards: {max_removed: 100%, min_rows: 0}}\n",
		})
		crm := sourceTable{"crm", []string{"id string", "home string", "work string", "phone string", "score int", "at timestamp"}}
		crm.create(p)
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		crm.add(p,
			cdp.Row{"a", "Ann@example.com", "ann@work.example", "+31612345678", int64(10), at},
			cdp.Row{"b", "bob@example.com", "Bob@Example.com", nil, int64(10), at},
			cdp.Row{"c", nil, "cas@work.example", nil, int64(10), at},
		)
		run := 0
		has := func(want ...string) {
			t.Helper()
			p.Kith("run", "--json")
			names, err := filepath.Glob(filepath.Join(p.Dir, "exports", "VIP-*.csv"))
			if run++; err != nil || len(names) != run {
				t.Fatal(names, err)
			}
			slices.Sort(names)
			raw, err := os.ReadFile(names[run-1])
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
			if lines[0] != "op,row_id,key,email,phone,_action,_reason" {
				t.Error(lines[0])
			}
			var got []string
			for _, line := range lines[1:] { // without the ids
				cells := strings.SplitN(line, ",", 4)
				got = append(got, cells[0]+","+cells[3])
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
		has(`add,"[""ann@example.com"",""ann@work.example""]","[""+31612345678""]",,`, `add,"[""bob@example.com""]",,,`, `add,"[""cas@work.example""]",,,`)
		update(p, "crm", "score = 1", "id = 'a'")
		has(`remove,"[""ann@example.com"",""ann@work.example""]","[""+31612345678""]",remove,left`)
	})
}

// TestRemovalSetsInAFile: what a removal sets and no field maps has a column of its own in a
// CSV, for every reason, so that the removal is delivered.
func TestRemovalSetsInAFile(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newProjectOn(t, warehouse, map[string]string{
			"kith.yml":          fmt.Sprintf("version: 1\nname: sets\ndefault_target: local\ntargets: {local: {%s}}\ndestinations: [{name: out, type: file, dir: exports, format: csv}]\n", embeddedTarget),
			"models/people.yml": "sources: [{name: people, table: raw.people, key: id, columns: {id: string, name: string}}]\n",
			"syncs/people.yml": `syncs:
  - {name: people, from: {source: people}, to: {destination: out, object: people}, key: {id: id}, fields: {name: name}, consent: none, guards: {max_removed: 100%, min_rows: 0},
      on_removed: {withdrawn: {set: {state: withdrawn, why: asked}}, gone: {set: {state: "gone, for good", name: "", active: false, "n": 3}}}}
`,
		})
		people := sourceTable{"people", []string{"id string", "name string"}}
		people.create(p)
		people.add(p, cdp.Row{"a", "Ann"}, cdp.Row{"b", "Bob"})
		p.Kith("sync", "--json")
		remove(p, "people", "id = 'a'")
		r := parse(t, p.Kith("sync", "--json")).Syncs[0]
		if r.Removed != 1 || r.Delivered != 1 || r.Rejected != 0 {
			t.Errorf("%+v", r)
		}
		var got []string
		names, err := filepath.Glob(filepath.Join(p.Dir, "exports", "people-*.csv"))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(names)
		for _, name := range names {
			lines := strings.Split(strings.TrimSpace(p.Read("exports/"+filepath.Base(name))), "\n")
			slices.Sort(lines[1:])
			got = append(got, lines...)
		}
		want := []string{
			"op,row_id,key,name,state,why,active,n,_action,_reason", "add,a,a,Ann,,,,,,", "add,b,b,Bob,,,,,,",
			"op,row_id,key,name,state,why,active,n,_action,_reason", `remove,a,a,"","gone, for good",,false,3,set,gone`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if again := parse(t, p.Kith("sync", "--json")).Syncs[0]; again.Requests != 0 {
			t.Errorf("%+v", again)
		}
	})
}
