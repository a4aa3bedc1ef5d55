package e2e

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// TestRenamedTwice: a record was given another key by a run that died before an answer
// was written. When the key changes again before the next run, or the row goes, nothing is
// left under the key in between; and where it stays, nothing is removed.
func TestRenamedTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		box, base := newSandbox(t)
		p := newProjectOn(t, warehouse, map[string]string{
			"kith.yml":          fmt.Sprintf("version: 1\nname: renamed\ndefault_target: local\ntargets: {local: {%s, deliver: live}}\ndestinations: [{name: hook, type: webhook, base_url: \"%s/webhook/default\", allow_private: true}]\n", embeddedTarget, base),
			"models/people.yml": "sources:\n  - {name: people, table: raw.people, key: id, columns: {id: int, email: string}}\n",
			"syncs/people.yml":  "syncs:\n  - {name: hook, from: {source: people}, to: {destination: hook, object: people}, key: {email: email}, fields: {id: id}, on_removed: delete, guards: {max_removed: 100%, max_changed: 100%}}\n",
		})
		table := "CREATE TABLE raw.people AS SELECT n AS id, CONCAT('p', CAST(n AS STRING)) AS email FROM UNNEST(GENERATE_ARRAY(1, 6)) AS n"
		if onClickHouse(p) {
			table = "CREATE TABLE raw.people ENGINE = MergeTree ORDER BY id AS SELECT toInt64(number + 1) AS id, concat('p', toString(number + 1)) AS email FROM numbers(6)"
		}
		p.SQL(table)
		keys := func(want string) {
			t.Helper()
			got, err := box.Webhook("default").Rows("people")
			if err != nil {
				t.Fatal(err)
			}
			byID := map[string]string{}
			for key, row := range got {
				byID[fmt.Sprint(row.Fields["id"])] += key + ","
			}
			if fmt.Sprint(byID) != want {
				t.Errorf("%s is there, want %s", fmt.Sprint(byID), want)
			}
		}
		p.Kith("sync", "--json")
		update(p, "people", "email = concat('second-', email)", "id IN (3, 4, 5)")
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push"}, "sync", "--json"); !r.Killed {
			t.Fatalf("not killed: exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		keys("map[1:p1, 2:p2, 3:second-p3, 4:second-p4, 5:second-p5, 6:p6,]")
		update(p, "people", "email = concat('third-', email)", "id = 3")
		remove(p, "people", "id = 4")
		r := parse(t, p.Kith("sync", "--json")).Syncs[0]
		keys("map[1:p1, 2:p2, 3:third-second-p3, 5:second-p5, 6:p6,]")
		if r.Changed != 2 || r.Removed != 3 || r.Reasons["gone"] != 2 || r.Reasons["doubtful"] != 1 { // 4 under both keys, 3 under the second
			t.Errorf("%+v", r)
		}
		for range 2 { // the doubtful key of 5 is forgotten, and with it all that was in doubt
			if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Added+r.Changed+r.Removed != 0 {
				t.Errorf("not silent: %+v", r)
			}
		}
		final := ""
		if onClickHouse(p) {
			final = "FINAL"
		}
		if got := fmt.Sprint(p.Query("SELECT COUNT(*) FROM kith.baseline_hook " + final + " WHERE del = 0 AND row_id LIKE '%key-%'")); got != "[[0]]" {
			t.Errorf("doubtful keys are left: %s", got)
		}
	})
}

// TestRenamedAndWithdrawn: of a record that was given another key without an answer, what
// stands under either key goes the way of the row: withdrawn consent reaches both although a
// guard stops the rest, and what on_removed leaves is left, also where it was in doubt. It
// reaches the record of somebody who has become part of who withdrew, too.
func TestRenamedAndWithdrawn(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		box, base := newSandbox(t)
		p := newProjectOn(t, warehouse, map[string]string{
			"kith.yml": fmt.Sprintf("version: 1\nname: renamed\ndefault_target: local\ntargets: {local: {%s, deliver: live}}\ndestinations: [{name: hook, type: webhook, base_url: \"%s/webhook/default\", allow_private: true}]\n", embeddedTarget, base),
			"models/people.yml": `sources:
  - {name: crm, table: raw.crm, key: id, columns: {id: string, login: string, handle: string, score: int, ok: bool, at: timestamp}, timestamp: at}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id}, {name: login}], links: [{source: crm, identifiers: {customer_id: id, login: login}}]}}
traits:
  - {name: handle, entity: person, from: crm.handle, pick: latest}
  - {name: score, entity: person, from: crm.score, pick: latest}
consents:
  - {name: mail, entity: person, from: [crm.ok], pick: latest}
segments:
  - {name: vip, entity: person, where: {trait: score, gte: 10}}
`,
		})
		guard := func(guards string) {
			p.Write("syncs/vip.yml", "syncs:\n  - {name: hook, from: {segment: vip}, to: {destination: hook, object: people}, key: {handle: handle}, fields: {score: score}, consent: mail, on_removed: {left: ignore, withdrawn: delete}, guards: "+guards+"}\n")
		}
		guard("{max_removed: 100%}")
		crm := sourceTable{"crm", []string{"id string", "login string", "handle string", "score int", "ok bool", "at timestamp"}}
		crm.create(p)
		for i := range 6 {
			crm.add(p, cdp.Row{fmt.Sprint("c", i), fmt.Sprint("l", i), fmt.Sprint("p", i), int64(10), true, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		}
		keys := func(want string) {
			t.Helper()
			got, err := box.Webhook("default").Rows("people")
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(slices.Sorted(maps.Keys(got))); got != want {
				t.Errorf("%s is there, want %s", got, want)
			}
		}
		p.Kith("run", "--json")
		update(p, "crm", "handle = concat('second-', handle)", "id IN ('c2', 'c3', 'c4')")
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push"}, "run", "--json"); !r.Killed {
			t.Fatalf("not killed: exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		keys("[p0 p1 p5 second-p2 second-p3 second-p4]")
		update(p, "crm", "ok = false", "id = 'c2'")
		update(p, "crm", "ok = false, login = 'l0'", "id IN ('c0', 'c1')") // one person from now on
		update(p, "crm", "score = 1", "id = 'c3'")
		guard("{min_rows: 100}")
		s := stopped(t, p, nil, 4, "run")
		if s.Guard != "min_rows" || s.Delivered != 4 {
			t.Errorf("stopped: %+v", s)
		}
		keys("[p5 second-p3 second-p4]")
		p.Kith("approve", s.Plan, "--yes", "--by", "ada") // what is left of it
		if s := stopped(t, p, nil, 0, "sync"); s.Approved != "ada" {
			t.Errorf("approved: %+v", s)
		}
		keys("[p5 second-p3 second-p4]")
		guard("{max_removed: 100%}")
		update(p, "crm", "ok = false", "id = 'c3'")
		p.Kith("run", "--json")
		keys("[p5 second-p4]")
		if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Added+s.Changed+s.Removed != 0 {
			t.Errorf("not silent: %+v", s)
		}
	})
}
