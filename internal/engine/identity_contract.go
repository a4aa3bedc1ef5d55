package engine

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

const (
	// finishEdges is up to how many edges a contraction is finished here: fetched as
	// pairs of hashes, joined, written back. It bounds the memory (some 300 bytes an
	// edge). Measured with 0.86 million edges: the same CPU, a third of the statements;
	// from a million on the transfer costs more than the rounds.
	finishEdges = 200_000
	// deepSample is from how many edges a sample decides whether a round jumps;
	// below, a jump costs no more than the sample.
	deepSample = 200_000
	// safetyRound is the round from which neighbours are ordered at random. No graph
	// with hashed ids has needed so many; the bound holds for every graph.
	safetyRound = 13
	// finishBatch is the rows of one insert of labels.
	finishBatch = 50_000
)

// contract finds the connected components of the edges of c, of which there are
// live. The last tables are left to the caller's clean.
func (b *identityBuild) contract(ctx context.Context, c *compile.Contraction, live uint64) (labels compile.Labels, rounds int, err error) {
	random := false
	for live > 0 {
		rounds++
		if live <= b.finish {
			if err := b.finishHere(ctx, c, rounds); err != nil {
				return labels, rounds, err
			}
			break
		}
		if err := b.round(ctx, c, rounds, random || rounds >= safetyRound, live); err != nil {
			return labels, rounds, err
		}
		before := live
		if live, err = b.count(ctx, c.Live(rounds+1)); err != nil {
			return labels, rounds, err
		}
		random = live > before/5*4
		if rounds > 1 {
			if err := b.e.Ledger.Drop(ctx, c.Edges(rounds)); err != nil {
				return labels, rounds, err
			}
		}
	}
	compose, labels := c.Compose()
	return labels, rounds, b.exec(ctx, compose...)
}

// round hooks, jumps and lifts.
func (b *identityBuild) round(ctx context.Context, c *compile.Contraction, round int, random bool, live uint64) error {
	if err := b.exec(ctx, c.Hook(round, random)); err != nil {
		return err
	}
	jump := true
	if live >= deepSample {
		n, err := b.counts(ctx, c.Deep(round))
		if err != nil {
			return err
		}
		jump = n[1]*20 > n[0] // of vertices that would move fewer than 5 % do not pay for the join
	}
	if !jump {
		return b.exec(ctx, c.Lift(round, false))
	}
	if err := b.exec(ctx, c.Jump(round), c.Lift(round, true)); err != nil {
		return err
	}
	return b.e.Ledger.Drop(ctx, c.Hooks(round))
}

// finishHere is the last round: a union-find over the edges that are left.
func (b *identityBuild) finishHere(ctx context.Context, c *compile.Contraction, round int) error {
	sets := newDisjoint()
	fetch := c.Fetch(round)
	fetch.Run = b.req.id
	err := ledger.Retry(ctx, func() error {
		sets = newDisjoint()
		for row, err := range b.e.Warehouse.Query(ctx, fetch) {
			if err != nil {
				return err
			}
			sets.union(ledger.Uint(row[0]), ledger.Uint(row[1]))
		}
		return nil
	})
	if err != nil {
		return err
	}
	create, table := c.Finish(round)
	return b.write(ctx, create, c.Finished(round), table, []string{"v", "l"}, sets.labels())
}

// disjoint is a union-find over nodes.
type disjoint struct {
	index  map[uint64]int
	nodes  []uint64
	parent []int
}

func newDisjoint() *disjoint { return &disjoint{index: map[uint64]int{}} }

func (d *disjoint) at(node uint64) int {
	i, ok := d.index[node]
	if !ok {
		i = len(d.nodes)
		d.index[node] = i
		d.nodes, d.parent = append(d.nodes, node), append(d.parent, i)
	}
	return i
}

func (d *disjoint) find(i int) int {
	for d.parent[i] != i {
		d.parent[i] = d.parent[d.parent[i]]
		i = d.parent[i]
	}
	return i
}

// union makes the greater node the root, as hooking does, so that labels depend
// neither on the order of the edges nor on where a contraction was finished.
func (d *disjoint) union(a, b uint64) {
	i, j := d.find(d.at(a)), d.find(d.at(b))
	if d.nodes[i] < d.nodes[j] {
		i, j = j, i
	}
	d.parent[j] = i
}

// labels are rows of every node that is not the root of its set, with the root.
func (d *disjoint) labels() []cdp.Row {
	var out []cdp.Row
	for i, v := range d.nodes {
		if l := d.nodes[d.find(i)]; l != v {
			out = append(out, cdp.Row{v, l})
		}
	}
	return out
}
