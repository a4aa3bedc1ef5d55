package compile

import (
	"fmt"
	"slices"

	"github.com/kithdata/kith/internal/cdp"
)

// writePairs makes the table of a relation's pairs: entity_id and other_id. A row of
// the relation's source that belongs to both entities is a pair; with pick an entity
// has one, that of its latest or earliest row.
func (all *profilers) writePairs(p *profiler, r *cdp.Relation) {
	if _, made := all.pairs[r]; made {
		return
	}
	c, from := p.c, r.From
	a, b := r.Entity.LinkTo(from), r.To.LinkTo(from)
	columns := slices.Concat(c.OwnerColumns(a), c.OwnerColumns(b), orderColumns(from))
	var where []string
	for _, q := range []*cdp.Predicate{a.Where, b.Where, r.Where} {
		if q == nil {
			continue
		}
		where = append(where, c.predicate(q, c.sourceScope(from)))
		names, known := predicateColumns(q)
		if !known { // SQL may read any
			for _, col := range from.Columns {
				names = append(names, col.Name)
			}
		}
		columns = append(columns, names...)
	}
	picked := ""
	if r.Pick != "" {
		order := c.order(from, "__kith_b.entity_id", r.Pick == "earliest")
		picked = c.d.PickAggregate("__kith_b.entity_id", textType, order, "")
	}
	name := fmt.Sprintf("scratch_%s_relation_%s", p.b.Run, r.Name)
	all.pairs[r] = name
	all.scratch(name)
	all.add(c.statement("relation "+r.Name, "relation "+r.Name, r.Pos, "relation_pairs", map[string]any{
		"Name": name, "Rows": c.source(from, seen(columns...)...), "Where": where,
		"Owner": c.OwnerIn(p.b, r.Entity, a), "Other": c.OwnerIn(p.b, r.To, b), "Map": p.b.mapTable(r.Entity), "OtherMap": p.b.mapTable(r.To), "Picked": picked,
	}))
}

// relatedRows is FROM text: for every pair of a relation the profile of the other
// entity as far as it is made.
func (p *profiler) relatedRows(r *cdp.Relation) string {
	return p.c.render("relation_rows", map[string]any{"Pairs": p.all.pairs[r], "Profile": p.all.done[r.To]})
}

// through finds or makes the pass over a relation at a level.
func (p *profiler) through(r *cdp.Relation, level int, single bool) *aggregation {
	if !slices.Contains(p.reaches, r) {
		p.reaches = append(p.reaches, r)
	}
	for len(p.aggs) <= level {
		p.aggs = append(p.aggs, nil)
	}
	for _, a := range p.aggs[level] {
		if a.through == r && a.single == single && a.text() < maxText {
			return a
		}
	}
	a := &aggregation{through: r, single: single, after: -1}
	p.aggs[level] = append(p.aggs[level], a)
	return a
}

// relatedTrait adds a trait that is made through a relation.
func (p *profiler) relatedTrait(t *cdp.Trait) int {
	if t.Aggregate == nil {
		return p.takes(t.Relation, t.RelTrait, t.Name, t.Where, t.Default, t.Item)
	}
	return p.counts(t.Relation, t.Aggregate, t.RelTrait, t.Where, aggColumn{name: t.Name, none: p.ofNoRows(t.Aggregate, t.Type, t.Default), item: t.Item}, t.Type)
}

// relatedField adds the column that a sync's field reads.
func (p *profiler) relatedField(f *cdp.SyncField) {
	name := p.c.relatedColumn(f.Relation, f.Trait)
	if _, made := p.levels[name]; !made {
		p.levels[name] = p.takes(f.Relation, f.Trait, name, nil, nil, cdp.Item{Name: f.Remote, Pos: f.Pos})
	}
}

// relatedColumn is where a profile keeps a trait of a related entity.
func (c *Compiler) relatedColumn(r *cdp.Relation, t *cdp.Trait) string {
	return fmt.Sprintf("__kith_related_%d_%s", slices.Index(c.p.Relations, r), t.Name)
}

// takes adds the value of a trait of the one entity that a relation leads to.
func (p *profiler) takes(r *cdp.Relation, t *cdp.Trait, name string, where *cdp.Predicate, otherwise *cdp.Value, item cdp.Item) int {
	other := p.all.of[r.To]
	level := max(other.trait(t), other.needs(where)) + 1
	value := p.c.d.Ident(t.Name)
	if where != nil {
		none := p.c.d.Literal(cdp.Value{Type: t.Type, Null: true})
		if t.Type.Kind == cdp.List {
			none = p.c.d.Literal(cdp.Value{Type: t.Type})
		}
		value = p.c.d.If(p.c.predicate(where, other.scope()), value, none)
	}
	col := aggColumn{name: name, expr: p.c.d.Nullable(value, t.Type), item: item}
	if otherwise != nil {
		col.none = p.or(*otherwise)
	}
	p.through(r, level, true).put(col)
	return level
}

// counts adds an aggregate over the entities that a relation leads to.
func (p *profiler) counts(r *cdp.Relation, a *cdp.Aggregate, of *cdp.Trait, where *cdp.Predicate, col aggColumn, t cdp.Type) int {
	other := p.all.of[r.To]
	level := max(1, other.needs(where)+1)
	var arg cdp.Operand
	cond := ""
	if of != nil {
		level = max(level, other.trait(of)+1)
		arg = cdp.Operand{Expr: p.c.d.Ident(of.Name), Type: of.Type}
	}
	if where != nil {
		cond = p.c.predicate(where, other.scope())
	}
	fn := "count"
	if a != nil {
		fn = a.Func
	}
	col.expr = p.c.d.Aggregate(fn, arg, cond, t)
	p.through(r, level, false).put(col)
	return level
}

// relationTest adds the measure of a test over a relation: how many of the entities
// that it leads to the condition holds for, or an aggregate over them.
func (p *profiler) relationTest(q *cdp.Predicate) int {
	if name, made := p.measures[q]; made {
		return p.levels[name]
	}
	name := fmt.Sprintf("__kith_relation_%d", len(p.measures))
	p.measures[q] = name
	col := aggColumn{name: name, item: cdp.Item{Name: q.Relation.Name, Pos: q.Pos}, none: p.ofNoRows(q.Aggregate, q.Type, nil)}
	p.levels[name] = p.counts(q.Relation, q.Aggregate, q.Trait, q.Where, col, q.Type)
	return p.levels[name]
}
