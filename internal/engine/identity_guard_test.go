package engine

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// TestMaxSharedDevice: two customers on one device stay two; the device goes to the
// one with more evidence, and the link of the other is rejected.
func TestMaxSharedDevice(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) { e.Identifiers[0].Max = 1 })
	w.add("crm", cdp.Row{day(1), "c1", "a@x.nl", nil}, cdp.Row{day(1), "c2", "b@x.nl", nil}, cdp.Row{day(1), "c3", "z@x.nl", "d9"})
	w.add("web", cdp.Row{day(2), "a@x.nl", "shared"}, cdp.Row{day(3), "a@x.nl", "shared"}, cdp.Row{day(9), "b@x.nl", "shared"}, cdp.Row{day(2), "b@x.nl", "d2"})
	r := w.run()
	if r.Rejected != 1 || r.Entities != 3 || r.Quarantined != 0 {
		t.Errorf("%+v", r)
	}
	w.same([]string{"customer:c1", "email:a@x.nl", "device:shared"}, []string{"customer:c2", "email:b@x.nl", "device:d2"}, []string{"customer:c3", "email:z@x.nl", "device:d9"})
	got := w.query("SELECT s.value, t.value FROM " + w.table("edges") + " AS e JOIN " + w.table("map") + " AS s ON e.a = s.node JOIN " + w.table("map") + " AS t ON e.b = t.node JOIN " + w.table("refused") + " AS r ON e.a = r.a AND e.b = r.b WHERE r.why = 1")
	if len(got) != 1 || got[0][0] != "b@x.nl" && got[0][1] != "b@x.nl" {
		t.Errorf("rejected: %v", got)
	}
	if d := cmp.Diff(map[string]uint64{"rejected_links": 1, "rejected": 1}, w.audit()); d != "" {
		t.Error(d)
	}
}

// TestMaxTies: fewest hops, then most evidence, then most recent, then the smallest
// id decide to whom a value goes.
func TestMaxTies(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		rows []cdp.Row // c1 and a@x.nl, c2 and b@x.nl are given
		want string    // customer that has device d
	}{
		"hops":     {[]cdp.Row{{day(1), nil, "a@x.nl", "d"}, {day(2), nil, "a@x.nl", "d"}, {day(2), "c2", nil, "d"}}, "c2"},
		"evidence": {[]cdp.Row{{day(1), "c1", nil, "d"}, {day(2), "c1", nil, "d"}, {day(9), "c2", nil, "d"}}, "c1"},
		"recent":   {[]cdp.Row{{day(3), "c1", nil, "d"}, {day(4), "c2", nil, "d"}}, "c2"},
		// Two links to c2 of one row each have more evidence than one of c1 alone,
		// and less than one of three rows.
		"sum": {[]cdp.Row{{day(1), nil, "a@x.nl", "d"}, {day(1), nil, "b@x.nl", "d"}, {day(1), "c2", "b2@x.nl", nil}, {day(1), nil, "b2@x.nl", "d"}}, "c2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := shop(t, func(e *cdp.Entity) { e.Identifiers[0].Max = 1 })
			w.add("crm", cdp.Row{day(0), "c1", "a@x.nl", nil}, cdp.Row{day(0), "c2", "b@x.nl", nil})
			w.add("crm", x.rows...)
			w.run()
			ids := w.ids()
			if ids["customer:c1"] == ids["customer:c2"] || ids["device:d"] != ids["customer:"+x.want] {
				t.Errorf("d does not belong to %s: %v", x.want, ids)
			}
		})
	}
}

// TestMaxMany: of more than max values the best-attested stay together, the others
// are set apart; a stronger identifier is seen to first.
func TestMaxMany(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) { e.Identifiers[1].Max = 2 })
	w.add("web", cdp.Row{day(1), "a@x.nl", "d"}, cdp.Row{day(1), "a@x.nl", "d"}, cdp.Row{day(1), "b@x.nl", "d"}, cdp.Row{day(2), "b@x.nl", "d"},
		cdp.Row{day(1), "a@x.nl", "d"}, cdp.Row{day(1), "b@x.nl", "d"},
		cdp.Row{day(1), "c@x.nl", "d"}, cdp.Row{day(9), "e@x.nl", "d"}, cdp.Row{day(9), "c@x.nl", "only c"})
	w.run()
	w.same([]string{"email:a@x.nl", "email:b@x.nl", "device:d"}, []string{"email:c@x.nl", "device:only c"}, []string{"email:e@x.nl"})

	w = shop(t, func(e *cdp.Entity) { e.Identifiers[0].Max, e.Identifiers[1].Max = 1, 1 })
	w.add("crm", cdp.Row{day(1), "c1", "a@x.nl", "d"}, cdp.Row{day(1), "c2", "b@x.nl", "d"}, cdp.Row{day(2), "c1", "a2@x.nl", nil}, cdp.Row{day(3), "c1", "a2@x.nl", nil})
	r := w.run()
	ids := w.ids()
	apart := map[string]bool{ids["customer:c1"]: true, ids["customer:c2"]: true, ids["email:a@x.nl"]: true}
	if len(apart) != 3 || ids["email:a2@x.nl"] != ids["customer:c1"] || ids["email:b@x.nl"] != ids["customer:c2"] {
		t.Errorf("%+v %v", r, ids)
	}
}

// TestMaxHub: an address shared by thousands of customers joins none of them.
func TestMaxHub(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) { e.Identifiers[0].Max = 1 })
	w.sql("INSERT INTO " + w.p.State + ".src_crm (at, customer, email, device) SELECT toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + number, concat('c', toString(intDiv(number, 2))), if(number % 2 = 0, 'hub@x.nl', concat('p', toString(number), '@x.nl')), concat('d', toString(number)) FROM numbers(10000)")
	r := w.run()
	if r.Entities != 5000 || r.Rejected != 4999 {
		t.Errorf("%+v", r)
	}
	if n := w.query("SELECT min(n), max(n) FROM (SELECT countIf(type = 0) AS n FROM " + w.table("map") + " GROUP BY entity_id)")[0]; n[0] != uint64(1) || n[1] != uint64(1) {
		t.Errorf("customers of an entity: %v", n)
	}
	if a := w.audit(); a["rejected_links"] != 1 || a["rejected"] != 1000 {
		t.Errorf("%v", a)
	}
}

// TestMaxChain: a long way between two customers is parted in the middle, and what
// is too far from both stays with none.
func TestMaxChain(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) { e.Identifiers[0].Max, e.MaxSize = 1, 0 })
	const n = 700
	var rows []cdp.Row
	for i := range n {
		rows = append(rows, cdp.Row{day(1), fmt.Sprintf("e%d@x.nl", i), fmt.Sprintf("d%d", i)}, cdp.Row{day(1), fmt.Sprintf("e%d@x.nl", i+1), fmt.Sprintf("d%d", i)})
	}
	w.add("web", rows...)
	w.add("crm", cdp.Row{day(1), "c1", "e0@x.nl", nil}, cdp.Row{day(1), "c2", fmt.Sprintf("e%d@x.nl", n), nil})
	r := w.run()
	if r.Entities != 3 || r.Rejected != 2 {
		t.Errorf("%+v", r)
	}
	got := w.query("SELECT count() AS n FROM " + w.table("map") + " GROUP BY entity_id HAVING countIf(type = 0) = 1")
	if d := cmp.Diff([]cdp.Row{{uint64(maxHops + 1)}, {uint64(maxHops + 1)}}, got); d != "" {
		t.Error(d)
	}
}

// TestQuarantine: of a component that is too large no link is applied; what was one
// entity stays one, what is new is alone, until the component is small again.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) { e.MaxSize = 6 })
	w.add("web", cdp.Row{day(1), "a@x.nl", "d1"}, cdp.Row{day(2), "b@x.nl", "d2"}, cdp.Row{day(3), "q@x.nl", "d9"})
	w.run()
	before := w.ids()
	bridge := []cdp.Row{{day(4), "a@x.nl", "d2"}, {day(4), "n@x.nl", "d2"}, {day(4), "m@x.nl", "d1"}, {day(4), "m@x.nl", "d5"}}
	w.add("web", bridge...)
	r := w.run()
	if r.Quarantined != 1 || r.Merged != 0 || r.Rejected != 0 {
		t.Errorf("%+v", r)
	}
	ids := w.same([]string{"email:a@x.nl", "device:d1"}, []string{"email:b@x.nl", "device:d2"}, []string{"email:n@x.nl"}, []string{"email:m@x.nl"}, []string{"device:d5"}, []string{"email:q@x.nl", "device:d9"})
	for v, id := range before {
		if ids[v] != id {
			t.Errorf("%s was %s and is %s", v, id, ids[v])
		}
	}
	if n := w.query("SELECT sum(quarantined) FROM " + w.table("entity"))[0][0]; n != uint64(5) {
		t.Errorf("%v entities in quarantine", n)
	}
	if n := w.query("SELECT countIf(r.why = 2), countIf(r.why = 0) FROM " + w.table("edges") + " AS e LEFT JOIN " + w.table("refused") + " AS r ON e.a = r.a AND e.b = r.b")[0]; n[0] != uint64(4) || n[1] != uint64(3) {
		t.Errorf("links: %v", n)
	}
	if a := w.audit(); a["quarantined"] != 1 {
		t.Errorf("%v", a)
	}
	w.run() // nothing new
	if a := w.audit(); a["quarantined"] != 1 {
		t.Errorf("%v", a)
	}
	w.add("web", cdp.Row{day(5), "m@x.nl", "d6"}) // it grows
	w.run()
	if a := w.audit(); a["quarantined"] != 2 {
		t.Errorf("%v", a)
	}
	w.entity.MaxSize = 200
	if r := w.run(); r.Merged != 5 || r.Entities != 2 {
		t.Errorf("%+v", r)
	}
	if got := w.ids()["device:d6"]; got != before["email:a@x.nl"] {
		t.Errorf("the survivor is %s, want %s", got, before["email:a@x.nl"])
	}
}

// TestQuarantineFirst: without an earlier build every identifier is alone; a part
// that is too large after a split is in quarantine, the others are not.
func TestQuarantineFirst(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) { e.Identifiers[0].Max, e.MaxSize = 1, 4 })
	w.add("crm", cdp.Row{day(1), "c1", "a@x.nl", "d1"}, cdp.Row{day(1), "c2", "b@x.nl", "d1"}, cdp.Row{day(2), "c1", "a@x.nl", "d1"})
	w.add("web", cdp.Row{day(1), "a@x.nl", "d3"}, cdp.Row{day(1), "a@x.nl", "d4"})
	r := w.run()
	if r.Quarantined != 1 || r.Rejected != 1 {
		t.Errorf("%+v", r)
	}
	w.same([]string{"customer:c1"}, []string{"email:a@x.nl"}, []string{"device:d1"}, []string{"device:d3"}, []string{"device:d4"}, []string{"customer:c2", "email:b@x.nl"})
}
