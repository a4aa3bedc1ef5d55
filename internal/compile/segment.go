package compile

import (
	"fmt"

	"github.com/kithdata/kith/internal/cdp"
)

// segment adds the column that says who is in a segment, and returns its level.
func (p *profiler) segment(s *cdp.Segment) int {
	if level, ok := p.levels[s]; ok {
		return level
	}
	p.levels[s] = 0 // the validator has refused cycles
	level := max(1, p.needs(s.Where)+1)
	expr := "(1 = 1)"
	if s.Where != nil {
		expr = p.c.predicate(s.Where, p.scope())
	}
	if s.Limit != nil {
		level = max(level, p.trait(s.Limit.By)+1)
		expr = p.c.d.Top(expr, cdp.By{Expr: p.c.d.Ident(s.Limit.By.Name), Desc: s.Limit.Highest}, "entity_id", s.Limit.Rows)
	}
	p.add(level, profileColumn{segmentColumn(s), p.c.d.Flag(expr), s.Item, "segment"})
	p.levels[s] = level
	return level
}

// needs makes what a predicate over the profile reads, and returns the highest
// level of it; -1 when it reads nothing.
func (p *profiler) needs(q *cdp.Predicate) int {
	if q == nil {
		return -1
	}
	level := -1
	for _, of := range q.Of {
		level = max(level, p.needs(of))
	}
	for _, t := range q.Uses {
		level = max(level, p.trait(t))
	}
	switch q.Kind {
	case cdp.TraitTest:
		level = max(level, p.trait(q.Trait))
	case cdp.SegmentTest:
		level = max(level, p.segment(q.Segment))
	case cdp.EventTest:
		level = max(level, p.event(q))
	case cdp.RelationTest:
		level = max(level, p.relationTest(q))
	}
	return level
}

// event adds the measure of an event test. Tests that measure the same share it.
func (p *profiler) event(q *cdp.Predicate) int {
	m := measure{source: q.Source, aggregate: q.Aggregate, where: q.Where, window: q.Window, after: q.After, typ: q.Type, item: cdp.Item{Name: q.Source.Name, Pos: q.Pos}}
	if m.none = p.ofNoRows(q.Aggregate, intType, nil); m.none != nil {
		m.typ = intType
	}
	key := p.describe(m)
	if name, ok := p.named[key]; ok {
		p.measures[q] = name
		return p.levels[name]
	}
	m.name = fmt.Sprintf("__kith_event_%d", len(p.named))
	p.named[key], p.measures[q] = m.name, m.name
	level := p.measure(m)
	p.levels[m.name] = level
	return level
}

// describe is a text that is equal for measures that are equal.
func (p *profiler) describe(m measure) string {
	s := m.source.Name + "|" + m.typ.String()
	if m.aggregate != nil {
		s += "|" + m.aggregate.Func + "|" + m.aggregate.Column
		if m.aggregate.SQL != nil {
			s += p.c.fragment(m.aggregate.SQL)
		}
	}
	if m.where != nil {
		s += "|" + p.c.predicate(m.where, p.c.sourceScope(m.source))
	}
	if m.window != nil || m.after != nil {
		s += "|" + p.c.during(m)
	}
	return s
}

// consent adds whether an entity agreed, and for a consent of an identifier the
// values that did.
func (p *profiler) consent(x *cdp.Consent) {
	d := p.c.d
	if x.Identifier != nil {
		p.valueConsent(x)
		return
	}
	var values, times []string
	for i, from := range x.From {
		a := p.over(from.Source, 0, "")
		p.reads(a, from.Source.Timestamp, from.Source.LoadedAt, from.Column)
		at, _ := p.c.when(from.Source)
		value := p.c.row(from.Column)
		given := d.Given(value, boolType)
		name := fmt.Sprintf("__kith_said_%s_%d", x.Name, i)
		// Of rows at the same time the one that denies wins.
		order := []cdp.By{{Expr: at, Desc: true}, {Expr: value}}
		a.put(aggColumn{name: name, expr: d.PickAggregate(value, boolType, order, ""), item: x.Item})
		a.put(aggColumn{name: name + "_at", expr: d.PickAggregate(at, timeType, order, given), item: x.Item})
		values, times = append(values, d.Ident(name)), append(times, d.Ident(name+"_at"))
	}
	p.add(0, profileColumn{consentColumn(x), d.Latest(values, times, x.Granted), x.Item, "consent"})
}

// valueConsent decides for each value of an identifier.
func (p *profiler) valueConsent(x *cdp.Consent) {
	var parts []string
	for _, from := range x.From {
		link := p.e.LinkTo(from.Source)
		column := ""
		for _, lc := range link.Columns {
			if lc.Identifier == x.Identifier {
				column = lc.Column
			}
		}
		if column == "" {
			continue
		}
		at, _ := p.c.when(from.Source)
		region := ""
		if x.Identifier.Region != "" {
			region = p.c.d.Quote(x.Identifier.Region)
		}
		if x.Identifier.RegionCol != "" && from.Source.Column(x.Identifier.RegionCol) != nil {
			region = p.c.row(x.Identifier.RegionCol)
		}
		where := ""
		if link.Where != nil {
			where = p.c.predicate(link.Where, p.c.sourceScope(from.Source))
		}
		value := p.c.d.Normalize(x.Identifier.Normalize, p.c.d.Text(p.c.row(column), from.Source.Column(column).Type), region)
		parts = append(parts, p.c.render("consent_rows", map[string]any{
			"Value": value, "Granted": p.c.row(from.Column), "At": at, "Rows": p.c.source(from.Source), "Where": where,
		}))
	}
	rows := p.c.render("consent_values", map[string]any{
		"Values": p.c.values(p.b, p.e), "Type": x.Identifier.Rank, "Decisions": parts, "Default": x.Granted,
	})
	a := p.rowsOf(rows)
	a.put(aggColumn{
		name: valuesColumn(x), item: x.Item,
		expr: p.c.d.ListAggregate("__kith_value", textType, []cdp.By{{Expr: "__kith_seen", Desc: true}, {Expr: "__kith_value"}}, "__kith_granted", 1000),
	})
	p.add(0, profileColumn{consentColumn(x), p.c.d.Flag(p.c.d.Compare("exists", p.c.d.Ident(valuesColumn(x)), cdp.ListOf(textType), nil)), x.Item, "consent"})
}
