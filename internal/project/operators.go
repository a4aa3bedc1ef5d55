package project

import (
	"fmt"
	"slices"

	"github.com/kithdata/kith/internal/cdp"
)

// fitting are the operators that make sense for a type.
func fitting(t cdp.Type) []string {
	switch {
	case t.Kind == "":
		return operators
	case t.Kind == cdp.String:
		return []string{"eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "contains", "starts_with", "exists"}
	case t.Temporal():
		return []string{"eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "exists", "within"}
	case t.Numeric():
		return []string{"eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "exists"}
	case t.Kind == cdp.Bool:
		return []string{"eq", "ne", "in", "not_in", "exists"}
	case t.Kind == cdp.List:
		return []string{"contains", "exists"}
	}
	return []string{"exists"}
}

// operators reads the operators of a leaf. broken says that its subject has been refused.
func (l *loader) operators(p *cdp.Predicate, v *value, what string, broken bool) {
	t := p.Type
	counts := (p.Kind == cdp.EventTest || p.Kind == cdp.RelationTest) && p.Aggregate == nil
	written := 0
	for _, e := range v.keys {
		if !slices.Contains(operators, e.name) || e.name == "within" && p.Kind == cdp.EventTest {
			continue
		}
		written++
		if e.value == nil || broken {
			continue
		}
		fits := fitting(t)
		if counts {
			fits = slices.DeleteFunc(slices.Clone(fits), func(s string) bool { return s == "exists" })
		}
		if !slices.Contains(fits, e.name) {
			help := fmt.Sprintf("operators of %s: %s", t, listed(fits, "and"))
			if counts && e.name == "exists" {
				help = "write it without an operator for at least one, and under not for none"
			}
			l.at(e.key, help, "%s does not fit %s, which is %s", e.name, what, t)
			continue
		}
		l.operator(p, e, t)
	}
	if written > 0 || broken || counts || t.Kind == cdp.Bool || t.Kind == "" {
		return
	}
	if p.Aggregate != nil {
		l.at(v.entry("aggregate").key, "add one, such as gte: 1", "%s is compared with nothing", what)
		return
	}
	l.at(v.node, fmt.Sprintf("add one of %s", listed(fitting(t), "and")), "%s is %s and needs an operator", what, t)
}

func (l *loader) operator(p *cdp.Predicate, e entry, t cdp.Type) {
	op := cdp.Operator{Name: e.name, Pos: e.key.pos()}
	switch e.name {
	case "within":
		win, _, _ := window(e.value.text.s)
		p.Window = &win
		return
	case "exists":
		op.Exists = e.value.text.s == "true"
	case "in", "not_in":
		if len(e.value.list) == 0 && !e.value.short {
			l.at(e.value.node, "", "%s with an empty list", e.name)
			return
		}
		for _, x := range e.value.list {
			if val, ok := l.literalOf(x, t); ok {
				op.Values = append(op.Values, val)
			}
		}
	default:
		if e.name == "contains" && t.Kind == cdp.List {
			t = *t.Elem
		}
		val, ok := l.literalOf(e.value, t)
		if !ok {
			return
		}
		op.Value = val
	}
	p.Ops = append(p.Ops, op)
}
