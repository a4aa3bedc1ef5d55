package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// Bounds of what is read to explain: larger graphs are cut off, and say so.
const (
	explainNodes = 50_000
	explainLinks = 200_000
)

// Handle is an identifier in an explanation.
type Handle struct {
	Identifier string    `json:"identifier"`
	Value      string    `json:"value"`
	Entity     string    `json:"entity_id"`
	First      time.Time `json:"first_seen"`
	Last       time.Time `json:"last_seen"`
	Rows       uint64    `json:"rows"`
	Demoted    uint64    `json:"demoted,omitempty"` // how many it is linked with, when that is too many

	Node uint64 `json:"-"`
}

// Evidence is the rows of one source that link two identifiers.
type Evidence struct {
	Source string    `json:"source"`
	Rule   string    `json:"rule"`
	At     string    `json:"at,omitempty"` // where the rule is in the project
	First  time.Time `json:"first_seen"`
	Last   time.Time `json:"last_seen"`
	Rows   uint64    `json:"rows"`
}

// Tie is a link of an explanation.
type Tie struct {
	From    Handle     `json:"from"`
	To      Handle     `json:"to"`
	Rows    uint64     `json:"rows"`
	By      []Evidence `json:"by"`
	Refused string     `json:"refused,omitempty"` // the guard that keeps it from being applied
	Weakest bool       `json:"weakest,omitempty"`
}

// Explanation says why two identifiers are one entity, or why they are not.
type Explanation struct {
	Entity  string   `json:"entity"`
	A       Handle   `json:"a"`
	B       Handle   `json:"b"`
	Same    bool     `json:"same"`
	Chain   []Tie    `json:"chain"`               // of the links that are applied; else of all links there are
	Cut     []Tie    `json:"separates"`           // without these links they would be two
	Rows    uint64   `json:"separates_rows"`      // of those links
	TooBig  bool     `json:"too_large,omitempty"` // to find what separates them
	Nodes   []Handle `json:"identifiers"`
	Ties    []Tie    `json:"links"`
	Partial bool     `json:"partial,omitempty"` // the entity is larger than what was read
}

// web reads the identifiers and links of entities, and the identifiers that the links
// lead to; with others also the links to demoted values of others, and to those that
// they share with others.
func (s *seeker) web(ctx context.Context, others bool, ids ...string) (w *web, nodes map[uint64]Handle, partial bool, err error) {
	capped, err := s.readHubs(ctx)
	if err != nil {
		return nil, nil, false, err
	}
	members, err := s.members(ctx, ids...)
	if err != nil {
		return nil, nil, false, err
	}
	partial = len(members) > explainNodes
	members = members[:min(len(members), explainNodes)]
	shared := map[uint64]Handle{}
	if others {
		if shared, err = s.shared(ctx, ids...); err != nil {
			return nil, nil, false, err
		}
		members = slices.AppendSeq(members, maps.Keys(shared))
		slices.Sort(members)
	}
	var rows []cdp.Row
	for some := range slices.Chunk(members, compile.LookupNodes) {
		list, err := s.all(ctx, s.look.Edges(explainLinks, some))
		if err != nil {
			return nil, nil, false, err
		}
		rows = append(rows, list...)
	}
	if others && capped {
		list, err := s.all(ctx, s.look.HubEdges(explainLinks, ids...))
		if err != nil {
			return nil, nil, false, err
		}
		rows = append(rows, list...)
	}
	if len(rows) >= explainLinks {
		rows, partial = rows[:explainLinks], true
	}
	w = s.weave(rows)
	nodes, err = s.handles(ctx, members, w)
	if err == nil {
		maps.Copy(nodes, shared) // the map does not have them
	}
	return w, nodes, partial, err
}

// shared are the values that entities share with others, by node.
func (s *seeker) shared(ctx context.Context, ids ...string) (map[uint64]Handle, error) {
	out := map[uint64]Handle{}
	stmt, may := s.look.Shared(explainLinks, ids...)
	if !may {
		return out, nil
	}
	// The project may say share only since the build.
	exists, err := s.e.Ledger.Exists(ctx, compile.IdentityTablesOf(s.entity, s.req.build.ID).Shared)
	if err != nil || !exists {
		return out, err
	}
	rows, err := s.all(ctx, stmt)
	for _, r := range rows {
		h := s.handle(r)
		out[h.Node] = h
	}
	return out, err
}

// readHubs reads which values are demoted, if there are caps.
func (s *seeker) readHubs(ctx context.Context) (capped bool, err error) {
	s.hubs = map[uint64]uint64{}
	stmt, capped := s.look.Hubs()
	if !capped {
		return false, nil
	}
	// The project may say caps only since the build.
	if capped, err = s.e.Ledger.Exists(ctx, compile.IdentityTablesOf(s.entity, s.req.build.ID).Hubs); err != nil || !capped {
		return false, err
	}
	rows, err := s.all(ctx, stmt)
	for _, r := range rows {
		s.hubs[ledger.Uint(r[0])] = ledger.Uint(r[1])
	}
	return true, err
}

// members are the nodes of entities, the smallest first.
func (s *seeker) members(ctx context.Context, ids ...string) ([]uint64, error) {
	rows, err := s.all(ctx, s.look.Entity(ids...))
	if err != nil {
		return nil, err
	}
	var out []uint64
	for _, r := range rows {
		list, ok := r[5].([]any)
		if !ok {
			return nil, fmt.Errorf("the nodes of an entity are %T: this is a bug in kith", r[5])
		}
		for _, node := range list {
			out = append(out, ledger.Uint(node))
		}
	}
	slices.Sort(out)
	return out, nil
}

// weave makes the links of rows, in which those of a link follow each other.
func (s *seeker) weave(rows []cdp.Row) *web {
	w := newWeb()
	var t *tie
	for _, r := range rows {
		a, b := ledger.Uint(r[0]), ledger.Uint(r[1])
		if t == nil || t.a != a || t.b != b {
			t = &tie{a: a, b: b, why: s.refusal(a, b, ledger.Uint(r[6]))}
			w.add(t)
		}
		x := Evidence{Source: ledger.Text(r[2]), Rows: ledger.Uint(r[5])}
		x.First, _ = r[3].(time.Time)
		x.Last, _ = r[4].(time.Time)
		for _, l := range s.entity.Links {
			if l.Source.Name == x.Source {
				x.Rule, x.At = rule(l), l.Pos.String()
			}
		}
		t.rows = append(t.rows, x)
		t.n += x.Rows
	}
	return w
}

// handles reads the identifiers of nodes and of what links lead to, unless that is
// too many.
func (s *seeker) handles(ctx context.Context, members []uint64, w *web) (map[uint64]Handle, error) {
	all := slices.Clone(members)
	if len(w.near) <= len(members)+explainNodes {
		all = slices.AppendSeq(all, maps.Keys(w.near))
	}
	slices.Sort(all)
	nodes := map[uint64]Handle{}
	for some := range slices.Chunk(slices.Compact(all), compile.LookupNodes) {
		rows, err := s.all(ctx, s.look.Map(some))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			h := s.handle(r)
			nodes[h.Node] = h
		}
	}
	return nodes, nil
}

// rule is a link as it is written in the project, in short.
func rule(l *cdp.Link) string {
	var parts []string
	for _, c := range l.Columns {
		if c.Column == c.Identifier.Name {
			parts = append(parts, c.Column)
			continue
		}
		parts = append(parts, c.Identifier.Name+": "+c.Column)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// refusal is the guard that keeps a link from being applied, or "".
func (s *seeker) refusal(a, b, rejected uint64) string {
	switch {
	case s.hubs[a] > 0 || s.hubs[b] > 0:
		return "caps"
	case rejected == 1:
		return "max"
	case rejected == 2:
		return "max_size"
	case rejected == 3:
		return "on_conflict"
	}
	return ""
}

// Explain says why a and b are one entity, or what keeps them apart.
func (e *Engine) Explain(ctx context.Context, entity *cdp.Entity, a, b string) (*Explanation, error) {
	s, err := e.seek(ctx, entity)
	if err != nil {
		return nil, err
	}
	x := &Explanation{Entity: entity.Name, Chain: []Tie{}, Cut: []Tie{}}
	if x.A, err = s.find(ctx, a); err != nil {
		return nil, err
	}
	if x.B, err = s.find(ctx, b); err != nil {
		return nil, err
	}
	x.Same = x.A.Entity == x.B.Entity
	ids := []string{x.A.Entity}
	if !x.Same {
		ids = append(ids, x.B.Entity)
	}
	w, nodes, partial, err := s.web(ctx, !x.Same, ids...)
	if err != nil {
		return nil, err
	}
	x.A, x.B, x.Partial = nodes[x.A.Node], nodes[x.B.Node], partial
	fits := func(t *tie) bool { return t.why == "" }
	if !x.Same {
		fits = func(*tie) bool { return true }
	}
	path := w.chain(x.A.Node, x.B.Node, fits)
	at := x.A.Node
	for _, t := range path {
		step := t.show(nodes, at)
		step.Weakest = len(path) > 1 && t == weakest(path)
		x.Chain = append(x.Chain, step)
		at = t.other(at)
	}
	if x.Same && x.A.Node != x.B.Node {
		links, ok := w.cut(x.A.Node, x.B.Node)
		x.TooBig = !ok
		for _, t := range links {
			x.Cut = append(x.Cut, t.show(nodes, t.a))
			x.Rows += t.n
		}
	}
	x.Nodes, x.Ties = s.picture(w, nodes, ids)
	return x, nil
}

// picture is everything that was read, in a stable order.
func (s *seeker) picture(w *web, nodes map[uint64]Handle, ids []string) (list []Handle, ties []Tie) {
	drawn := map[uint64]bool{}
	for _, h := range nodes {
		if slices.Contains(ids, h.Entity) || len(w.near[h.Node]) > 0 {
			list = append(list, h)
			drawn[h.Node] = true
		}
	}
	rank := map[string]int{}
	for i, id := range s.entity.Identifiers {
		rank[id.Name] = i
	}
	slices.SortFunc(list, func(x, y Handle) int {
		return cmp.Or(cmp.Compare(rank[x.Identifier], rank[y.Identifier]), x.First.Compare(y.First), cmp.Compare(x.Value, y.Value))
	})
	for _, t := range w.ties {
		if drawn[t.a] && drawn[t.b] {
			ties = append(ties, t.show(nodes, t.a))
		}
	}
	return list, ties
}

// show is the tie as seen from one of its ends.
func (t *tie) show(nodes map[uint64]Handle, from uint64) Tie {
	return Tie{From: nodes[from], To: nodes[t.other(from)], Rows: t.n, By: t.rows, Refused: t.why}
}
