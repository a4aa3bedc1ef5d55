package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// sharingWorld has customers of one address and number each, of which some share.
func sharingWorld(t testing.TB, change func(*cdp.Entity)) *world {
	return newWorld(t, sharingEntity(change))
}

func sharingEntity(change func(*cdp.Entity)) *cdp.Entity {
	customer, email, phone, device := ident("customer"), ident("email"), ident("phone"), ident("device")
	customer.Max, email.Share, phone.Share = 1, true, true
	attach := linkTo("list", email, device)
	attach.Merge = false
	e := person([]*cdp.Identifier{customer, email, phone, device},
		linkTo("crm", customer, email, phone), linkTo("web", email, phone, device), linkTo("login", customer, device), attach)
	if change != nil {
		change(e)
	}
	return e
}

// shared leads from "identifier:value" to the values of customer that have it.
func (w *world) shared() map[string][]string {
	w.t.Helper()
	out := map[string][]string{}
	for _, r := range w.query("SELECT s.type, s.value, if(m.value = '', 'nobody', m.value) FROM " + w.p.State + "." + compile.IdentityTablesOf(w.entity, w.build).Shared +
		" AS s LEFT JOIN (SELECT value, entity_id FROM " + w.table("map") + " WHERE type = 0) AS m ON s.entity_id = m.entity_id ORDER BY ALL") {
		key := w.entity.Identifiers[ledger.Uint(r[0])].Name + ":" + ledger.Text(r[1])
		out[key] = append(out[key], ledger.Text(r[2]))
	}
	return out
}

// owners leads from the value in a column of a source to the customers that own its rows.
func (w *world) owners(source, column string) map[string][]string {
	w.t.Helper()
	out := map[string][]string{}
	for _, l := range w.entity.Links {
		if l.Source.Name != source {
			continue
		}
		c, err := w.e.keyed(w.t.Context(), w.request())
		if err != nil {
			w.t.Fatal(err)
		}
		owner := c.OwnerIn(compile.Build{ID: w.build}, w.entity, l)
		for _, r := range w.query("SELECT ifNull(s." + column + ", ''), arrayStringConcat(arraySort(groupUniqArrayIf(o.value, o.type = 0)), ',') FROM (SELECT *, " + owner + " AS node FROM " + w.p.State + ".src_" + source +
			" AS __kith_s) AS s LEFT JOIN " + w.table("map") + " AS m ON s.node = m.node LEFT JOIN (SELECT type, value, entity_id FROM " + w.table("map") + ") AS o ON m.entity_id = o.entity_id AND m.entity_id != '' GROUP BY s." + column) {
			out[ledger.Text(r[0])] = strings.Split(ledger.Text(r[1]), ",")
		}
	}
	return out
}

// shareCase is rows, by source, and what becomes of them.
type shareCase struct {
	change func(*cdp.Entity)
	rows   map[string][]cdp.Row
	want   [][]string
	shared map[string][]string
	owners map[string][]string // of rows in web, by device
}

// add takes over another case, its values marked with its name: they meet no others, so
// that one build is of both.
func (x *shareCase) add(name string, y shareCase) {
	mark := func(values ...string) (out []string) {
		for _, v := range values {
			if v != "" && v != "nobody" {
				v += " of " + name
			}
			out = append(out, v)
		}
		return out
	}
	for source, rows := range y.rows {
		for _, r := range rows {
			r = slices.Clone(r)
			for i, v := range r {
				if s, ok := v.(string); ok {
					r[i] = mark(s)[0]
				}
			}
			x.rows[source] = append(x.rows[source], r)
		}
	}
	for _, group := range y.want {
		x.want = append(x.want, mark(group...))
	}
	for value, customers := range y.shared {
		x.shared[mark(value)[0]] = mark(customers...)
	}
	for device, customers := range y.owners {
		x.owners[mark(device)[0]] = mark(customers...)
	}
}

// TestShare: what a value that several customers have ties, and whose it is.
func TestShare(t *testing.T) {
	t.Parallel()
	crm := func(c, e, p any) cdp.Row { return cdp.Row{day(1), c, e, p} }
	cases := map[string]shareCase{
		"one customer shares with nobody": {
			rows: map[string][]cdp.Row{"crm": {crm("c1", "e", "p")}, "web": {{day(2), "e", nil, "d"}}},
			want: [][]string{{"customer:c1", "email:e", "phone:p", "device:d"}}, owners: map[string][]string{"d": {"c1"}},
		},
		"a family address": {
			rows:   map[string][]cdp.Row{"crm": {crm("c1", "e", "p1"), crm("c2", "e", "p2")}},
			want:   [][]string{{"customer:c1", "phone:p1"}, {"customer:c2", "phone:p2"}},
			shared: map[string][]string{"email:e": {"c1", "c2"}},
		},
		"address and number": {
			rows:   map[string][]cdp.Row{"crm": {crm("c1", "e", "p"), crm("c2", "e", "p"), crm("c3", nil, "p")}},
			want:   [][]string{{"customer:c1"}, {"customer:c2"}, {"customer:c3"}},
			shared: map[string][]string{"email:e": {"c1", "c2"}, "phone:p": {"c1", "c2", "c3"}},
		},
		"a row with a shared address belongs to its next identifier": {
			rows: map[string][]cdp.Row{
				"crm": {crm("c1", "e", "p1"), crm("c2", "e", nil)},
				"web": {{day(2), "e", "p1", "d1"}, {day(3), "e", nil, "d2"}, {day(3), "e", nil, nil}},
			},
			want:   [][]string{{"customer:c1", "phone:p1", "device:d1"}, {"customer:c2"}, {"device:d2"}},
			shared: map[string][]string{"email:e": {"c1", "c2", "nobody"}},
			owners: map[string][]string{"d1": {"c1"}, "d2": {""}, "": {""}},
		},
		"through a device of each": {
			rows: map[string][]cdp.Row{
				"login": {{day(1), "c1", "d1"}, {day(1), "c2", "d2"}},
				"web":   {{day(2), "e", nil, "d1"}, {day(3), "e", nil, "d2"}},
			},
			want:   [][]string{{"customer:c1", "device:d1"}, {"customer:c2", "device:d2"}},
			shared: map[string][]string{"email:e": {"c1", "c2"}},
			owners: map[string][]string{"d1": {"c1"}, "d2": {"c2"}},
		},
		"what is shared does not make others shared": {
			// e1 is of c1 and c3, so that d is only c2's, through e2.
			rows: map[string][]cdp.Row{
				"crm": {crm("c1", "e1", nil), crm("c3", "e1", nil), crm("c2", "e2", nil)},
				"web": {{day(2), "e1", nil, "d"}, {day(3), "e2", nil, "d"}},
			},
			want:   [][]string{{"customer:c1"}, {"customer:c3"}, {"customer:c2", "email:e2", "device:d"}},
			shared: map[string][]string{"email:e1": {"c1", "c2", "c3"}},
			owners: map[string][]string{"d": {"c2"}},
		},
		"assign beside share": {
			change: func(e *cdp.Entity) { e.Identifiers[2].Share = false },
			rows:   map[string][]cdp.Row{"crm": {crm("c1", "e", "p"), crm("c2", "e", "p"), crm("c2", nil, "p")}},
			want:   [][]string{{"customer:c1"}, {"customer:c2", "phone:p"}},
			shared: map[string][]string{"email:e": {"c1", "c2"}},
		},
		"merge false attaches to what is not shared": {
			rows: map[string][]cdp.Row{
				"crm":  {crm("c1", "e", nil), crm("c2", "e", nil), crm("c3", "f", nil)},
				"list": {{day(2), "e", "d1"}, {day(2), "f", "d2"}, {day(2), nil, "d3"}},
			},
			want:   [][]string{{"customer:c1"}, {"customer:c2"}, {"customer:c3", "email:f"}, {"device:d3"}},
			shared: map[string][]string{"email:e": {"c1", "c2"}},
		},
		"a max of the shared identifier itself": {
			change: func(e *cdp.Entity) { e.Identifiers[1].Max = 1 },
			rows:   map[string][]cdp.Row{"crm": {crm("c1", "e", nil), crm("c1", "e", nil), crm("c1", "f", nil)}},
			want:   [][]string{{"customer:c1", "email:e"}, {"email:f"}},
		},
	}
	together := shareCase{rows: map[string][]cdp.Row{}, shared: map[string][]string{}, owners: map[string][]string{}}
	for name, x := range cases {
		if x.change == nil {
			together.add(name, x)
			delete(cases, name)
		}
	}
	cases["together"] = together
	for name, x := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := sharingWorld(t, x.change)
			for source, rows := range x.rows {
				w.add(source, rows...)
			}
			for range 2 { // a second build keeps all of it
				w.run()
				w.same(x.want...)
				shared := w.shared()
				if d := cmp.Diff(x.shared, shared); d != "" && len(x.shared)+len(shared) > 0 {
					t.Error(d)
				}
				got := w.owners("web", "device")
				for device, customers := range x.owners {
					if !slices.Equal(got[device], customers) {
						t.Errorf("rows of device %q are of %q, want %q", device, got[device], customers)
					}
				}
			}
			if n := w.audit()["shared"]; n != uint64(len(x.shared)) {
				t.Errorf("%d shared values in the audit, want %d", n, len(x.shared))
			}
		})
	}
}

// TestShareChanges: a value becomes shared, and is one's own again; nobody's id moves.
func TestShareChanges(t *testing.T) {
	t.Parallel()
	w := sharingWorld(t, nil)
	w.add("web", cdp.Row{day(0), "e", nil, "d1"}) // so that the address is the anchor
	w.add("crm", cdp.Row{day(1), "c1", "e", nil})
	w.run()
	first := w.same([]string{"customer:c1", "email:e", "device:d1"})
	w.add("crm", cdp.Row{day(2), "c2", "e", nil})
	w.run()
	second := w.same([]string{"customer:c1"}, []string{"customer:c2"}, []string{"device:d1"})
	kept := 0
	for _, v := range []string{"customer:c1", "customer:c2", "device:d1"} {
		if second[v] == first["customer:c1"] {
			kept++
		}
	}
	if kept != 1 || second["customer:c2"] == first["customer:c1"] {
		t.Errorf("%v became %v", first, second)
	}
	w.clear("crm")
	w.add("crm", cdp.Row{day(1), "c1", "e", nil})
	w.run()
	third := w.same([]string{"customer:c1", "email:e", "device:d1"})
	if third["customer:c1"] != second["customer:c1"] && third["customer:c1"] != second["device:d1"] {
		t.Errorf("%v became %v", second, third)
	}
}

// TestShareOrder: the order in which rows are stored decides nothing, on graphs with
// many shared values.
func TestShareOrder(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		n, least, finish := 600, uint64(20), []uint64{0, finishEdges}
		if d.Name() == "bigquery" {
			n, least, finish = 40, 3, []uint64{10, finishEdges}
		}
		rng := rand.New(rand.NewPCG(7, 8))
		pick := func(kind string, n int) any {
			if rng.IntN(3) == 0 {
				return nil
			}
			return fmt.Sprintf("%s%d", kind, rng.IntN(n))
		}
		var crm, web []cdp.Row
		for range n {
			crm = append(crm, cdp.Row{day(rng.IntN(20)), pick("c", n/3), pick("e", n/2), pick("p", n/2)})
			web = append(web, cdp.Row{day(rng.IntN(20)), pick("e", n/2), pick("p", n/2), pick("d", n/2)})
		}
		var first []cdp.Row
		for i, edges := range finish {
			w := newWorldOf(t, sharingEntity(func(e *cdp.Entity) { e.MaxSize = 0 }), d)
			w.finish = edges
			w.add("crm", crm...)
			w.add("web", web...)
			r := w.run()
			all := w.query("SELECT node, entity_id FROM (SELECT node, entity_id FROM " + w.table("map") + " UNION ALL SELECT node, entity_id FROM " + w.p.State + "." + compile.IdentityTablesOf(w.entity, w.build).Shared + ") AS x ORDER BY 1, 2")
			if n := w.query("SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM " + w.table("map") + " WHERE type = 0 GROUP BY entity_id) AS x")[0][0]; ledger.Uint(n) != 1 {
				t.Errorf("an entity has %v customers", n)
			}
			if r.Shared < least {
				t.Errorf("%d shared values", r.Shared)
			}
			if i == 0 {
				first = all
				rng.Shuffle(len(crm), func(i, j int) { crm[i], crm[j] = crm[j], crm[i] })
				rng.Shuffle(len(web), func(i, j int) { web[i], web[j] = web[j], web[i] })
				continue
			}
			if d := cmp.Diff(first, all); d != "" {
				t.Error(d[:min(len(d), 2000)])
			}
		}
	})
}
