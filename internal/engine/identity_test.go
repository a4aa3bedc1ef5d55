package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
)

// shop is a person with three identifiers, a web log and a CRM.
func shop(t testing.TB, change func(e *cdp.Entity)) *world {
	t.Helper()
	return newWorld(t, shopEntity(change))
}

func shopEntity(change func(e *cdp.Entity)) *cdp.Entity {
	customer := &cdp.Identifier{Name: "customer"}
	email := &cdp.Identifier{Name: "email", Normalize: "email"}
	device := &cdp.Identifier{Name: "device"}
	e := person([]*cdp.Identifier{customer, email, device},
		linkTo("crm", customer, email, device), linkTo("web", email, device), linkTo("list", email, device))
	e.Links[2].Merge = false
	if change != nil {
		change(e)
	}
	return e
}

func TestStitch(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	w.add("crm", cdp.Row{day(1), "c1", "A@x.nl ", "d1"}, cdp.Row{day(2), "c2", "b@x.nl", nil}, cdp.Row{day(3), nil, nil, nil}, cdp.Row{day(3), "", "not an address", nil})
	w.add("web", cdp.Row{day(4), "a@x.nl", "d2"}, cdp.Row{day(5), "b@x.nl", "d3"}, cdp.Row{day(6), nil, "d4"}, cdp.Row{day(7), "e@x.nl", nil})
	r := w.run()
	w.same([]string{"customer:c1", "email:a@x.nl", "device:d1", "device:d2"}, []string{"customer:c2", "email:b@x.nl", "device:d3"}, []string{"device:d4"}, []string{"email:e@x.nl"})
	want := EntityReport{
		Entity: "person", Identifiers: 9, Entities: 4, Unowned: 2, Rounds: r.Rounds, Full: "first build",
		Invalid: 1, Guards: []GuardReport{{Guard: "invalid", Identifier: "email", Count: 1, Samples: []string{"n** ** ******* (1 rows)"}}},
	}
	if d := cmp.Diff(want, r); d != "" {
		t.Error(d)
	}
	rows := w.query("SELECT source, n, first_seen, last_seen FROM " + w.table("edges") + " ORDER BY source, first_seen")
	if d := cmp.Diff([]cdp.Row{
		{"crm", uint64(1), day(1), day(1)},
		{"crm", uint64(1), day(1), day(1)},
		{"crm", uint64(1), day(2), day(2)},
		{"web", uint64(1), day(4), day(4)},
		{"web", uint64(1), day(5), day(5)},
	}, rows); d != "" {
		t.Error(d)
	}
}

// TestTimes: a row without a time neither precedes nor follows one that has a time,
// and what is dated after the run was not seen last.
func TestTimes(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	w.add("web", cdp.Row{nil, "a@x.nl", nil}, cdp.Row{day(3), "a@x.nl", nil}, cdp.Row{day(2), "a@x.nl", nil}, cdp.Row{testNow.AddDate(1, 0, 0), "a@x.nl", nil}, cdp.Row{nil, "b@x.nl", nil})
	w.add("web", cdp.Row{day(1), "c@x.nl", nil}, cdp.Row{day(-30_000), "c@x.nl", nil}) // 1943
	for range 5 {                                                                      // the engine compiles what it has seen three times
		w.run()
	}
	got := w.query("SELECT value, first_seen, last_seen, n FROM " + w.table("map") + " ORDER BY value")
	if d := cmp.Diff([]cdp.Row{
		{"a@x.nl", day(2), day(3), uint64(4)},
		{"b@x.nl", time.Date(2299, 12, 31, 23, 59, 59, 0, time.UTC), time.Unix(0, 0).UTC(), uint64(1)},
		{"c@x.nl", day(-30_000), day(1), uint64(2)},
	}, got); d != "" {
		t.Error(d)
	}
}

func TestBlocked(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) {
		e.Identifiers[0].Block = []string{"GUEST"}
		e.Identifiers[1].Block = []string{" Shop@X.nl", `/@example\.com$/`}
		e.Identifiers[2].Block = []string{"kiosk"}
	})
	for i, v := range []string{"-1", "null", "None", "undefined", "anonymous", "0000", "000-00-0000", "00000000-0000-0000-0000-000000000000", "GUEST"} {
		w.add("crm", cdp.Row{day(i), v, fmt.Sprintf("p%d@x.nl", i), nil})
	}
	for i, v := range []string{"test@test.com", "noreply@a.nl", "No-Reply@a.nl", "donotreply@a.nl", "shop@x.nl", "me@example.com"} {
		w.add("web", cdp.Row{day(i), v, fmt.Sprintf("d%d", i)})
	}
	w.add("web", cdp.Row{day(20), "q@x.nl", "kiosk"}, cdp.Row{day(20), "guest@x.nl", "guest"}, cdp.Row{day(21), nil, "kiosk"})
	r := w.run()
	if r.Blocked != 16 || r.Unowned != 1 {
		t.Errorf("%d blocked values, %d rows of nobody", r.Blocked, r.Unowned)
	}
	groups := [][]string{{"email:q@x.nl"}, {"email:guest@x.nl", "device:guest"}}
	for i := range 9 {
		groups = append(groups, []string{fmt.Sprintf("email:p%d@x.nl", i)})
	}
	for i := range 6 {
		groups = append(groups, []string{fmt.Sprintf("device:d%d", i)})
	}
	w.same(groups...)
}

// TestAttach: a link with merge: false makes no link, and tells of no identifier but
// the strongest of a row.
func TestAttach(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	w.add("list", cdp.Row{day(1), "a@x.nl", "d1"}, cdp.Row{day(1), "b@x.nl", "d9"}, cdp.Row{day(1), nil, "d2"}, cdp.Row{day(1), "null@", "d3"})
	w.add("web", cdp.Row{day(2), "c@x.nl", "d1"})
	w.run()
	w.same([]string{"email:a@x.nl"}, []string{"email:b@x.nl"}, []string{"device:d2"}, []string{"device:d3"}, []string{"email:c@x.nl", "device:d1"})
	got := w.query("SELECT n, first_seen FROM " + w.table("map") + " WHERE value = 'd1'")
	if d := cmp.Diff([]cdp.Row{{uint64(1), day(2)}}, got); d != "" {
		t.Errorf("a row that attaches to a stronger identifier counts for d1: %s", d)
	}
}

// TestOwner: the node that a row has by itself leads to the entity of its strongest
// identifier.
func TestOwner(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) {
		e.Links[1].Where = &cdp.Predicate{Kind: cdp.ColumnTestOf, Column: "device", Type: cdp.Type{Kind: cdp.String}, Ops: []cdp.Operator{{Name: "exists", Exists: true}}}
	})
	w.add("crm", cdp.Row{day(1), "c1", "a@x.nl", "d1"}, cdp.Row{day(1), "-1", "a@x.nl", "d2"}, cdp.Row{day(1), nil, "bad", "d2"}, cdp.Row{day(1), nil, "test@test.com", "0"})
	w.run()
	c, err := w.e.keyed(t.Context(), w.request())
	if err != nil {
		t.Fatal(err)
	}
	l := w.entity.Links[0]
	if d := cmp.Diff([]string{"customer", "device", "email"}, c.OwnerColumns(l)); d != "" {
		t.Error(d)
	}
	rows := w.query("SELECT ifNull(customer, ''), ifNull(m.value, '') FROM (SELECT *, " + c.Owner(l) + " AS node FROM " + w.p.State + ".src_crm AS __kith_s) AS s LEFT JOIN " + w.table("map") + " AS m ON s.node = m.node ORDER BY email, device")
	if d := cmp.Diff([]cdp.Row{{"c1", "c1"}, {"-1", "a@x.nl"}, {"", "d2"}, {"", ""}}, rows); d != "" {
		t.Error(d)
	}
}

// TestHub: one address on thousands of devices is one wide component; blocked, it
// leaves the others alone.
func TestHub(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) { e.MaxSize = 0 })
	w.sql("INSERT INTO " + w.p.State + ".src_web (at, email, device) SELECT toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + number, if(number % 2 = 0, 'hub@x.nl', concat('p', toString(number), '@x.nl')), concat('d', toString(intDiv(number, 2))) FROM numbers(10000)")
	if r := w.run(); r.Entities != 1 || r.Rounds > 5 {
		t.Errorf("%+v", r)
	}
	w.entity.Identifiers[1].Block = []string{"hub@x.nl"}
	if r := w.run(); r.Entities != 5_000 || r.Blocked != 1 {
		t.Errorf("%+v", r)
	}
}

// TestOrder: the order in which rows are stored and read decides nothing, nor whether
// the warehouse or the driver contracts what is left.
func TestOrder(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		n, finish := 900, []uint64{0, finishEdges, 0}
		if d.Name() == "bigquery" {
			n, finish = 60, []uint64{10, finishEdges}
		}
		rng := rand.New(rand.NewPCG(3, 4))
		var rows []cdp.Row
		for range n {
			pick := func(kind string, n int) any {
				if rng.IntN(3) == 0 {
					return nil
				}
				return fmt.Sprintf("%s%d@x.nl", kind, rng.IntN(n))
			}
			rows = append(rows, cdp.Row{day(rng.IntN(20)), pick("c", n/6), pick("e", n*3/10), pick("d", n*3/10)})
		}
		var first, firstEntities []cdp.Row
		for i, edges := range finish {
			rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			w := newWorldOf(t, shopEntity(func(e *cdp.Entity) {
				e.MaxSize = 3 // less than a max leaves together
				e.Identifiers[0].Max, e.Identifiers[1].Max, e.Identifiers[2].Max = 1, 2, 3
			}), d)
			w.finish = edges
			w.add("crm", rows[:n/3]...)
			w.add("crm", rows[n/3:]...)
			if r := w.run(); r.Rejected == 0 || r.Quarantined == 0 {
				t.Errorf("%d links refused, %d entities in quarantine: the guards have nothing to do", r.Rejected, r.Quarantined)
			}
			all, entities := w.query("SELECT * FROM "+w.table("map")+" ORDER BY node"), w.query("SELECT * FROM "+w.table("entity")+" ORDER BY entity_id")
			if i == 0 {
				first, firstEntities = all, entities
				continue
			}
			if d := cmp.Diff(first, all); d != "" {
				t.Fatalf("another order of the rows: %s", d[:min(len(d), 2000)])
			}
			if d := cmp.Diff(firstEntities, entities); d != "" {
				t.Fatalf("another order of the rows: %s", d[:min(len(d), 2000)])
			}
		}
	})
}

// narrow is ClickHouse with node ids of 8 bits, so that values collide.
type narrow struct{ dialect.ClickHouse }

func (n narrow) NodeID(salt, identifier, value string) string {
	return "(" + n.ClickHouse.NodeID(salt, identifier, value) + " % 200 + 1)"
}

func TestCollisions(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, shopEntity(nil), narrow{})
	var groups [][]string
	for i := range 30 {
		c, e := fmt.Sprintf("c%d", i), fmt.Sprintf("e%d@x.nl", i)
		w.add("crm", cdp.Row{day(i), c, e, nil})
		groups = append(groups, []string{"customer:" + c, "email:" + e})
	}
	w.run()
	ids := w.same(groups...)
	if w.audit()["collision"] == 0 {
		t.Fatal("no collision in the audit")
	}
	nodes := func() map[string]uint64 {
		out := map[string]uint64{}
		for _, r := range w.query("SELECT value, node FROM " + w.table("map")) {
			out[ledger.Text(r[0])] = ledger.Uint(r[1])
		}
		return out
	}
	before := nodes()
	// Older values come, and take the hashes of nobody.
	for i := range 15 {
		c, e := fmt.Sprintf("o%d", i), fmt.Sprintf("o%d@x.nl", i)
		w.add("crm", cdp.Row{day(-i), c, e, nil})
		groups = append(groups, []string{"customer:" + c, "email:" + e})
	}
	w.run()
	now := w.same(groups...)
	after := nodes()
	for v, n := range before {
		if after[v] != n {
			t.Errorf("%s was node %d and is %d", v, n, after[v])
		}
	}
	for v, id := range ids {
		if now[v] != id {
			t.Errorf("%s was %s and is %s", v, id, now[v])
		}
	}
	c, err := w.e.keyed(t.Context(), w.request())
	if err != nil {
		t.Fatal(err)
	}
	lost := w.query("SELECT count() FROM (SELECT customer, " + c.Owner(w.entity.Links[0]) + " AS node FROM " + w.p.State + ".src_crm AS __kith_s) AS s LEFT JOIN " + w.table("map") + " AS m ON s.node = m.node WHERE m.value != s.customer")
	if lost[0][0] != uint64(0) {
		t.Errorf("%v rows do not find their node", lost[0][0])
	}
}

// TestFailedBuild: a build that fails leaves nothing behind, and the next is not
// disturbed.
func TestFailedBuild(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	w.add("crm", cdp.Row{day(1), "c1", "a@x.nl", "d1"})
	w.run()
	tables := w.query("SELECT name FROM system.tables WHERE database = '" + w.p.State + "' ORDER BY name")
	statements := 0
	w.e.Fail = func(point string) {
		if strings.HasPrefix(point, "before ") {
			statements++
		}
	}
	w.unpublishedAgain()
	total := statements
	for at := 1; at <= total; at += 7 {
		failing := *w.e
		failing.Fail = nil
		failing.Warehouse = &failAt{Warehouse: w.w, n: at}
		if _, err := failing.stitch(t.Context(), w.request(), w.entity, "broken", w.build, 0); !errors.Is(err, errBroken) {
			t.Fatalf("statement %d of %d: %v", at, total, err)
		}
		if d := cmp.Diff(tables, w.query("SELECT name FROM system.tables WHERE database = '"+w.p.State+"' ORDER BY name")); d != "" {
			t.Fatalf("statement %d left tables: %s", at, d)
		}
	}
}

// TestEveryStatement: what `compile` shows can run, in its order, also on nothing.
func TestEveryStatement(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"first", "full", "increment"} {
		w := shop(t, func(e *cdp.Entity) { e.Identifiers[0].Max, e.Identifiers[1].Max = 1, 2 })
		in := compile.IdentityInput{Build: "all", Run: "all"}
		if how != "first" {
			w.add("crm", cdp.Row{day(1), "c1", "a@x.nl", "d1"}, cdp.Row{day(1), "c2", "b@x.nl", "d1"})
			w.run()
			in.Previous, in.Delta = w.build, how == "increment"
			in.Reads = map[string]compile.Reading{"web": {Tail: in.Delta, From: day(0), Since: testNow, Cut: day(1)}}
		}
		if n := w.everyStatement(in); n < 50 {
			t.Errorf("%d statements", n)
		}
	}
	w := matchWorld(t, func(e *cdp.Entity) { e.Identifiers[1].Share = true })
	if n := w.everyStatement(compile.IdentityInput{Build: "all", Run: "all"}); n < 75 {
		t.Errorf("%d statements of a match", n)
	}
}

// everyStatement runs all that a build may send, and counts their names.
func (w *world) everyStatement(in compile.IdentityInput) int {
	w.t.Helper()
	c, err := w.e.keyed(w.t.Context(), w.request())
	if err != nil {
		w.t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range c.Identity(w.entity, in).All() {
		names[s.Name] = true
		if strings.HasPrefix(s.SQL, "SELECT") {
			_, err = ledger.All(w.t.Context(), w.w, s)
		} else {
			_, err = w.w.Exec(w.t.Context(), s)
		}
		if err != nil {
			w.t.Fatalf("%v\n%s", err, s.SQL)
		}
	}
	return len(names)
}
