package project

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/cdp"
)

// sourceColumn resolves source.column.
func (l *loader) sourceColumn(v *value) (*cdp.Source, *cdp.SourceColumn) {
	name, column, ok := strings.Cut(v.text.s, ".")
	if !ok {
		help := "write source.column"
		if d := l.sources.by[name]; d != nil && len(d.noun.Columns) > 0 {
			help = fmt.Sprintf("write %s.%s, or another column", name, d.noun.Columns[0].Name)
		}
		l.at(v.node, help, "%q does not say which column", v.text.s)
		return nil, nil
	}
	part := *v
	part.text.s = name
	s, ok := find(l, &l.sources, &part)
	if !ok {
		return nil, nil
	}
	return s, l.columnNamed(s, v, column)
}

// pick resolves a trait with a survivorship rule: its columns have one type.
func (l *loader) pick(t *cdp.Trait, v *value) {
	t.Pick = v.str("pick")
	from := v.get("from")
	if !v.has("from") {
		l.at(v.entry("pick").key, "add from: source.column", "pick without from")
		return
	}
	var first *cdp.SourceColumn
	var of cdp.Type
	for _, x := range from.each() {
		s, c := l.sourceColumn(x)
		if s == nil || c == nil {
			continue
		}
		l.linked(t.Entity, s, x.node)
		if (t.Pick == "latest" || t.Pick == "earliest") && s.Timestamp == "" && s.LoadedAt == "" && !l.open[s] && !l.timeRefused(s) {
			l.noTimestamp(v.get("pick").node, s, "pick: "+t.Pick)
		}
		if slices.Contains(t.From, cdp.TraitFrom{Source: s, Column: c.Name}) {
			l.at(x.node, "", "%s is in the list twice", x.text.s)
			continue
		}
		t.From = append(t.From, cdp.TraitFrom{Source: s, Column: c.Name})
		switch {
		case c.Type.Kind == "":
		case first == nil:
			first, of = c, c.Type
		case c.Type.String() != of.String():
			l.at(x.node, "declare both with one type", "%s is %s, and the first column is %s", x.text.s, c.Type, of).Note(first.Pos, "the first column")
		}
	}
	if from != nil && len(from.each()) == 0 && !from.short {
		l.at(from.node, "add source.column", "an empty list of columns")
	}
	t.Type = l.limit(t, v, of)
}

func (l *loader) aggregateTrait(t *cdp.Trait, v *value) {
	from := v.get("from")
	if !v.has("from") {
		l.at(v.entry("aggregate").key, "add from: and a source", "aggregate without from")
		return
	}
	if from == nil {
		return
	}
	if from.is(yaml.SequenceNode) {
		l.at(from.node, "make one trait for each, and add them up in a third", "an aggregate reads one source, not a list")
		return
	}
	if name, column, ok := strings.Cut(from.text.s, "."); ok {
		l.at(from.node, fmt.Sprintf("write from: %s and the column in aggregate: max(%s)", name, column), "an aggregate reads a source, not a column")
		return
	}
	s, ok := find(l, &l.sources, from)
	if !ok {
		return
	}
	t.Source = s
	l.linked(t.Entity, s, from.node)
	t.Aggregate, t.Type = l.aggregate(v.get("aggregate"), s, declaredType(v))
}

var (
	aggregateRegexp = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)\s*(?:\(\s*(.*?)\s*\))?$`)
	functions       = []string{"count", "count_distinct", "sum", "avg", "min", "max"}
)

// aggregate resolves an aggregate over the rows of a source, and its type.
func (l *loader) aggregate(v *value, s *cdp.Source, sqlType cdp.Type) (*cdp.Aggregate, cdp.Type) {
	if v == nil {
		return nil, cdp.Type{}
	}
	if !v.is(yaml.ScalarNode) {
		if sqlType.Kind == "" {
			sqlType = cdp.Type{Kind: cdp.Float}
		}
		sql := l.sql(v.get("sql"))
		if sql == nil {
			return nil, sqlType
		}
		return &cdp.Aggregate{SQL: sql}, sqlType
	}
	fn, arg, ok := l.callOf(v)
	if !ok {
		return nil, cdp.Type{}
	}
	a := &cdp.Aggregate{Func: fn, Column: arg}
	if arg == "" {
		return a, cdp.Type{Kind: cdp.Int}
	}
	c := l.columnNamed(s, v, arg)
	if c == nil {
		return nil, cdp.Type{}
	}
	t, ok := l.result(v, fn, "column "+arg, c.Type)
	if !ok {
		return nil, t
	}
	return a, t
}

// callOf splits sum(price).
func (l *loader) callOf(v *value) (fn, arg string, ok bool) {
	m := aggregateRegexp.FindStringSubmatch(strings.TrimSpace(v.text.s))
	switch {
	case m == nil:
		l.at(v.node, "write sum(column), or {sql: ...}", "%q is no aggregate", v.text.s)
		return "", "", false
	case !slices.Contains(functions, m[1]):
		help := near(m[1], functions, "there are")
		l.at(v.node, help+"; for another one write {sql: ...}", "unknown aggregate %q", m[1])
		return "", "", false
	case m[2] == "" && m[1] != "count":
		l.at(v.node, fmt.Sprintf("write %s(column)", m[1]), "%s needs a column", m[1])
		return "", "", false
	case m[2] == "*":
		return m[1], "", m[1] == "count" || l.starred(v)
	case m[2] != "" && !columnRegexp.MatchString(m[2]):
		l.at(v.node, "an aggregate takes one column; for more write {sql: ...}", "%q is no column", m[2])
		return "", "", false
	}
	return m[1], m[2], true
}

func (l *loader) starred(v *value) bool {
	l.at(v.node, "only count takes all rows", "%q needs a column", v.text.s)
	return false
}

// result is the type of an aggregate over a type.
func (l *loader) result(v *value, fn, what string, t cdp.Type) (cdp.Type, bool) {
	if t.Kind == "" {
		if strings.HasPrefix(fn, "count") {
			return cdp.Type{Kind: cdp.Int}, true
		}
		return t, true
	}
	fits := true
	out := t
	switch fn {
	case "count":
		out = cdp.Type{Kind: cdp.Int}
	case "count_distinct":
		fits, out = !t.Is(cdp.JSON, cdp.List), cdp.Type{Kind: cdp.Int}
	case "sum":
		fits = t.Numeric()
		if t.Kind == cdp.Decimal {
			out = cdp.Type{Kind: cdp.Decimal, Precision: maxPrecision, Scale: t.Scale}
		}
	case "avg":
		fits, out = t.Numeric(), cdp.Type{Kind: cdp.Float}
	case "min", "max":
		fits = t.Ordered()
	}
	if !fits {
		l.at(v.node, "", "%s does not fit %s, which is %s", fn, what, t)
	}
	return out, fits
}

// bin resolves quantile groups of an ordered trait.
func (l *loader) bin(t *cdp.Trait, v *value) {
	if v == nil {
		return
	}
	t.Bin = l.trait(t.Entity, v.get("trait"), t)
	if t.Bin != nil {
		t.Uses = []*cdp.Trait{t.Bin}
		if !t.Bin.Type.Numeric() && !t.Bin.Type.Temporal() && t.Bin.Type.Kind != "" {
			l.at(v.get("trait").node, "", "a bin groups numbers or times, and %s is %s", t.Bin.Name, t.Bin.Type).Note(t.Bin.Pos, "declared here")
		}
	}
	if into := v.get("into"); into != nil {
		t.Into = number(into.text.s)
		if t.Into < 2 || t.Into > 1000 {
			l.at(into.node, "from 2 to 1000", "a bin into %d groups", t.Into)
		}
	}
}

func (l *loader) split(v *value) *cdp.Split {
	if v == nil {
		return nil
	}
	s := &cdp.Split{Salt: v.str("salt")}
	if v.get("salt") != nil && s.Salt == "" {
		l.at(v.get("salt").node, "", "an empty salt")
	}
	shares := v.get("shares")
	if shares == nil {
		return s
	}
	sum, whole := 0.0, !shares.short
	for _, e := range shares.keys {
		if e.value == nil {
			whole = false
			continue
		}
		p, _ := strconv.ParseFloat(e.value.text.s, 64)
		sum += p
		s.Shares = append(s.Shares, cdp.Share{Label: e.name, Percent: p})
	}
	if whole && math.Abs(sum-100) > 1e-6 {
		l.at(shares.node, "they are per cent of all entities", "the shares add up to %s, not to 100", strconv.FormatFloat(sum, 'f', -1, 64))
	}
	return s
}

// relation looks up a relation of an entity.
func (l *loader) relation(e *cdp.Entity, v *value, owner any) *cdp.Relation {
	r, ok := find(l, &l.relations, v)
	if !ok || e == nil {
		return nil
	}
	if r.Entity != nil && r.Entity != e {
		l.otherEntity(v.node, "relation", r.Name, r.Entity, e)
		return nil
	}
	l.reads(owner, r, v.pos())
	return r
}

// relationTrait resolves a trait through a relation: another entity's trait, or an
// aggregate over it.
func (l *loader) relationTrait(t *cdp.Trait, v *value) {
	r := l.relation(t.Entity, v.get("relation"), t)
	switch {
	case v.has("trait") && v.has("aggregate"):
		l.at(v.entry("aggregate").key, "keep one of them", "a trait through a relation has trait or aggregate, not both")
		return
	case !v.has("trait") && !v.has("aggregate"):
		l.at(v.entry("relation").key, "add trait: x, or aggregate: sum(x)", "relation without trait or aggregate")
		return
	}
	if r == nil || r.To == nil {
		return
	}
	t.Relation = r
	if x := v.get("trait"); x != nil {
		if r.Pick == "" {
			l.at(v.entry("trait").key, "use aggregate, or add pick to the relation", "relation %s leads to many: a single trait of them is not defined", r.Name).Note(r.Pos, "declared here")
		}
		if t.RelTrait = l.trait(r.To, x, t); t.RelTrait != nil {
			t.Type = t.RelTrait.Type
		}
		return
	}
	t.Aggregate, t.RelTrait, t.Type = l.relationAggregate(v.get("aggregate"), r, t)
}

// relationAggregate resolves an aggregate over a trait of the entities that a relation leads to.
func (l *loader) relationAggregate(v *value, r *cdp.Relation, owner any) (*cdp.Aggregate, *cdp.Trait, cdp.Type) {
	if v == nil {
		return nil, nil, cdp.Type{}
	}
	if !v.is(yaml.ScalarNode) {
		l.at(v.node, "write sum(trait)", "an aggregate over a relation is not in SQL")
		return nil, nil, cdp.Type{}
	}
	fn, arg, ok := l.callOf(v)
	if !ok {
		return nil, nil, cdp.Type{}
	}
	a := &cdp.Aggregate{Func: fn, Column: arg}
	if arg == "" {
		return a, nil, cdp.Type{Kind: cdp.Int}
	}
	part := *v
	part.text.s = arg
	t := l.trait(r.To, &part, owner)
	if t == nil {
		return nil, nil, cdp.Type{}
	}
	out, ok := l.result(v, fn, "trait "+arg, t.Type)
	if !ok {
		return nil, t, out
	}
	return a, t, out
}
