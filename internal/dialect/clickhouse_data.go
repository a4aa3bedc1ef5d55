package dialect

import (
	"fmt"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Compare tests a canonical value.
func (c ClickHouse) Compare(op, expr string, t cdp.Type, literals []string) string {
	signs := map[string]string{"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
	if s, ok := signs[op]; ok {
		return "(" + expr + " " + s + " " + literals[0] + ")"
	}
	switch op {
	case "in":
		return "(" + expr + " IN (" + strings.Join(literals, ", ") + "))"
	case "contains":
		if t.Kind == cdp.List {
			return "has(" + expr + ", " + literals[0] + ")"
		}
		return "(position(" + expr + ", " + literals[0] + ") > 0)"
	case "starts_with":
		return "startsWith(" + expr + ", " + literals[0] + ")"
	case "exists":
		if t.Kind == cdp.List {
			return "notEmpty(" + expr + ")"
		}
		return "isNotNull(" + expr + ")"
	}
	panic("operator " + op + " has no SQL: the project was not validated")
}

// Ago subtracts microseconds.
func (c ClickHouse) Ago(asOf string, d time.Duration) string {
	return fmt.Sprintf("subtractMicroseconds(%s, %d)", asOf, d.Microseconds())
}

// Calendar is whole units of the time zone; a week begins on Monday. A Date begins in
// 1970, and a Date32 in 1900.
func (c ClickHouse) Calendar(asOf string, w cdp.Window, zone string) (from, to string) {
	unit := strings.ToUpper(w.Unit[:1]) + w.Unit[1:]
	local := "toTimeZone(" + asOf + ", " + c.Quote(zone) + ")"
	start := map[string]string{
		"day":     "toDate(" + local + ")",
		"week":    "toMonday(" + local + ")",
		"month":   "toStartOfMonth(" + local + ")",
		"quarter": "toStartOfQuarter(" + local + ")",
		"year":    "toStartOfYear(" + local + ")",
	}[w.Unit]
	at := func(date string) string { return c.Midnight(date, zone) }
	if w.N == 0 {
		return at(start), at("add" + unit + "s(" + start + ", 1)")
	}
	return at(fmt.Sprintf("subtract%ss(toDate32(%s), %d)", unit, start, w.N)), at(start)
}

// Midnight reads the date in the zone.
func (c ClickHouse) Midnight(date, zone string) string {
	return "toDateTime64(toTimeZone(toDateTime64(" + date + ", 6, " + c.Quote(zone) + "), 'UTC'), 6, 'UTC')"
}

// Aggregate makes null of no rows, except for counts.
func (c ClickHouse) Aggregate(fn string, arg cdp.Operand, cond string, t cdp.Type) string {
	suffix, args := "", func(a string) string { return a }
	if cond != "" {
		suffix = "If"
		args = func(a string) string {
			if a == "" {
				return cond
			}
			return a + ", " + cond
		}
	}
	switch fn {
	case "count":
		return fits("count" + suffix + "(" + args(arg.Expr) + ")")
	case "count_distinct":
		return fits("uniqExact" + suffix + "(" + args(arg.Expr) + ")")
	}
	of := func(a string) string { return fn + "OrNull" + suffix + "(" + args(a) + ")" }
	switch wide := "toInt128(" + arg.Expr + ")"; { // a sum of 64 bits goes round without a word
	case arg.Type.Kind == cdp.Int && fn == "sum":
		return "accurateCast(" + of(wide) + ", " + c.Quote(c.Type(t)) + ")"
	case arg.Type.Kind == cdp.Int && fn == "avg":
		return c.Cast(of(wide), t)
	case arg.Type.Kind == cdp.Int && t.Kind == cdp.Int:
		return fits(of(arg.Expr))
	}
	return c.Cast(of(arg.Expr), t)
}

// Label takes the first 8 bytes of SHA-256(salt, 0, entity id) as a fraction.
func (c ClickHouse) Label(salt, entityID string, shares []cdp.Share) string {
	h := "(reinterpretAsUInt64(reverse(substring(SHA256(concat(" + c.Quote(salt) + ", '\\0', " + entityID + ")), 1, 8))) % 1000000)"
	var b strings.Builder
	b.WriteString("multiIf(")
	sum := 0.0
	for i, s := range shares {
		sum += s.Percent
		if i == len(shares)-1 {
			fmt.Fprintf(&b, "%s)", c.Quote(s.Label))
			break
		}
		fmt.Fprintf(&b, "%s < %d, %s, ", h, int(sum*10000+0.5), c.Quote(s.Label))
	}
	if len(shares) == 1 {
		return c.Quote(shares[0].Label)
	}
	return b.String()
}

func (c ClickHouse) array(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = c.Quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
