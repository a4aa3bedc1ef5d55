package e2e

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// rowsProject has a source of versions, of which the newest counts, and one whose rows
// have a date and no time, west of Greenwich.
var rowsProject = map[string]string{
	"kith.yml": `version: 1
name: rows
timezone: America/New_York
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
destinations:
  - {name: out, type: file, dir: exports}
`,
	"models/all.yml": `sources:
  - {name: contacts, table: raw.contacts, key: id, timestamp: at, dedupe: true, where: {column: deleted, eq: false},
      columns: {name: string, id: string, email: string, deleted: bool, at: timestamp}}
  - {name: visits, table: raw.visits, key: id, timestamp: day, columns: {id: string, email: {type: string, pii: email}, day: date}}
entities:
  - name: person
    identity: {identifiers: [{name: email, normalize: email}], links: [{source: contacts, identifiers: [email]}, {source: visits, identifiers: [email]}]}
traits:
  - {name: name, from: contacts.name, pick: latest}
  - {name: today, from: visits, aggregate: count, within: this day}
  - {name: yesterday, from: visits, aggregate: count, within: last 1 day}
  - {name: in_24h, from: visits, aggregate: count, within: 24h}
  - {name: share, from: visits, aggregate: max(email), default: "0%"}
  - {name: word, from: [contacts.name, visits.id], pick: latest}
  - {name: addresses, from: visits.email, pick: latest, limit: 3}
syncs:
  - {name: contacts, from: {source: contacts}, to: {destination: out, object: contacts}, key: {id: id}, fields: {name: name, email: email}, consent: none, on_removed: delete, guards: {max_removed: 100%, min_rows: 0}}
  - {name: people, from: {entity: person}, to: {destination: out, object: people}, key: {email: email}, fields: {name: name, today: today, yesterday: yesterday, in_24h: in_24h, share: share, word: word}, consent: none, on_removed: delete, guards: {max_removed: 100%, min_rows: 0}}
  - {name: visits, from: {source: visits, start: 2026-12-01}, to: {destination: out, event: visits}, key: {id: id}, consent: none}
  - {name: new_visits, from: {source: visits, start: now}, to: {destination: out, event: new_visits}, key: {id: id}, consent: none}
  - {name: list, from: {entity: person}, to: {destination: out, audience: list}, match: [addresses], consent: none, guards: {max_removed: 100%, min_rows: 0}}
`,
}

// TestRowsOfSources: the newest version of a row counts also when a filter leaves it
// out, all passes over a source take the same of two, and a date is a day of the
// project's time zone.
func TestRowsOfSources(t *testing.T) { onBoth(t, rowsOfSources) }

func rowsOfSources(t *testing.T, warehouse string) {
	t.Helper()
	p := newProjectOn(t, warehouse, rowsProject)
	contacts := sourceTable{"contacts", []string{"name string", "id string", "email string", "deleted bool", "at timestamp"}}
	visits := sourceTable{"visits", []string{"id string", "email string", "day date"}}
	contacts.create(p)
	visits.create(p)
	check := func(want map[string]map[string]string) {
		t.Helper()
		for object, rows := range want {
			got := map[string]string{}
			for _, line := range replay(t, p.Dir+"/exports", object) {
				got[line.Key] = string(line.Fields)
			}
			if d := cmp.Diff(rows, got); d != "" {
				t.Errorf("%s: %s", object, d)
			}
		}
	}
	visits.add(p, cdp.Row{"v1", "ann@x.nl", date("2026-11-30")}, cdp.Row{"v2", "ann@x.nl", date("2026-12-01")}, cdp.Row{"v3", "ann@x.nl", date("2026-12-02")}, cdp.Row{"v4", "cas@x.nl", date("2026-12-01")})
	contacts.add(p, cdp.Row{"Ann", "1", "ann@x.nl", false, day("2026-11-01")}, cdp.Row{"Bob", "2", "bob@x.nl", false, day("2026-11-01")},
		cdp.Row{"Cas", "4", "cas@x.nl", false, date("2026-12-01").Add(3 * time.Hour)}) // which is the evening before that day
	// Of one moment, where the order by name is not that by address.
	for _, r := range []cdp.Row{{"D", "3", "c@x.nl", false, day("2026-11-01")}, {"C", "3", "d@x.nl", false, day("2026-11-01")}, {"B", "3", "e@x.nl", false, day("2026-11-01")}, {"A", "3", "f@x.nl", false, day("2026-11-01")}} {
		contacts.add(p, r)
	}
	ann := `{"name":"Ann","today":1,"yesterday":1,"in_24h":1,"share":"ann@x.nl","word":"v3"}`
	cas := `{"name":"Cas","today":1,"yesterday":0,"in_24h":1,"share":"cas@x.nl","word":"v4"}`
	run := func() { p.Kith("run", "--json", "--as-of", "2026-12-02T03:00:00Z") } // 22:00 on the 1st in New York
	run()
	var tied fileLine
	for _, line := range replay(t, p.Dir+"/exports", "contacts") {
		if line.Key == "3" {
			tied = line
		}
	}
	var of struct{ Name, Email string }
	if err := json.Unmarshal(tied.Fields, &of); err != nil {
		t.Fatal(err)
	}
	named := `{"name":"` + of.Name + `","today":0,"yesterday":0,"in_24h":0,"share":"0%","word":"` + of.Name + `"}`
	check(map[string]map[string]string{
		"people":     {"ann@x.nl": ann, "cas@x.nl": cas, "bob@x.nl": `{"name":"Bob","today":0,"yesterday":0,"in_24h":0,"share":"0%","word":"Bob"}`, of.Email: named},
		"contacts":   {"1": `{"name":"Ann","email":"ann@x.nl"}`, "2": `{"name":"Bob","email":"bob@x.nl"}`, "3": string(tied.Fields), "4": `{"name":"Cas","email":"cas@x.nl"}`},
		"visits":     {"v2": `{}`, "v3": `{}`, "v4": `{}`},
		"new_visits": {"v2": `{}`, "v3": `{}`, "v4": `{}`},
	})
	var matched []string
	for _, line := range replay(t, p.Dir+"/exports", "list") {
		matched = append(matched, string(line.Match))
	}
	slices.Sort(matched)
	if d := cmp.Diff([]string{`{"email":["ann@x.nl"]}`, `{"email":["cas@x.nl"]}`}, matched); d != "" {
		t.Errorf("a list of addresses in match: %s", d)
	}
	contacts.add(p, cdp.Row{"Bob", "2", "bob@x.nl", true, day("2026-11-02")})
	run()
	check(map[string]map[string]string{
		"people":   {"ann@x.nl": ann, "cas@x.nl": cas, of.Email: named},
		"contacts": {"1": `{"name":"Ann","email":"ann@x.nl"}`, "3": string(tied.Fields), "4": `{"name":"Cas","email":"cas@x.nl"}`},
	})
}

// date is a day as a driver takes it.
func date(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return at
}
