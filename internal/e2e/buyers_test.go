package e2e

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/testkit"
)

// buyersSync writes a segment to files, which are whole or not there: its rows are
// acknowledged together.
const buyersSync = `syncs:
  - {name: buyers, from: {segment: buyers}, to: {destination: out, object: buyers}, key: {email: email}, fields: {name: name, value: value}, consent: marketing, on_removed: {left: delete, withdrawn: delete, gone: delete}, guards: {max_removed: 100%, min_rows: 0}}
`

// buyersTable is its source.
var buyersTable = sourceTable{"crm", []string{"id string", "email string", "name string", "value int", "ok bool", "at timestamp"}}

// newBuyersOn is a project of two buyers and one who bought nothing.
func newBuyersOn(t *testing.T, warehouse string) *testkit.Project {
	t.Helper()
	p := newProjectOn(t, warehouse, map[string]string{
		"kith.yml": "version: 1\nname: buyers\ndefault_target: local\ntargets: {local: {" + embeddedTarget + "}}\ndestinations: [{name: out, type: file, dir: exports}]\n",
		"models/all.yml": `sources:
  - {name: crm, table: raw.crm, key: id, timestamp: at, columns: {id: string, email: {type: string, pii: email}, name: {type: string, pii: first_name}, value: int, ok: bool, at: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id}], links: [{source: crm, identifiers: {customer_id: id}}]}}
traits:
  - {name: email, entity: person, from: crm.email, pick: latest}
  - {name: name, entity: person, from: crm.name, pick: latest}
  - {name: value, entity: person, from: crm.value, pick: latest}
consents:
  - {name: marketing, entity: person, from: [crm.ok], pick: latest}
segments:
  - {name: buyers, entity: person, where: {trait: value, gt: 0}}
`,
		"syncs/all.yml": buyersSync,
	})
	buyersTable.create(p)
	buyersTable.add(p,
		cdp.Row{"c1", "ann@example.com", "Ann", int64(130), true, day("2026-10-01")},
		cdp.Row{"c2", "bob@example.com", "Bob", int64(50), true, day("2026-10-02")},
		cdp.Row{"c3", "cas@example.com", "Cas", int64(0), true, day("2026-10-03")},
	)
	return p
}

// TestSavedPlan: what was planned is applied as it is, or refused with what moved. TestFileSync
// has it on both warehouses, without a build.
func TestSavedPlan(t *testing.T) { inSoak(t, savedPlan) }

func savedPlan(t *testing.T, warehouse string) {
	p := newBuyersOn(t, warehouse)
	p.Kith("plan", "--out", "a.plan", "--as-of", asOf)
	if text := p.Read("a.plan"); strings.Contains(text, "@example") || strings.Contains(text, "Ann") || !strings.Contains(text, `"plan_id"`) {
		t.Errorf("the file holds a value, or no id:\n%s", text)
	}
	buyersTable.add(p, cdp.Row{"c9", "zoe@example.com", "Zoe", int64(1000), true, day("2026-10-31")})
	moved := stopped(t, p, nil, 4, "sync", "--plan", "a.plan")
	if moved.Guard != "plan" || !strings.Contains(moved.Error, "rows to add were") || moved.Delivered != 0 {
		t.Fatalf("after the world moved: %+v", moved)
	}
	p.Kith("plan", "--out", "b.plan", "--as-of", asOf)
	if r := p.Run(nil, "sync", "--plan", "b.plan", "--full"); r.Code != 1 {
		t.Errorf("--plan with --full: exit %d", r.Code)
	}
	done := stopped(t, p, nil, 0, "sync", "--plan", "b.plan")
	if done.Delivered != 3 {
		t.Fatalf("applied: %+v", done)
	}
	if again := stopped(t, p, nil, 4, "sync", "--plan", "b.plan"); again.Guard != "plan" || again.Requests != 0 {
		t.Errorf("applied twice: %+v", again)
	}
	forged := strings.Replace(p.Read("b.plan"), `"removed": 0`, `"removed": 7`, 1)
	p.Write("forged.plan", forged)
	if r := p.Run(nil, "approve", "forged.plan", "--yes"); r.Code != 1 {
		t.Errorf("approved a plan that nothing stops: exit %d\n%s", r.Code, r.Out)
	}
	p.Kith("run", "--json", "--as-of", "2026-11-02T12:00:00Z")
	if late := stopped(t, p, nil, 4, "sync", "--plan", "b.plan"); !strings.Contains(late.Error, "taken its place") {
		t.Errorf("after a later build: %+v", late)
	}
}

// TestBlockedSessionSendsWithdrawalsOnly: consent does not wait for a guard, and
// what the guard holds back is not taken as sent, also by a destination whose rows
// are acknowledged together.
func TestBlockedSessionSendsWithdrawalsOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newBuyersOn(t, warehouse)
		p.Kith("run", "--json", "--as-of", asOf)
		buyersTable.add(p,
			cdp.Row{"c2", "bob@example.com", "Bob", int64(50), false, day("2026-10-31")},
			cdp.Row{"c1", "ann@example.com", "Ann", int64(1130), true, day("2026-10-31")},
		)
		p.Write("syncs/all.yml", strings.Replace(buyersSync, "min_rows: 0", "min_rows: 100", 1))
		r := p.Run(nil, "run", "--json", "--as-of", asOf)
		if s := parse(t, r.Out).Syncs[0]; r.Code != 4 || s.Guard != "min_rows" || s.Delivered != 1 {
			t.Fatalf("blocked: exit %d, %+v", r.Code, s)
		}
		p.Write("syncs/all.yml", buyersSync)
		if s := parse(t, p.Kith("run", "--json", "--as-of", asOf)).Syncs[0]; s.Changed != 1 || s.Removed != 0 || s.Delivered != 1 {
			t.Fatalf("after the guard was lifted: %+v", s)
		}
		got := replay(t, p.Dir+"/exports", "buyers")
		if len(got) != 1 {
			t.Errorf("%d buyers at the destination, want Ann only", len(got))
		}
		for _, l := range got {
			if !strings.Contains(string(l.Fields), "1130") {
				t.Errorf("Ann's value at the destination: %s", l.Fields)
			}
		}
	})
}
