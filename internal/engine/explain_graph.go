package engine

import (
	"cmp"
	"slices"
	"time"
)

// tie is what links two identifiers: the rows of all sources that hold both.
type tie struct {
	a, b uint64
	rows []Evidence
	n    uint64
	why  string // "" applied, else which guard keeps it from being
}

// web is the part of the graph that explains one or two entities.
type web struct {
	ties []*tie
	near map[uint64][]*tie
}

func newWeb() *web { return &web{near: map[uint64][]*tie{}} }

func (w *web) add(t *tie) {
	w.ties = append(w.ties, t)
	w.near[t.a], w.near[t.b] = append(w.near[t.a], t), append(w.near[t.b], t)
}

func (t *tie) other(node uint64) uint64 {
	if t.a == node {
		return t.b
	}
	return t.a
}

// chain is the path between two nodes with the fewest links and, of those, the one
// whose weakest link is strongest; nil when there is none. Only links that fit are
// followed.
func (w *web) chain(from, to uint64, fits func(*tie) bool) []*tie {
	type best struct {
		hops  int
		least uint64 // evidence of the weakest link so far
		by    *tie
	}
	at := map[uint64]best{from: {0, ^uint64(0), nil}}
	for layer := []uint64{from}; len(layer) > 0; {
		if _, found := at[to]; found {
			break
		}
		var next []uint64
		slices.Sort(layer)
		for _, node := range layer {
			here := at[node]
			for _, t := range w.near[node] {
				if !fits(t) {
					continue
				}
				o, least := t.other(node), min(here.least, t.n)
				was, seen := at[o]
				if seen && (was.hops <= here.hops || was.least > least || was.least == least && was.by.n >= t.n) {
					continue
				}
				if !seen {
					next = append(next, o)
				}
				at[o] = best{here.hops + 1, least, t}
			}
		}
		layer = next
	}
	if _, found := at[to]; !found {
		return nil
	}
	var path []*tie
	for node := to; node != from; {
		t := at[node].by
		path = append(path, t)
		node = t.other(node)
	}
	slices.Reverse(path)
	return path
}

// cut is the least evidence, in rows, that would have to go so that two nodes are no
// longer connected: the links of a minimum cut, and their rows. ok is false when the
// graph is too large to say.
func (w *web) cut(from, to uint64) (links []*tie, ok bool) {
	if len(w.ties) > cutTies {
		return nil, false
	}
	left := map[*tie][2]uint64{} // capacity from a to b, and back
	for _, t := range w.ties {
		if t.why == "" {
			left[t] = [2]uint64{t.n, t.n}
		}
	}
	side := func(t *tie, node uint64) int {
		if t.a == node {
			return 0
		}
		return 1
	}
	reach := func() map[uint64]*tie {
		by := map[uint64]*tie{from: nil}
		queue := []uint64{from}
		for len(queue) > 0 {
			node := queue[0]
			queue = queue[1:]
			for _, t := range w.near[node] {
				c, in := left[t]
				if _, seen := by[t.other(node)]; in && !seen && c[side(t, node)] > 0 {
					by[t.other(node)] = t
					queue = append(queue, t.other(node))
				}
			}
		}
		return by
	}
	for {
		by := reach()
		if _, found := by[to]; !found {
			for _, t := range w.ties {
				_, a := by[t.a]
				_, b := by[t.b]
				if t.why == "" && a != b {
					links = append(links, t)
				}
			}
			return links, true
		}
		flow := ^uint64(0)
		for node := to; node != from; node = by[node].other(node) {
			t := by[node]
			flow = min(flow, left[t][side(t, t.other(node))])
		}
		for node := to; node != from; node = by[node].other(node) {
			t := by[node]
			c := left[t]
			s := side(t, t.other(node))
			c[s] -= flow
			c[1-s] += flow
			left[t] = c
		}
	}
}

// cutTies bounds the graph in which a cut is looked for.
const cutTies = 20_000

// weakest is the link with the least evidence, and of those the one that was seen
// longest ago.
func weakest(path []*tie) *tie {
	return slices.MinFunc(path, func(x, y *tie) int {
		return cmp.Or(cmp.Compare(x.n, y.n), last(x).Compare(last(y)))
	})
}

func last(t *tie) (at time.Time) {
	for _, r := range t.rows {
		if r.Last.After(at) {
			at = r.Last
		}
	}
	return at
}
