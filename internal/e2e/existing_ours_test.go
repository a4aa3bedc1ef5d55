package e2e

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

// skipping is recordsOf with a sync to HubSpot that leaves alone records from before kith.
func skipping(t *testing.T, warehouse string) (p *testkit.Project, have func(when string, want ...string)) {
	t.Helper()
	p, have = recordsOf(t, warehouse)
	text := p.Read("syncs/vip.yml")
	i := strings.Index(text, "  - {name: crm")
	p.Write("syncs/vip.yml", text[:i]+strings.Replace(text[i:], "consent: ads", "existing: skip, consent: ads", 1))
	return p, have
}

// TestSkipOfOurRenamed: where records from before kith are left alone, somebody new has the key
// that another's record is yet to give up. It is no record from before kith: they wait, and are added.
func TestSkipOfOurRenamed(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := skipping(t, warehouse)
		addMember(p, "a", "a@example.com", "", "")
		p.Kith("run", "--json")
		update(p, "crm", "email = 'c@example.com'", "id = 'a'")
		addMember(p, "b", "a@example.com", "", "")
		update(p, "crm", "score = 20", "id = 'b'")
		if got := p.Kith("plan"); strings.Contains(got, "1 is there already") {
			t.Errorf("the plan takes it for one from before kith:\n%s", got)
		}
		if r := p.Run(nil, "run", "--json"); r.Code != 3 || parse(t, r.Out).Syncs[0].Deferred+parse(t, r.Out).Syncs[1].Deferred != 1 {
			t.Errorf("exit %d\n%s", r.Code, r.Out)
		}
		p.Kith("run", "--json")
		have("b has the former key of a", "a@example.com 20", "c@example.com 10")
		update(p, "crm", "ok = false", "1 = 1")
		p.Kith("run", "--json")
		have("both withdrew consent", []string{}...)
	})
}

// TestSkipOfOurLeft: the same of the key of who left and was left, whose record it takes over. A
// record that somebody else has made under that key since stays as it is.
func TestSkipOfOurLeft(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := skipping(t, warehouse)
		for _, id := range []string{"a", "x", "z"} {
			addMember(p, id, id+"@example.com", "", "")
		}
		update(p, "crm", "score = 77", "id = 'a'")
		p.Kith("run", "--json")
		update(p, "crm", "score = 1", "id IN ('a', 'x')")
		p.Kith("run", "--json")
		addMember(p, "b", "a@example.com", "", "")
		update(p, "crm", "score = 20", "id = 'b'")
		p.Kith("run", "--json")
		have("b has the key of a, who was left", "a@example.com 20", "x@example.com 10", "z@example.com 10")
		update(p, "crm", "ok = false", "id = 'a'")
		p.Kith("run", "--json")
		have("a withdrew consent", "a@example.com 20", "x@example.com 10", "z@example.com 10")
		update(p, "crm", "ok = false", "id = 'b'")
		p.Kith("run", "--json")
		have("so did b", "x@example.com 10", "z@example.com 10")

		if onClickHouse(p) { // as if the record that is there now were another than that of x
			p.SQL("ALTER TABLE kith.baseline_crm UPDATE remote_id = '4711' WHERE key = 'x@example.com' SETTINGS mutations_sync = 2")
		} else {
			p.SQL("UPDATE kith.baseline_crm SET remote_id = '4711' WHERE key = 'x@example.com'")
		}
		addMember(p, "y", "x@example.com", "", "")
		p.Kith("run", "--json")
		have("y has the key of x, whose record is another's", "x@example.com 10", "z@example.com 10")
		if rows := p.Query("SELECT remote_id FROM kith.foreign_rows WHERE sync = 'crm' AND del = 0"); len(rows) != 1 {
			t.Errorf("from before kith: %v", rows)
		}
	})
}
