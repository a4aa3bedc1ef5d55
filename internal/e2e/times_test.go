package e2e

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// timesProject has traits that go by the times of rows, some of which have none, and by a
// date, which begins where the project is.
var timesProject = map[string]string{
	"kith.yml": `version: 1
name: times
timezone: Europe/Amsterdam
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
destinations:
  - {name: out, type: file, dir: exports}
`,
	"models/all.yml": `sources:
  - {name: signups, table: raw.signups, key: id, timestamp: at, columns: {id: string, email: string, city: string, firm: string, day: date, at: timestamp}}
  - {name: visits, table: raw.visits, timestamp: at, columns: {email: string, at: timestamp}}
  - {name: forms, table: raw.forms, key: id, timestamp: at, loaded_at: loaded, columns: {id: string, email: string, city: string, at: timestamp, loaded: timestamp}}
entities:
  - {name: firm, identity: {identifiers: [{name: firm}], links: [{source: signups, identifiers: [firm]}]}}
  - {name: person, identity: {identifiers: [{name: email}], links: [{source: signups, identifiers: [email]}, {source: visits, identifiers: [email]}, {source: forms, identifiers: [email]}]}}
relations: [{name: first_firm, entity: person, to: firm, from: signups, pick: earliest}]
traits:
  - {name: first_day, entity: person, from: signups, aggregate: min(day)}
  - {name: visits_after, entity: person, from: visits, aggregate: count, after: first_day}
  - {name: visits_at_first, entity: person, from: visits, aggregate: count, after: first_day, within: 24h}
  - {name: first_city, entity: person, from: signups.city, pick: earliest}
  - {name: first_cities, entity: person, from: signups.city, pick: earliest, limit: 2}
  - {name: first_form, entity: person, from: forms.city, pick: earliest}
  - {name: last_form, entity: person, from: forms.city, pick: latest}
  - {name: first_of_two, entity: person, from: [signups.city, forms.city], pick: earliest}
  - {name: at_firm, entity: person, relation: first_firm, trait: firm}
`,
}

// moment is one of a text.
func moment(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err) // a constant of a test
	}
	return t
}

// TestTimes: a row without a time is later than every other where the earliest is picked,
// and one without a timestamp is of when it was loaded; a date after which rows count begins at midnight of the project's time zone.
func TestTimes(t *testing.T) { onBoth(t, times) }

func times(t *testing.T, warehouse string) {
	t.Helper()
	p := newProjectOn(t, warehouse, timesProject)
	signups := sourceTable{"signups", []string{"id string", "email string", "city string", "firm string", "day date", "at timestamp"}}
	visits := sourceTable{"visits", []string{"email string", "at timestamp"}}
	forms := sourceTable{"forms", []string{"id string", "email string", "city string", "at timestamp", "loaded timestamp"}}
	for _, table := range []sourceTable{signups, visits, forms} {
		table.create(p)
	}
	signups.add(p,
		cdp.Row{"0", "ann@x.nl", "Nowhere", "N", nil, nil},
		cdp.Row{"1", "ann@x.nl", "Utrecht", "A", moment("2026-07-01T00:00:00Z"), moment("2026-01-01T00:00:00Z")},
		cdp.Row{"2", "ann@x.nl", "Delft", "B", nil, moment("2026-05-01T00:00:00Z")},
		cdp.Row{"3", "bob@x.nl", "Ede", "B", nil, nil},
		cdp.Row{"4", "carl@x.nl", "Nowhere", "B", nil, nil},
	)
	forms.add(p,
		cdp.Row{"0", "ann@x.nl", "Goes", nil, moment("2025-06-01T00:00:00Z")},
		cdp.Row{"1", "ann@x.nl", "Assen", moment("2025-02-01T00:00:00Z"), moment("2026-02-01T00:00:00Z")},
		cdp.Row{"2", "ann@x.nl", "Nowhere", nil, nil},
		cdp.Row{"3", "carl@x.nl", "Goes", moment("2026-02-01T00:00:00Z"), nil},
	)
	for _, at := range []string{"2026-06-30T21:59:59Z", "2026-06-30T22:00:00Z", "2026-06-30T22:00:01Z", "2026-07-01T22:00:00Z", "2026-07-01T22:00:01Z"} {
		visits.add(p, cdp.Row{"ann@x.nl", moment(at)})
	}
	p.Kith("build", "--json", "--as-of", asOf)
	profiles := "kith.profile_person_" + buildOf(p)
	if d := cmp.Diff([]string{"ann@x.nl | 3 | 2"}, rowsOf(p, "SELECT email, visits_after, visits_at_first FROM "+profiles+" WHERE email = 'ann@x.nl'")); d != "" {
		t.Errorf("after a date: %s", d)
	}
	picks := []string{"ann@x.nl | Utrecht | [Utrecht, Delft] | Assen | Goes | Assen | A", "bob@x.nl | Ede | [Ede] | <nil> | <nil> | Ede | B", "carl@x.nl | Nowhere | [Nowhere] | Goes | Goes | Goes | B"}
	if d := cmp.Diff(picks, rowsOf(p, "SELECT email, first_city, first_cities, first_form, last_form, first_of_two, at_firm FROM "+profiles)); d != "" {
		t.Errorf("picks: %s", d)
	}
	var carl struct {
		Traits []struct{ Name, From string }
	}
	if err := json.Unmarshal([]byte(p.Kith("profile", "carl@x.nl", "--entity", "person", "--json")), &carl); err != nil {
		t.Fatal(err)
	}
	for _, x := range carl.Traits {
		if x.Name == "first_of_two" && x.From != "forms.city" {
			t.Errorf("the only city with a time is of %s", x.From)
		}
	}
}
