package e2e

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestQueryRefs sends the rows of a query over another query, a segment and the
// identities of an entity: kith builds what it refers to first, whatever the order
// of the files, and the query follows the next build.
func TestQueryRefs(t *testing.T) {
	t.Parallel()
	p := newPersonProject(t)
	p.Write("models/0_queries.yml", `sources:
  - name: addresses_of_buyers
    query: |
      SELECT a.email AS email, count() AS orders
      FROM {{ source('known_addresses') }} AS a
      JOIN raw.orders AS o ON lower(o.email) = a.email AND o.status = 'paid'
      WHERE a.entity_id IN (SELECT entity_id FROM {{ ref('buyers') }}) -- {{ ref('top') }} is no table here
      GROUP BY email
    key: email
    columns: {email: {type: string, pii: email}, orders: int}
  - name: known_addresses
    query: SELECT value AS email, entity_id FROM {{ identity('person') }} WHERE identifier = 'email'
    key: email
    columns: {email: {type: string, pii: email}, entity_id: string}
`)
	p.Write("syncs/all.yml", `syncs:
  - name: addresses
    from: {source: addresses_of_buyers}
    to: {destination: out, object: addresses}
    key: {email: email}
    fields: {orders: orders}
    consent: none
    on_removed: delete
    guards: {max_removed: 100%}
`)
	check := func(want ...string) {
		t.Helper()
		p.Kith("run", "--as-of", asOf)
		var got []string
		state := replay(t, filepath.Join(p.Dir, "exports"), "addresses")
		for _, id := range slices.Sorted(maps.Keys(state)) {
			got = append(got, id+" "+strings.TrimSpace(string(state[id].Fields)))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	check(`ann@example.com {"orders":2}`, `bob@example.com {"orders":1}`, `cas@example.com {"orders":1}`, `dot@example.com {"orders":1}`)
	p.SQL(`INSERT INTO raw.orders VALUES ('o8', 'dot@example.com', 1, 'hats', 'open', '2026-10-22 10:00:00'), ('o9', 'bob@example.com', 1, 'hats', 'paid', '2026-10-22 10:00:00')`,
		`ALTER TABLE raw.orders DELETE WHERE email = 'cas@example.com' SETTINGS mutations_sync = 2`)
	check(`ann@example.com {"orders":2}`, `bob@example.com {"orders":2}`, `dot@example.com {"orders":1}`)
}
