package project

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
)

func shop(t *testing.T) *cdp.Project {
	t.Helper()
	p, problems := Load("testdata/shop", Options{Specs: testSpecs()})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

func named[T any](t *testing.T, list []T, item func(T) string, name string) T {
	t.Helper()
	for _, x := range list {
		if item(x) == name {
			return x
		}
	}
	t.Fatalf("nothing is called %q", name)
	return list[0]
}

func source(t *testing.T, p *cdp.Project, name string) *cdp.Source {
	return named(t, p.Sources, func(s *cdp.Source) string { return s.Name }, name)
}

func trait(t *testing.T, p *cdp.Project, name string) *cdp.Trait {
	return named(t, p.Traits, func(s *cdp.Trait) string { return s.Name }, name)
}

func sync(t *testing.T, p *cdp.Project, name string) *cdp.Sync {
	return named(t, p.Syncs, func(s *cdp.Sync) string { return s.Name }, name)
}

func segment(t *testing.T, p *cdp.Project, name string) *cdp.Segment {
	return named(t, p.Segments, func(s *cdp.Segment) string { return s.Name }, name)
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestKith(t *testing.T) {
	p := shop(t)
	same(t, "targets", []string{"bq", "local", "prod"}, p.Targets)
	same(t, "target", "local", p.Target.Name)
	same(t, "path", ".kith/warehouse", p.Target.Options["embedded"].Map["path"])
	same(t, "zone", "Europe/Amsterdam", p.Timezone)
	same(t, "suppress", "hard_bounced", p.Suppress[0].Name)
	prod, problems := Load("testdata/shop", Options{Target: "prod", Specs: testSpecs()})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	same(t, "live", true, prod.Target.Live)
	same(t, "addr", []string{"${CH_HOST}:9440"}, prod.Target.Options["addr"].List)
	same(t, "password", "${CH_PASSWORD}", prod.Target.Options["password"].Text)
	if _, ok := prod.Target.Options["deliver"]; ok {
		t.Error("deliver is no option of a connection")
	}
}

func TestTargetOverrides(t *testing.T) {
	p, problems := loadText(t, map[string]string{
		"kith.yml": `version: 1
name: t
default_target: a
vars: {x: base, y: base}
state: {schema: s}
targets:
  a: {type: clickhouse, embedded: {}}
  b:
    type: clickhouse
    addr: h
    vars: {x: over}
    state: {schema: other}
    destinations: [{name: crm, tier: pro}, {name: off, enabled: false}, {name: out, type: hubspot, token: "${T}"}, {name: more, type: file, dir: d}]
destinations:
  - {name: crm, type: hubspot, token: "${T}"}
  - {name: out, type: file, dir: d}
  - {name: off, type: file, dir: d}
`,
		"models/a.yml": `sources: [{name: s, table: "{{ var('x') }}.{{ var('y') }}", columns: {c: int}}]`,
	}, Options{Target: "b", Specs: testSpecs()})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	same(t, "vars", cdp.Table{Schema: "over", Name: "base"}, *p.Sources[0].Table)
	same(t, "state", "other", p.State)
	dest := func(name string) *cdp.DestinationConfig {
		return named(t, p.Destinations, func(d *cdp.DestinationConfig) string { return d.Name }, name)
	}
	same(t, "kept", "${T}", dest("crm").Options["token"].Text)
	same(t, "laid over", "pro", dest("crm").Options["tier"].Text)
	same(t, "replaced", "hubspot", dest("out").Type)
	same(t, "further", "file", dest("more").Type)
	same(t, "switched off", 3, len(p.Destinations))
}

// TestOwnCredentials: no target takes a secret to a host that it is not for.
func TestOwnCredentials(t *testing.T) {
	const kith = `version: 1
name: t
default_target: a
targets:
  a: {type: clickhouse, embedded: {}}
  b:
    type: clickhouse
    addr: h
    destinations: [%s]
destinations:
  - {name: crm, type: hubspot, token: "${T}", headers: {X-Key: "${K}"}, base_url: "https://crm.example/v1"}
  - {name: own, type: hubspot, token: "${T}"}
`
	problem := func(name, secrets string) string {
		return fmt.Sprintf("error: destination %s: %s would go to another host: give the new base_url credentials of its own: set %s here, too", name, secrets, secrets)
	}
	for block, want := range map[string]string{
		`{name: crm, base_url: "https://mock.example"}`:                                                            problem("crm", "token and headers"),
		`{name: crm, base_url: "https://mock.example", token: "${U}"}`:                                             problem("crm", "headers"),
		`{name: crm, base_url: "http://crm.example/v1"}`:                                                           problem("crm", "token and headers"),
		`{name: crm, base_url: "${MOCK}"}`:                                                                         problem("crm", "token and headers"),
		`{name: own, base_url: "https://mock.example"}`:                                                            problem("own", "token"),
		`{name: crm, base_url: "https://mock.example", token: "${U}", headers: {}}`:                                "",
		`{name: crm, base_url: "https://CRM.example/v2"}`:                                                          "",
		`{name: crm, tier: pro}, {name: own, type: file, dir: d}, {name: own, enabled: false}`:                     "",
		`{name: more, type: hubspot, token: "${U}", base_url: "https://mock.example"}, {name: own, token: "${U}"}`: "",
	} {
		for _, target := range []string{"a", "b"} {
			_, problems := loadText(t, map[string]string{"kith.yml": fmt.Sprintf(kith, block)}, Options{Target: target, Specs: testSpecs()})
			got := ""
			for _, p := range problems {
				got += fmt.Sprintf("%s: %s: %s", p.Severity, p.Summary, p.Help)
			}
			same(t, target+" "+block, want, got)
		}
	}
}

func TestSources(t *testing.T) {
	p := shop(t)
	s := source(t, p, "order_items")
	same(t, "table", cdp.Table{Schema: "shop", Name: "order_items"}, *s.Table)
	same(t, "key", []string{"order_id", "line_no"}, s.Key)
	same(t, "lookback", 72*time.Hour, s.Lookback)
	same(t, "freshness", cdp.Freshness{Warn: 12 * time.Hour, Error: 48 * time.Hour}, *s.Freshness)
	same(t, "price", cdp.Type{Kind: cdp.Decimal, Precision: 12, Scale: 2}, s.Column("price").Type)
	same(t, "json", "properties.price", s.Column("price").JSON)
	same(t, "where", "ne", s.Where.Ops[0].Name)
	same(t, "loaded_at by default", "updated_at", source(t, p, "crm_contacts").LoadedAt)

	deals := source(t, p, "deals")
	text, _ := deals.Query.For("clickhouse")
	same(t, "query", "SELECT d.id, d.account_id, d.amount, d.stage, d.updated_at\nFROM __kith_ref_0 AS d -- what sales says", text.Text)
	same(t, "lines", []diag.Pos{{File: "models/sources.yml", Line: 52, Col: 7}, {File: "models/sources.yml", Line: 53, Col: 7}}, text.Lines)
	same(t, "refs", 1, len(text.Refs))
	same(t, "ref", "crm_deals", text.Refs[0].Source.Name)
	same(t, "placeholder", "__kith_ref_0", text.Refs[0].Placeholder)
	same(t, "ref's place", diag.Pos{File: "models/sources.yml", Line: 53, Col: 12}, text.Refs[0].Pos)
}

func TestTypes(t *testing.T) {
	p := shop(t)
	types := map[string]string{}
	pii := map[string][]string{}
	for _, tr := range p.Traits {
		types[tr.Name] = tr.Type.String()
		if tr.PII != nil {
			pii[tr.Name] = tr.PII
		}
	}
	same(t, "types", map[string]string{
		"customer_id": "string", "email": "string", "phone": "string", "anonymous_id": "string", "crm_account": "string", "domain": "string",
		"first_name": "string", "last_name": "string", "country": "string", "city": "string", "bounced": "bool", "last_categories": "list(string)",
		"emails": "list(string)", "lifetime_value": "decimal(38,2)", "orders_90d": "int", "p90_basket": "float", "last_order_at": "timestamp",
		"first_visit_at": "timestamp", "r": "int", "m": "int", "is_whale": "bool", "team_pipeline": "decimal(38,2)", "vip_test": "string",
	}, types)
	same(t, "pii", map[string][]string{
		"email": {"email"}, "emails": {"email"}, "phone": {"phone"}, "anonymous_id": {"device_id"}, "first_name": {"first_name"},
		"last_name": {"last_name"}, "country": {"country"}, "city": {"city"},
	}, pii)
	same(t, "uses", "lifetime_value", trait(t, p, "is_whale").Uses[0].Name)
	same(t, "default", cdp.Value{Type: cdp.Type{Kind: cdp.Decimal, Precision: 38, Scale: 2}, Text: "0"}, *trait(t, p, "lifetime_value").Default)
	same(t, "window", cdp.Window{Ago: 90 * 24 * time.Hour, Text: "90d"}, *trait(t, p, "orders_90d").Window)
	same(t, "implicit", true, trait(t, p, "customer_id").Implicit)
}

func TestLinks(t *testing.T) {
	p := shop(t)
	e := p.Entities[0]
	var columns []string
	for _, c := range e.LinkTo(source(t, p, "web_events")).Columns {
		columns = append(columns, c.Identifier.Name+"="+c.Column)
	}
	same(t, "in the order of strength", []string{"email=user_email", "anonymous_id=anon"}, columns)
	same(t, "merge", false, e.LinkTo(source(t, p, "partner_list")).Merge)
	same(t, "region", "NL", identifierOf(e, "phone").Region)
}

func TestConditions(t *testing.T) {
	p := shop(t)
	all := segment(t, p, "everything").Where
	same(t, "kinds", []cdp.PredicateKind{
		cdp.TraitTest, cdp.EventTest, cdp.NotOf, cdp.AnyOf, cdp.EventTest, cdp.SQLTest, cdp.SQLTest, cdp.TraitTest, cdp.TraitTest, cdp.TraitTest,
	}, kindsOf(all.Of))
	event := all.Of[1]
	same(t, "type of the measure", "decimal(38,2)", event.Type.String())
	same(t, "value", "100", event.Ops[0].Value.Text)
	same(t, "values", []string{"shoes", "boots"}, []string{event.Where.Ops[0].Values[0].Text, event.Where.Ops[0].Values[1].Text})
	same(t, "count", "int", all.Of[4].Type.String())
	same(t, "after", "first_visit_at", all.Of[4].After.Name)
	same(t, "uses", "m", all.Of[5].Uses[0].Name)
	same(t, "window", cdp.Window{Unit: "month", N: 3, Text: "last 3 months"}, *all.Of[7].Window)
	same(t, "exists", false, all.Of[9].Ops[0].Exists)
}

func kindsOf(list []*cdp.Predicate) []cdp.PredicateKind {
	var kinds []cdp.PredicateKind
	for _, p := range list {
		kinds = append(kinds, p.Kind)
	}
	return kinds
}

func TestSyncs(t *testing.T) {
	p := shop(t)
	s := sync(t, p, "people_to_hubspot")
	same(t, "entity of the segment", "person", s.Entity.Name)
	var fields []string
	for _, f := range s.Fields {
		fields = append(fields, f.Remote+" "+string(f.Kind)+" "+f.Type.String())
	}
	same(t, "fields", []string{"firstname trait string", "score_test trait decimal(38,2)", "is_vip segment bool", "source value string", "full_name sql string"}, fields)
	same(t, "key", "email", s.Key.Trait.Name)
	same(t, "removals", []cdp.Reason{cdp.Left, cdp.Gone, cdp.Merged, cdp.Withdrawn}, slices.Sorted(maps.Keys(s.OnRemoved)))
	same(t, "set", []cdp.SetField{{Remote: "is_vip", Value: "false"}}, s.OnRemoved[cdp.Left].Set)
	same(t, "guards", cdp.Guards{MaxRemoved: cdp.Guard{Set: true, IsPercent: true, Percent: 5}, MaxChanged: cdp.Guard{Set: true, IsPercent: true, Percent: 50}, MinRows: 100}, s.Guards)
	same(t, "hours", []int{8 * 60, 20 * 60}, []int{s.Schedule.From, s.Schedule.To})
	same(t, "fresh", true, s.Schedule.Fresh)
	same(t, "uses", []string{"first_name", "last_name"}, []string{s.Fields[4].Uses[0].Name, s.Fields[4].Uses[1].Name})

	meta := sync(t, p, "vip_meta")
	same(t, "kind", cdp.Audience, meta.Kind)
	same(t, "match", 5, len(meta.Match))
	same(t, "default schedule", p.Schedule, meta.Schedule)
	same(t, "no removal is written", 0, len(meta.OnRemoved))
	same(t, "default guards", cdp.Guards{MinRows: -1}, meta.Guards)

	events := sync(t, p, "purchases")
	same(t, "kind", cdp.EventTo, events.Kind)
	same(t, "start", time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC), events.Start.At)
	same(t, "field", "decimal(12,2)", events.Fields[0].Type.String())
	file := sync(t, p, "items_file")
	same(t, "for all reasons", 4, len(file.OnRemoved))
}

// TestDeterministic: two loads of the same files are equal in what they say and list.
func TestDeterministic(t *testing.T) {
	names := func() []string {
		p, _ := Load("testdata/shop", Options{Specs: testSpecs()})
		var out []string
		for _, f := range Fragments(p) {
			out = append(out, f.Name+" "+f.Pos.String())
		}
		for _, tr := range p.Traits {
			out = append(out, tr.Name)
		}
		return out
	}
	first := names()
	for range 5 {
		same(t, "again", first, names())
	}
}

// TestTextsStayText: what YAML would take for a number or a bool is what was written.
func TestTextsStayText(t *testing.T) {
	p, problems := Load("testdata/texts", Options{Specs: testSpecs()})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s := segment(t, p, "numbers_are_text")
	same(t, "description", "0612345678", s.Description)
	same(t, "owner", "007", s.Owner)
	same(t, "tags", []string{"1.50", "true"}, s.Tags)
	same(t, "eq", "0612", s.Where.Of[0].Ops[0].Value.Text)
	var in []string
	for _, v := range s.Where.Of[1].Ops[0].Values {
		in = append(in, v.Text)
	}
	same(t, "in", []string{"yes", "1e3", "null"}, in)
	same(t, "a decimal is canonical", "10.5", s.Where.Of[2].Ops[0].Value.Text)
}

// TestFragments: every fragment of the reference project, with what is in scope.
func TestFragments(t *testing.T) {
	var got []string
	for _, f := range Fragments(shop(t)) {
		scope := "nothing"
		switch {
		case f.Source != nil:
			scope = f.Source.Name
		case f.Entity != nil:
			scope = f.Entity.Name
		}
		if (len(f.Names) == 0) != (f.Kind == QueryFragment) {
			t.Errorf("%s: names %v", f.Name, f.Names)
		}
		got = append(got, f.Name+", "+string(f.Kind)+" over "+scope+": "+f.Want.String())
	}
	same(t, "fragments", []string{
		"source deals, query over deals: unknown",
		"trait p90_basket, aggregate over order_items: float",
		"trait is_whale, trait over person: bool",
		"segment everything, condition over person: bool",
		"segment everything, condition over person: bool",
		"sync people_to_hubspot field full_name, field over person: string",
		"sync purchases field event_id, field over order_items: string",
	}, got)
}

// TestIdentityGuards: what bounds the graph of an entity.
func TestIdentityGuards(t *testing.T) {
	p, problems := Load("testdata/identity_guards", Options{Specs: testSpecs()})
	same(t, "problems", 0, len(problems))
	e := p.Entities[0]
	customer, email, device := e.Identifiers[0], e.Identifiers[1], e.Identifiers[2]
	same(t, "block table", cdp.BlockTable{Table: cdp.Table{Schema: "ops", Name: "blocked"}, Column: "customer"}, *customer.BlockIn)
	same(t, "block column", "address", email.BlockIn.Column)
	same(t, "block values", []string{"a@x.nl", "/^no/"}, email.Block)
	same(t, "block list", []string{"kiosk"}, device.Block)
	same(t, "caps", []string{"customer 2", "any 1000", "email 3"}, []string{
		fmt.Sprint(email.Caps[0].To.Name, " ", email.Caps[0].Max), fmt.Sprintf("any %d", email.Caps[1].Max), fmt.Sprint(device.Caps[0].To.Name, " ", device.Caps[0].Max),
	})
	same(t, "any", (*cdp.Identifier)(nil), email.Caps[1].To)
	same(t, "rebuild", "0 3 * * 0 Europe/Amsterdam", e.Rebuild.Cron+" "+e.Rebuild.Timezone)
	same(t, "guards", cdp.IdentityGuards{
		MaxMerged: cdp.Guard{Set: true, IsPercent: true, Percent: 5}, MaxSplit: cdp.Guard{Set: true, Rows: 40}, MaxGone: cdp.Guard{Set: true, IsPercent: true, Percent: 100, Off: true},
	}, e.Guards)
}

// TestCommentedRefs: a reference in a comment of a query is left a word, and is not read.
func TestCommentedRefs(t *testing.T) {
	p, _ := Load("testdata/sql", Options{Specs: testSpecs()})
	text := source(t, p, "r1").Query.Texts[""]
	want, places := "SELECT x FROM __kith_ref_0 -- once source and ref\n/* source */", []string{"__kith_ref_0"}
	for i := 4; i <= 10; i++ { // __kith_ref_1, which is in the comment, begins __kith_ref_10
		places = append(places, fmt.Sprintf("__kith_ref_%d", i))
		want += " UNION ALL SELECT x FROM " + places[len(places)-1]
	}
	same(t, "query", want, text.Text)
	var got []string
	for _, r := range text.Refs {
		got = append(got, r.Placeholder)
	}
	same(t, "refs", places, got)
}
