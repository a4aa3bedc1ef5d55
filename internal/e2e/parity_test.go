package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/testkit"
)

// parityProject uses what the language offers; %s is the target.
var parityProject = map[string]string{
	"kith.yml": `version: 1
name: parity
timezone: Europe/Amsterdam
targets:
  dev: %s
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
var parityTables = []struct {
	name    string
	columns []string // name type
}{
	{"crm", []string{"id string", "email string", "mobile string", "region string", "first_name string", "born date", "city string", "opt_in bool", "bounced bool", "updated_at timestamp"}},
	{"orders", []string{"order_id int", "email string", "amount decimal", "weight float", "category string", "status string", "details json", "ordered_at timestamp"}},
	{"events", []string{"id int", "anon string", "email string", "kind string", "at timestamp"}},
	{"letters", []string{"email string", "name string", "wants bool", "at timestamp"}},
}

// warehouseSide is the project on one engine.
type warehouseSide struct {
	*testkit.Project
	d cdp.Dialect
}

func (s warehouseSide) kind(typ string) cdp.Type {
	if typ == "decimal" {
		return cdp.Type{Kind: cdp.Decimal, Precision: 12, Scale: 2}
	}
	return cdp.Type{Kind: cdp.Kind(typ)}
}

// create makes the tables, insert fills one; a cell "" is null.
func (s warehouseSide) create() {
	schema := map[string]string{"clickhouse": "CREATE DATABASE IF NOT EXISTS raw", "bigquery": "CREATE SCHEMA IF NOT EXISTS raw"}
	engine := map[string]string{"clickhouse": " ENGINE = MergeTree ORDER BY tuple()"}
	s.SQL(schema[s.d.Name()])
	for _, t := range parityTables {
		var columns []string
		for _, c := range t.columns {
			name, typ, _ := strings.Cut(c, " ")
			columns = append(columns, s.d.Ident(name)+" "+s.d.Type(s.kind(typ)))
		}
		s.SQL("CREATE TABLE " + s.d.Table(cdp.Table{Schema: "raw", Name: t.name}) + " (" + strings.Join(columns, ", ") + ")" + engine[s.d.Name()])
	}
}

func (s warehouseSide) insert(table string, rows [][]string) {
	i := slices.IndexFunc(parityTables, func(t struct {
		name    string
		columns []string
	},
	) bool {
		return t.name == table
	})
	for chunk := range slices.Chunk(rows, 50) {
		var tuples []string
		for _, r := range chunk {
			cells := make([]string, len(r))
			for j, text := range r {
				_, typ, _ := strings.Cut(parityTables[i].columns[j], " ")
				cells[j] = s.d.Literal(cdp.Value{Type: s.kind(typ), Text: text, Null: text == ""})
			}
			tuples = append(tuples, "("+strings.Join(cells, ", ")+")")
		}
		s.SQL("INSERT INTO " + s.d.Table(cdp.Table{Schema: "raw", Name: table}) + " VALUES " + strings.Join(tuples, ", "))
	}
}

// build is the current build.
func (s warehouseSide) build() string {
	return fmt.Sprint(s.Query("SELECT build FROM kith.builds ORDER BY epoch DESC, `at` DESC LIMIT 1")[0][0])
}

// rows reads rows as text that is equal when they are.
func (s warehouseSide) rows(query string) []string {
	var out []string
	for _, r := range s.Query(query) {
		cells := make([]string, len(r))
		for i, v := range r {
			cells[i] = same(v)
		}
		out = append(out, strings.Join(cells, " | "))
	}
	slices.Sort(out)
	return out
}

func same(v any) string {
	switch x := v.(type) {
	case time.Time:
		return x.UTC().Format(time.RFC3339Nano)
	case []any:
		parts := make([]string, len(x))
		for i, e := range x {
			parts[i] = same(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string: // a decimal has its digits, or all of its scale
		var whole, cents int
		if n, err := fmt.Sscanf(x, "%d.%d", &whole, &cents); n == 2 && err == nil && strings.Trim(x, "-0123456789.") == "" {
			return strings.TrimRight(strings.TrimRight(x, "0"), ".")
		}
		return x
	}
	return fmt.Sprint(v)
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

// TestParity: two engines, one project, one salt: the same persons, traits, segments,
// ids and changes, row for row, and nothing to do the third time.
func TestParity(t *testing.T) {
	t.Parallel()
	ch := warehouseSide{testkit.NewProject(t, onTarget("{type: clickhouse, embedded: {path: .kith/warehouse}}")), dialect.ClickHouse{}}
	bq := warehouseSide{testkit.NewEmulated(t, onTarget("{type: bigquery, emulator: true}")), dialect.BigQuery{}}
	sides := []warehouseSide{ch, bq}
	data := crowd(12)
	for _, s := range sides {
		s.Env = []string{"KITH_SALT=0123456789abcdef0123456789abcdef"}
		s.create()
		for _, table := range slices.Sorted(maps.Keys(data)) {
			s.insert(table, data[table])
		}
	}
	compareRuns(t, ch, bq, "first")
	// Somebody opts out, two people turn out to be one, an order is taken back, a name changes.
	for _, s := range sides {
		s.insert("crm", [][]string{
			{"c5", "x5@example.com", "", "NL", "New", "1980-01-01", "Delft", "false", "false", "2026-10-31 20:00:00"},
			{"c8", "x8@example.com", "", "NL", "Renamed", "1980-01-01", "Delft", "true", "false", "2026-10-31 20:00:00"},
		})
		s.insert("events", [][]string{{"90001", "d10", "x11@example.com", "login", "2026-10-31 21:00:00"}, {"90002", "d10", "x10@example.com", "login", "2026-10-31 21:00:00"}})
		s.SQL("DELETE FROM raw.orders WHERE order_id IN (3, 8, 14)")
	}
	compareRuns(t, ch, bq, "second")
	compareRuns(t, ch, bq, "repeat")
}

func onTarget(target string) map[string]string {
	files := maps.Clone(parityProject)
	files["kith.yml"] = fmt.Sprintf(files["kith.yml"], target)
	return files
}

// compareRuns plans and runs both, and compares what they have.
func compareRuns(t *testing.T, ch, bq warehouseSide, what string) {
	t.Helper()
	var plans, reports [2]any
	for i, s := range []warehouseSide{ch, bq} {
		plans[i] = reportOf(t, s.Run(nil, "plan", "--json", "--as-of", asOf).Out)
		began := time.Now()
		r := s.Run(nil, "run", "--json", "--as-of", asOf)
		if r.Code != 0 && r.Code != 3 {
			t.Fatalf("%s run on %s: exit %d\n%s%s", what, s.d.Name(), r.Code, r.Out, r.Err)
		}
		t.Logf("%s run on %s: %s", what, s.d.Name(), time.Since(began).Round(time.Millisecond))
		reports[i] = reportOf(t, r.Out)
	}
	if d := cmp.Diff(plans[0], plans[1]); d != "" {
		t.Errorf("%s plan (-clickhouse +bigquery):\n%s", what, d)
	}
	if d := cmp.Diff(reports[0], reports[1]); d != "" {
		t.Errorf("%s run (-clickhouse +bigquery):\n%s", what, d)
	}
	build := []string{ch.build(), bq.build()}
	for name, query := range map[string]string{
		"persons":  "SELECT type, value, entity_id, first_seen, last_seen, n FROM kith.identity_person_map_BUILD",
		"entities": "SELECT entity_id, created_at, identifiers, quarantined FROM kith.entity_person_BUILD",
		// the hours of loading differ: one builds by increments
		"links":    "SELECT e.source, min(e.first_seen), max(e.last_seen), sum(e.n), coalesce(max(r.why), 0) FROM kith.identity_person_edges_BUILD AS e LEFT JOIN kith.identity_person_refused_BUILD AS r ON e.a = r.a AND e.b = r.b GROUP BY e.a, e.b, e.source",
		"evidence": "SELECT type, value, source, state, min(first_seen), max(last_seen), sum(n) FROM kith.identity_person_values_BUILD GROUP BY type, value, source, state",
		"reads":    "SELECT source, sum(n), sum(unowned) FROM kith.identity_person_reads_BUILD GROUP BY source HAVING sum(n) > 0",
		"profiles": "SELECT * FROM kith.profile_person_BUILD",
		"merges":   "SELECT entity, old_id, new_id, direct FROM kith.entity_merges",
		"history":  "SELECT segment, entity_id, min(entered_at), max(exited_at) FROM kith.members_history GROUP BY segment, entity_id",
		"log":      "SELECT sync, op, action, fate, code, count(*) FROM kith.sync_log GROUP BY sync, op, action, fate, code",
		"rejected": "SELECT sync, row_id, op, code FROM kith.rejections",
	} {
		a, b := ch.rows(strings.ReplaceAll(query, "BUILD", build[0])), bq.rows(strings.ReplaceAll(query, "BUILD", build[1]))
		if d := cmp.Diff(a, b); d != "" {
			t.Errorf("%s: %s differ (-clickhouse +bigquery):\n%s", what, name, d)
		}
		if len(a) == 0 && name != "merges" && name != "rejected" {
			t.Errorf("%s: no %s", what, name)
		}
	}
	for _, object := range []string{"buyers", "orders"} {
		if d := cmp.Diff(delivered(t, ch, object), delivered(t, bq, object)); d != "" {
			t.Errorf("%s: what was delivered as %s differs (-clickhouse +bigquery):\n%s", what, object, d)
		}
	}
}

// delivered is the state of a destination of files.
func delivered(t *testing.T, s warehouseSide, object string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for id, l := range replay(t, s.Dir+"/exports", object) {
		var fields any
		if err := json.Unmarshal(l.Fields, &fields); err != nil {
			t.Errorf("%s: %v", l.Fields, err)
		}
		b, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		out[id] = l.Key + " " + string(b)
	}
	return out
}

// reportOf is a report without what belongs to one run or one dialect.
func reportOf(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return strip(v)
}

func strip(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			switch k {
			case "run_id", "seconds", "latency", "ack_seconds", "samples", "bytes", "cost": // of one run; samples are the first by a hash of the dialect
				delete(x, k)
			case "full", "whole", "touched", "rounds": // how it was built: one builds by increments
				delete(x, k)
			default:
				x[k] = strip(e)
			}
		}
	case []any:
		for i, e := range x {
			x[i] = strip(e)
		}
	}
	return v
}
