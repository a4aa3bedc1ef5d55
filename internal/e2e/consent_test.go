package e2e

import (
	"fmt"
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

// TestWithdrawnOfSeveralRows: what is sent is one row of an id, but others of it, which the sync
// does not take, are there beside those that have left. Withdrawn, it is one row nevertheless: one to keep
// in mind, or one to remove.
func TestWithdrawnOfSeveralRows(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		box, base := newSandbox(t)
		p := sharing(t, warehouse, fmt.Sprintf(`{name: out, type: webhook, base_url: "%s/webhook/default", allow_private: true}`, base), "[email]")
		const sync = "  - {name: %s, from: {source: crm, entity: person, where: {column: score, gte: 10}}, to: {destination: out, object: %[1]s}, key: {number: id}, fields: {score: score}, consent: ads, on_removed: %s, guards: {max_removed: 100%%}}\n"
		p.Write("syncs/vip.yml", "syncs:\n"+fmt.Sprintf(sync, "kept", "{gone: delete}")+fmt.Sprintf(sync, "taken", "{withdrawn: delete}"))
		addMember(p, "a", "a@example.com", "", "")
		addMember(p, "b", "b@example.com", "", "")
		p.Kith("run", "--json")
		update(p, "crm", "score = 1", "id = 'a'")
		addMember(p, "a", "a@example.com", "", "")
		update(p, "crm", "score = 1", "id = 'a'")
		p.Kith("run", "--json")
		update(p, "crm", "ok = FALSE", "id = 'a'")
		for _, removed := range []uint64{1, 0} {
			r := p.Run(nil, "run", "--json")
			syncs := parse(t, r.Out).Syncs
			if r.Code != 0 || len(syncs) != 2 || syncs[0].Removed != 0 || syncs[1].Removed != removed || syncs[1].Requests != removed {
				t.Errorf("exit %d, want %d removed\n%s%s", r.Code, removed, r.Out, r.Err)
			}
		}
		for object, want := range map[string]int{"kept": 2, "taken": 1} {
			if rows, err := box.Webhook("default").Rows(object); err != nil || len(rows) != want {
				t.Errorf("%s: %v, want %d, %v", object, rows, want, err)
			}
		}
		for _, r := range p.Query("SELECT gone FROM kith.baseline_kept" + map[bool]string{true: " FINAL"}[onClickHouse(p)] + " WHERE row_id = 'a'") {
			if fmt.Sprint(r) != "[4]" {
				t.Errorf("the baseline says %v", r)
			}
		}
	})
}
