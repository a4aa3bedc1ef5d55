package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/testkit"
)

// personProject has one of everything between a source and a profile.
var personProject = map[string]string{
	"kith.yml": `version: 1
name: persons
timezone: Europe/Amsterdam
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
suppress: [bounced]
destinations:
  - {name: out, type: file, dir: exports}
`,
	"models/all.yml": `sources:
  - name: crm
    table: raw.crm
    key: id
    timestamp: updated_at
    columns: {id: string, email: {type: string, pii: email}, mobile: {type: string, pii: phone}, first_name: {type: string, pii: first_name}, city: {type: string, pii: city}, opt_in: bool, bounced: bool, updated_at: timestamp}
  - name: orders
    table: raw.orders
    key: order_id
    timestamp: ordered_at
    columns: {order_id: string, email: {type: string, pii: email}, amount: "decimal(12,2)", category: string, status: string, ordered_at: timestamp}
  - name: events
    table: raw.events
    key: id
    timestamp: at
    columns: {id: int, anon: {type: string, pii: device_id}, email: {type: string, pii: email}, kind: string, at: timestamp}
entities:
  - name: person
    identity:
      identifiers:
        - {name: customer_id, max: 1}
        - {name: email, normalize: email, max: 5, block: ["test@test.com"]}
        - {name: phone, normalize: phone, region: NL, max: 3}
        - {name: anonymous_id, max: 50}
      links:
        - {source: crm, identifiers: {customer_id: id, email: email, phone: mobile}}
        - {source: orders, identifiers: [email]}
        - {source: events, identifiers: {anonymous_id: anon, email: email}}
traits:
  - {name: first_name, entity: person, from: crm.first_name, pick: latest}
  - {name: city, entity: person, from: crm.city, pick: latest}
  - {name: emails, entity: person, identifier: email, limit: 5}
  - {name: lifetime_value, entity: person, from: orders, aggregate: sum(amount), where: {column: status, eq: paid}, default: 0}
  - {name: orders_90d, entity: person, from: orders, aggregate: count, within: 90d}
  - {name: last_order_at, entity: person, from: orders, aggregate: max(ordered_at)}
  - {name: categories, entity: person, from: orders.category, pick: latest, limit: 3}
  - {name: favourite, entity: person, from: orders.category, pick: most_frequent}
  - {name: money, entity: person, bin: {trait: lifetime_value, into: 2}}
  - {name: is_whale, entity: person, type: bool, sql: "lifetime_value > 100"}
  - {name: after_first, entity: person, from: orders, aggregate: count, after: first_seen_at}
  - {name: first_seen_at, entity: person, from: events, aggregate: min(at)}
  - {name: half, entity: person, split: {salt: s, shares: {a: 50, b: 50}}}
consents:
  - {name: marketing, entity: person, from: [crm.opt_in], pick: latest}
segments:
  - {name: bounced, entity: person, where: {event: crm, where: {column: bounced, eq: true}}}
  - {name: buyers, entity: person, where: {trait: lifetime_value, gt: 0}}
  - {name: visitors, entity: person, where: {event: events, where: {column: kind, eq: visit}, within: 30d}}
  - {name: top, entity: person, where: {segment: buyers}, limit: {rows: 1, highest: lifetime_value}}
  - {name: quiet_buyers, entity: person, where: {all: [{segment: buyers}, {not: {segment: visitors}}]}}
`,
	"syncs/all.yml": `syncs:
  - name: buyers_file
    from: {segment: buyers}
    to: {destination: out, object: buyers}
    key: {email: email}
    fields: {first_name: first_name, value: lifetime_value, last: last_order_at, cats: categories, top: {segment: top}}
    consent: marketing
    on_removed: {left: delete, withdrawn: delete, merged: delete, gone: delete}
    guards: {max_removed: 100%, min_rows: 0}
`,
}

// personTables are its sources.
var (
	crmTable    = sourceTable{"crm", []string{"id string", "email string", "mobile string", "first_name string", "city string", "opt_in bool", "bounced bool", "updated_at timestamp"}}
	ordersTable = sourceTable{"orders", []string{"order_id string", "email string", "amount decimal", "category string", "status string", "ordered_at timestamp"}}
	eventsTable = sourceTable{"events", []string{"id int", "anon string", "email string", "kind string", "at timestamp"}}
)

func newPersonProject(t *testing.T) *testkit.Project {
	t.Helper()
	return newPersonProjectOn(t, "clickhouse")
}

func newPersonProjectOn(t *testing.T, warehouse string) *testkit.Project {
	t.Helper()
	p := newProjectOn(t, warehouse, personProject)
	for _, table := range []sourceTable{crmTable, ordersTable, eventsTable} {
		table.create(p)
	}
	crmTable.add(p,
		cdp.Row{"c1", "Ann@Example.com ", "06 1234 5678", "Ann", "Utrecht", true, false, day("2026-10-01")},
		cdp.Row{"c2", "bob@example.com", nil, `Bob "O'Brien" \ {x:String} ? 😀`, nil, true, false, day("2026-10-02")},
		cdp.Row{"c3", "cas@example.com", nil, "<script>", "", false, false, day("2026-10-03")},
		cdp.Row{"c4", "dot@example.com", nil, "Dot", "Delft", true, true, day("2026-10-04")},
		cdp.Row{"c5", "test@test.com", nil, "Eve", "Ede", true, false, day("2026-10-05")},
		cdp.Row{"c6", "test@test.com", nil, "Fay", "Ede", true, false, day("2026-10-05")},
	)
	ordersTable.add(p,
		cdp.Row{"o1", "ann@example.com", "120.50", "shoes", "paid", day("2026-10-20")},
		cdp.Row{"o2", "ANN@example.com", "5", "boots", "open", day("2026-10-21")},
		cdp.Row{"o3", "ann@example.com", "10", "shoes", "paid", day("2026-01-01")},
		cdp.Row{"o4", "bob@example.com", "50", "hats", "paid", day("2026-10-22")},
		cdp.Row{"o5", "cas@example.com", "99", "hats", "paid", day("2026-10-22")},
		cdp.Row{"o6", "dot@example.com", "99", "hats", "paid", day("2026-10-22")},
		cdp.Row{"o7", nil, "99", "hats", "paid", day("2026-10-22")},
	)
	eventsTable.add(p,
		cdp.Row{int64(1), "a1", "ann@example.com", "visit", day("2026-10-25")},
		cdp.Row{int64(2), "a1", nil, "visit", day("2026-10-19")},
		cdp.Row{int64(3), "a2", "bob@example.com", "visit", day("2026-08-01")},
		cdp.Row{int64(4), "a3", nil, "visit", day("2026-10-30")},
	)
	return p
}

// day is ten o'clock on a day.
func day(date string) time.Time {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err) // a constant of a test
	}
	return at.Add(10 * time.Hour)
}

const asOf = "2026-11-01T00:00:00Z"

func TestProfile(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newPersonProjectOn(t, warehouse)
		out := parse(t, p.Kith("run", "--json", "--as-of", asOf))
		if out.Status != "succeeded" {
			t.Fatalf("%+v", out)
		}
		var got []string
		for _, r := range p.Query(`SELECT customer_id, first_name, city, emails, lifetime_value, orders_90d, last_order_at, categories, favourite, is_whale, after_first, __kith_segment_bounced, __kith_segment_buyers, __kith_segment_visitors, __kith_segment_top, __kith_segment_quiet_buyers, __kith_consent_marketing FROM kith.profile_person_` + buildOf(p) + ` ORDER BY coalesce(customer_id, 'z')`) {
			parts := make([]string, len(r))
			for i, v := range r {
				parts[i] = same(v)
			}
			got = append(got, strings.Join(parts, "|"))
		}
		want := []string{
			"c1|Ann|Utrecht|[ann@example.com]|130.5|2|2026-10-21T10:00:00Z|[boots, shoes]|shoes|true|2|false|true|true|true|false|true",
			`c2|Bob "O'Brien" \ {x:String} ? 😀|<nil>|[bob@example.com]|50|1|2026-10-22T10:00:00Z|[hats]|hats|false|1|false|true|false|false|true|true`,
			"c3|<script>|<nil>|[cas@example.com]|99|1|2026-10-22T10:00:00Z|[hats]|hats|false|0|false|true|false|false|true|false",
			"c4|Dot|Delft|[dot@example.com]|99|1|2026-10-22T10:00:00Z|[hats]|hats|false|0|true|true|false|false|true|true",
			"c5|Eve|Ede|[]|0|0|<nil>|[]|<nil>|false|0|false|false|false|false|false|true",
			"c6|Fay|Ede|[]|0|0|<nil>|[]|<nil>|false|0|false|false|false|false|false|true",
			"<nil>|<nil>|<nil>|[]|0|0|<nil>|[]|<nil>|false|0|false|false|true|false|false|false",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		state := replay(t, p.Dir+"/exports", "buyers")
		if len(state) != 2 {
			t.Fatalf("%d buyers at the destination, want Ann and Bob: Cas did not agree, Dot bounced\n%v", len(state), state)
		}
		for _, l := range state {
			if l.Key == "bob@example.com" && !strings.Contains(string(l.Fields), `"Bob \"O'Brien\" \\ {x:String} ? 😀"`) {
				t.Errorf("Bob's name: %s", l.Fields)
			}
		}
		if r := parse(t, p.Kith("run", "--json", "--as-of", asOf)).Syncs[0]; r.Requests != 0 || r.Added+r.Changed+r.Removed != 0 {
			t.Errorf("repeat: %+v", r)
		}
		// An opt-out is removed as withdrawn; two people turn out to be one.
		crmTable.add(p, cdp.Row{"c2", "bob@example.com", nil, "Bob", nil, false, false, day("2026-10-31")})
		eventsTable.add(p, cdp.Row{int64(9), "a3", "ann@example.com", "visit", day("2026-10-31")})
		second := parse(t, p.Kith("run", "--json", "--as-of", asOf))
		if s := second.Syncs[0]; s.Removed != 1 || s.Delivered != 1 {
			t.Errorf("after the opt-out: %+v", s)
		}
		if state := replay(t, p.Dir+"/exports", "buyers"); len(state) != 1 {
			t.Errorf("%d buyers at the destination, want Ann only", len(state))
		}
		stays := map[string][2]int{} // all, and those that go on
		for _, r := range p.Query("SELECT segment, exited_at FROM (SELECT segment, exited_at, del, ROW_NUMBER() OVER (PARTITION BY segment, entity_id, entered_at ORDER BY ver DESC) AS newest FROM kith.members_history) AS h WHERE newest = 1 AND del = 0") {
			n := stays[fmt.Sprint(r[0])]
			if n[0]++; r[1] == nil {
				n[1]++
			}
			stays[fmt.Sprint(r[0])] = n
		}
		if d := cmp.Diff(map[string][2]int{"bounced": {1, 1}, "buyers": {4, 4}, "quiet_buyers": {3, 3}, "top": {1, 1}, "visitors": {1, 1}}, stays); d != "" {
			t.Errorf("history: %s", d)
		}
	})
}
