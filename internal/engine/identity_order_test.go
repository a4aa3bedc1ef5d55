package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestGuardOrder: the guards work one after the other, on every warehouse: what an
// earlier one has taken out a later one does not meet. Each says how much it did, with
// an example, in the report and in the audit.
func TestGuardOrder(t *testing.T) { bothDialects(t, testGuardOrder) }

func testGuardOrder(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, shopEntity(func(e *cdp.Entity) {
		e.Identifiers[0].Max, e.MaxSize = 1, 4
		e.Identifiers[1].Caps = []cdp.Cap{{To: e.Identifiers[0], Max: 2}}
	}), d)
	w.add("crm",
		// Three customers each: not a value, a blocked one, one that is demoted. A max would
		// part any of them.
		cdp.Row{day(1), "c1", "nobody", "d1"}, cdp.Row{day(1), "c2", "nobody", nil}, cdp.Row{day(1), "c3", "nobody", nil},
		cdp.Row{day(1), "c1", "test@test.com", nil}, cdp.Row{day(1), "c2", "test@test.com", nil}, cdp.Row{day(1), "c3", "test@test.com", nil},
		cdp.Row{day(1), "c1", "info@x.nl", nil}, cdp.Row{day(1), "c2", "info@x.nl", nil}, cdp.Row{day(1), "c3", "info@x.nl", nil},
		// Two customers, under the cap: the max parts them, and what is left is small enough.
		cdp.Row{day(1), "c4", "two@x.nl", "d4"}, cdp.Row{day(2), "c4", "two@x.nl", nil}, cdp.Row{day(1), "c5", "two@x.nl", nil}, cdp.Row{day(1), "c5", nil, "d5"},
		// One customer, too much of everything else.
		cdp.Row{day(1), "c6", "big@x.nl", "d6"}, cdp.Row{day(1), "c6", nil, "d7"}, cdp.Row{day(1), "c6", nil, "d8"},
	)
	r := w.run()
	want := []GuardReport{
		{Guard: "blocked", Identifier: "email", Count: 1, Samples: []string{"t***@****.*** (3 rows)"}},
		{Guard: "demoted", Identifier: "email", Count: 1, Samples: []string{"i***@*.** (3 neighbours, cap 2)"}},
		{Guard: "invalid", Identifier: "email", Count: 3, Samples: []string{"n***** (3 rows)"}},
		{Guard: "quarantined", Count: 1, Largest: 5},
		{Guard: "rejected", Count: 1},
	}
	for i := range r.Guards {
		if g := &r.Guards[i]; g.Guard == "quarantined" || g.Guard == "rejected" { // their order follows from hashes
			if len(g.Samples) != 1 {
				t.Errorf("%s has no example: %v", g.Guard, g.Samples)
			}
			g.Samples = nil
		}
	}
	if d := cmp.Diff(want, r.Guards); d != "" {
		t.Error(d)
	}
	w.same([]string{"customer:c1", "device:d1"}, []string{"customer:c2"}, []string{"customer:c3"}, []string{"email:info@x.nl"},
		[]string{"customer:c4", "email:two@x.nl", "device:d4"}, []string{"customer:c5", "device:d5"},
		[]string{"customer:c6"}, []string{"email:big@x.nl"}, []string{"device:d6"}, []string{"device:d7"}, []string{"device:d8"})
	counts := map[string]uint64{}
	for _, x := range w.query("SELECT CAST(event AS String), SUM(n) FROM " + w.p.State + ".identity_audit GROUP BY 1") {
		counts[ledger.Text(x[0])] = ledger.Uint(x[1])
	}
	if d := cmp.Diff(map[string]uint64{
		"blocked": 3, "blocked_values": 3, "invalid": 3, "invalid_values": 3, "demoted": 3, "demoted_values": 1, "rejected": 1, "rejected_links": 1, "quarantined": 5,
	}, counts); d != "" {
		t.Errorf("the audit: %s", d)
	}
}
