package e2e

import (
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
entities:
  - {name: person, identity: {identifiers: [{name: email}], links: [{source: signups, identifiers: [email]}, {source: visits, identifiers: [email]}]}}
traits:
  - {name: first_day, entity: person, from: signups, aggregate: min(day)}
  - {name: visits_after, entity: person, from: visits, aggregate: count, after: first_day}
  - {name: visits_at_first, entity: person, from: visits, aggregate: count, after: first_day, within: 24h}
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

// TestTimes: a date after which rows count begins at midnight of the project's time zone.
func TestTimes(t *testing.T) { onBoth(t, times) }

func times(t *testing.T, warehouse string) {
	t.Helper()
	p := newProjectOn(t, warehouse, timesProject)
	signups := sourceTable{"signups", []string{"id string", "email string", "city string", "firm string", "day date", "at timestamp"}}
	visits := sourceTable{"visits", []string{"email string", "at timestamp"}}
	signups.create(p)
	visits.create(p)
	signups.add(p, cdp.Row{"1", "ann@x.nl", "Utrecht", "A", moment("2026-07-01T00:00:00Z"), moment("2026-01-01T00:00:00Z")})
	for _, at := range []string{"2026-06-30T21:59:59Z", "2026-06-30T22:00:00Z", "2026-06-30T22:00:01Z", "2026-07-01T22:00:00Z", "2026-07-01T22:00:01Z"} {
		visits.add(p, cdp.Row{"ann@x.nl", moment(at)})
	}
	p.Kith("build", "--json", "--as-of", asOf)
	profiles := "kith.profile_person_" + buildOf(p)
	if d := cmp.Diff([]string{"ann@x.nl | 3 | 2"}, rowsOf(p, "SELECT email, visits_after, visits_at_first FROM "+profiles+" WHERE email = 'ann@x.nl'")); d != "" {
		t.Errorf("after a date: %s", d)
	}
}
