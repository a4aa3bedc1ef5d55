package project

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/cdp"
)

// scope is what the names of a condition mean: the rows of a source, or the profile
// of an entity. owner is the noun that the condition belongs to.
type scope struct {
	source *cdp.Source
	entity *cdp.Entity
	owner  any // neither of the two is known when what is in scope has been refused
}

var (
	subjects  = []string{"all", "any", "not", "trait", "column", "event", "relation", "segment", "sql"}
	operators = []string{"eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "contains", "starts_with", "exists", "within"}
)

// condition resolves a predicate in any of its forms; nil for none.
func (l *loader) condition(v *value, sc scope) *cdp.Predicate {
	if v == nil {
		return nil
	}
	switch v.node.Kind {
	case yaml.ScalarNode:
		return l.sqlTest(v, sc)
	case yaml.SequenceNode:
		return l.list(cdp.AllOf, v, v, sc)
	}
	var have []string
	for _, s := range subjects {
		if v.has(s) {
			have = append(have, s)
		}
	}
	switch {
	case len(have) == 0:
		if !slices.ContainsFunc(subjects, func(s string) bool { return v.misspelt(s, l.grammar.predicate) }) {
			l.at(v.node, "name one of "+strings.Join(subjects, ", "), "a condition without a subject")
		}
		return nil
	case len(have) > 1:
		l.at(v.entry(have[1]).key, "make two conditions of it, under all or any", "a condition has one subject, not %s", listed(have, "and")).Note(v.entry(have[0]).key.pos(), "the other one")
		return nil
	}
	subject := v.get(have[0])
	if subject == nil {
		return nil
	}
	switch have[0] {
	case "all", "any", "not":
		l.alone(v, have[0], nil)
		if have[0] == "not" {
			of := l.condition(subject, sc)
			return &cdp.Predicate{Kind: cdp.NotOf, Of: compact(of), Pos: v.pos()}
		}
		return l.list(cdp.PredicateKind(have[0]), v, subject, sc)
	case "sql":
		l.alone(v, "sql", nil)
		return l.sqlTest(subject, sc)
	}
	return l.leaf(have[0], v, subject, sc)
}

func compact(of *cdp.Predicate) []*cdp.Predicate {
	if of == nil {
		return nil
	}
	return []*cdp.Predicate{of}
}

func (l *loader) list(kind cdp.PredicateKind, at, list *value, sc scope) *cdp.Predicate {
	p := &cdp.Predicate{Kind: kind, Pos: at.pos()}
	if len(list.list) == 0 && !list.short {
		l.at(list.node, "", "an empty list of conditions")
	}
	for _, x := range list.list {
		if of := l.condition(x, sc); of != nil {
			p.Of = append(p.Of, of)
		}
	}
	return p
}

// alone reports keys that the subject does not take.
func (l *loader) alone(v *value, subject string, takes []string) {
	for _, e := range v.keys {
		known := l.grammar.predicate.find(e.name) != nil
		if e.name != subject && known && !slices.Contains(takes, e.name) {
			help := ""
			switch {
			case subject == "segment" && slices.Contains(operators, e.name):
				help = "for the opposite write not: {segment: ...}"
			case slices.Contains(operators, e.name):
				help = "operators belong to trait, column, event and relation"
			}
			l.at(e.key, help, "%q takes no %q", subject, e.name)
		}
	}
}

func (l *loader) sqlTest(v *value, sc scope) *cdp.Predicate {
	p := &cdp.Predicate{Kind: cdp.SQLTest, SQL: l.sql(v), Source: sc.source, Pos: v.pos(), Type: cdp.Type{Kind: cdp.Bool}}
	if sc.entity != nil && sc.source == nil {
		p.Uses = l.uses(p.SQL, sc.entity, sc.owner)
	}
	return p
}

// uses are the traits that a fragment reads, in the order of their names.
func (l *loader) uses(s *cdp.SQL, e *cdp.Entity, owner any) []*cdp.Trait {
	var used []*cdp.Trait
	names := l.namesIn(s)
	for _, t := range l.traitsOf(e) {
		if names.has(t.Name) {
			used = append(used, t)
		}
	}
	slices.SortFunc(used, func(a, b *cdp.Trait) int { return strings.Compare(a.Name, b.Name) })
	for _, t := range used {
		l.reads(owner, t, s.Pos)
	}
	return used
}

func (l *loader) leaf(kind string, v, subject *value, sc scope) *cdp.Predicate {
	p := &cdp.Predicate{Kind: cdp.PredicateKind(kind), Pos: v.entry(kind).key.pos()}
	rows := sc.source != nil
	if !rows && sc.entity == nil {
		return nil
	}
	switch {
	case rows && kind != "column":
		help := an(kind) + " belongs where a profile is in scope: in segments, and in syncs from a segment or an entity"
		if kind == "trait" && sc.source.Column(subject.text.s) != nil {
			help = "write column: " + subject.text.s
		}
		l.at(v.entry(kind).key, help, "rows of %s are in scope here, not a profile", sc.source.Name)
		return nil
	case !rows && kind == "column":
		help := "columns are in scope in sources, links, and the where of an aggregate or event"
		if l.lookup(sc.entity, subject.text.s) != nil {
			help = "write trait: " + subject.text.s
		}
		l.at(v.entry(kind).key, help, "a profile of %s is in scope here, not the rows of a source", sc.entity.Name)
		return nil
	}
	switch kind {
	case "column":
		l.alone(v, kind, operators)
		return l.columnTest(p, v, subject, sc)
	case "trait":
		l.alone(v, kind, operators)
		return l.traitTest(p, v, subject, sc)
	case "segment":
		l.alone(v, kind, nil)
		p.Segment, _ = find(l, &l.segments, subject)
		if p.Segment == nil {
			return nil
		}
		if e := p.Segment.Entity; e != nil && sc.entity != nil && e != sc.entity {
			l.otherEntity(subject.node, "segment", p.Segment.Name, e, sc.entity)
			return nil
		}
		l.reads(sc.owner, p.Segment, p.Pos)
		p.Type = cdp.Type{Kind: cdp.Bool}
		return p
	case "event":
		l.alone(v, kind, append([]string{"aggregate", "where", "after"}, operators...))
		return l.eventTest(p, v, subject, sc)
	}
	l.alone(v, kind, append([]string{"aggregate", "where"}, operators...))
	return l.relationTest(p, v, subject, sc)
}

func (l *loader) otherEntity(n node, what, name string, has, want *cdp.Entity) {
	l.at(n, "", "%s %s is of %s, not of %s", what, name, has.Name, want.Name)
}

func (l *loader) columnTest(p *cdp.Predicate, v, subject *value, sc scope) *cdp.Predicate {
	p.Source, p.Column = sc.source, subject.text.s
	c := l.column(sc.source, subject)
	if c != nil {
		p.Type = c.Type
	}
	l.operators(p, v, "column "+p.Column, c == nil)
	return p
}

func (l *loader) traitTest(p *cdp.Predicate, v, subject *value, sc scope) *cdp.Predicate {
	p.Trait = l.trait(sc.entity, subject, sc.owner)
	if p.Trait != nil {
		p.Type = p.Trait.Type
	}
	l.operators(p, v, "trait "+subject.text.s, p.Trait == nil)
	if p.Trait == nil {
		return nil
	}
	return p
}

func (l *loader) eventTest(p *cdp.Predicate, v, subject *value, sc scope) *cdp.Predicate {
	s, ok := find(l, &l.sources, subject)
	if !ok {
		return nil
	}
	p.Source = s
	switch {
	case s.Timestamp == "" && !l.open[s] && !l.timeRefused(s):
		l.noTimestamp(subject.node, s, "an event")
	default:
		l.linked(sc.entity, s, subject.node)
	}
	l.reads(sc.owner, s, p.Pos)
	if sc.entity != nil {
		l.reads(sc.owner, sc.entity, p.Pos)
	}
	p.Aggregate, p.Type = l.aggregate(v.get("aggregate"), s, cdp.Type{})
	if !v.has("aggregate") {
		p.Type = cdp.Type{Kind: cdp.Int}
	}
	p.Where = l.condition(v.get("where"), scope{source: s, owner: sc.owner})
	if w := v.get("within"); w != nil {
		win, _, _ := window(w.text.s)
		p.Window = &win
	}
	p.After = l.after(v, sc)
	l.operators(p, v, measureOf(v, "event "+s.Name), v.has("aggregate") && p.Aggregate == nil)
	return p
}

// timeRefused reports whether the timestamp of a source was written and refused.
func (l *loader) timeRefused(s *cdp.Source) bool {
	d := l.sources.by[s.Name]
	return d != nil && d.v.has("timestamp")
}

func measureOf(v *value, what string) string {
	if a := v.get("aggregate"); a != nil && a.is(yaml.ScalarNode) {
		return a.text.s + " of " + what
	}
	if v.has("aggregate") {
		return "the aggregate of " + what
	}
	return "the count of " + what
}

// after is the timestamp trait that moves the start of a window.
func (l *loader) after(v *value, sc scope) *cdp.Trait {
	a := v.get("after")
	if a == nil {
		return nil
	}
	t := l.trait(sc.entity, a, sc.owner)
	if t != nil && !t.Type.Temporal() && t.Type.Kind != "" {
		l.at(a.node, "", "after takes a timestamp trait, and %s is %s", t.Name, t.Type).Note(t.Pos, "declared here")
		return nil
	}
	if w := v.get("within"); w != nil {
		if win, _, _ := window(w.text.s); win.Unit != "" {
			l.at(w.node, "write a duration, such as 30d", "after %s with the calendar window %q: there is no such span", a.text.s, win.Text)
		}
	}
	return t
}

func (l *loader) relationTest(p *cdp.Predicate, v, subject *value, sc scope) *cdp.Predicate {
	r := l.relation(sc.entity, subject, sc.owner)
	if r == nil || r.To == nil {
		return nil
	}
	p.Relation = r
	p.Type = cdp.Type{Kind: cdp.Int}
	if a := v.get("aggregate"); a != nil {
		p.Aggregate, p.Trait, p.Type = l.relationAggregate(a, r, sc.owner)
	}
	p.Where = l.condition(v.get("where"), scope{entity: r.To, owner: sc.owner})
	if e := v.entry("within"); e != nil {
		l.at(e.key, "", "%q takes no %q", "relation", "within")
	}
	l.operators(p, v, measureOf(v, "relation "+r.Name), v.has("aggregate") && p.Aggregate == nil)
	return p
}
