package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// graph is an edge list over vertices 0..n-1.
type graph struct {
	name  string
	n     int
	edges [][2]int
}

// graphs are the shapes that stitching meets, of about n vertices.
func graphs(rng *rand.Rand, n int) []graph {
	chain, star, clique := graph{name: "chain", n: n}, graph{name: "star", n: n}, graph{name: "clique", n: min(n, 40)}
	for i := 1; i < n; i++ {
		chain.edges = append(chain.edges, [2]int{i - 1, i})
		star.edges = append(star.edges, [2]int{0, i})
	}
	for i := range clique.n {
		for j := range i {
			clique.edges = append(clique.edges, [2]int{i, j})
		}
	}
	pairs, forest, power := graph{name: "pairs", n: n}, graph{name: "forest", n: n}, graph{name: "power law", n: n}
	for i := 0; i+1 < n; i += 2 {
		pairs.edges = append(pairs.edges, [2]int{i, i + 1})
	}
	for i := 1; i < n; i++ {
		if rng.IntN(6) > 0 {
			forest.edges = append(forest.edges, [2]int{i, rng.IntN(i)})
		}
		a := int(math.Pow(rng.Float64(), 4) * float64(n))
		power.edges = append(power.edges, [2]int{a, rng.IntN(n)})
	}
	return []graph{chain, star, clique, pairs, forest, power}
}

// partition labels every vertex with the smallest of its component.
func (g graph) partition() []int {
	label := make([]int, g.n)
	for i := range label {
		label[i] = i
	}
	var find func(int) int
	find = func(i int) int {
		if label[i] != i {
			label[i] = find(label[i])
		}
		return label[i]
	}
	for _, e := range g.edges {
		a, b := find(e[0]), find(e[1])
		label[max(a, b)] = min(a, b)
	}
	for i := range label {
		label[i] = find(i)
	}
	return label
}

// contracted runs a contraction over vertices with the given ids, and returns the
// label of each vertex, and the rounds.
func contracted(t testing.TB, w *world, g graph, ids []uint64, finish uint64, name string) ([]uint64, int) {
	t.Helper()
	edges := cdp.Table{Schema: w.p.State, Name: "src_" + name}
	nodes := cdp.Table{Schema: w.p.State, Name: "src_n" + name}
	w.sql("CREATE TABLE " + edges.Schema + "." + edges.Name + " (a UInt64, b UInt64) ENGINE = MergeTree ORDER BY (a, b)")
	w.sql("CREATE TABLE " + nodes.Schema + "." + nodes.Name + " (node UInt64) ENGINE = MergeTree ORDER BY node")
	var rows, vertices []cdp.Row
	for _, e := range g.edges {
		if a, b := ids[e[0]], ids[e[1]]; a != b {
			rows = append(rows, cdp.Row{min(a, b), max(a, b)})
		}
	}
	for _, id := range ids {
		vertices = append(vertices, cdp.Row{id})
	}
	rng := rand.New(rand.NewPCG(7, uint64(len(rows))))
	rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	for chunk := range slices.Chunk(rows, 100_000) {
		if err := w.w.Append(t.Context(), edges, []string{"a", "b"}, chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.w.Append(t.Context(), nodes, []string{"node"}, vertices); err != nil {
		t.Fatal(err)
	}
	b := &identityBuild{e: w.e, req: w.request(), entity: w.entity, finish: finish}
	b.id = w.e.Compiler.At(testNow).Identity(w.entity, compile.IdentityInput{Build: "b", Run: name})
	labels, rounds, err := b.contract(t.Context(), b.id.Contract("", edges.Name), uint64(len(rows)))
	if err != nil {
		t.Fatal(err)
	}
	found := map[uint64]uint64{}
	s := b.id.LabelsOf(nodes.Name, labels)
	got, err := ledger.All(t.Context(), w.w, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got {
		found[ledger.Uint(r[0])] = ledger.Uint(r[1])
	}
	out := make([]uint64, len(ids))
	for i, id := range ids {
		out[i] = found[id]
	}
	if err := b.clean(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	return out, rounds
}

// checkPartition compares labels with the components of the graph.
func checkPartition(t testing.TB, g graph, labels []uint64) {
	t.Helper()
	want := g.partition()
	of, back := map[int]uint64{}, map[uint64]int{}
	for i, l := range labels {
		if l == 0 {
			t.Fatalf("vertex %d has no label", i)
		}
		if x, ok := of[want[i]]; ok && x != l {
			t.Fatalf("vertex %d is not with vertex %d", i, want[i])
		}
		if x, ok := back[l]; ok && x != want[i] {
			t.Fatalf("vertices %d and %d are not connected", i, x)
		}
		of[want[i]], back[l] = l, want[i]
	}
}

func randomIDs(rng *rand.Rand, n int) []uint64 {
	ids := make([]uint64, n)
	for i := range ids {
		ids[i] = rng.Uint64() | 1
	}
	return ids
}

func orderedIDs(n int) []uint64 {
	ids := make([]uint64, n)
	for i := range ids {
		ids[i] = uint64(i + 1)
	}
	return ids
}

// TestPartition: the components of random graphs are those of a union-find, however
// the contraction ends and whatever the ids are.
func TestPartition(t *testing.T) {
	t.Parallel()
	w := newWorld(t, person([]*cdp.Identifier{ident("email")}, linkTo("people", ident("email"))))
	n := 0
	for seed := range uint64(2) {
		rng := rand.New(rand.NewPCG(seed, 1))
		for _, g := range graphs(rng, 20+rng.IntN(400)) {
			for _, how := range []struct {
				name   string
				ids    []uint64
				finish uint64
			}{
				{"sql", randomIDs(rng, g.n), 0},
				{"ordered", orderedIDs(g.n), 0},
				{"driver", randomIDs(rng, g.n), 60},
			} {
				n++
				labels, rounds := contracted(t, w, g, how.ids, how.finish, fmt.Sprintf("g%d", n))
				checkPartition(t, g, labels)
				if t.Failed() {
					t.Fatalf("seed %d, %s, %s, %d vertices, %d rounds", seed, g.name, how.name, g.n, rounds)
				}
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d graphs", n)
	}
}

// TestRounds: deep and wide graphs need few rounds, and ids in order, which hooking
// by the greatest neighbour does not like, are met by rounds in random order.
func TestRounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, person([]*cdp.Identifier{ident("email")}, linkTo("people", ident("email"))))
	rng := rand.New(rand.NewPCG(1, 2))
	shapes := graphs(rng, 30_000)
	for i, x := range []struct {
		g    graph
		ids  []uint64
		most int
	}{
		{shapes[0], randomIDs(rng, 30_000), 12},
		{shapes[1], randomIDs(rng, 30_000), 5},
		{shapes[0], orderedIDs(30_000), 30},
	} {
		labels, rounds := contracted(t, w, x.g, x.ids, 0, fmt.Sprintf("r%d", i))
		checkPartition(t, x.g, labels)
		t.Logf("%s: %d rounds", x.g.name, rounds)
		if rounds > x.most {
			t.Errorf("%s needs %d rounds, want at most %d", x.g.name, rounds, x.most)
		}
	}
}
