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

// Calendar is whole units of the time zone; a week begins on Monday.
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
	at := func(date string) string {
		return "toDateTime64(toTimeZone(toDateTime64(" + date + ", 6, " + c.Quote(zone) + "), 'UTC'), 6, 'UTC')"
	}
	if w.N == 0 {
		return at(start), at("add" + unit + "s(" + start + ", 1)")
	}
	return at(fmt.Sprintf("subtract%ss(%s, %d)", unit, start, w.N)), at(start)
}

// Aggregate makes null of no rows, except for counts.
func (c ClickHouse) Aggregate(fn, arg, cond string, t cdp.Type) string {
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
		return c.Cast("count"+suffix+"("+args(arg)+")", cdp.Type{Kind: cdp.Int})
	case "count_distinct":
		return c.Cast("uniqExact"+suffix+"("+args(arg)+")", cdp.Type{Kind: cdp.Int})
	}
	return c.Cast(fn+"OrNull"+suffix+"("+args(arg)+")", t)
}

// PickAggregate is argMax over a tuple; rows without a value do not compete.
func (c ClickHouse) PickAggregate(arg string, t cdp.Type, order []string, cond string) string {
	competes := "isNotNull(" + arg + ")"
	switch t.Kind {
	case cdp.String:
		competes = "(isNotNull(" + arg + ") AND " + arg + " != '')"
	case cdp.List:
		competes = "notEmpty(" + arg + ")"
	}
	if cond != "" {
		competes = "(" + competes + " AND " + cond + ")"
	}
	by := order[0]
	if len(order) > 1 {
		by = "tuple(" + strings.Join(order, ", ") + ")"
	}
	if t.Kind == cdp.List {
		return "argMaxIf(" + arg + ", " + by + ", " + competes + ")"
	}
	return "argMaxOrNullIf(" + arg + ", " + by + ", " + competes + ")"
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

// invalid are the texts that stand for nothing in real exports.
const invalid = `('-1', 'null', 'none', 'undefined', 'anonymous', 'n/a', 'na', 'nan', 'unknown', '(null)', '00000000-0000-0000-0000-000000000000')`

// Normalize follows the identity page, section 4: what is not valid is null.
func (c ClickHouse) Normalize(kind, expr, region string) string {
	trim := "trimBoth(" + expr + ")"
	keep := func(v, cond string) string { return "if(" + cond + ", " + v + ", NULL)" }
	switch kind {
	case "email", "gmail":
		e := "lowerUTF8(" + trim + ")"
		if kind == "gmail" {
			local, domain := "splitByChar('@', assumeNotNull("+e+"))[1]", "splitByChar('@', assumeNotNull("+e+"))[2]"
			e = "if(" + domain + " IN ('gmail.com', 'googlemail.com'), concat(replaceAll(splitByChar('+', " + local + ")[1], '.', ''), '@gmail.com'), " + e + ")"
		}
		return keep(e, `match(assumeNotNull(`+e+`), '^[^\\s@<>"(),;]+@[^\\s@<>"(),;]+\\.[^\\s@<>"(),;.]{2,}$')`)
	case "phone":
		return c.phone(trim, region)
	case "lower":
		v := "lowerUTF8(" + trim + ")"
		return keep(v, v+" != '' AND "+v+" NOT IN "+invalid)
	case "trim":
		return keep(trim, trim+" != '' AND lower("+trim+") NOT IN "+invalid)
	}
	return keep(expr, trim+" != '' AND lower("+trim+") NOT IN "+invalid)
}

// phone makes E.164 from digits, a leading + or 00, or a national number of the
// region. It knows calling codes and trunk prefixes, not the lengths of every
// country: libphonenumber-grade rules cannot be written in SQL.
func (c ClickHouse) phone(expr, region string) string {
	digits := "replaceRegexpAll(" + expr + ", '[^0-9+]', '')"
	national := "NULL"
	if region != "" {
		code := "transform(upper(" + region + "), " + c.array(callingRegions) + ", " + c.array(callingCodes) + ", '')"
		bare := "if(upper(" + region + ") IN ('IT', 'SM', 'VA'), __kith_d, replaceRegexpOne(__kith_d, '^0', ''))"
		strip := "if(upper(" + region + ") IN ('US', 'CA') AND length(__kith_d) = 11, replaceRegexpOne(__kith_d, '^1', ''), " + bare + ")"
		national = "if(" + code + " = '', NULL, concat('+', " + code + ", " + strip + "))"
	}
	e164 := "arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), " + national + "), [ifNull(" + digits + ", '')])[1]"
	return "arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^\\\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [" + e164 + "])[1]"
}

func (c ClickHouse) array(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = c.Quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
