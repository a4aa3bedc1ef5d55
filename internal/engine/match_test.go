package engine

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
)

// matchWorld has one source of people, an id each, and compares what is in it.
func matchWorld(t testing.TB, change func(*cdp.Entity)) *world {
	return matchWorldOf(t, dialect.ClickHouse{}, change)
}

func matchWorldOf(t testing.TB, d cdp.Dialect, change func(*cdp.Entity)) *world {
	id, number := ident("id"), ident("number")
	number.Max = 1
	l := linkTo("people", number, id)
	var compare []*cdp.Comparison
	for _, x := range []struct {
		name, as  string
		household bool
	}{
		{"first", "name", false},
		{"last", "name", true},
		{"born", "date", false},
		{"mail", "email", false},
		{"phone", "code", true},
		{"street", "text", true},
		{"postcode", "code", true},
		{"city", "text", true},
	} {
		l.Source.Columns = append(l.Source.Columns, &cdp.SourceColumn{Name: x.name, Type: cdp.Type{Kind: cdp.String}})
		compare = append(compare, &cdp.Comparison{Name: x.name, As: x.as, Household: x.household, From: []cdp.TraitFrom{{Source: l.Source, Column: x.name}}})
	}
	e := person([]*cdp.Identifier{number, id}, l)
	e.Match = &cdp.Match{Compare: compare, Swap: []int{0, 1}, MaxBlock: 50, Random: 10_000, Link: .99, Review: .9}
	if change != nil {
		change(e)
	}
	return newWorldOf(t, e, d)
}

// scratch is a table of the run that is going on.
func (w *world) scratch(kind string) string {
	return fmt.Sprintf("%s.scratch_%s_identity_%s_%s", w.p.State, tableID(w.request().id), w.entity.Name, kind)
}

// measured is precision and recall of the pairs of records that the build has joined,
// and the share of true pairs that a blocking key brought together.
func (w *world) measured(people []simulated) (precision, recall float64) {
	ids := w.ids()
	both, found, truth := map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range people {
		id := ids["id:"+p.id]
		both[id+p.person]++
		found[id]++
		truth[p.person]++
	}
	pairs := func(sizes map[string]int) (n float64) {
		for _, k := range sizes {
			n += float64(k*(k-1)) / 2
		}
		return n
	}
	return pairs(both) / math.Max(pairs(found), 1), pairs(both) / math.Max(pairs(truth), 1)
}

// capped is the share of true pairs that share a blocking key: no recall without
// closure can be higher. It is taken when the pairs are there.
func (w *world) capped(people []simulated, of *float64) {
	person := map[string]string{}
	total := 0.0
	sizes := map[string]int{}
	for _, p := range people {
		person[p.id] = p.person
		sizes[p.person]++
	}
	for _, k := range sizes {
		total += float64(k*(k-1)) / 2
	}
	w.e.Fail = func(point string) {
		if point != "after identity person match pairs" {
			return
		}
		value, record := map[uint64]string{}, map[uint64]string{}
		for _, r := range w.query("SELECT node, value FROM " + w.scratch("nodes")) {
			value[ledger.Uint(r[0])] = ledger.Text(r[1])
		}
		for _, r := range w.query("SELECT id, node FROM " + w.scratch("match_records")) {
			record[ledger.Uint(r[0])] = value[ledger.Uint(r[1])]
		}
		n := 0.0
		for _, r := range w.query("SELECT a, b FROM " + w.scratch("match_pairs")) {
			if a, b := person[record[ledger.Uint(r[0])]], person[record[ledger.Uint(r[1])]]; a != "" && a == b {
				n++
			}
		}
		*of = n / total
	}
}

// matched adds people, builds and measures.
func (w *world) matched(people []simulated, name string) (precision, recall float64, r EntityReport) {
	w.t.Helper()
	var rows []cdp.Row
	for _, p := range people {
		rows = append(rows, append(cdp.Row{day(1), nil, p.id}, p.values...))
	}
	w.add("people", rows...)
	blocked := 0.0
	w.capped(people, &blocked)
	r = w.run()
	precision, recall = w.measured(people)
	w.t.Logf("%s: %d records, precision %.4f, recall %.4f, F1 %.4f; blocking brings together %.4f of the true pairs; %+v", name, len(people), precision, recall, 2*precision*recall/(precision+recall), blocked, *r.Match)
	return precision, recall, r
}

// TestMatchPeople measures probable ties on simulated people, with default settings:
// families at one address, those who moved, typing errors, missing values,
// and a list in which nobody is twice.
func TestMatchPeople(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		simulation
		precision, recall float64
	}{
		{simulation{name: "customers", persons: 700, families: .4, typos: .1, missing: .15, moved: .15, records: 4, seed: 11}, .98, .80},
		{simulation{name: "dirty", persons: 500, families: .4, typos: .3, missing: .3, moved: .2, records: 5, seed: 12}, .97, .45},
		{simulation{name: "no duplicates", persons: 1000, families: .3, typos: .05, missing: .1, records: 1, seed: 13}, 0, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			people := x.people()
			precision, recall, r := matchWorld(t, nil).matched(people, x.name)
			if x.records > 1 && (precision < x.precision || recall < x.recall) {
				t.Errorf("want at least %.2f and %.2f", x.precision, x.recall)
			}
			if x.records == 1 && r.Match.Links > 10 {
				t.Errorf("%d of %d who are not twice are joined", r.Match.Links, len(people))
			}
		})
	}
}

// smith are records of one man, and of others who make the counts.
func (w *world) smiths(others int, rows ...[]any) {
	w.t.Helper()
	people := simulation{persons: others, families: .2, typos: .05, missing: .05, records: 3, seed: 5}.people()
	var list []cdp.Row
	for _, p := range people {
		list = append(list, append(cdp.Row{day(1), nil, p.id}, p.values...))
	}
	for _, r := range rows {
		list = append(list, append(cdp.Row{day(2)}, r...))
	}
	w.add("people", list...)
}

var john = []any{"john", "smithson", "19700203", "john.smithson@example.org", "0612345678", "high street 5", "1234", "delft"}

func row(number, id any, values []any) []any { return append([]any{number, id}, values...) }

// johns are j1, j2 .. in groups by entity.
func (w *world) johns() []string {
	w.t.Helper()
	groups := map[string][]string{}
	for v, id := range w.ids() {
		if name, ok := strings.CutPrefix(v, "id:j"); ok {
			groups[id] = append(groups[id], name)
		}
	}
	var out []string
	for _, g := range groups {
		slices.Sort(g)
		out = append(out, strings.Join(g, "+"))
	}
	slices.Sort(out)
	return out
}

// TestMatchGuards: probable ties break no max and no max_size, the surest comes first,
// and what exact ties say stays.
func TestMatchGuards(t *testing.T) {
	t.Parallel()
	w := matchWorld(t, nil)
	typo := slices.Clone(john)
	typo[0] = "jhon"
	w.smiths(150, row("n1", "j1", john), row("n2", "j2", typo), row(nil, "j3", john))
	r := w.run()
	// j3 is all of j1, and j2 nearly: n1 and n2 are two people whatever they look like.
	if d := cmp.Diff([]string{"1+3", "2"}, w.johns()); d != "" {
		t.Error(d)
	}
	if r.Match.Held == 0 || r.Rejected != 0 || r.Quarantined != 0 {
		t.Errorf("%+v %+v", r, *r.Match)
	}
	if n := w.query("SELECT countIf(source = '(match)' AND n = 0), countIf(source = '(match)' AND (a, b) IN (SELECT a, b FROM " + w.table("refused") + ")) FROM " + w.table("edges"))[0]; ledger.Uint(n[0]) != r.Match.Links || ledger.Uint(n[1]) != 0 {
		t.Errorf("links in the table: %v, in the report %d", n, r.Match.Links)
	}
	pairs, err := w.e.Review(t.Context(), w.entity, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(pairs, func(p ReviewPair) bool { return p.Why == "max" && p.A.Values["last"] == "smithson" }) {
		t.Errorf("what the max holds back is not to be reviewed: %+v", pairs)
	}

	w = matchWorld(t, func(e *cdp.Entity) { e.MaxSize = 2 })
	w.smiths(150, row(nil, "j1", john), row(nil, "j2", john), row(nil, "j3", john))
	if r := w.run(); r.Quarantined != 0 || len(w.johns()) != 2 {
		t.Errorf("max_size 2: %v, %d in quarantine", w.johns(), r.Quarantined)
	}
}

// TestMatchAgain: the same data gives the same weights, links and probabilities, in
// whatever order rows are stored and whatever the salt.
func TestMatchAgain(t *testing.T) {
	t.Parallel()
	var first []cdp.Row
	for i := range 2 {
		w := matchWorld(t, nil)
		people := simulation{persons: 200, families: .3, typos: .1, missing: .1, records: 3, seed: 7}.people()
		if i == 1 {
			slices.Reverse(people)
			w.forget()
			w.open(strings.Repeat("ab", 16))
		}
		var rows []cdp.Row
		for _, p := range people {
			rows = append(rows, append(cdp.Row{day(1), nil, p.id}, p.values...))
		}
		w.add("people", rows...)
		var scored []cdp.Row
		w.e.Fail = func(point string) {
			if point == "after identity person match scores" {
				prefix := fmt.Sprintf("%s.scratch_%s_identity_person_", w.p.State, tableID(w.request().id))
				scored = w.query("SELECT least(x.value, y.value) AS a, greatest(x.value, y.value) AS b, round(probability, 9) FROM " + prefix + "match_scored AS s JOIN " + prefix + "nodes AS x ON s.a = x.node JOIN " + prefix + "nodes AS y ON s.b = y.node ORDER BY a, b")
			}
		}
		w.run()
		if i == 0 {
			first = scored
		} else if d := cmp.Diff(first, scored); d != "" || len(scored) < 50 {
			t.Errorf("%d pairs; %s", len(scored), d[:min(len(d), 1500)])
		}
	}
}

// TestMatchNothing: entities without records, or with one, are built too.
func TestMatchNothing(t *testing.T) {
	t.Parallel()
	w := matchWorld(t, nil)
	w.run()
	w.add("people", append(cdp.Row{day(1), nil, "j1"}, john...))
	if r := w.run(); r.Entities != 1 {
		t.Errorf("%+v", r)
	}
}

// TestMatchFails: a build that fails between two statements of a match leaves nothing.
func TestMatchFails(t *testing.T) {
	t.Parallel()
	w := matchWorld(t, nil)
	w.smiths(60, row(nil, "j1", john), row(nil, "j2", john))
	w.run()
	tables := w.query("SELECT name FROM system.tables WHERE database = '" + w.p.State + "' ORDER BY name")
	for at := 6; at <= 30; at += 8 {
		failing := *w.e
		failing.Warehouse = &failAt{Warehouse: w.w, n: at}
		if _, err := failing.stitch(t.Context(), w.request(), w.entity, "broken", w.build, 0); !errors.Is(err, errBroken) {
			t.Fatalf("statement %d: %v", at, err)
		}
		if d := cmp.Diff(tables, w.query("SELECT name FROM system.tables WHERE database = '"+w.p.State+"' ORDER BY name")); d != "" {
			t.Fatalf("statement %d left tables: %s", at, d)
		}
	}
}
