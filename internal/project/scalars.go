package project

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// The kinds of single values.
var (
	textKind = &scalar{name: "text", is: "text", json: []string{"number", "boolean"}}

	nameKind = &scalar{name: "name", is: "a name", pattern: namePattern, check: func(s string) (string, string) {
		switch {
		case len(s) > maxName:
			return fmt.Sprintf("a name has at most %d characters", maxName), ""
		case !nameRegexp.MatchString(s):
			return fmt.Sprintf("%q is no name", s), "a name has lower-case letters, digits and _, and begins with a letter"
		}
		return "", ""
	}}

	columnKind = &scalar{name: "column", is: "a column", pattern: anyColumnPattern, check: func(s string) (string, string) {
		switch {
		case strings.HasPrefix(strings.ToLower(s), reserved):
			return fmt.Sprintf("names that begin with %s are kith's own", reserved), ""
		case !anyColumnRegexp.MatchString(s):
			return fmt.Sprintf("%q is no column name", s), "a name is quoted in SQL, so that it may hold anything but control characters"
		}
		return "", ""
	}}

	intKind = &scalar{name: "whole number", is: "a whole number", pattern: `^-?[0-9]+$`, json: []string{"integer"}, check: func(s string) (string, string) {
		if _, err := strconv.Atoi(s); err != nil {
			return fmt.Sprintf("%q is no whole number", s), ""
		}
		return "", ""
	}}

	boolKind = &scalar{name: "true or false", is: "true or false", values: []string{"true", "false"}, json: []string{"boolean"}}

	durationKind = &scalar{name: "duration", is: "a duration such as 90d", pattern: `^[0-9]+[mhdw]$`, check: func(s string) (string, string) {
		_, problem, help := duration(s)
		return problem, help
	}}

	windowKind = &scalar{name: "window", is: "a window such as 90d or last 3 months", check: func(s string) (string, string) {
		_, problem, help := window(s)
		return problem, help
	}}

	typeKind = &scalar{name: "type", is: "a type", check: func(s string) (string, string) {
		_, problem, help := typeOf(s)
		return problem, help
	}}

	schemaKind = &scalar{name: "schema", is: "a schema", pattern: columnPattern, check: func(s string) (string, string) {
		if !columnRegexp.MatchString(s) {
			return fmt.Sprintf("%q is no name of a schema", s), "letters, digits and _ only"
		}
		return "", ""
	}}

	tableKind = &scalar{name: "table", is: "a table such as shop.orders", check: func(s string) (string, string) {
		parts := strings.Split(s, ".")
		switch {
		case len(parts) == 1:
			return fmt.Sprintf("%q does not say in which database the table is", s), "write database.table"
		case len(parts) > 3 || slices.ContainsFunc(parts, func(p string) bool { return !tablePart.MatchString(p) }):
			return fmt.Sprintf("%q is no table", s), "write database.table"
		}
		return "", ""
	}}

	zoneKind = &scalar{name: "time zone", is: "a time zone such as Europe/Amsterdam", check: func(s string) (string, string) {
		if _, err := time.LoadLocation(s); err != nil || s == "" || s == "Local" {
			return fmt.Sprintf("%q is no time zone", s), "use a name of the IANA database, such as Europe/Amsterdam or UTC"
		}
		return "", ""
	}}

	urlKind = &scalar{name: "address", is: "an address", check: func(s string) (string, string) {
		u, err := url.Parse(s)
		switch {
		case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
			return "this is no http or https address", "write https://host/path"
		case u.User != nil:
			return "a name or password in an address", "use an option that may hold a secret"
		}
		return "", ""
	}}

	goDurationKind = &scalar{name: "time", is: "a time such as 30s", check: func(s string) (string, string) {
		if d, err := time.ParseDuration(s); err != nil || d < 0 {
			return fmt.Sprintf("%q is no time", s), "write 500ms, 30s or 5m"
		}
		return "", ""
	}}

	bytesKind = &scalar{name: "size", is: "a size such as 50GB", pattern: bytesPattern, check: func(s string) (string, string) {
		if !bytesRegexp.MatchString(s) {
			return fmt.Sprintf("%q is no size", s), "write 500MB, 50GB or 2TB"
		}
		return "", ""
	}}

	percentKind = &scalar{name: "number", is: "a number of per cent", json: []string{"number"}, check: func(s string) (string, string) {
		if f, err := strconv.ParseFloat(s, 64); err != nil || !(f >= 0 && f <= 100) {
			return fmt.Sprintf("%q is no number from 0 to 100", s), ""
		}
		return "", ""
	}}

	guardKind = &scalar{name: "rows or per cent", is: "a number of rows or of per cent", pattern: `^[0-9]+(\.[0-9]+)?%$|^[0-9]+$`, json: []string{"integer"}, check: func(s string) (string, string) {
		_, problem, help := guard(s)
		return problem, help
	}}

	sqlKind   = &scalar{name: "sql", is: "SQL"}
	queryKind = &scalar{name: "query", is: "a SELECT", query: true}

	// literalKind is a value whose type comes from what it is compared with.
	literalKind = &scalar{name: "value", is: "a value", json: []string{"number", "boolean"}}
	// cellKind is a value of a row in a unit test.
	cellKind = &scalar{name: "value", is: "a value", json: []string{"number", "boolean", "null"}, null: true}

	// refKind is the name of something that is declared elsewhere.
	refKind = &scalar{name: "name", is: "a name"}
	// fromKind is a source, or a column of one.
	fromKind = &scalar{name: "source.column", is: "a column such as orders.city"}
)

// enum is one of some words.
func enum(values ...string) *scalar {
	return &scalar{name: strings.Join(values, " | "), is: listed(values, "or"), values: values}
}

const (
	maxName     = 100
	reserved    = "__kith" // kith's own names in SQL
	namePattern = `^[a-z][a-z0-9_]*$`
	// A column is quoted wherever it stands: any name that a warehouse takes is good.
	anyColumnPattern = `^[^\x00-\x1f\x7f]+$`
	columnPattern    = `^[A-Za-z_][A-Za-z0-9_]*$`
	bytesPattern     = `^[0-9]+(B|KB|MB|GB|TB|PB)$`
)

var (
	nameRegexp      = regexp.MustCompile(namePattern)
	anyColumnRegexp = regexp.MustCompile(anyColumnPattern)
	columnRegexp    = regexp.MustCompile(columnPattern)
	bytesRegexp     = regexp.MustCompile(bytesPattern)
	tablePart       = regexp.MustCompile("^[^\\s.`\"'\\\\;(){}\\[\\]]+$")
	typeRegexp      = regexp.MustCompile(`^([a-z]+)(?:\((.*)\))?$`)
	decimalArgs     = regexp.MustCompile(`^\s*([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*$`)
)

const maxPrecision = 38 // both warehouses have more, in other types

var kinds = []string{"string", "int", "float", "decimal(p,s)", "bool", "date", "timestamp", "json", "list(T)"}

// typeOf reads a type; problem says what is wrong with it.
func typeOf(s string) (t cdp.Type, problem, help string) {
	m := typeRegexp.FindStringSubmatch(strings.TrimSpace(s))
	unknown := fmt.Sprintf("%q is no type", s)
	all := "the types are " + listed(kinds, "and")
	if m == nil {
		return t, unknown, all
	}
	kind, bracket := cdp.Kind(m[1]), strings.Contains(s, "(")
	switch kind {
	case cdp.String, cdp.Int, cdp.Float, cdp.Bool, cdp.Date, cdp.Timestamp, cdp.JSON:
		if bracket {
			return t, fmt.Sprintf("the type %s takes no brackets", kind), ""
		}
		return cdp.Type{Kind: kind}, "", ""
	case cdp.Decimal:
		args := decimalArgs.FindStringSubmatch(m[2])
		if args == nil {
			return t, unknown, "a decimal has digits and digits after the point: decimal(12,2)"
		}
		p, _ := strconv.Atoi(args[1])
		scale, _ := strconv.Atoi(args[2])
		if p < 1 || p > maxPrecision || scale > p {
			return t, unknown, fmt.Sprintf("decimal(p,s) has 1 to %d digits, of which s, at most p, are after the point", maxPrecision)
		}
		return cdp.Type{Kind: kind, Precision: p, Scale: scale}, "", ""
	case cdp.List:
		if !bracket {
			return t, unknown, "say of what: list(string)"
		}
		elem, problem, help := typeOf(m[2])
		switch {
		case problem != "":
			return t, problem, help
		case elem.Kind == cdp.List:
			return t, "a list of lists", "use json"
		}
		return cdp.ListOf(elem), "", ""
	}
	if other := synonyms[string(kind)]; other != "" {
		return t, unknown, fmt.Sprintf("use %s", other)
	}
	return t, unknown, near(m[1], []string{"string", "int", "float", "decimal", "bool", "date", "timestamp", "json", "list"}, "the types are")
}

// synonyms are what the types are called elsewhere.
var synonyms = map[string]string{
	"text": "string", "varchar": "string", "char": "string", "integer": "int", "bigint": "int", "long": "int", "number": "decimal(12,2) or int",
	"numeric": "decimal(12,2)", "double": "float", "real": "float", "boolean": "bool", "datetime": "timestamp", "time": "timestamp",
	"array": "list(string)", "object": "json", "map": "json", "struct": "json",
}
