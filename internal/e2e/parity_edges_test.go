package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/testkit"
)

// parityProject uses what the language offers.
var parityProject = map[string]string{
	"kith.yml": `version: 1
name: parity
timezone: Europe/Amsterdam
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
suppress: [bounced]
destinations:
  - {name: out, type: file, dir: exports}
  - {name: crm, type: hubspot, token: "${KITH_CRM_TOKEN:-sandbox}"}
`,
	"models/all.yml": `sources:
  - name: crm
    table: raw.crm
    key: id
    timestamp: updated_at
    dedupe: true
    columns: {id: string, email: {type: string, pii: email}, mobile: {type: string, pii: phone}, region: string, first_name: {type: string, pii: first_name}, born: {type: date, pii: birthdate}, city: {type: string, pii: city}, opt_in: bool, bounced: bool, updated_at: timestamp}
  - name: orders
    table: raw.orders
    key: order_id
    timestamp: ordered_at
    where: {column: status, ne: test}
    columns: {order_id: int, email: {type: string, pii: email}, amount: "decimal(12,2)", weight: float, category: string, status: string, details: json, gift: {type: bool, json: details.gift}, colour: {type: string, json: details.look.colour}, ordered_at: timestamp}
  - name: events
    table: raw.events
    key: id
    timestamp: at
    columns: {id: int, anon: {type: string, pii: device_id}, email: {type: string, pii: email}, kind: string, at: timestamp}
  - name: letters
    table: raw.letters
    timestamp: at
    columns: {email: {type: string, pii: email}, name: {type: string, pii: first_name}, wants: bool, at: timestamp}
entities:
  - name: person
    identity:
      identifiers:
        - {name: customer_id, max: 1}
        - {name: email, normalize: email, max: 3, block: ["test@test.com", "/@example\\.net$/"]}
        - {name: phone, normalize: phone, region: region, max: 3}
        - {name: device, max: 20}
      links:
        - {source: crm, identifiers: {customer_id: id, email: email, phone: mobile}}
        - {source: orders, identifiers: [email]}
        - {source: events, identifiers: {device: anon, email: email}, where: {column: kind, ne: bot}}
        - {source: letters, identifiers: [email], merge: false}
      max_size: 30
traits:
  - {name: first_name, entity: person, from: [crm.first_name, letters.name], pick: first}
  - {name: any_name, entity: person, from: [crm.first_name, letters.name], pick: latest}
  - {name: born, entity: person, from: crm.born, pick: latest}
  - {name: city, entity: person, from: crm.city, pick: earliest}
  - {name: emails, entity: person, identifier: email, limit: 5}
  - {name: value, entity: person, from: orders, aggregate: sum(amount), where: {column: status, eq: paid}, default: 0}
  - {name: mean, entity: person, from: orders, aggregate: avg(amount)}
  - {name: lightest, entity: person, from: orders, aggregate: min(weight)}
  - {name: orders_90d, entity: person, from: orders, aggregate: count, within: 90d}
  - {name: orders_q, entity: person, from: orders, aggregate: count_distinct(category), within: last 2 quarters}
  - {name: last_order_at, entity: person, from: orders, aggregate: max(ordered_at)}
  - {name: categories, entity: person, from: orders.category, pick: latest, limit: 3}
  - {name: favourite, entity: person, from: orders.category, pick: most_frequent}
  - {name: colour, entity: person, from: orders.colour, pick: latest}
  - {name: gifts, entity: person, from: orders, aggregate: count, where: {column: gift, eq: true}}
  - {name: money, entity: person, bin: {trait: value, into: 4}}
  - {name: is_whale, entity: person, type: bool, sql: "value > 100"}
  - {name: after_first, entity: person, from: orders, aggregate: count, after: first_seen_at, within: 60d}
  - {name: first_seen_at, entity: person, from: events, aggregate: min(at)}
  - {name: test_group, entity: person, split: {salt: s-2026, shares: {holdout: 20, a: 40, b: 40}}}
consents:
  - {name: marketing, entity: person, from: [crm.opt_in, letters.wants], pick: latest}
  - {name: letters, entity: person, identifier: email, from: [letters.wants], default: granted}
segments:
  - {name: bounced, entity: person, where: {event: crm, where: {column: bounced, eq: true}}}
  - {name: buyers, entity: person, where: {trait: value, gt: 0}}
  - {name: visitors, entity: person, where: {event: events, where: {column: kind, in: [visit, login]}, within: 30d}}
  - {name: big_baskets, entity: person, where: {event: orders, aggregate: sum(amount), gte: 60, within: this year, where: {column: category, starts_with: b}}}
  - {name: top, entity: person, where: {segment: buyers}, limit: {rows: 7, highest: value}}
  - {name: quiet_buyers, entity: person, where: {all: [{segment: buyers}, {not: {segment: visitors}}, {any: [{trait: city, exists: true}, {trait: emails, contains: "x1@example.com"}]}]}}
`,
	"syncs/all.yml": `syncs:
  - name: buyers_file
    from: {segment: buyers}
    to: {destination: out, object: buyers}
    key: {email: email}
    fields: {first_name: first_name, born: {trait: born, on_null: clear}, value: value, mean: mean, last: last_order_at, cats: categories, top: {segment: top}, group: test_group, whale: is_whale, gifts: gifts, fixed: {value: kith}, label: {sql: "concat(customer_id, '!')"}}
    consent: [marketing, letters]
    on_removed: {left: {set: {group: none}}, withdrawn: delete, merged: delete, gone: archive}
    guards: {max_removed: 100%, min_rows: 0}
  - name: orders_file
    from: {source: orders, where: {column: amount, gt: 5}}
    to: {destination: out, object: orders}
    key: {id: order_id}
    fields: {amount: amount, weight: weight, colour: colour, gift: gift, at: ordered_at}
    on_removed: delete
    guards: {max_removed: 100%, min_rows: 0}
  - name: top_list
    from: {segment: quiet_buyers}
    to: {destination: crm, audience: Quiet}
    match: [email]
    consent: letters
    guards: {max_removed: 100%, min_rows: 0}
`,
}

// parityTables are the sources, in the types of the language.
var parityTables = []sourceTable{
	{"crm", []string{"id string", "email string", "mobile string", "region string", "first_name string", "born date", "city string", "opt_in bool", "bounced bool", "updated_at timestamp"}},
	{"orders", []string{"order_id int", "email string", "amount decimal", "weight float", "category string", "status string", "details json", "ordered_at timestamp"}},
	{"events", []string{"id int", "anon string", "email string", "kind string", "at timestamp"}},
	{"letters", []string{"email string", "name string", "wants bool", "at timestamp"}},
}

// crowd are people who leave traces in all sources; the same for every engine.
func crowd(n int) map[string][][]string {
	r := rand.New(rand.NewPCG(7, 11))
	at := func(days int) string {
		return time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC).AddDate(0, 0, -days).Add(time.Duration(r.IntN(86_400_000_000)) * time.Microsecond).Format("2006-01-02 15:04:05.000000")
	}
	or := func(p float64, text string) string {
		if r.Float64() < p {
			return ""
		}
		return text
	}
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	out := map[string][][]string{}
	add := func(table string, cells ...string) { out[table] = append(out[table], cells) }
	for i := range n {
		email := fmt.Sprintf("x%d@example.com", i)
		written := pick(email, strings.ToUpper(email), " "+email+"\t", "\u00a0"+email)
		phone := fmt.Sprintf("%08d", 12_000_000+i-i%7) // some share one
		name := pick("Ann", "Zoë 🌷", `O'Brien "x" \ {x:String} ?`, "two\nlines", "<b>", "Bo")
		if r.Float64() < 0.7 {
			for v := range 1 + r.IntN(2) {
				add("crm", fmt.Sprintf("c%d", i), or(0.1, written), or(0.3, pick("06-"+phone, "+31 6 "+phone, "00316"+phone, "0612")), pick("NL", "nl ", "BE", "??"),
					or(0.1, name), or(0.2, fmt.Sprintf("19%02d-0%d-1%d", 30+r.IntN(70), 1+r.IntN(9), r.IntN(9))), or(0.3, pick("Utrecht", "'s-Gravenhage", "Köln")), or(0.1, fmt.Sprint(r.Float64() < 0.8)), fmt.Sprint(i%17 == 3), at(20*v+r.IntN(300)))
			}
		}
		for range r.IntN(4) {
			add("orders", fmt.Sprint(len(out["orders"])+1), or(0.1, pick(email, strings.ToUpper(email))), fmt.Sprintf("%d.%02d", r.IntN(90), r.IntN(100)), fmt.Sprint(float64(r.IntN(64))/8),
				or(0.1, pick("boots", "bags", "hats")), pick("paid", "paid", "open", "test"), pick(`{"gift": true, "look": {"colour": "red"}}`, `{"gift":false}`, `{}`, `{"look":{"colour":"größe \"x\""}}`), at(r.IntN(400)))
		}
		for range r.IntN(4) {
			add("events", fmt.Sprint(len(out["events"])+1), or(0.05, pick(fmt.Sprintf("d%d", i), fmt.Sprintf("d%d", i-i%3))), or(0.6, email), pick("visit", "login", "bot"), at(r.IntN(120)))
		}
		if r.Float64() < 0.4 {
			add("letters", or(0.05, pick(email, "test@test.com", "nobody@example.net")), or(0.2, "Letter "+fmt.Sprint(i)), fmt.Sprint(r.Float64() < 0.7), at(r.IntN(200)))
		}
	}
	return out
}

// insertTexts adds rows whose cells are texts of the language's types; "" is null.
func insertTexts(p *testkit.Project, table string, rows [][]string) {
	p.T.Helper()
	d := p.Warehouse().Dialect()
	i := slices.IndexFunc(parityTables, func(t sourceTable) bool { return t.name == table })
	for chunk := range slices.Chunk(rows, 50) {
		var tuples []string
		for _, r := range chunk {
			cells := make([]string, len(r))
			for j, text := range r {
				_, typ, _ := strings.Cut(parityTables[i].columns[j], " ")
				cells[j] = d.Literal(cdp.Value{Type: typeOf(typ), Text: text, Null: text == ""})
			}
			tuples = append(tuples, "("+strings.Join(cells, ", ")+")")
		}
		p.SQL("INSERT INTO " + d.Table(cdp.Table{Schema: "raw", Name: table}) + " VALUES " + strings.Join(tuples, ", "))
	}
}

// TestParityOfEdges: what the demo's project does not use of the language, and what its
// people do not do, is the same on both warehouses too.
func TestParityOfEdges(t *testing.T) {
	t.Parallel()
	both := parity{ch: newProjectOn(t, "clickhouse", parityProject), bq: newProjectOn(t, "bigquery", parityProject), objects: []string{"buyers", "orders"}, traits: "*"}
	data := crowd(12)
	both.each(func(p *testkit.Project) {
		for _, table := range parityTables {
			table.create(p)
		}
		for _, table := range slices.Sorted(maps.Keys(data)) {
			insertTexts(p, table, data[table])
		}
	})
	both.run(t, "first", "run", asOf)
	// Somebody opts out, two people turn out to be one, an order is taken back, a name changes.
	both.each(func(p *testkit.Project) {
		insertTexts(p, "crm", [][]string{
			{"c5", "x5@example.com", "", "NL", "New", "1980-01-01", "Delft", "false", "false", "2026-10-31 20:00:00"},
			{"c8", "x8@example.com", "", "NL", "Renamed", "1980-01-01", "Delft", "true", "false", "2026-10-31 20:00:00"},
		})
		insertTexts(p, "events", [][]string{{"90001", "d10", "x11@example.com", "login", "2026-10-31 21:00:00"}, {"90002", "d10", "x10@example.com", "login", "2026-10-31 21:00:00"}})
		p.SQL("DELETE FROM raw.orders WHERE order_id IN (3, 8, 14)")
	})
	both.plan(t, asOf) // on the emulator a plan is two builds: here they are small
	both.run(t, "second", "run", asOf)
}
