package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// NotKnownError says that nothing is known of what was asked for.
type NotKnownError struct{ What, Help string }

func (e *NotKnownError) Error() string { return e.What }

// seeker looks up entities of one build.
type seeker struct {
	e      *Engine
	req    *request
	entity *cdp.Entity
	look   *compile.Lookup
	hubs   map[uint64]uint64 // demoted values, and how many each is linked with
}

// seek prepares looking up an entity in the current build.
func (e *Engine) seek(ctx context.Context, entity *cdp.Entity) (*seeker, error) {
	if !e.Compiler.Lookups() {
		return nil, e.notHere("looking up what is known of an entity")
	}
	return e.current(ctx, entity)
}

// current is the identity of an entity in the current build.
func (e *Engine) current(ctx context.Context, entity *cdp.Entity) (*seeker, error) {
	last, err := e.Ledger.Builds(ctx, 1)
	if err != nil {
		return nil, err
	}
	if len(last) == 0 {
		return nil, &NoBuildError{"nothing has been built yet"}
	}
	exists, err := e.Ledger.Exists(ctx, compile.IdentityTablesOf(entity, last[0].ID).Reads)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, &NoBuildError{"entity " + entity.Name + " is not in the last build"}
	}
	now, err := e.Ledger.Now(ctx)
	if err != nil {
		return nil, err
	}
	req := &request{id: ledger.NewRunID(now), asOf: now, now: now, build: compile.Build{ID: last[0].ID, Run: "lookup"}}
	c, err := e.keyed(ctx, req)
	if err != nil {
		return nil, err
	}
	return &seeker{e: e, req: req, entity: entity, look: c.Lookup(entity, req.build)}, nil
}

func (s *seeker) all(ctx context.Context, stmt cdp.Statement) ([]cdp.Row, error) {
	return s.e.all(ctx, s.req.id, stmt)
}

func (s *seeker) handle(r cdp.Row) Handle {
	h := Handle{Node: ledger.Uint(r[0]), Value: ledger.Text(r[2]), Entity: ledger.Text(r[3]), Rows: ledger.Uint(r[6]), Demoted: s.hubs[ledger.Uint(r[0])]}
	if i := ledger.Uint(r[1]); i < uint64(len(s.entity.Identifiers)) {
		h.Identifier = s.entity.Identifiers[i].Name
	}
	h.First, _ = r[4].(time.Time)
	h.Last, _ = r[5].(time.Time)
	return h
}

// find resolves what a user names: an identifier as identifier:value or as a bare
// value, or the id of an entity, also one that was merged; an id is its anchor.
func (s *seeker) find(ctx context.Context, what string) (Handle, error) {
	kind, text, typed := strings.Cut(what, ":")
	typed = typed && slices.ContainsFunc(s.entity.Identifiers, func(i *cdp.Identifier) bool { return i.Name == kind })
	if !typed {
		kind, text = "", what
	}
	row, err := s.e.one(ctx, s.req.id, s.look.Nodes(text))
	if err != nil {
		return Handle{}, err
	}
	var nodes []uint64
	for i, id := range s.entity.Identifiers {
		if n := ledger.Uint(row[2*i+1]); n != 0 && (kind == "" || kind == id.Name) {
			nodes = append(nodes, n)
		}
	}
	if len(nodes) > 0 {
		if found, err := s.at(ctx, nodes); err != nil || found != nil {
			return value(found), err
		}
	}
	if typed {
		return Handle{}, s.unknown(what)
	}
	return s.byID(ctx, what)
}

// at is the strongest of the nodes that somebody has, or nil.
func (s *seeker) at(ctx context.Context, nodes []uint64) (*Handle, error) {
	rows, err := s.all(ctx, s.look.Map(nodes))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	h := s.handle(slices.MinFunc(rows, func(x, y cdp.Row) int { return cmp.Compare(ledger.Uint(x[1]), ledger.Uint(y[1])) }))
	return &h, nil
}

func value(h *Handle) Handle {
	if h == nil {
		return Handle{}
	}
	return *h
}

func (s *seeker) byID(ctx context.Context, id string) (Handle, error) {
	rows, err := s.all(ctx, s.look.Alias(id))
	if err != nil {
		return Handle{}, err
	}
	if len(rows) > 0 {
		id = ledger.Text(rows[0][0])
	}
	if rows, err = s.all(ctx, s.look.Entity(id)); err != nil {
		return Handle{}, err
	}
	if len(rows) == 0 {
		return Handle{}, s.unknown(id)
	}
	found, err := s.at(ctx, []uint64{ledger.Uint(rows[0][1])})
	if err == nil && found == nil { // the anchor's rows are gone, the id stays
		err = s.unknown(id)
	}
	return value(found), err
}

func (s *seeker) unknown(what string) error {
	var names []string
	for _, i := range s.entity.Identifiers {
		names = append(names, i.Name)
	}
	return &NotKnownError{
		What: fmt.Sprintf("no %s of the last build has %s", s.entity.Name, Mask(what)),
		Help: "give a value, or identifier:value (" + strings.Join(names, ", ") + "), or an entity id; a value that is blocked or not valid belongs to nobody",
	}
}

// Find looks for the entity kind that knows all of the names.
func (e *Engine) Find(ctx context.Context, entities []*cdp.Entity, names ...string) (*cdp.Entity, error) {
	var last error
	for _, entity := range entities {
		s, err := e.seek(ctx, entity)
		if err != nil {
			return nil, err
		}
		last = nil
		for _, name := range names {
			if _, err := s.find(ctx, name); err != nil {
				last = err
				break
			}
		}
		var unknown *NotKnownError
		if last == nil || !errors.As(last, &unknown) {
			return entity, last
		}
	}
	return nil, last
}

// web reads the identifiers and links of entities.
func (s *seeker) web(ctx context.Context, hubs bool, ids ...string) (w *web, nodes map[uint64]Handle, partial bool, err error) {
	s.hubs = map[uint64]uint64{}
	if stmt, capped := s.look.Hubs(); capped {
		rows, err := s.all(ctx, stmt)
		if err != nil {
			return nil, nil, false, err
		}
		for _, r := range rows {
			s.hubs[ledger.Uint(r[0])] = ledger.Uint(r[1])
		}
	}
	rows, err := s.all(ctx, s.look.Members(explainNodes, ids...))
	if err != nil {
		return nil, nil, false, err
	}
	nodes = map[uint64]Handle{}
	for _, r := range rows {
		h := s.handle(r)
		nodes[h.Node] = h
	}
	partial = len(rows) == explainNodes
	if rows, err = s.all(ctx, s.look.Edges(explainLinks, hubs, ids...)); err != nil {
		return nil, nil, false, err
	}
	w = newWeb()
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
	return w, nodes, partial || len(rows) == explainLinks, s.fill(ctx, w, nodes)
}

// fill adds the identifiers that links lead to and that were not read with them.
func (s *seeker) fill(ctx context.Context, w *web, nodes map[uint64]Handle) error {
	var missing []uint64
	for node := range w.near {
		if _, ok := nodes[node]; !ok {
			missing = append(missing, node)
		}
	}
	slices.Sort(missing)
	if len(missing) == 0 || len(missing) > explainNodes {
		return nil
	}
	rows, err := s.all(ctx, s.look.Map(missing))
	for _, r := range rows {
		h := s.handle(r)
		nodes[h.Node] = h
	}
	return err
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
