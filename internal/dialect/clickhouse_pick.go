package dialect

import (
	"fmt"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// keys are sort keys for argMin and arraySort, which know no DESC.
func (c ClickHouse) keys(order []cdp.By) []string {
	out := make([]string, len(order))
	for i, by := range order {
		switch {
		case !by.Desc:
			out[i] = by.Expr
		case by.Type.Numeric():
			out[i] = "-(" + by.Expr + ")"
		default:
			out[i] = "-toUnixTimestamp64Micro(" + by.Expr + ")"
		}
	}
	return out
}

// PickAggregate is argMin over a tuple of keys.
func (c ClickHouse) PickAggregate(arg string, t cdp.Type, order []cdp.By, cond string) string {
	competes := c.Given(arg, t)
	if cond != "" {
		competes = "(" + competes + " AND " + cond + ")"
	}
	by := "tuple(" + strings.Join(c.keys(order), ", ") + ")"
	if t.Kind == cdp.List {
		return "argMinIf(" + arg + ", " + by + ", " + competes + ")"
	}
	return "argMinOrNullIf(" + arg + ", " + by + ", " + competes + ")"
}

// ListAggregate sorts tuples of keys and value.
func (c ClickHouse) ListAggregate(arg string, elem cdp.Type, order []cdp.By, cond string, limit int) string {
	competes := c.Given(arg, elem)
	if cond != "" {
		competes = "(" + competes + " AND " + cond + ")"
	}
	last := len(order) + 1
	return fmt.Sprintf("arraySlice(arrayDistinct(arrayMap(__kith_x -> __kith_x.%d, arraySort(groupArrayIf(tuple(%s, assumeNotNull(%s)), %s)))), 1, %d)",
		last, strings.Join(c.keys(order), ", "), arg, competes, limit)
}

// Best sorts the candidates that are there.
func (c ClickHouse) Best(values, times []string, t cdp.Type, earliest bool) string {
	if len(times) == 0 {
		if t.Kind == cdp.List {
			cases := make([][2]string, len(values))
			for i, v := range values {
				cases[i] = [2]string{"notEmpty(" + v + ")", v}
			}
			return c.Case(cases, "CAST([] AS "+c.Type(t)+")")
		}
		return c.Coalesce(values...)
	}
	sign := "-"
	if earliest {
		sign = ""
	}
	items := make([]string, len(values))
	for i, v := range values {
		items[i] = fmt.Sprintf("tuple(%stoUnixTimestamp64Micro(%s), %d, %s)", sign, times[i], i, v)
	}
	return "arraySort(__kith_x -> tuple(__kith_x.1, __kith_x.2), arrayFilter(__kith_x -> isNotNull(__kith_x.1), [" + strings.Join(items, ", ") + "]))[1].3"
}

// Latest sorts by time, and false before true.
func (c ClickHouse) Latest(flags, times []string, otherwise bool) string {
	items := make([]string, len(flags))
	for i, f := range flags {
		items[i] = "tuple(-toUnixTimestamp64Micro(" + times[i] + "), " + f + ")"
	}
	return fmt.Sprintf("ifNull(arraySort(__kith_x -> tuple(__kith_x.1, __kith_x.2), arrayFilter(__kith_x -> isNotNull(__kith_x.1) AND isNotNull(__kith_x.2), [%s]))[1].2, %t)", strings.Join(items, ", "), otherwise)
}

// Given tests a value.
func (c ClickHouse) Given(expr string, t cdp.Type) string {
	switch t.Kind {
	case cdp.List:
		return "notEmpty(" + expr + ")"
	case cdp.String, cdp.JSON:
		return "(ifNull(" + expr + ", '') != '')"
	}
	return "isNotNull(" + expr + ")"
}

// Epoch is 1970.
func (c ClickHouse) Epoch() string { return c.Time(time.Unix(0, 0)) }

// Later adds microseconds.
func (c ClickHouse) Later(at string, d time.Duration) string {
	return fmt.Sprintf("addMicroseconds(%s, %d)", at, d.Microseconds())
}

// Bin is ntile.
func (c ClickHouse) Bin(expr, id string, n int) string {
	return fmt.Sprintf("if(isNull(%s), NULL, CAST(ntile(%d) OVER (PARTITION BY isNull(%s) ORDER BY %s ASC, %s ASC) AS Nullable(Int64)))", expr, n, expr, expr, id)
}

// Top is row_number over the rows that hold.
func (c ClickHouse) Top(cond string, by cdp.By, id string, n int) string {
	dir := "ASC"
	if by.Desc {
		dir = "DESC"
	}
	return fmt.Sprintf("(%s AND row_number() OVER (PARTITION BY %s ORDER BY %s %s NULLS LAST, %s ASC) <= %d)", cond, cond, by.Expr, dir, id, n)
}

// Flag is a Bool.
func (c ClickHouse) Flag(cond string) string { return "CAST(" + cond + " AS Bool)" }

// ListOf is an array of one.
func (c ClickHouse) ListOf(expr string, t cdp.Type) string {
	return "if(" + c.Given(expr, t) + ", [assumeNotNull(" + expr + ")], CAST([] AS " + c.Type(cdp.ListOf(t)) + "))"
}

// MapList maps and drops nulls.
func (c ClickHouse) MapList(list string, f func(string) string) string {
	return "arrayMap(__kith_v -> assumeNotNull(__kith_v), arrayFilter(__kith_v -> isNotNull(__kith_v), arrayMap(__kith_v -> CAST(" + f("__kith_v") + " AS Nullable(String)), " + list + ")))"
}

// Intersect filters.
func (c ClickHouse) Intersect(a, b string) string {
	return "arrayFilter(__kith_v -> has(" + b + ", __kith_v), " + a + ")"
}

// Union is distinct.
func (c ClickHouse) Union(lists ...string) string {
	return "arrayDistinct(arrayConcat(" + strings.Join(lists, ", ") + "))"
}

// First is element 1.
func (c ClickHouse) First(list string, elem cdp.Type) string {
	return "if(notEmpty(" + list + "), CAST(" + list + "[1] AS " + c.Type(elem) + "), NULL)"
}
