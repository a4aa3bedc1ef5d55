package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// relationProject has people, the firms they work for and the households they live
// in, each with an identity of its own; their profiles read each other to three
// levels. A trait that is never null where its entity is there, as a count, is null of
// a firm or of a person that is not there: dee has no firm, the row d5 nobody.
var relationProject = map[string]string{
	"kith.yml": `version: 1
name: relations
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
destinations:
  - {name: out, type: file, dir: exports}
`,
	"models/all.yml": `sources:
  - name: contacts
    table: raw.contacts
    key: id
    timestamp: at
    columns: {id: string, email: string, crm_account: string, domain: string, vat: string, street: string, postcode: string, at: timestamp,
      address: {type: string, sql: "concat(nullIf(postcode, ''), ' ', nullIf(street, ''))"}}
  - name: deals
    table: raw.deals
    key: id
    timestamp: at
    columns: {id: string, crm_account: string, email: string, amount: "decimal(12,2)", stage: string, at: timestamp}
entities:
  - name: person
    identity: {identifiers: [{name: email, normalize: email}], links: [{source: contacts, identifiers: [email]}, {source: deals, identifiers: [email]}]}
  - name: account
    identity:
      identifiers: [{name: crm_account, max: 2}, {name: vat, normalize: lower}, {name: domain, normalize: lower, block: [gmail.com]}]
      links: [{source: contacts, identifiers: [crm_account, vat, domain]}, {source: deals, identifiers: [crm_account]}]
  - name: household
    identity: {identifiers: [{name: value, normalize: lower}, {name: type, normalize: lower}], links: [{source: contacts, identifiers: {value: address, type: address}}]}
relations:
  - {name: employer, entity: person, to: account, from: contacts, pick: latest}
  - {name: first_employer, entity: person, to: account, from: contacts, pick: earliest}
  - {name: people, entity: account, to: person, from: contacts}
  - {name: recent_people, entity: account, to: person, from: contacts, where: {column: at, gte: "2026-06-01T00:00:00Z"}}
  - {name: home, entity: person, to: household, from: contacts, pick: latest}
  - {name: members, entity: household, to: person, from: contacts}
traits:
  - {name: open_deals, entity: person, from: deals, aggregate: count, where: {column: stage, eq: open}}
  - {name: at_firm_since, entity: person, from: contacts, aggregate: min(at)}
  - {name: team_pipeline, entity: account, from: deals, aggregate: sum(amount), where: {column: stage, not_in: [won, lost]}}
  - {name: contacts_open, entity: account, relation: people, aggregate: count, where: {trait: open_deals, gte: 1}}
  - {name: headcount, entity: account, relation: people, aggregate: count}
  - {name: recent, entity: account, relation: recent_people, aggregate: count}
  - {name: deals_of_people, entity: account, relation: people, aggregate: sum(open_deals), default: 0}
  - {name: first_contact_at, entity: account, relation: people, aggregate: min(at_firm_since)}
  - {name: domains, entity: account, identifier: domain, limit: 5}
  - {name: domain, entity: person, relation: employer, trait: domain, where: {trait: team_pipeline, gte: 1000}}
  - {name: employer_domain, entity: person, relation: employer, trait: domain}
  - {name: amount, entity: account, from: deals, aggregate: {sql: "max(amount)"}, type: "decimal(12,2)"}
  - {name: employer_pipeline, entity: person, relation: employer, trait: team_pipeline}
  - {name: employer_domains, entity: person, relation: employer, trait: domains}
  - {name: colleagues_open, entity: person, relation: employer, trait: contacts_open, default: 0}
  - {name: best_employer, entity: household, relation: members, aggregate: max(employer_pipeline)}
  - {name: home_best, entity: person, relation: home, trait: best_employer}
  - {name: tier, entity: account, from: deals, aggregate: max(stage), default: none}
  - {name: firm_size, entity: person, relation: employer, trait: headcount}
  - {name: firm_tier, entity: person, relation: employer, trait: tier, default: no firm}
segments:
  - {name: big_accounts, entity: account, where: {trait: team_pipeline, gte: 1000}}
  - {name: at_big, entity: person, where: {relation: employer, where: {segment: big_accounts}}}
  - {name: at_busy, entity: person, where: {relation: employer, where: {trait: contacts_open, gte: 2}}}
  - {name: jobless, entity: person, where: {not: {relation: employer}}}
  - {name: selling, entity: account, where: {relation: people, aggregate: sum(open_deals), gte: 2}}
  - {name: with_sellers, entity: account, where: {relation: people, where: {event: deals, where: {column: stage, eq: open}}, gte: 2}}
  - {name: at_small, entity: person, where: {trait: firm_size, lt: 5}}
  - {name: homes_of_big, entity: household, where: {relation: members, where: {segment: at_big}}}
`,
	"syncs/all.yml": `syncs:
  - name: people
    from: {entity: person}
    to: {destination: out, object: people}
    key: {email: email}
    fields:
      pipeline: {relation: employer, trait: team_pipeline}
      domains: {relation: employer, trait: domains}
      domain: domain
      employer_domain: employer_domain
      first: {relation: first_employer, trait: crm_account}
      colleagues: colleagues_open
      home: home_best
      size: firm_size
      firm_tier: firm_tier
      tier: {relation: employer, trait: tier}
    consent: none
  - name: big
    from: {entity: person, where: {all: [{segment: at_big}, {relation: home, where: {trait: best_employer, gte: 1}}]}}
    to: {destination: out, object: big}
    key: {email: email}
    consent: none
  - name: rows
    from: {source: deals, entity: person}
    to: {destination: out, object: deals}
    key: {id: id}
    fields: {stage: stage, pipeline: {relation: employer, trait: team_pipeline}, open: {trait: open_deals}, tier: {trait: firm_tier}}
    consent: none
`,
}

func TestRelations(t *testing.T) { onBoth(t, relations) }

func relations(t *testing.T, warehouse string) {
	t.Helper()
	p := newProjectOn(t, warehouse, relationProject)
	contacts := sourceTable{"contacts", []string{"id string", "email string", "crm_account string", "domain string", "vat string", "street string", "postcode string", "at timestamp"}}
	deals := sourceTable{"deals", []string{"id string", "crm_account string", "email string", "amount decimal", "stage string", "at timestamp"}}
	contacts.create(p)
	deals.create(p)
	// A1 and A9 are one firm by their VAT number. Bob moved from Beta to Acme and counts
	// as a contact of both. Dee has no firm that counts, Eve one that nobody sold to.
	contacts.add(p,
		cdp.Row{"1", "ann@x.nl", "A1", "acme.nl", "NL1", "Dam 1", "1000", day("2026-01-01")},
		cdp.Row{"2", "bob@x.nl", "B1", "beta.nl", nil, "Dam 1", "1000", day("2026-02-01")},
		cdp.Row{"3", "bob@x.nl", "A9", nil, "nl1", "Dam 1", "1000", day("2026-07-01")},
		cdp.Row{"4", "cas@x.nl", nil, "BETA.nl", nil, "Dam 2", "1000", day("2026-03-01")},
		cdp.Row{"5", "dee@x.nl", nil, "gmail.com", nil, nil, nil, day("2026-03-01")},
		cdp.Row{"6", "eve@x.nl", nil, "eve.nl", nil, nil, nil, day("2026-03-01")},
	)
	deals.add(p,
		cdp.Row{"d1", "A1", "ann@x.nl", "1000", "open", day("2026-08-01")}, cdp.Row{"d2", "A9", "bob@x.nl", "500", "open", day("2026-08-02")},
		cdp.Row{"d3", "B1", "cas@x.nl", "70", "open", day("2026-08-03")}, cdp.Row{"d4", "B1", "cas@x.nl", "900", "won", day("2026-08-04")},
		cdp.Row{"d5", "B1", nil, "1", "lost", day("2026-07-01")},
	)
	p.Kith("run", "--json", "--as-of", asOf)
	p.Kith("sync", "--json", "--as-of", asOf) // which finds nothing to send
	dir := p.Dir + "/exports"
	want := map[string]map[string]string{
		"people": {
			"ann@x.nl": `{"colleagues":2,"domain":"acme.nl","domains":["acme.nl"],"employer_domain":"acme.nl","firm_tier":"open","first":"A1|A9","home":1500,"pipeline":1500,"size":2,"tier":"open"}`,
			"bob@x.nl": `{"colleagues":2,"domain":"acme.nl","domains":["acme.nl"],"employer_domain":"acme.nl","firm_tier":"open","first":"B1","home":1500,"pipeline":1500,"size":2,"tier":"open"}`,
			"cas@x.nl": `{"colleagues":2,"domains":["beta.nl"],"employer_domain":"beta.nl","firm_tier":"won","first":"B1","home":70,"pipeline":70,"size":2,"tier":"won"}`,
			"dee@x.nl": `{"colleagues":0,"domains":[],"firm_tier":"no firm"}`,
			"eve@x.nl": `{"colleagues":0,"domains":["eve.nl"],"employer_domain":"eve.nl","firm_tier":"none","size":1,"tier":"none"}`,
		},
		"big": {"ann@x.nl": `{}`, "bob@x.nl": `{}`},
		"deals": {
			"d1": `{"open":1,"pipeline":1500,"stage":"open","tier":"open"}`, "d2": `{"open":1,"pipeline":1500,"stage":"open","tier":"open"}`,
			"d3": `{"open":1,"pipeline":70,"stage":"open","tier":"won"}`, "d4": `{"open":1,"pipeline":70,"stage":"won","tier":"won"}`, "d5": `{"stage":"lost"}`,
		},
	}
	for object, rows := range want {
		got := map[string]string{}
		for _, line := range replay(t, dir, object) {
			var fields map[string]json.RawMessage
			if err := json.Unmarshal(line.Fields, &fields); err != nil {
				t.Fatal(err)
			}
			if s := string(fields["first"]); s == `"A1"` || s == `"A9"` { // the latest of two of one firm
				fields["first"] = json.RawMessage(`"A1|A9"`)
			}
			b, _ := json.Marshal(fields)
			got[line.Key] = string(b)
		}
		if d := cmp.Diff(rows, got); d != "" {
			t.Errorf("%s: %s", object, d)
		}
	}
	build := buildOf(p)
	accounts := []string{
		"[acme.nl] | 1000 | 2 | 1 | 2 | 2 | 2026-01-01T10:00:00Z | true | true",
		"[beta.nl] | 900 | 2 | 0 | 2 | 2 | 2026-02-01T10:00:00Z | true | true",
		"[eve.nl] | <nil> | 1 | 0 | 0 | 0 | 2026-03-01T10:00:00Z | false | false",
	}
	if d := cmp.Diff(accounts, rowsOf(p, "SELECT domains, amount, headcount, recent, contacts_open, deals_of_people, first_contact_at, __kith_segment_selling, __kith_segment_with_sellers FROM kith.profile_account_"+build)); d != "" {
		t.Error(d)
	}
	people := []string{"ann@x.nl | true | false | true", "bob@x.nl | true | false | true", "cas@x.nl | true | false | true", "dee@x.nl | false | true | false", "eve@x.nl | false | false | true"}
	if d := cmp.Diff(people, rowsOf(p, "SELECT email, __kith_segment_at_busy, __kith_segment_jobless, __kith_segment_at_small FROM kith.profile_person_"+build)); d != "" {
		t.Errorf("segments through a relation: %s", d)
	}
	if d := cmp.Diff([]string{"false", "true"}, rowsOf(p, "SELECT __kith_segment_homes_of_big FROM kith.profile_household_"+build)); d != "" {
		t.Errorf("households: %s", d)
	}
	for _, r := range ledgerTables(p) {
		if name := fmt.Sprint(r[0]); strings.HasPrefix(name, "scratch_") {
			t.Errorf("left behind: %s", name)
		}
	}
}
