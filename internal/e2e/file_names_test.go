package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// TestFilesOfOneName: syncs that write an event, an object or an audience of one name have
// the run and the epoch in common, and each has a file of its own all the same.
func TestFilesOfOneName(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newProjectOn(t, warehouse, map[string]string{
			"kith.yml": "version: 1\nname: names\ndefault_target: local\ntargets: {local: {" + embeddedTarget + "}}\ndestinations: [{name: out, type: file, dir: exports}, {name: again, type: file, dir: exports}]\n",
			"models/all.yml": `sources:
  - {name: web, table: raw.web, key: id, timestamp: at, columns: {id: string, email: {type: string, pii: email}, at: timestamp}}
  - {name: store, table: raw.store, key: id, timestamp: at, columns: {id: string, email: {type: string, pii: email}, at: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: email, normalize: email}], links: [{source: web, identifiers: [email]}]}}
traits:
  - {name: address, entity: person, from: web.email, pick: latest}
syncs:
  - {name: web, from: {source: web, start: 2026-01-01}, to: {destination: out, event: purchase}, key: {id: id}, consent: none}
  - {name: store, from: {source: store, start: 2026-01-01}, to: {destination: out, event: purchase}, key: {id: id}, consent: none}
  - {name: visits, from: {source: web}, to: {destination: out, object: visits}, key: {id: id}, fields: {email: email}, consent: none}
  - {name: visits_at, from: {source: web}, to: {destination: again, object: visits}, key: {id: id}, fields: {email: email}, consent: none}
  - {name: members, from: {entity: person}, to: {destination: out, audience: visits}, match: [address], consent: none}
`,
		})
		rows := []cdp.Row{{"1", "ann@x.nl", day("2026-11-01")}, {"2", "bob@x.nl", day("2026-11-01")}, {"3", "cas@x.nl", day("2026-11-01")}}
		for name, n := range map[string]int{"web": 2, "store": 3} {
			s := sourceTable{name, []string{"id string", "email string", "at timestamp"}}
			s.create(p)
			s.add(p, rows[:n]...)
		}
		want := map[string]int{"web": 2, "store": 3, "visits": 2, "visits_at": 2, "members": 2}
		for _, s := range parse(t, p.Kith("run", "--json")).Syncs {
			if int(s.Delivered) != want[s.Sync] {
				t.Errorf("%+v", s)
			}
		}
		got := map[string]int{}
		list, err := os.ReadDir(filepath.Join(p.Dir, "exports"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			kind, sync, _ := strings.Cut(strings.TrimSuffix(f.Name()[strings.Index(f.Name(), "~")+1:], ".jsonl"), "~")
			if object, _, _ := strings.Cut(f.Name(), "-"); object != map[string]string{"event": "purchase", "object": "visits", "audience": "visits"}[kind] {
				t.Error(f.Name())
			}
			got[sync] += strings.Count(p.Read("exports/"+f.Name()), "\n")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
