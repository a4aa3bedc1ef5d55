package e2e

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/testkit"
)

// TestMemberOfManyAddresses: the addresses of a member stand in the order in which they were last
// seen. Where they change places nothing is said.
func TestMemberOfManyAddresses(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, _, has := sharingGoogle(t, warehouse, "[email]")
		p.Write("models/people.yml", `sources:
  - {name: crm, table: raw.crm, key: [id, email], columns: {id: string, email: {type: string, pii: email}, score: int, ok: bool, at: timestamp}, timestamp: at}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id, max: 1}, {name: email, normalize: email}], links: [{source: crm, identifiers: {customer_id: id, email: email}}]}}
traits:
  - {name: score, entity: person, from: crm.score, pick: latest}
consents:
  - {name: ads, entity: person, from: [crm.ok], pick: latest}
segments:
  - {name: vip, entity: person, where: {trait: score, gte: 10}}
`)
		day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
		orders := func(email string, n int) {
			crmOfSharing.add(p, cdp.Row{"a", email, nil, nil, nil, nil, nil, int64(10), true, day(n)})
		}
		orders("a@example.com", 1)
		orders("b@example.com", 2)
		ranOf(t, p, 1)
		has("at first", "a@example.com", "b@example.com")
		orders("a@example.com", 3)
		ranOf(t, p, 0)
		has("with the first again", "a@example.com", "b@example.com")
		update(p, "crm", "ok = false", "id = 'a'")
		ranOf(t, p, 1)
		has("after consent was withdrawn")
	})
}

// ranOf runs the project, of which one sync is to succeed and send so many rows.
func ranOf(t *testing.T, p *testkit.Project, rows uint64) {
	t.Helper()
	r := p.Run(nil, "run", "--json")
	var out struct {
		Syncs []struct{ Delivered uint64 }
	}
	if err := json.Unmarshal([]byte(r.Out), &out); err != nil || r.Code != 0 || len(out.Syncs) != 1 || out.Syncs[0].Delivered != rows {
		t.Fatalf("exit %d, want %d rows (%v)\n%s%s", r.Code, rows, err, r.Out, r.Err)
	}
}
