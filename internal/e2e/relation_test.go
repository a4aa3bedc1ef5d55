package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/testkit"
)

// relationProject has people, the firms they work for and the households they live
// in, each with an identity of its own; their profiles read each other to three
// levels.
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
    identity: {identifiers: [{name: address, normalize: lower}], links: [{source: contacts, identifiers: [address]}]}
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
  - {name: employer_pipeline, entity: person, relation: employer, trait: team_pipeline}
  - {name: employer_domains, entity: person, relation: employer, trait: domains}
  - {name: colleagues_open, entity: person, relation: employer, trait: contacts_open, default: 0}
  - {name: best_employer, entity: household, relation: members, aggregate: max(employer_pipeline)}
  - {name: home_best, entity: person, relation: home, trait: best_employer}
segments:
  - {name: big_accounts, entity: account, where: {trait: team_pipeline, gte: 1000}}
  - {name: at_big, entity: person, where: {relation: employer, where: {segment: big_accounts}}}
  - {name: at_busy, entity: person, where: {relation: employer, where: {trait: contacts_open, gte: 2}}}
  - {name: jobless, entity: person, where: {not: {relation: employer}}}
  - {name: selling, entity: account, where: {relation: people, aggregate: sum(open_deals), gte: 2}}
  - {name: with_sellers, entity: account, where: {relation: people, where: {event: deals, where: {column: stage, eq: open}}, gte: 2}}
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
      first: {relation: first_employer, trait: crm_account}
      colleagues: colleagues_open
      home: home_best
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
    fields: {stage: stage, pipeline: {relation: employer, trait: team_pipeline}}
    consent: none
`,
}

func TestRelations(t *testing.T) {
	t.Parallel()
	p := testkit.NewProject(t, relationProject)
	p.SQL(append([]string{
		"CREATE DATABASE IF NOT EXISTS raw",
		"CREATE TABLE raw.contacts (id String, email Nullable(String), crm_account Nullable(String), domain Nullable(String), vat Nullable(String), street Nullable(String), postcode Nullable(String), at DateTime64(3)) ENGINE = MergeTree ORDER BY id",
		"CREATE TABLE raw.deals (id String, crm_account Nullable(String), email Nullable(String), amount Decimal(12,2), stage String, at DateTime64(3)) ENGINE = MergeTree ORDER BY id",
	}, relationRows...)...)
	checkRelations(t, p)
	build := fmt.Sprint(p.Query("SELECT build FROM kith.builds ORDER BY epoch DESC, at DESC LIMIT 1")[0][0])
	accounts := map[string]string{}
	for _, r := range p.Query("SELECT arrayStringConcat(domains, ','), toString(tuple(headcount, recent, contacts_open, deals_of_people, toDate(first_contact_at), __kith_segment_selling, __kith_segment_with_sellers)) FROM kith.profile_account_" + build) {
		accounts[fmt.Sprint(r[0])] = fmt.Sprint(r[1])
	}
	if d := cmp.Diff(map[string]string{
		"acme.nl": "(2,1,2,2,'2026-01-01',true,true)",
		"beta.nl": "(2,0,2,2,'2026-02-01',true,true)",
		"eve.nl":  "(1,0,0,0,'2026-03-01',false,false)",
	}, accounts); d != "" {
		t.Error(d)
	}
	people := p.Query("SELECT arraySort(groupArrayIf(email, __kith_segment_at_busy)), arraySort(groupArrayIf(email, __kith_segment_jobless)) FROM kith.profile_person_" + build)
	if got := fmt.Sprint(people[0]...); got != "[ann@x.nl bob@x.nl cas@x.nl] [dee@x.nl]" {
		t.Errorf("segments through a relation: %s", got)
	}
	if n := p.Query("SELECT countIf(__kith_segment_homes_of_big), count() FROM kith.profile_household_" + build); fmt.Sprint(n[0]...) != "1 2" {
		t.Errorf("households: %v", n[0])
	}
	if left := p.Query("SELECT name FROM system.tables WHERE database = 'kith' AND startsWith(name, 'scratch_')"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestRelationsGoogle is the same on the emulator, as far as it reaches the destination.
func TestRelationsGoogle(t *testing.T) {
	t.Parallel()
	files := maps.Clone(relationProject)
	files["kith.yml"] = strings.Replace(shopOn("", "")["kith.yml"], "dir: out, format: jsonl", "dir: exports", 1)
	p := testkit.NewEmulated(t, files)
	p.SQL(append([]string{
		"CREATE SCHEMA raw",
		"CREATE TABLE raw.contacts (id STRING, email STRING, crm_account STRING, domain STRING, vat STRING, street STRING, postcode STRING, `at` TIMESTAMP)",
		"CREATE TABLE raw.deals (id STRING, crm_account STRING, email STRING, amount NUMERIC, stage STRING, `at` TIMESTAMP)",
	}, relationRows...)...)
	checkRelations(t, p)
}

// relationRows: A1 and A9 are one firm by their VAT number. Bob moved from Beta to Acme and
// counts as a contact of both. Dee has no firm that counts, Eve one that nobody sold to.
var relationRows = []string{
	`INSERT INTO raw.contacts VALUES
('1', 'ann@x.nl', 'A1', 'acme.nl', 'NL1', 'Dam 1', '1000', '2026-01-01'), ('2', 'bob@x.nl', 'B1', 'beta.nl', NULL, 'Dam 1', '1000', '2026-02-01'),
('3', 'bob@x.nl', 'A9', NULL, 'nl1', 'Dam 1', '1000', '2026-07-01'), ('4', 'cas@x.nl', NULL, 'BETA.nl', NULL, 'Dam 2', '1000', '2026-03-01'),
('5', 'dee@x.nl', NULL, 'gmail.com', NULL, NULL, NULL, '2026-03-01'), ('6', 'eve@x.nl', NULL, 'eve.nl', NULL, NULL, NULL, '2026-03-01')`,
	`INSERT INTO raw.deals VALUES
('d1', 'A1', 'ann@x.nl', 1000, 'open', '2026-08-01'), ('d2', 'A9', 'bob@x.nl', 500, 'open', '2026-08-02'),
('d3', 'B1', 'cas@x.nl', 70, 'open', '2026-08-03'), ('d4', 'B1', 'cas@x.nl', 900, 'won', '2026-08-04')`,
}

// checkRelations runs twice, and wants what reaches the destination.
func checkRelations(t *testing.T, p *testkit.Project) {
	t.Helper()
	for range 2 { // the second run finds nothing to send
		p.Kith("run", "--json", "--as-of", asOf)
	}
	dir := p.Dir + "/exports"
	want := map[string]map[string]string{
		"people": {
			"ann@x.nl": `{"colleagues":2,"domains":["acme.nl"],"first":"A1|A9","home":1500,"pipeline":1500}`,
			"bob@x.nl": `{"colleagues":2,"domains":["acme.nl"],"first":"B1","home":1500,"pipeline":1500}`,
			"cas@x.nl": `{"colleagues":2,"domains":["beta.nl"],"first":"B1","home":70,"pipeline":70}`,
			"dee@x.nl": `{"colleagues":0,"domains":[]}`,
			"eve@x.nl": `{"colleagues":0,"domains":["eve.nl"]}`,
		},
		"big": {"ann@x.nl": `{}`, "bob@x.nl": `{}`},
		"deals": {
			"d1": `{"pipeline":1500,"stage":"open"}`, "d2": `{"pipeline":1500,"stage":"open"}`,
			"d3": `{"pipeline":70,"stage":"open"}`, "d4": `{"pipeline":70,"stage":"won"}`,
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
}
