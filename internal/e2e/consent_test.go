package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// consentProject has two consents of each address, given in rows that a person may
// not have confirmed.
var consentProject = map[string]string{
	"kith.yml": `version: 1
name: consents
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
destinations:
  - {name: out, type: file, dir: exports}
`,
	"models/all.yml": `sources:
  - {name: prefs, table: raw.prefs, timestamp: at, columns: {customer: string, email: {type: string, pii: email}, letters: bool, profiling: bool, confirmed: bool, at: timestamp}}
  - {name: orders, table: raw.orders, key: id, timestamp: at, columns: {id: string, customer: string, email: {type: string, pii: email}, at: timestamp}}
entities:
  - name: person
    identity:
      identifiers: [{name: customer, max: 1}, {name: email, normalize: email, max: 9}]
      links: [{source: prefs, identifiers: [customer, email], where: {column: confirmed, eq: true}}, {source: orders, identifiers: [customer, email]}]
traits:
  - {name: emails, identifier: email, limit: 9}
consents:
  - {name: letters, identifier: email, from: prefs.letters}
  - {name: profiling, identifier: email, from: prefs.profiling}
`,
	"syncs/all.yml": `syncs:
  - name: people
    from: {entity: person}
    to: {destination: out, object: people}
    key: {id: customer}
    fields: {email: email, emails: emails}
    consent: [letters, profiling]
    on_removed: {left: ignore, gone: ignore, withdrawn: delete}
    guards: {max_removed: 100%, min_rows: 0}
  - name: orders
    from: {source: orders, entity: person}
    to: {destination: out, object: orders}
    key: {id: id}
    fields: {email: email, lower: {sql: "lower(email)"}}
    consent: letters
    on_removed: {left: ignore, gone: ignore, withdrawn: delete}
    guards: {max_removed: 100%, min_rows: 0}
`,
}

// TestConsentOfValues: of an address only what every consent was given for is sent, in
// a profile as in a row; a row that a link leaves out gives none.
func TestConsentOfValues(t *testing.T) { onBoth(t, consentOfValues) }

func consentOfValues(t *testing.T, warehouse string) {
	t.Helper()
	p := newProjectOn(t, warehouse, consentProject)
	prefs := sourceTable{"prefs", []string{"customer string", "email string", "letters bool", "profiling bool", "confirmed bool", "at timestamp"}}
	orders := sourceTable{"orders", []string{"id string", "customer string", "email string", "at timestamp"}}
	prefs.create(p)
	orders.create(p)
	// c1 gave one consent for one address and one for another, c2 both for the older of
	// two, c3 has not confirmed.
	prefs.add(p,
		cdp.Row{"c1", "b1@x.nl", false, true, true, day("2026-01-01")}, cdp.Row{"c1", "a1@x.nl", true, false, true, day("2026-01-02")},
		cdp.Row{"c2", "b2@x.nl", true, true, true, day("2026-01-01")}, cdp.Row{"c2", "a2@x.nl", false, true, true, day("2026-01-02")}, cdp.Row{"c2", "c2@x.nl", true, false, true, day("2026-01-03")},
		cdp.Row{"c3", "a3@x.nl", true, true, false, day("2026-01-03")},
	)
	orders.add(p,
		cdp.Row{"o1", "c2", "B2@x.nl", day("2026-01-04")}, cdp.Row{"o2", "c2", "a2@x.nl", day("2026-01-04")}, cdp.Row{"o3", "c2", nil, day("2026-01-04")},
		cdp.Row{"o4", "c3", "a3@x.nl", day("2026-01-04")},
	)
	check := func(people, rows map[string]string) {
		t.Helper()
		p.Kith("run", "--json", "--as-of", asOf)
		for object, want := range map[string]map[string]string{"people": people, "orders": rows} {
			got := map[string]string{}
			for _, line := range replay(t, p.Dir+"/exports", object) {
				got[line.Key] = string(line.Fields)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s: %s", object, d)
			}
		}
	}
	check(map[string]string{"c2": `{"email":"b2@x.nl","emails":["b2@x.nl"]}`}, map[string]string{"o1": `{"email":"B2@x.nl","lower":"b2@x.nl"}`, "o3": `{}`})
	// What is left of the consents are two for different addresses.
	prefs.add(p, cdp.Row{"c2", "b2@x.nl", false, true, true, day("2026-02-01")})
	check(map[string]string{}, map[string]string{"o3": `{}`})
}
