package project

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

var (
	intRegexp     = regexp.MustCompile(`^[+-]?[0-9]+$`)
	decimalRegexp = regexp.MustCompile(`^([+-]?)([0-9]*)(?:\.([0-9]*))?$`)
)

// literal reads a text as a value of a type. The result is canonical; problem says why there is none.
func literal(s string, t cdp.Type) (v cdp.Value, problem, help string) {
	v.Type = t
	no := fmt.Sprintf("%q is no %s", s, t)
	switch t.Kind {
	case cdp.String, "":
		v.Text = s
		return v, "", ""
	case cdp.Int:
		n, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 10, 64)
		if !intRegexp.MatchString(s) || err != nil {
			return v, no, "a whole number of 64 bits"
		}
		v.Text = strconv.FormatInt(n, 10)
		return v, "", ""
	case cdp.Float:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || strings.ContainsAny(s, "xX_pP") {
			return v, no, "a number such as 0.5"
		}
		v.Text = strconv.FormatFloat(f, 'g', -1, 64)
		return v, "", ""
	case cdp.Decimal:
		return decimal(s, v)
	case cdp.Bool:
		if s != "true" && s != "false" {
			return v, no, "write true or false"
		}
		v.Text = s
		return v, "", ""
	case cdp.Date:
		d, err := time.Parse(time.DateOnly, s)
		if err != nil || !validYear(d) {
			return v, no, "write 2026-12-31"
		}
		v.Text = d.Format(time.DateOnly)
		return v, "", ""
	case cdp.Timestamp:
		at, ok := moment(s)
		if !ok {
			return v, no, "write 2026-12-31T12:00:00Z"
		}
		v.Text = at.Format("2006-01-02T15:04:05.999999Z")
		return v, "", ""
	case cdp.JSON:
		return v, "json is not compared with a value", "declare a column with json: path and compare that"
	}
	return v, fmt.Sprintf("a single value where a %s belongs", t), "write a list: [...]"
}

// moment reads RFC 3339.
func moment(s string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || !validYear(at) {
		return at, false
	}
	return at.UTC().Truncate(time.Microsecond), true
}

// validYear: dates of both warehouses begin and end here (Date32 and DateTime64 of ClickHouse).
func validYear(t time.Time) bool { return t.Year() >= 1900 && t.Year() <= 2299 }

func decimal(s string, v cdp.Value) (cdp.Value, string, string) {
	m := decimalRegexp.FindStringSubmatch(s)
	if m == nil || m[2]+m[3] == "" {
		return v, fmt.Sprintf("%q is no %s", s, v.Type), "a number such as 12.50"
	}
	whole, part := strings.TrimLeft(m[2], "0"), strings.TrimRight(m[3], "0")
	if len(part) > v.Type.Scale || len(whole) > v.Type.Precision-v.Type.Scale {
		return v, fmt.Sprintf("%q does not fit into %s", s, v.Type),
			fmt.Sprintf("it has %d digits before the point and %d after it", v.Type.Precision-v.Type.Scale, v.Type.Scale)
	}
	if whole == "" {
		whole = "0"
	}
	v.Text = whole
	if part != "" {
		v.Text += "." + part
	}
	if m[1] == "-" && v.Text != "0" {
		v.Text = "-" + v.Text
	}
	return v, "", ""
}

// literalOf reads a scalar as a value of a type and reports a misfit.
func (l *loader) literalOf(v *value, t cdp.Type) (cdp.Value, bool) {
	if v.null {
		return cdp.Value{Type: t, Null: true}, true
	}
	out, problem, help := literal(v.text.s, t)
	if problem != "" {
		l.at(v.node, help, "%s", problem)
		return out, false
	}
	return out, true
}

// valueOf reads a scalar or, of a list type, a list of them.
func (l *loader) valueOf(v *value, t cdp.Type) (cdp.Value, bool) {
	isList := v.node.Tag == "!!seq"
	switch {
	case t.Kind != cdp.List && isList && t.Kind != "":
		l.at(v.node, "", "a list where a %s belongs", t)
		return cdp.Value{}, false
	case !isList:
		return l.literalOf(v, t)
	}
	out := cdp.Value{Type: t}
	elem := cdp.Type{}
	if t.Elem != nil {
		elem = *t.Elem
	}
	ok := true
	for _, x := range v.list {
		e, good := l.literalOf(x, elem)
		ok = ok && good
		out.List = append(out.List, e)
	}
	return out, ok && !v.short
}

var (
	momentKind = &scalar{name: "timestamp", is: "a moment such as 2026-12-31T12:00:00Z", check: func(s string) (string, string) {
		if _, ok := moment(s); !ok {
			return fmt.Sprintf("%q is no timestamp", s), "write 2026-12-31T12:00:00Z"
		}
		return "", ""
	}}
	startKind = &scalar{name: "date or now", is: "a date, or now", check: func(s string) (string, string) {
		if _, ok := startOf(s, time.UTC); !ok {
			return fmt.Sprintf("%q is no start", s), "write a date such as 2026-12-01, or now"
		}
		return "", ""
	}}
	timesKind = &scalar{name: "number", is: "a number from 1, such as 5", pattern: `^[0-9]+(\.[0-9]+)?$`, json: []string{"number"}, check: func(s string) (string, string) {
		if f, err := strconv.ParseFloat(s, 64); err != nil || !(f >= 1 && f <= 1e6) {
			return fmt.Sprintf("%q is no number from 1", s), ""
		}
		return "", ""
	}}
	countKind = &scalar{name: "whole number", is: "a whole number from 1", pattern: `^[1-9][0-9]*$`, json: []string{"integer"}, check: atLeast(1)}
	wholeKind = &scalar{name: "whole number", is: "a whole number from 0", pattern: `^[0-9]+$`, json: []string{"integer"}, check: atLeast(0)}
)

func atLeast(low int) func(string) (string, string) {
	return func(s string) (string, string) {
		n, err := strconv.Atoi(s)
		if err != nil || n < low || n > math.MaxInt32 {
			return fmt.Sprintf("%q is no whole number from %d", s, low), ""
		}
		return "", ""
	}
}

// number is a text that atLeast has let pass.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// startOf reads now, a date (its midnight in the zone) or a timestamp.
func startOf(s string, zone *time.Location) (cdp.Start, bool) {
	if s == "now" {
		return cdp.Start{Now: true}, true
	}
	if at, ok := moment(s); ok {
		return cdp.Start{At: at}, true
	}
	d, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil || !validYear(d) {
		return cdp.Start{}, false
	}
	return cdp.Start{At: d.UTC()}, true
}
