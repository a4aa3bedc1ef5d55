package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// growing is a graph whose links arrive over some of the steps of a test, in three
// sources: two that say when a row was loaded, and one that does not.
type growing struct {
	graph
	name    string
	kind    []string // of each vertex
	pending [][2]int
	steps   int // in how many its links come
	rows    []linked
}

// linked is a row that links two vertices.
type linked struct {
	source string
	loaded time.Time
	row    cdp.Row
	a, b   string
}

func (g *growing) value(v int) string {
	at := ""
	if g.kind[v] == "email" {
		at = "@x.nl"
	}
	return fmt.Sprintf("%s-%d%s", g.name, v, at)
}

func (g *growing) key(v int) string { return g.kind[v] + ":" + g.value(v) }

// forest is many growing graphs that are stitched together: their identifiers do
// not meet, so one build tests them all.
type forest struct {
	*world
	rng    *rand.Rand
	graphs []*growing
	step   int
}

// loadedLink is a link to a source that says when rows were loaded, beside when
// they happened.
func loadedLink(source string, ids ...*cdp.Identifier) *cdp.Link {
	l := linkTo(source, ids...)
	l.Source.Columns = append(l.Source.Columns, &cdp.SourceColumn{Name: "loaded", Type: cdp.Type{Kind: cdp.Timestamp}})
	l.Source.LoadedAt, l.Source.Lookback = "loaded", 2*time.Hour
	return l
}

// newForest is rounds times the shapes of graphs, of least to less than most vertices,
// which grow in up to so many steps.
func newForest(t *testing.T, d cdp.Dialect, seed uint64, rounds, least, most, steps int) *forest {
	customer, email, device := &cdp.Identifier{Name: "customer", Max: 1}, &cdp.Identifier{Name: "email", Normalize: "email", Max: 7}, ident("device")
	plain := linkTo("plain", customer, email, device)
	plain.Source.LoadedAt, plain.Source.Timestamp, plain.Source.Stamped = "", "at", false
	e := person([]*cdp.Identifier{customer, email, device}, loadedLink("crm", customer, email, device), loadedLink("web", customer, email, device), plain)
	e.MaxSize = 12
	off := cdp.Guard{Set: true, Off: true} // it grows by the day
	e.Guards = cdp.IdentityGuards{MaxMerged: off, MaxSplit: off, MaxGone: off, MaxQuarantined: off}
	device.Caps = []cdp.Cap{{To: email, Max: 5}, {Max: 9}}
	f := &forest{world: newWorldOf(t, e, d), rng: rand.New(rand.NewPCG(seed, 11))}
	for i := range rounds {
		for j, g := range graphs(f.rng, least+f.rng.IntN(most-least)) {
			x := &growing{graph: g, name: fmt.Sprintf("g%d.%d", i, j), pending: slices.Clone(g.edges), steps: 1 + f.rng.IntN(steps)}
			kinds := [][]string{ // what may be too large, what is as it should be, what has to be split
				{"device", "device", "device", "device", "device", "device", "email"},
				{"device", "email", "device"},
				{"customer", "email", "device", "device", "device"},
			}[f.rng.IntN(3)]
			for range g.n {
				x.kind = append(x.kind, kinds[f.rng.IntN(len(kinds))])
			}
			f.rng.Shuffle(len(x.pending), func(a, b int) { x.pending[a], x.pending[b] = x.pending[b], x.pending[a] })
			f.graphs = append(f.graphs, x)
		}
	}
	return f
}

// now is when the rows of a step are loaded.
func (f *forest) now() time.Time { return day(100).Add(time.Duration(f.step) * 90 * time.Minute) }

// grow adds the links of a step, takes some rows away, and lets one come late.
func (f *forest) grow() {
	fresh := map[string][]cdp.Row{}
	for _, g := range f.graphs {
		if g.steps <= 0 {
			continue
		}
		n := (len(g.pending) + g.steps - 1) / g.steps
		g.steps--
		for _, e := range g.pending[:n] {
			g.link(f, fresh, e, day(f.rng.IntN(60)))
		}
		g.pending = g.pending[n:]
		if len(g.rows) > 0 && f.rng.IntN(4) == 0 { // the same again
			r := g.rows[f.rng.IntN(len(g.rows))]
			g.again(f, fresh, r)
		}
		if f.rng.IntN(6) == 0 { // older than all before
			g.link(f, fresh, g.edges[f.rng.IntN(len(g.edges))], day(-1-f.rng.IntN(50)))
		}
	}
	for source, rows := range fresh {
		f.add(source, rows...)
	}
}

func (g *growing) link(f *forest, fresh map[string][]cdp.Row, e [2]int, at time.Time) {
	if g.kind[e[0]] == g.kind[e[1]] && e[0] == e[1] {
		return
	}
	row := map[string]any{"at": at, "customer": nil, "email": nil, "device": nil}
	for _, v := range e {
		if row[g.kind[v]] != nil { // two of a kind cannot be in one row: a device between them
			other := fmt.Sprintf("%s-%d-%d", g.name, min(e[0], e[1]), max(e[0], e[1]))
			if g.kind[v] == "device" {
				other += "@x.nl"
			}
			link := map[string]string{"device": "email"}[g.kind[v]]
			if link == "" {
				link = "device"
			}
			for _, v := range e {
				r := cdp.Row{at, nil, nil, nil}
				r[column(g.kind[v])], r[column(link)] = g.value(v), other
				g.put(f, fresh, r, g.key(v), link+":"+other)
			}
			return
		}
		row[g.kind[v]] = g.value(v)
	}
	g.put(f, fresh, cdp.Row{row["at"], row["customer"], row["email"], row["device"]}, g.key(e[0]), g.key(e[1]))
}

func column(kind string) int { return map[string]int{"customer": 1, "email": 2, "device": 3}[kind] }

func (g *growing) put(f *forest, fresh map[string][]cdp.Row, row cdp.Row, a, b string) {
	source := []string{"crm", "web", "plain"}[f.rng.IntN(3)]
	r := linked{source: source, row: row, a: a, b: b}
	if source != "plain" {
		// Some are loaded before the last build saw them, inside the lookback.
		r.loaded = f.now().Add(-time.Duration(f.rng.IntN(150)) * time.Minute)
		r.row = append(slices.Clone(row), r.loaded)
	}
	g.rows = append(g.rows, r)
	fresh[source] = append(fresh[source], r.row)
}

func (g *growing) again(f *forest, fresh map[string][]cdp.Row, r linked) {
	r.row = slices.Clone(r.row)
	r.row[0] = day(f.rng.IntN(70))
	if r.source != "plain" {
		r.loaded = f.now()
		r.row[4] = r.loaded
	}
	g.rows = append(g.rows, r)
	fresh[r.source] = append(fresh[r.source], r.row)
}

// shrink deletes rows of some graphs; of loaded sources only when old is set, since
// rows from before the lookback are the rarer case.
func (f *forest) shrink(old bool) {
	gone := map[string][]string{}
	for _, g := range f.graphs {
		if len(g.rows) == 0 || f.rng.IntN(5) > 0 {
			continue
		}
		i := f.rng.IntN(len(g.rows))
		r := g.rows[i]
		if r.source != "plain" && !old {
			continue
		}
		g.rows = slices.DeleteFunc(g.rows, func(x linked) bool { return x.source == r.source && x.a == r.a && x.b == r.b })
		var where []string
		for j, name := range []string{"customer", "email", "device"} {
			if v := r.row[j+1]; v != nil {
				where = append(where, name+" = '"+fmt.Sprint(v)+"'")
			}
		}
		gone[r.source] = append(gone[r.source], "("+strings.Join(where, " AND ")+")")
	}
	for source, list := range gone {
		f.sql("DELETE FROM " + f.p.State + ".src_" + source + " WHERE " + strings.Join(list, " OR "))
	}
}

// compare builds from scratch what the last increment was built on, and wants the
// same tables.
func (f *forest) compare(previous string) {
	f.t.Helper()
	increment := f.build
	f.builds++
	f.build, f.full = fmt.Sprintf("b%d", f.builds), true
	r, err := f.e.stitch(f.t.Context(), f.request(), f.entity, f.build, previous, f.finish)
	if err != nil {
		f.t.Fatal(err)
	}
	f.full = false
	f.check(r)
	full := f.build
	t1, t2 := compile.IdentityTablesOf(f.entity, increment), compile.IdentityTablesOf(f.entity, full)
	for what, x := range map[string][3]string{
		"demoted":     {t1.Hubs, t2.Hubs, "SELECT node, type, degree, cap FROM %s"},
		"identifiers": {t1.Map, t2.Map, "SELECT node, type, value, entity_id, first_seen, last_seen, n FROM %s"},
		"entities":    {t1.Entity, t2.Entity, "SELECT entity_id, anchor, created_at, identifiers, quarantined, CASE WHEN whole = 0 THEN 0 ELSE 1 END, nodes FROM %s"},
		"links":       {t1.Edges, t2.Edges, "SELECT a, b, ta, tb, source, MIN(first_seen), MAX(last_seen), SUM(n) FROM %s GROUP BY a, b, ta, tb, source"},
		"refused":     {t1.Refused, t2.Refused, "SELECT a, b, why FROM %s"},
		"evidence":    {t1.Values, t2.Values, "SELECT node, type, value, source, state, MIN(first_seen), MAX(last_seen), SUM(n) FROM %s GROUP BY node, type, value, source, state"},
	} {
		f.sameRows(what, fmt.Sprintf(x[2], f.p.State+"."+x[0]), fmt.Sprintf(x[2], f.p.State+"."+x[1]))
	}
	f.dropBuild(full)
	for _, s := range f.e.Compiler.ForgetIdentity(full) {
		f.sql(s.SQL)
	}
	f.build = increment
}

func (f *forest) sameRows(what, a, b string) {
	f.t.Helper()
	read := func(query string) map[string]bool {
		out := map[string]bool{}
		for _, r := range f.query(query) {
			if _, ok := r[len(r)-1].([]any); ok {
				r[len(r)-1] = nodesOf(r[len(r)-1])
			}
			out[fmt.Sprint(r)] = true
		}
		return out
	}
	got, want := read(a), read(b)
	only := func(x, y map[string]bool) (out []string) {
		for row := range x {
			if !y[row] {
				out = append(out, row)
			}
		}
		slices.Sort(out)
		return out[:min(len(out), 5)]
	}
	if d, e := only(got, want), only(want, got); len(d)+len(e) > 0 {
		f.t.Fatalf("step %d: %s of the increment that the rebuild does not have: %v\nof the rebuild: %v", f.step, what, d, e)
	}
}

// partition checks the entities against a union-find over the rows, for components
// that no guard takes apart.
func (f *forest) partition() (checked int) {
	f.t.Helper()
	ids := f.ids()
	for _, g := range f.graphs {
		sets, names := newDisjoint(), map[string]uint64{}
		var list []string
		at := func(s string) uint64 {
			if _, ok := names[s]; !ok {
				names[s] = uint64(len(names) + 1)
				list = append(list, s)
			}
			return names[s]
		}
		for _, r := range g.rows {
			sets.union(at(r.a), at(r.b))
		}
		near := map[string]map[string]bool{}
		for _, r := range g.rows {
			for _, x := range [][2]string{{r.a, r.b}, {r.b, r.a}} {
				if near[x[0]] == nil {
					near[x[0]] = map[string]bool{}
				}
				near[x[0]][x[1]] = true
			}
		}
		parts := map[int][]string{}
		for _, s := range list {
			parts[sets.find(sets.at(names[s]))] = append(parts[sets.find(sets.at(names[s]))], s)
		}
		owner := map[string]int{}
		for i, part := range parts {
			kinds, hub := map[string]int{}, false
			for _, s := range part {
				kind, _, _ := strings.Cut(s, ":")
				kinds[kind]++
				emails := 0
				for x := range near[s] {
					if strings.HasPrefix(x, "email:") {
						emails++
					}
				}
				hub = hub || kind == "device" && (emails > 5 || len(near[s]) > 9)
			}
			if hub || kinds["customer"] > 1 || kinds["email"] > 7 || len(part) > f.entity.MaxSize {
				continue
			}
			checked++
			for _, s := range part {
				if ids[s] == "" || ids[s] != ids[part[0]] {
					f.t.Fatalf("step %d: %s and %s are not one entity", f.step, part[0], s)
				}
				if j, ok := owner[ids[s]]; ok && j != i {
					f.t.Fatalf("step %d: %s is one entity with another component", f.step, s)
				}
				owner[ids[s]] = i
			}
		}
	}
	return checked
}

// replay forgets the ledger, builds anew, and wants the same partition where no
// quarantine has kept what history made; the ids that differ are listed.
func (f *forest) replay() {
	f.t.Helper()
	quarantined := map[string]bool{}
	for _, r := range f.query("SELECT entity_id FROM " + f.table("entity") + " WHERE whole != 0") {
		quarantined[ledger.Text(r[0])] = true
	}
	before := f.ids()
	list, err := f.e.replayed(f.t.Context(), f.request(), f.entity, f.build)
	if err != nil {
		f.t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, d := range list.Differ {
		listed[d.ID+" "+d.Replayed] = true
	}
	if uint64(len(list.Differ)) < list.IDs || list.IDs == 0 {
		f.t.Errorf("%d ids are listed, of %d", len(list.Differ), list.IDs)
	}
	f.forget()
	f.run()
	of := map[string]string{}
	differ := 0
	for v, id := range f.ids() {
		was := before[v]
		if quarantined[was] {
			continue
		}
		if x, ok := of[id]; ok && x != was {
			f.t.Fatalf("%s is with others after a replay", v)
		}
		of[id] = was
		if id != was {
			differ++
			if !listed[was+" "+id] {
				f.t.Errorf("%s was %s, is %s after a replay, and is not listed", v, was, id)
			}
		}
	}
	f.t.Logf("replay: %d identifiers have another id, %d listed", differ, len(list.Differ))
	if differ == 0 {
		f.t.Error("late rows change no id")
	}
}
