package project

import (
	"fmt"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
)

// Fragment is SQL that a user wrote, with what it may read and what must come out:
// enough to try it on empty tables in an engine.
type Fragment struct {
	Name string // "trait lifetime_value", "source orders column price"
	Kind FragmentKind
	SQL  *cdp.SQL
	// Rows are in scope under the names in Names when Source is set, the profile
	// of Entity when that is; neither for the condition of a schedule. The SQL of
	// a column (ColumnFragment) reads the table itself: Names are the declared
	// columns that are neither json nor sql.
	Source *cdp.Source
	Entity *cdp.Entity
	Names  []cdp.Column // Raw is empty
	Want   cdp.Type     // of the result; zero for a query
	Pos    diag.Pos
}

// FragmentKind says where a fragment stands.
type FragmentKind string

// The kinds of fragments.
const (
	QueryFragment     FragmentKind = "query"     // a SELECT; its columns must be those that the source declares
	ColumnFragment    FragmentKind = "column"    // an expression over the table of a source
	ConditionFragment FragmentKind = "condition" // an expression of type bool
	TraitFragment     FragmentKind = "trait"     // an expression over traits
	AggregateFragment FragmentKind = "aggregate" // an aggregate expression over rows
	FieldFragment     FragmentKind = "field"     // an expression over rows or traits
	WhenFragment      FragmentKind = "when"      // an expression of type bool without names
)

// Fragments lists every fragment of SQL of a project, in the order of its lists.
func Fragments(p *cdp.Project) []Fragment {
	f := &fragmenter{p: p}
	for _, s := range p.Sources {
		f.source(s)
	}
	for _, e := range p.Entities {
		for _, link := range e.Links {
			f.condition("link of "+e.Name+" to "+link.Source.Name, link.Where, link.Source, nil)
		}
	}
	for _, r := range p.Relations {
		f.condition("relation "+r.Name, r.Where, r.From, nil)
	}
	for _, t := range p.Traits {
		f.trait(t)
	}
	for _, s := range p.Segments {
		f.condition("segment "+s.Name, s.Where, nil, s.Entity)
	}
	for _, s := range p.Syncs {
		f.sync(s)
	}
	f.when("the schedule", p.Schedule)
	return f.out
}

type fragmenter struct {
	p   *cdp.Project
	out []Fragment
}

func (f *fragmenter) add(x Fragment) {
	if x.SQL == nil {
		return
	}
	x.Pos = x.SQL.Pos
	switch {
	case x.Kind == ColumnFragment:
		for _, c := range x.Source.Columns {
			if c.SQL == nil {
				x.Names = append(x.Names, cdp.Column{Name: c.Name, Type: c.Type})
			}
		}
	case x.Kind == QueryFragment:
	case x.Source != nil:
		for _, c := range x.Source.Columns {
			x.Names = append(x.Names, cdp.Column{Name: c.Name, Type: c.Type})
		}
	case x.Entity != nil:
		for _, t := range f.p.Traits {
			if t.Entity == x.Entity {
				x.Names = append(x.Names, cdp.Column{Name: t.Name, Type: t.Type})
			}
		}
	}
	f.out = append(f.out, x)
}

func (f *fragmenter) source(s *cdp.Source) {
	name := "source " + s.Name
	f.add(Fragment{Name: name, Kind: QueryFragment, SQL: s.Query, Source: s})
	for _, c := range s.Columns {
		f.add(Fragment{Name: name + " column " + c.Name, Kind: ColumnFragment, SQL: c.SQL, Source: s, Want: c.Type})
	}
	f.condition(name, s.Where, s, nil)
}

var boolType = cdp.Type{Kind: cdp.Bool}

func (f *fragmenter) condition(name string, p *cdp.Predicate, s *cdp.Source, e *cdp.Entity) {
	if p == nil {
		return
	}
	f.add(Fragment{Name: name, Kind: ConditionFragment, SQL: p.SQL, Source: s, Entity: e, Want: boolType})
	for _, of := range p.Of {
		f.condition(name, of, s, e)
	}
	switch p.Kind {
	case cdp.EventTest:
		f.aggregate(name+" event "+p.Source.Name, p.Aggregate, p.Source, p.Type)
		f.condition(name+" event "+p.Source.Name, p.Where, p.Source, nil)
	case cdp.RelationTest:
		f.condition(name+" relation "+p.Relation.Name, p.Where, nil, p.Relation.To)
	}
}

func (f *fragmenter) aggregate(name string, a *cdp.Aggregate, s *cdp.Source, t cdp.Type) {
	if a != nil {
		f.add(Fragment{Name: name, Kind: AggregateFragment, SQL: a.SQL, Source: s, Want: t})
	}
}

func (f *fragmenter) trait(t *cdp.Trait) {
	name := "trait " + t.Name
	f.add(Fragment{Name: name, Kind: TraitFragment, SQL: t.SQL, Entity: t.Entity, Want: t.Type})
	if t.Source != nil {
		f.aggregate(name, t.Aggregate, t.Source, t.Type)
		f.condition(name, t.Where, t.Source, nil)
	}
	if t.Relation != nil {
		f.condition(name, t.Where, nil, t.Relation.To)
	}
}

func (f *fragmenter) sync(s *cdp.Sync) {
	name := "sync " + s.Name
	e := s.Entity
	if s.Source != nil {
		e = nil
	}
	f.condition(name, s.Where, s.Source, e)
	fields := s.Fields
	if s.Key != nil {
		fields = append([]*cdp.SyncField{s.Key}, fields...)
	}
	for _, x := range fields {
		f.add(Fragment{Name: fmt.Sprintf("%s field %s", name, x.Remote), Kind: FieldFragment, SQL: x.SQL, Source: s.Source, Entity: e, Want: x.Type})
	}
	if s.Schedule != f.p.Schedule {
		f.when(name, s.Schedule)
	}
}

func (f *fragmenter) when(name string, s *cdp.Schedule) {
	if s != nil {
		f.add(Fragment{Name: name, Kind: WhenFragment, SQL: s.When, Want: boolType})
	}
}
