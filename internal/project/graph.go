package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
)

// edge says that a noun reads another one, and where.
type edge struct {
	to  any
	pos diag.Pos
}

// reads notes that a noun cannot be made before another one.
func (l *loader) reads(from, to any, pos diag.Pos) {
	if from == nil || to == nil {
		return
	}
	for _, e := range l.edges[from] {
		if e.to == to {
			return
		}
	}
	l.edges[from] = append(l.edges[from], edge{to, pos})
}

// findCycles reports every cycle once: traits, segments, queries of sources,
// identities and relations are one graph without cycles.
func (l *loader) findCycles() {
	var nodes []any
	for _, s := range l.p.Sources {
		nodes = append(nodes, s)
	}
	for _, t := range l.p.Traits {
		nodes = append(nodes, t)
	}
	for _, s := range l.p.Segments {
		nodes = append(nodes, s)
	}
	f := finder{l: l, edges: l.edges, state: map[any]int{}, in: map[any]bool{}, verb: "reads", help: "one of them must not read the next"}
	for _, n := range nodes {
		f.visit(n)
	}
}

const (
	unseen = iota
	open
	done
)

type finder struct {
	l     *loader
	edges map[any][]edge
	state map[any]int
	path  []edge       // how the search came here
	in    map[any]bool // part of a cycle that has been reported
	verb  string       // what an edge says
	help  string
}

func (f *finder) visit(n any) {
	f.state[n] = open
	for _, e := range f.edges[n] {
		switch f.state[e.to] {
		case unseen:
			f.path = append(f.path, e)
			f.visit(e.to)
			f.path = f.path[:len(f.path)-1]
		case open:
			f.cycle(append(f.path[:len(f.path):len(f.path)], e))
		}
	}
	f.state[n] = done
}

// cycle reports a path whose last edge leads back into it. Cycles that share a noun
// are one problem: whoever mends it looks at all of them.
func (f *finder) cycle(path []edge) {
	back := path[len(path)-1].to
	from := 0
	for i := range path[:len(path)-1] {
		if path[i].to == back {
			from = i + 1
		}
	}
	path = path[from:]
	names, known := []string{called(back)}, false
	for _, e := range path {
		names = append(names, called(e.to))
		known = known || f.in[e.to]
		f.in[e.to] = true
	}
	if known {
		return
	}
	p := f.l.error(posOf(back), f.help, "%s %s itself: %s", called(back), f.verb, strings.Join(names, " -> "))
	for i, e := range path {
		p.Note(e.pos, "%s %s %s", names[i], f.verb, names[i+1])
	}
}

// called names a noun for people.
func called(n any) string {
	switch n := n.(type) {
	case *cdp.Source:
		return "source " + n.Name
	case *cdp.Entity:
		return "identity of " + n.Name
	case *cdp.Relation:
		return "relation " + n.Name
	case *cdp.Trait:
		return "trait " + n.Name
	case *cdp.Segment:
		return "segment " + n.Name
	case *cdp.Sync:
		return "sync " + n.Name
	}
	return fmt.Sprintf("%T", n)
}

func posOf(n any) diag.Pos {
	switch n := n.(type) {
	case *cdp.Source:
		return n.Pos
	case *cdp.Entity:
		return n.Pos
	case *cdp.Relation:
		return n.Pos
	case *cdp.Trait:
		return n.Pos
	case *cdp.Segment:
		return n.Pos
	case *cdp.Sync:
		return n.Pos
	}
	return diag.Pos{}
}

// reaches reports whether some noun that n reads, or n itself, has a property.
func (l *loader) reaches(n any, has func(any) bool) bool {
	seen := map[any]bool{}
	var walk func(any) bool
	walk = func(n any) bool {
		if seen[n] {
			return false
		}
		seen[n] = true
		return has(n) || slices.ContainsFunc(l.edges[n], func(e edge) bool { return walk(e.to) })
	}
	return walk(n)
}
