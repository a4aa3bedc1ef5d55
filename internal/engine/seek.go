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
	last, err := e.Ledger.Builds(ctx, 1)
	if err != nil {
		return nil, err
	}
	if len(last) == 0 {
		return nil, &NoBuildError{"nothing has been built yet"}
	}
	exists, err := e.Ledger.Exists(ctx, compile.IdentityTablesOf(entity, last[0].ID).Refused)
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
