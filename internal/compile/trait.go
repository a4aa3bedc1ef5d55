package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

var (
	intType  = cdp.Type{Kind: cdp.Int}
	timeType = cdp.Type{Kind: cdp.Timestamp}
	boolType = cdp.Type{Kind: cdp.Bool}
	textType = cdp.Type{Kind: cdp.String}
)

// trait adds a trait's columns and returns its level.
func (p *profiler) trait(t *cdp.Trait) int {
	if level, ok := p.levels[t]; ok {
		return level
	}
	p.levels[t] = 0 // the validator has refused cycles
	level := 0
	switch t.Kind {
	case cdp.IdentifierTrait:
		// made with the identifiers
	case cdp.PickTrait:
		p.pick(t)
	case cdp.AggregateTrait:
		level = p.aggregate(t)
	case cdp.SQLTrait:
		level = p.above(t.Uses)
		p.add(level, profileColumn{t.Name, p.c.d.Cast(p.c.fragment(t.SQL), t.Type), t.Item, "trait"})
	case cdp.BinTrait:
		level = p.above([]*cdp.Trait{t.Bin})
		p.add(level, profileColumn{t.Name, p.c.d.Bin(p.c.d.Ident(t.Bin.Name), "entity_id", t.Into), t.Item, "trait"})
	case cdp.RelationTrait:
		level = p.relatedTrait(t)
	case cdp.SplitTrait:
		p.add(0, profileColumn{t.Name, p.c.d.Cast(p.c.label(t.Split, "entity_id"), textType), t.Item, "trait"})
	default:
		panic("trait " + t.Name + " of kind " + string(t.Kind) + " has no SQL")
	}
	p.levels[t] = level
	return level
}

// above is the first level whose columns may read the traits.
func (p *profiler) above(traits []*cdp.Trait) int {
	level := 1
	for _, t := range traits {
		level = max(level, p.trait(t)+1)
	}
	return level
}

// identifiers adds the trait that every identifier has, and declared ones.
func (p *profiler) identifiers() {
	var a *aggregation
	d, named := p.c.d, map[string]bool{}
	for _, t := range p.c.p.Traits {
		if t.Entity != p.e || t.Kind != cdp.IdentifierTrait {
			continue
		}
		if a == nil {
			a = p.rowsOf("(SELECT entity_id AS __kith_entity, type, value, last_seen FROM " + p.c.values(p.b, p.e) + ") AS __kith_m")
		}
		is := fmt.Sprintf("(type = %d)", t.Ident.Rank)
		order := []cdp.By{{Expr: "last_seen", Desc: true}, {Expr: "value"}}
		if t.Limit > 0 {
			a.put(aggColumn{name: t.Name, expr: d.ListAggregate("value", textType, order, is, t.Limit), item: t.Item})
		} else {
			a.put(aggColumn{name: t.Name, expr: d.PickAggregate("value", textType, order, is), item: t.Item})
		}
		if name := allColumn(t.Ident); !named[name] && p.matched(t.Ident) {
			named[name] = true
			a.put(aggColumn{name: name, expr: d.ListAggregate("value", textType, order, is, mostValues), item: t.Item})
		}
	}
}

// mostValues bounds the values of one identifier that are sent to match a person.
const mostValues = 100

// matched reports whether a sync matches people by the identifier.
func (p *profiler) matched(i *cdp.Identifier) bool {
	for _, s := range p.c.p.Syncs {
		for _, t := range s.Match {
			if t.Kind == cdp.IdentifierTrait && t.Ident == i {
				return true
			}
		}
	}
	return false
}

// when is the time of a source's row as it orders traits, and whether the source has any.
func (c *Compiler) when(s *cdp.Source) (expr string, ok bool) {
	return c.whenOf(s, false)
}

// whenOf is when, of a row without a time after all others where the earliest is the best.
func (c *Compiler) whenOf(s *cdp.Source, earliest bool) (expr string, ok bool) {
	none := c.d.Epoch()
	if earliest {
		none = c.d.Time(identityFar)
	}
	times := c.times(s)
	if len(times) == 0 {
		return none, false
	}
	return c.d.Coalesce(append(times, none)...), true
}

// times are when a row was, and when it was loaded; each may be null.
func (c *Compiler) times(s *cdp.Source) []string {
	var out []string
	for _, name := range []string{s.Timestamp, s.LoadedAt} {
		if name != "" {
			out = append(out, c.moment(c.row(name), s.Column(name).Type))
		}
	}
	return out
}

// order puts the rows of one source in the order of a pick, the best first; ties
// go to the key, then to the value.
func (c *Compiler) order(s *cdp.Source, value string, earliest bool) []cdp.By {
	at, ok := c.whenOf(s, earliest)
	var by []cdp.By
	if ok {
		by = append(by, cdp.By{Expr: at, Desc: !earliest})
	}
	for _, k := range s.Key {
		by = append(by, cdp.By{Expr: c.row(k)})
	}
	return append(by, cdp.By{Expr: value})
}

// orderColumns are the columns that order reads.
func orderColumns(s *cdp.Source) []string {
	return append([]string{s.Timestamp, s.LoadedAt}, s.Key...)
}

func (p *profiler) pick(t *cdp.Trait) {
	if t.Limit > 0 || t.Pick == "most_frequent" {
		p.ranked(t)
		return
	}
	d := p.c.d
	earliest := t.Pick == "earliest"
	var values, times []string
	for i, from := range t.From {
		a := p.over(from.Source, 0, "")
		p.reads(a, append(orderColumns(from.Source), from.Column)...)
		value := p.c.row(from.Column)
		order := p.c.order(from.Source, value, earliest)
		name := t.Name
		if len(t.From) > 1 {
			name = fmt.Sprintf("__kith_trait_%s_%d", t.Name, i)
		}
		a.put(aggColumn{name: name, expr: d.PickAggregate(value, t.Type, order, ""), item: t.Item})
		a.put(aggColumn{name: originColumns(t)[i], expr: d.PickAggregate(p.c.origin(from.Source), textType, order, d.Given(value, t.Type)), item: t.Item})
		values = append(values, d.Ident(name))
		if len(t.From) > 1 && t.Pick != "first" {
			at, _ := p.c.whenOf(from.Source, earliest)
			a.put(aggColumn{name: name + "_at", expr: d.PickAggregate(at, timeType, order, d.Given(value, t.Type)), item: t.Item})
			times = append(times, d.Ident(name+"_at"))
		}
	}
	if len(t.From) > 1 {
		p.add(0, profileColumn{t.Name, d.Best(values, times, t.Type, earliest), t.Item, "trait"})
	}
}

// ranked is a trait whose values compete by count or make a list: one pass by
// entity and value over all its sources.
func (p *profiler) ranked(t *cdp.Trait) {
	d := p.c.d
	var parts []string
	for i, from := range t.From {
		link := p.e.LinkTo(from.Source)
		columns := seen(append(append(orderColumns(from.Source), from.Column), p.c.OwnerColumns(link)...)...)
		at, _ := p.c.whenOf(from.Source, t.Pick == "earliest")
		value := p.c.row(from.Column)
		parts = append(parts, fmt.Sprintf("SELECT __kith_entity, %s AS __kith_value, %s AS __kith_at, %d AS __kith_source FROM %s WHERE %s",
			value, at, i, p.c.owned(p.b, p.e, link, columns), d.Given(value, from.Source.Column(from.Column).Type)))
	}
	counted := "SELECT __kith_entity, __kith_value, count(*) AS __kith_n, max(__kith_at) AS __kith_last, min(__kith_at) AS __kith_first, min(__kith_source) AS __kith_source FROM (\n" +
		strings.Join(parts, "\nUNION ALL\n") + "\n) AS __kith_u GROUP BY __kith_entity, __kith_value"
	var by []cdp.By
	switch t.Pick {
	case "most_frequent":
		by = []cdp.By{{Expr: "__kith_n", Desc: true, Type: intType}, {Expr: "__kith_last", Desc: true}}
	case "earliest":
		by = []cdp.By{{Expr: "__kith_first"}}
	case "first":
		by = []cdp.By{{Expr: "__kith_source"}, {Expr: "__kith_last", Desc: true}}
	default:
		by = []cdp.By{{Expr: "__kith_last", Desc: true}}
	}
	by = append(by, cdp.By{Expr: "__kith_source"}, cdp.By{Expr: "__kith_value"})
	a := p.rowsOf("(" + counted + ") AS __kith_v")
	if t.Limit > 0 {
		a.put(aggColumn{name: t.Name, expr: d.ListAggregate("__kith_value", *t.Type.Elem, by, "", t.Limit), item: t.Item})
		return
	}
	a.put(aggColumn{name: t.Name, expr: d.PickAggregate("__kith_value", t.Type, by, ""), item: t.Item})
}

// reads notes the columns that a pass needs.
func (p *profiler) reads(a *aggregation, columns ...string) {
	for _, name := range columns {
		if name != "" {
			a.columns[name] = true
		}
	}
}

// aggregate adds an aggregate trait.
func (p *profiler) aggregate(t *cdp.Trait) int {
	return p.measure(measure{
		source: t.Source, aggregate: t.Aggregate, where: t.Where, window: t.Window, after: t.After, typ: t.Type, name: t.Name,
		none: p.ofNoRows(t.Aggregate, t.Type, t.Default), item: t.Item,
	})
}

// ofNoRows is what an aggregate (nil: count) of no rows is, over its column; nil when
// that stays as it is.
func (p *profiler) ofNoRows(a *cdp.Aggregate, t cdp.Type, otherwise *cdp.Value) func(column string) string {
	if otherwise == nil && (a == nil || a.Func == "count" || a.Func == "count_distinct") {
		otherwise = &cdp.Value{Type: t, Text: "0"}
	}
	if otherwise == nil {
		return nil
	}
	return p.or(*otherwise)
}

// or is a column, or a value where that is null.
func (p *profiler) or(otherwise cdp.Value) func(column string) string {
	return func(column string) string { return p.c.d.Coalesce(column, p.c.d.Literal(otherwise)) }
}

// measure is an aggregate over some rows of a source, of a trait or of a predicate.
type measure struct {
	source    *cdp.Source
	aggregate *cdp.Aggregate // nil: count
	where     *cdp.Predicate
	window    *cdp.Window
	after     *cdp.Trait
	typ       cdp.Type
	name      string
	none      func(column string) string
	item      cdp.Item
}

// measure adds the column and returns its level.
func (p *profiler) measure(m measure) int {
	level := 0
	if m.after != nil {
		level = p.trait(m.after) + 1
	}
	c := p.c
	var conds, reads []string
	if m.where != nil {
		conds = append(conds, c.predicate(m.where, c.sourceScope(m.source)))
		cols, known := predicateColumns(m.where)
		reads = append(reads, cols...)
		if !known {
			reads = nil
		}
		defer func(known bool) {
			if !known {
				p.over(m.source, level, "").all = true
			}
		}(known)
	}
	if m.window != nil || m.after != nil {
		conds = append(conds, c.during(m))
		reads = append(reads, m.source.Timestamp)
	}
	cond := strings.Join(conds, " AND ")
	if len(conds) > 1 {
		cond = "(" + cond + ")"
	}
	agg := m.aggregate
	if agg == nil {
		agg = &cdp.Aggregate{Func: "count"}
	}
	filter := ""
	if agg.SQL != nil {
		filter, cond = cond, "" // the user's aggregate cannot take a condition
	}
	a := p.over(m.source, level, filter)
	p.reads(a, reads...)
	if agg.SQL != nil || (m.where != nil && reads == nil) {
		a.all = true
	}
	expr := ""
	switch {
	case agg.SQL != nil:
		expr = c.d.Cast(c.fragment(agg.SQL), m.typ)
	case agg.Column == "":
		expr = c.d.Aggregate(agg.Func, cdp.Operand{}, cond, m.typ)
	default:
		p.reads(a, agg.Column)
		expr = c.d.Aggregate(agg.Func, cdp.Operand{Expr: c.row(agg.Column), Type: m.source.Column(agg.Column).Type}, cond, m.typ)
	}
	a.put(aggColumn{name: m.name, expr: expr, none: m.none, item: m.item})
	return level
}

// during is true for the rows of a window, or after the time of a trait.
func (c *Compiler) during(m measure) string {
	at := c.row(m.source.Timestamp)
	t := m.source.Column(m.source.Timestamp).Type
	if m.after == nil {
		return c.window(*m.window, at, t)
	}
	at = c.moment(at, t)
	start := c.moment("__kith_b."+c.d.Ident(m.after.Name), m.after.Type)
	test := "(" + at + " > " + start + " AND " + at + " <= " + c.asOf
	if m.window != nil && m.window.Unit == "" {
		test += " AND " + at + " <= " + c.d.Later(start, m.window.Ago)
	}
	return c.d.True(test + ")")
}

// label is the label of a split, of nothing but the id of an entity.
func (c *Compiler) label(s *cdp.Split, id string) string { return c.d.Label(s.Salt, id, s.Shares) }

// splits lists the split traits that a sync depends on.
func splits(s *cdp.Sync) []*cdp.Trait {
	var out []*cdp.Trait
	note := func(t *cdp.Trait) {
		if t != nil && t.Kind == cdp.SplitTrait && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	var walk func(*cdp.Predicate)
	walk = func(q *cdp.Predicate) {
		if q == nil {
			return
		}
		if q.Kind == cdp.RelationTest {
			return // labels of other entities
		}
		note(q.Trait)
		for _, t := range q.Uses {
			note(t)
		}
		for _, x := range q.Of {
			walk(x)
		}
		if q.Segment != nil {
			walk(q.Segment.Where)
		}
	}
	walk(s.Where)
	if s.Segment != nil {
		walk(s.Segment.Where)
	}
	for _, f := range s.Fields {
		if f.Kind == cdp.FieldTrait {
			note(f.Trait)
		}
	}
	return out
}
