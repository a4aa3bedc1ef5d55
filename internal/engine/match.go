package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/match"
)

// match adds the probable ties of an entity to its edges. They are the weakest: the
// exact components are known before, and a pair that would make one break a max or
// max_size, or join what somebody keeps apart, is held back, not they split. So
// whatever exact ties say stays as it is without probable ones.
func (b *identityBuild) match(ctx context.Context) error {
	m := b.id.Match()
	if m == nil {
		return nil
	}
	if err := b.score(ctx, m); err != nil {
		return err
	}
	labels, _, err := b.contract(ctx, m.Exact(), b.edges)
	if err != nil {
		return err
	}
	create, count := m.Links()
	if err := b.exec(ctx, m.Nodes(labels), create, m.CreateHeld()); err != nil {
		return err
	}
	links, err := b.count(ctx, count)
	if err != nil {
		return err
	}
	if links > 0 {
		if err := b.hold(ctx, m, links); err != nil {
			return err
		}
	}
	_, count = m.Held()
	held, err := b.count(ctx, count)
	if err != nil {
		return err
	}
	b.report.Match.Links, b.report.Match.Held = links-held, held
	if err := b.exec(ctx, m.Edges()); err != nil {
		return err
	}
	n, err := b.counts(ctx, b.id.NodeCount())
	if err == nil {
		b.edges = n[1]
	}
	return err
}

// score compares records and gives every pair its probability.
func (b *identityBuild) score(ctx context.Context, m *compile.Match) error {
	if err := b.exec(ctx, append([]cdp.Statement{m.Records()}, m.Pairs()...)...); err != nil {
		return err
	}
	records, fields, err := b.terms(ctx, m)
	if err != nil {
		return err
	}
	if err := b.exec(ctx, append([]cdp.Statement{m.Random(records)}, m.Levels()...)...); err != nil {
		return err
	}
	candidates, err := b.histogram(ctx, m, false)
	if err != nil {
		return err
	}
	random, err := b.histogram(ctx, m, true)
	if err != nil {
		return err
	}
	keys, err := b.counts(ctx, m.KeyCounts())
	if err != nil {
		return err
	}
	r := float64(records)
	model := match.Fit(fields, candidates, random, max(1, r*(r-1)/2))
	b.report.Match = &MatchReport{Records: records, Keys: keys[0], WideKeys: keys[1]}
	for _, c := range candidates {
		b.report.Match.Pairs += uint64(c.N)
	}
	if err := b.weights(ctx, m, model, candidates); err != nil {
		return err
	}
	return b.exec(ctx, m.Scored())
}

// terms reads how many records there are and how often two of strangers are equal.
func (b *identityBuild) terms(ctx context.Context, m *compile.Match) (records uint64, fields []match.Field, err error) {
	row, err := b.e.one(ctx, b.req.id, m.Terms())
	if err != nil {
		return 0, nil, err
	}
	for i, c := range b.entity.Match.Compare {
		n := ledger.Uint(row[1+2*i])
		sum, _ := row[2+2*i].(float64)
		f := match.Field{Household: c.Household, Equal: 1}
		if n > 1 {
			n := float64(n)
			f.Equal = max((sum-1)/(n-1), 1/(n*n)) // of the records that have a value any two, but one with itself
		}
		fields = append(fields, f)
	}
	return ledger.Uint(row[0]), fields, nil
}

func (b *identityBuild) histogram(ctx context.Context, m *compile.Match, random bool) ([]match.Count, error) {
	rows, err := b.e.all(ctx, b.req.id, m.Histogram(random))
	if err != nil {
		return nil, err
	}
	out := make([]match.Count, len(rows))
	for i, r := range rows {
		out[i] = match.Count{Levels: match.Decode(ledger.Uint(r[0]), len(b.entity.Match.Compare)), N: float64(ledger.Uint(r[1]))}
	}
	return out, nil
}

// weights writes what the model says of every level vector.
func (b *identityBuild) weights(ctx context.Context, m *compile.Match, model match.Model, list []match.Count) error {
	create, count, table := m.Weights()
	rows := make([]cdp.Row, len(list))
	for i, c := range list {
		lm, lu, lh := model.Weights(c.Levels)
		rows[i] = cdp.Row{match.Encode(c.Levels), lm, lu, lh}
	}
	return b.write(ctx, create, count, table, []string{"code", "m", "u", "h"}, rows)
}

// write fills a scratch table. An insert whose outcome is unknown may be there twice:
// then it begins again.
func (b *identityBuild) write(ctx context.Context, create, count cdp.Statement, table cdp.Table, columns []string, rows []cdp.Row) error {
	for range 3 {
		if err := b.exec(ctx, create); err != nil {
			return err
		}
		for chunk := range slices.Chunk(rows, finishBatch) {
			if err := b.e.Warehouse.Append(ctx, table, columns, chunk); err != nil && !errors.Is(err, cdp.ErrUnreachable) {
				return err
			}
		}
		if n, err := b.count(ctx, count); err != nil || n == uint64(len(rows)) {
			return err
		}
	}
	return errors.New("rows could not be written: " + table.Name)
}

// hold finds the pairs that are not applied. The warehouse finds the groups of
// components that break a limit; only those come here.
func (b *identityBuild) hold(ctx context.Context, m *compile.Match, links uint64) error {
	joined, c := m.Joined()
	if err := b.exec(ctx, joined...); err != nil {
		return err
	}
	labels, _, err := b.contract(ctx, c, links)
	if err != nil {
		return err
	}
	if err := b.exec(ctx, m.Over(labels)...); err != nil {
		return err
	}
	g := newGuarded(m.Limits())
	for _, read := range []struct {
		from cdp.Statement
		take func(cdp.Row)
	}{{m.OverParts(), g.part}, {m.OverApart(), g.apart}, {m.OverLinks(), g.link}} {
		rows, err := b.e.all(ctx, b.req.id, read.from)
		if err != nil {
			return err
		}
		for _, r := range rows {
			read.take(r)
		}
	}
	if len(g.held) == 0 {
		return nil
	}
	table, count := m.Held()
	return b.write(ctx, m.CreateHeld(), count, table, []string{"a", "b", "why"}, g.held)
}

// guarded joins components by pairs, the surest first, as long as what comes out
// stays within the limits. The order decides, and it is the same for the same data.
type guarded struct {
	limits []uint64 // size, then values of each identifier with a max
	sets   *disjoint
	counts map[uint64][]uint64 // of the root of a set
	banned map[uint64][]uint64 // what a component must not be joined with
	of     map[uint64][]uint64 // components of a set, by its root
	held   []cdp.Row
}

func newGuarded(limits []uint64) *guarded {
	return &guarded{limits: limits, sets: newDisjoint(), counts: map[uint64][]uint64{}, banned: map[uint64][]uint64{}, of: map[uint64][]uint64{}}
}

func (g *guarded) root(node uint64) uint64 { return g.sets.nodes[g.sets.find(g.sets.at(node))] }

func (g *guarded) part(r cdp.Row) {
	node := ledger.Uint(r[0])
	for _, n := range r[1:] {
		g.counts[node] = append(g.counts[node], ledger.Uint(n))
	}
	g.of[node] = []uint64{node}
}

func (g *guarded) apart(r cdp.Row) {
	a, b := ledger.Uint(r[0]), ledger.Uint(r[1])
	g.banned[a], g.banned[b] = append(g.banned[a], b), append(g.banned[b], a)
}

func (g *guarded) link(r cdp.Row) {
	a, b := g.root(ledger.Uint(r[2])), g.root(ledger.Uint(r[3]))
	if a == b {
		return
	}
	if why := g.why(a, b); why != "" {
		g.held = append(g.held, cdp.Row{r[0], r[1], why})
		return
	}
	sum := make([]uint64, len(g.limits))
	for i := range sum {
		sum[i] = g.counts[a][i] + g.counts[b][i]
	}
	members := append(g.of[a], g.of[b]...)
	g.sets.union(a, b)
	root := g.root(a)
	g.counts[root], g.of[root] = sum, members
}

// why says which limit keeps two sets apart; "" for none.
func (g *guarded) why(a, b uint64) string {
	for i, limit := range g.limits {
		if g.counts[a][i]+g.counts[b][i] <= limit {
			continue
		}
		if i == 0 {
			return "size"
		}
		return "max"
	}
	for _, x := range g.of[a] {
		for _, y := range g.banned[x] {
			if g.root(y) == b {
				return "apart"
			}
		}
	}
	return ""
}
