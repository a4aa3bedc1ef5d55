package dialect

import (
	"fmt"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// keys are the keys of an ORDER BY. A list has no order of its own.
func (b BigQuery) keys(order []cdp.By, arg string, t cdp.Type) string {
	out := make([]string, len(order))
	for i, by := range order {
		switch {
		case by.Desc:
			out[i] = by.Expr + " DESC"
		case by.Expr == arg && t.Kind == cdp.List:
			out[i] = b.JSON(arg, t)
		default:
			out[i] = by.Expr
		}
	}
	return strings.Join(out, ", ")
}

func (b BigQuery) competes(arg string, t cdp.Type, cond string) string {
	if cond == "" {
		return b.Given(arg, t)
	}
	return b.Given(arg, t) + " AND " + cond
}

// PickAggregate is ARRAY_AGG with a limit, which keeps one value per group.
func (b BigQuery) PickAggregate(arg string, t cdp.Type, order []cdp.By, cond string) string {
	value, field := arg, ""
	if t.Kind == cdp.List { // there are no arrays of arrays
		value, field = "STRUCT("+arg+" AS v)", ".v"
	}
	return fmt.Sprintf("ARRAY_AGG(IF(%s, %s, NULL) IGNORE NULLS ORDER BY %s LIMIT 1)[SAFE_OFFSET(0)]%s", b.competes(arg, t, cond), value, b.keys(order, arg, t), field)
}

// ListAggregate is ARRAY_AGG of values that are distinct.
func (b BigQuery) ListAggregate(arg string, elem cdp.Type, order []cdp.By, cond string, limit int) string {
	return fmt.Sprintf("IFNULL(ARRAY_AGG(IF(%s, %s, NULL) IGNORE NULLS ORDER BY %s LIMIT %d), [])", b.competes(arg, elem, cond), arg, b.keys(order, arg, elem), limit)
}

// Best orders the candidates that are there.
func (b BigQuery) Best(values, times []string, t cdp.Type, earliest bool) string {
	if len(times) == 0 {
		if t.Kind != cdp.List {
			return b.Coalesce(values...)
		}
		cases := make([][2]string, len(values))
		for i, v := range values {
			cases[i] = [2]string{b.Given(v, t), v}
		}
		return b.Case(cases, b.Literal(cdp.Value{Type: t}))
	}
	direction := "DESC"
	if earliest {
		direction = "ASC"
	}
	items := make([]string, len(values))
	for i, v := range values {
		items[i] = fmt.Sprintf("STRUCT(%s AS t, %d AS i, %s AS v)", times[i], i, v)
	}
	return "(SELECT __kith_x.v FROM UNNEST([" + strings.Join(items, ", ") + "]) AS __kith_x WHERE __kith_x.t IS NOT NULL ORDER BY __kith_x.t " + direction + ", __kith_x.i LIMIT 1)"
}

// Latest orders by time, and false before true.
func (b BigQuery) Latest(flags, times []string, otherwise bool) string {
	items := make([]string, len(flags))
	for i, f := range flags {
		items[i] = "STRUCT(" + times[i] + " AS t, " + f + " AS f)"
	}
	return fmt.Sprintf("IFNULL((SELECT __kith_x.f FROM UNNEST([%s]) AS __kith_x WHERE __kith_x.t IS NOT NULL AND __kith_x.f IS NOT NULL ORDER BY __kith_x.t DESC, __kith_x.f LIMIT 1), %t)", strings.Join(items, ", "), otherwise)
}

// Given tests a value.
func (b BigQuery) Given(expr string, t cdp.Type) string {
	switch t.Kind {
	case cdp.List:
		return "(IFNULL(ARRAY_LENGTH(" + expr + "), 0) > 0)"
	case cdp.String, cdp.JSON:
		return "(IFNULL(" + expr + ", '') != '')"
	}
	return "(" + expr + " IS NOT NULL)"
}

// Bin is NTILE.
func (b BigQuery) Bin(expr, id string, n int) string {
	return fmt.Sprintf("IF(%s IS NULL, NULL, NTILE(%d) OVER (PARTITION BY %s IS NULL ORDER BY %s, %s))", expr, n, expr, expr, id)
}

// Top is ROW_NUMBER over the rows that hold.
func (b BigQuery) Top(cond string, by cdp.By, id string, n int) string {
	direction := "ASC"
	if by.Desc {
		direction = "DESC"
	}
	return fmt.Sprintf("(%s AND ROW_NUMBER() OVER (PARTITION BY %s ORDER BY %s IS NULL, %s %s, %s) <= %d)", cond, cond, by.Expr, by.Expr, direction, id, n)
}

// Flag is the condition: predicates are never null.
func (b BigQuery) Flag(cond string) string { return cond }

// ListOf is an array of one.
func (b BigQuery) ListOf(expr string, t cdp.Type) string {
	return "IF(" + b.Given(expr, t) + ", [" + expr + "], " + b.Literal(cdp.Value{Type: cdp.ListOf(t)}) + ")"
}

// MapList maps and drops nulls.
func (b BigQuery) MapList(list string, f func(string) string) string {
	return "ARRAY(SELECT __kith_w FROM (SELECT " + f("__kith_v") + " AS __kith_w, __kith_o FROM UNNEST(" + list + ") AS __kith_v WITH OFFSET AS __kith_o) WHERE __kith_w IS NOT NULL ORDER BY __kith_o)"
}

// Intersect filters.
func (b BigQuery) Intersect(x, y string) string {
	return "ARRAY(SELECT __kith_v FROM UNNEST(" + x + ") AS __kith_v WITH OFFSET AS __kith_o WHERE __kith_v IN UNNEST(" + y + ") ORDER BY __kith_o)"
}

// Union keeps the first of each.
func (b BigQuery) Union(lists ...string) string {
	return "ARRAY(SELECT __kith_v FROM UNNEST(ARRAY_CONCAT(" + strings.Join(lists, ", ") + ")) AS __kith_v WITH OFFSET AS __kith_o GROUP BY __kith_v ORDER BY MIN(__kith_o))"
}

// First is the element at offset 0.
func (b BigQuery) First(list string, _ cdp.Type) string { return list + "[SAFE_OFFSET(0)]" }

// Statements is one: a query spills to disk, and each further one would read
// everything again.
func (BigQuery) Statements(uint64) int { return 1 }
