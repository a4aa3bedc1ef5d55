package dialect

import (
	"fmt"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Compare tests a canonical value.
func (b BigQuery) Compare(op, expr string, t cdp.Type, literals []string) string {
	signs := map[string]string{"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
	if s, ok := signs[op]; ok {
		return "(" + expr + " " + s + " " + literals[0] + ")"
	}
	switch op {
	case "in":
		return "(" + expr + " IN (" + strings.Join(literals, ", ") + "))"
	case "contains":
		if t.Kind == cdp.List {
			return "(" + literals[0] + " IN UNNEST(" + expr + "))"
		}
		return "(STRPOS(" + expr + ", " + literals[0] + ") > 0)"
	case "starts_with":
		return "STARTS_WITH(" + expr + ", " + literals[0] + ")"
	case "exists":
		if t.Kind == cdp.List {
			return b.Given(expr, t)
		}
		return "(" + expr + " IS NOT NULL)"
	}
	panic("operator " + op + " has no SQL: the project was not validated")
}

// Ago subtracts microseconds.
func (b BigQuery) Ago(asOf string, d time.Duration) string {
	return fmt.Sprintf("TIMESTAMP_SUB(%s, INTERVAL %d MICROSECOND)", asOf, d.Microseconds())
}

// Later adds microseconds.
func (b BigQuery) Later(at string, d time.Duration) string {
	return fmt.Sprintf("TIMESTAMP_ADD(%s, INTERVAL %d MICROSECOND)", at, d.Microseconds())
}

// Epoch is 1970.
func (b BigQuery) Epoch() string { return b.Time(time.Unix(0, 0)) }

// Calendar is whole units of the time zone; a week begins on Monday.
func (b BigQuery) Calendar(asOf string, w cdp.Window, zone string) (from, to string) {
	unit := strings.ToUpper(w.Unit)
	part, length := unit, 1
	switch unit {
	case "WEEK":
		part = "ISOWEEK"
	case "QUARTER":
		unit, length = "MONTH", 3
	}
	start := "DATE_TRUNC(DATE(" + asOf + ", " + b.Quote(zone) + "), " + part + ")"
	at := func(date string) string { return b.Midnight(date, zone) }
	if w.N == 0 {
		return at(start), at(fmt.Sprintf("DATE_ADD(%s, INTERVAL %d %s)", start, length, unit))
	}
	return at(fmt.Sprintf("DATE_SUB(%s, INTERVAL %d %s)", start, w.N*length, unit)), at(start)
}

// Midnight is TIMESTAMP of a date.
func (b BigQuery) Midnight(date, zone string) string {
	return "TIMESTAMP(" + date + ", " + b.Quote(zone) + ")"
}

// Aggregate is null of no rows, except for counts, as every aggregate of GoogleSQL.
func (b BigQuery) Aggregate(fn string, operand cdp.Operand, cond string, t cdp.Type) string {
	arg := operand.Expr
	if cond != "" && arg != "" {
		arg = "IF(" + cond + ", " + arg + ", NULL)"
	}
	switch {
	case fn == "count" && arg == "" && cond == "":
		return "COUNT(*)"
	case fn == "count" && arg == "":
		return "COUNTIF(" + cond + ")"
	case fn == "count":
		return "COUNT(" + arg + ")"
	case fn == "count_distinct":
		return "COUNT(DISTINCT " + arg + ")"
	case fn == "avg" && t.Kind == cdp.Float:
		// AVG of a NUMERIC would be one, and AVG of a float depends on the order of the rows:
		// the sum of what is exact does not. That of ints may be none: a NUMERIC holds the sum of
		// ten thousand million of the largest.
		sum := arg
		if operand.Type.Kind == cdp.Int {
			sum = "CAST(" + arg + " AS NUMERIC)"
		}
		return b.Cast("(CAST(SUM("+sum+") AS FLOAT64) / NULLIF(COUNT("+arg+"), 0))", t)
	}
	return b.Cast(strings.ToUpper(fn)+"("+arg+")", t)
}

// Label takes the first 8 bytes of SHA-256(salt, 0, entity id) as a fraction. They
// are an unsigned number, whose remainder is taken in two halves: 2^32 is 967296
// more than a multiple of a million.
func (b BigQuery) Label(salt, entityID string, shares []cdp.Share) string {
	if len(shares) == 1 {
		return b.Quote(shares[0].Label)
	}
	cases := make([][2]string, 0, len(shares))
	sum := 0.0
	for _, s := range shares[:len(shares)-1] {
		sum += s.Percent
		cases = append(cases, [2]string{fmt.Sprintf("__kith_l < %d", int(sum*10000+0.5)), b.Quote(s.Label)})
	}
	half := func(from int) string {
		return fmt.Sprintf("CAST(CONCAT('0x', SUBSTR(__kith_h, %d, 8)) AS INT64)", from)
	}
	place := "MOD(MOD(" + half(1) + ", 1000000) * 967296 + " + half(9) + ", 1000000)"
	label := b.Bind("__kith_l", place, b.Case(cases, b.Quote(shares[len(shares)-1].Label)))
	return b.Bind("__kith_h", "TO_HEX(SHA256(CONCAT("+b.Quote(salt+"\x00")+", "+entityID+")))", label)
}

func (b BigQuery) array(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = b.Quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
