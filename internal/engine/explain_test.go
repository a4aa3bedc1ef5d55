package engine

import (
	"errors"
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

// steps are the links of a chain or a cut, as text.
func steps(list []Tie) []string {
	out := []string{}
	for _, t := range list {
		text := t.From.Value + " " + t.To.Value
		for _, r := range t.By {
			text += fmt.Sprintf(" %s:%d", r.Source, r.Rows)
		}
		if t.Weakest {
			text += " weakest"
		}
		out = append(out, text+t.Refused)
	}
	return out
}

func (w *world) explain(a, b string) *Explanation {
	w.t.Helper()
	x, err := w.e.Explain(w.t.Context(), w.entity, a, b)
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

// TestExplain: the chain between two identifiers, its weakest link, and what would
// separate them.
func TestExplain(t *testing.T) { bothDialects(t, testExplainOn) }

func testExplainOn(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, shopEntity(func(e *cdp.Entity) { e.Identifiers[0].Max = 1 }), d)
	w.add("crm", cdp.Row{day(1), "c1", "a@x.nl", nil}, cdp.Row{day(2), "c1", "a@x.nl", nil}, cdp.Row{day(3), "c2", "z@x.nl", nil})
	w.add("web", cdp.Row{day(4), "a@x.nl", "d1"}, cdp.Row{day(5), "b@x.nl", "d1"}, cdp.Row{day(6), "b@x.nl", "d1"}, cdp.Row{day(7), "b@x.nl", "d2"}, cdp.Row{day(8), "z@x.nl", "d9"}, cdp.Row{day(9), "a@x.nl", "d9"}, cdp.Row{day(10), "a@x.nl", "d9"})
	w.run()
	x := w.explain("customer:c1", "d2")
	if d := cmp.Diff([]string{"c1 a@x.nl crm:2", "a@x.nl d1 web:1", "d1 b@x.nl web:2", "b@x.nl d2 web:1"}, []string{steps(x.Chain)[0], strings.TrimSuffix(steps(x.Chain)[1], " weakest"), steps(x.Chain)[2], strings.TrimSuffix(steps(x.Chain)[3], " weakest")}); d != "" {
		t.Error(d)
	}
	if !x.Same || !x.Chain[1].Weakest || x.Chain[3].Weakest || x.Chain[0].By[0].First != day(1) || x.Chain[0].By[0].Last != day(2) || x.Chain[0].By[0].Rule != "{customer, email, device}" {
		t.Errorf("%+v", x.Chain)
	}
	if len(x.Cut) != 1 || x.Rows != 1 {
		t.Errorf("what separates: %v", steps(x.Cut))
	}
	// A second way between a and b: now two links would have to go.
	w.add("web", cdp.Row{day(11), "a@x.nl", "d2"}, cdp.Row{day(11), "b@x.nl", "d2"})
	w.run()
	x = w.explain("a@x.nl", "B@x.nl ")
	if x.Rows != 2 || len(x.Cut) != 2 {
		t.Errorf("what separates: %v", steps(x.Cut))
	}
	// What a max keeps apart.
	x = w.explain("c1", "c2")
	if x.Same || len(x.Chain) != 4 || !slices.ContainsFunc(x.Chain, func(t Tie) bool { return t.Refused == "max" && t.Rows == 1 }) {
		t.Errorf("%v", steps(x.Chain))
	}
	if x := w.explain("c1", "c1"); !x.Same || len(x.Chain)+len(x.Cut) != 0 {
		t.Errorf("%+v", x)
	}
	// An id, also of what was merged.
	id := w.ids()["customer:c1"]
	if x := w.explain(id, "d1"); !x.Same || len(x.Chain) != 2 && len(x.Chain) != 1 {
		t.Errorf("%v", steps(x.Chain))
	}
	for _, what := range []string{"nobody@x.nl", "email:d1", "p_00000000000000000000000000000000", "test@test.com", ""} {
		_, err := w.e.Explain(t.Context(), w.entity, "c1", what)
		var unknown *NotKnownError
		if !errors.As(err, &unknown) || strings.Contains(err.Error(), "nobody@") {
			t.Errorf("%q: %v", what, err)
		}
	}
}

// TestExplainDemoted: two that share nothing but a hub are told so.
func TestExplainDemoted(t *testing.T) { bothDialects(t, testExplainDemotedOn) }

func testExplainDemotedOn(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, shopEntity(func(e *cdp.Entity) { e.Identifiers[1].Caps = []cdp.Cap{{To: e.Identifiers[0], Max: 2}} }), d)
	for i := range 5 {
		w.add("crm", cdp.Row{day(i), fmt.Sprintf("c%d", i), "info@x.nl", nil})
	}
	w.run()
	for i := range 4 {
		x := w.explain(fmt.Sprintf("c%d", i), fmt.Sprintf("c%d", i+1))
		if x.Same || len(x.Chain) != 2 || x.Chain[0].Refused != "caps" || x.Chain[0].To.Demoted != 5 {
			t.Errorf("%+v", x.Chain)
		}
	}
}

// TestExplainShared: two that share a value that links nothing are told so.
func TestExplainShared(t *testing.T) { bothDialects(t, testExplainSharedOn) }

func testExplainSharedOn(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, shopEntity(func(e *cdp.Entity) { e.Identifiers[0].Max, e.Identifiers[1].Share = 1, true }), d)
	for i := range 4 { // whichever node is the smaller end
		w.add("crm", cdp.Row{day(1), fmt.Sprintf("a%d", i), fmt.Sprintf("e%d@x.nl", i), fmt.Sprintf("d%d", i)}, cdp.Row{day(2), fmt.Sprintf("b%d", i), fmt.Sprintf("e%d@x.nl", i), nil})
	}
	w.run()
	for i := range 4 {
		x := w.explain(fmt.Sprintf("d%d", i), fmt.Sprintf("b%d", i))
		value := fmt.Sprintf("e%d@x.nl", i)
		if x.Same || len(x.Chain) != 3 || x.Chain[0].Refused != "" || x.Chain[1].Refused != "on_conflict" || x.Chain[1].To.Value != value || x.Chain[1].To.Identifier != "email" || x.Chain[2].Refused != "on_conflict" {
			t.Errorf("%+v", x.Chain)
		}
	}
	if x := w.explain("a0", "b1"); x.Same || len(x.Chain) != 0 {
		t.Errorf("%+v", x.Chain)
	}
}

// TestExplainMerged: an id that was merged leads to the survivor.
func TestExplainMerged(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	w.add("web", cdp.Row{day(5), "a@x.nl", "d1"}, cdp.Row{day(3), "b@x.nl", "d2"})
	w.run()
	old := w.ids()["email:a@x.nl"]
	w.add("web", cdp.Row{day(10), "a@x.nl", "d2"})
	w.run()
	if x := w.explain(old, "email:b@x.nl"); !x.Same || x.A.Entity == old {
		t.Errorf("%+v", x.A)
	}
}

// TestCut compares minimum cuts with trying all sets of links.
func TestCut(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		w, n := newWeb(), 4+rng.IntN(4)
		for i := range n {
			for j := range i {
				if rng.IntN(2) == 0 && len(w.ties) < 12 {
					w.add(&tie{a: uint64(j + 1), b: uint64(i + 1), n: uint64(1 + rng.IntN(4))})
				}
			}
		}
		from, to := uint64(1), uint64(n)
		connected := func(without int) bool {
			i := -1
			return w.chain(from, to, func(t *tie) bool {
				i = slices.Index(w.ties, t)
				return without&(1<<i) == 0
			}) != nil
		}
		best := ^uint64(0)
		for set := range 1 << len(w.ties) {
			sum := uint64(0)
			for i, x := range w.ties {
				if set&(1<<i) != 0 {
					sum += x.n
				}
			}
			if sum < best && !connected(set) {
				best = sum
			}
		}
		links, ok := w.cut(from, to)
		sum, set := uint64(0), 0
		for _, x := range links {
			sum += x.n
			set |= 1 << slices.Index(w.ties, x)
		}
		if !ok || sum != best || connected(set) {
			t.Fatalf("a cut of %d rows, the least is %d", sum, best)
		}
	}
}

// TestExplainReads: what explain and profile read does not grow with the graph.
func TestExplainReads(t *testing.T) {
	t.Parallel()
	read := func(n int) (explain, profile uint64) {
		w := shop(t, nil)
		w.unchecked = true
		w.sql(fmt.Sprintf("INSERT INTO %s.src_web (at, email, device) SELECT toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + number, concat('e', toString(number %% %d), '@x.nl'), concat('d', toString(number)) FROM numbers(%d)", w.p.State, n/4, n))
		w.run()
		x := w.explain("d1", fmt.Sprintf("d%d", 1+n/4))
		if !x.Same || len(x.Chain) != 2 {
			t.Errorf("%v", steps(x.Chain))
		}
		rows := func() uint64 {
			w.sql("SYSTEM FLUSH LOGS")
			return ledger.Uint(w.query("SELECT sum(read_rows) FROM system.query_log WHERE type = 'QueryFinish' AND query LIKE '%" + w.p.State + "%' AND startsWith(JSONExtractString(log_comment, 'statement'), 'lookup_')")[0][0])
		}
		explain = rows()
		email := w.entity.Identifiers[1]
		w.p.Traits = []*cdp.Trait{{Item: cdp.Item{Name: "email"}, Entity: w.entity, Kind: cdp.IdentifierTrait, Type: cdp.Type{Kind: cdp.String}, Ident: email}}
		req := w.request()
		req.build = compile.Build{ID: w.build, Run: "profiles"}
		c, err := w.e.keyed(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.e.runAll(t.Context(), req, "build", c.Profiles(req.build)[0].Statements); err != nil {
			t.Fatal(err)
		}
		v, err := w.e.View(t.Context(), w.entity, "d1")
		if err != nil || len(v.Identifiers) != 5 {
			t.Fatalf("%v: %+v", err, v)
		}
		return explain, rows() - explain
	}
	small, smallView := read(100_000)
	large, largeView := read(400_000)
	t.Logf("explain reads %d rows of 100,000 links, %d of 400,000; profile %d and %d", small, large, smallView, largeView)
	if small == 0 || large > 200_000 || large > small*3/2 {
		t.Errorf("explain: %d rows of 100,000 links, %d of 400,000", small, large)
	}
	if smallView == 0 || largeView > 200_000 || largeView > smallView*3/2 {
		t.Errorf("profile: %d rows of 100,000 links, %d of 400,000", smallView, largeView)
	}
}

// TestCheckIdentity: each invariant is seen to be broken when it is.
func TestCheckIdentity(t *testing.T) { bothDialects(t, testCheckIdentityOn) }

func testCheckIdentityOn(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, shopEntity(nil), d)
	at := d.Ident("at")
	copied := map[string]string{"clickhouse": " ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM ", "bigquery": " AS SELECT * FROM "}[d.Name()]
	w.add("web", cdp.Row{day(5), "a@x.nl", "d1"}, cdp.Row{day(3), "b@x.nl", "d2"}, cdp.Row{day(4), "c@x.nl", "d3"})
	w.run()
	w.add("web", cdp.Row{day(10), "a@x.nl", "d2"})
	w.run()
	check := func(want string) {
		t.Helper()
		c, err := w.e.CheckIdentity(t.Context(), w.entity)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.Broken, "; "); got != want || c.Merged == 0 {
			t.Errorf("broken: %q, want %q (%+v)", got, want, c)
		}
	}
	check("")
	m, e, s := w.table("map"), w.table("entity"), w.p.State
	for _, x := range [][2]string{
		{"INSERT INTO " + m + " SELECT * FROM " + m + " WHERE value = 'c@x.nl'", "1 identifiers are in the map twice; 1 values have two nodes; 1 entities do not list the identifiers that the map gives them"},
		{"INSERT INTO " + m + " SELECT * REPLACE (7 AS node, 'other' AS value) FROM (SELECT * FROM " + m + " WHERE value = 'c@x.nl')", "1 entities do not list the identifiers that the map gives them"},
		{"INSERT INTO " + e + " SELECT * REPLACE ('p_x' AS entity_id, 8 AS anchor) FROM (SELECT * FROM " + e + " LIMIT 1)", "1 entities have an anchor that is not there; 1 entities do not list the identifiers that the map gives them"},
		{"INSERT INTO " + w.table("edges") + " SELECT * REPLACE (9 AS a) FROM (SELECT * FROM " + w.table("edges") + " LIMIT 1)", "1 links lead to an identifier that is not there"},
		{"INSERT INTO " + w.table("values") + " SELECT * REPLACE ('other' AS value) FROM (SELECT * FROM " + w.table("values") + " WHERE value = 'c@x.nl')", "1 nodes are those of two values"},
		{"INSERT INTO " + s + ".entity_merges SELECT entity, x, y, build, " + at + ", 0 FROM (SELECT entity, new_id AS x, old_id AS y, build, " + at + " FROM " + s + ".entity_merges)", "2 merged ids lead to an id that was merged too; 1 merged ids are alive"},
	} {
		var table string
		fields := strings.Fields(x[0])
		table = fields[2]
		w.sql("CREATE TABLE " + s + ".kept" + copied + table)
		w.sql(x[0])
		check(x[1])
		w.sql("TRUNCATE TABLE " + table)
		w.sql("INSERT INTO " + table + " SELECT * FROM " + s + ".kept")
		w.sql("DROP TABLE " + s + ".kept")
	}
	check("")
}
