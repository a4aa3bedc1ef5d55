package clickhouse

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// typ is a ClickHouse type without the wrappers that do not change its values.
type typ struct {
	name     string   // "Decimal"
	args     []string // "12", "2"
	nullable bool
	lowCard  bool
}

// parseType takes a type as the server writes it.
func parseType(s string) typ {
	t := typ{name: strings.TrimSpace(s)}
	for {
		name, args := t.name, []string(nil)
		if i := strings.IndexByte(t.name, '('); i >= 0 && strings.HasSuffix(t.name, ")") {
			name, args = t.name[:i], splitArgs(t.name[i+1:len(t.name)-1])
		}
		switch {
		case name == "Nullable" && len(args) == 1:
			t.nullable, t.name = true, args[0]
		case name == "LowCardinality" && len(args) == 1:
			t.lowCard, t.name = true, args[0]
		case name == "SimpleAggregateFunction" && len(args) == 2:
			t.name = args[1]
		default:
			t.name, t.args = name, args
			return t
		}
	}
}

// splitArgs splits at the commas that are outside of parentheses and quotes.
func splitArgs(s string) []string {
	var args []string
	depth, start := 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\'', '`':
			for i++; i < len(s) && s[i] != c; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				args = append(args, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
	}
	return append(args, strings.TrimSpace(s[start:]))
}

// decimal returns precision and scale of a Decimal, Decimal32, ... and whether it is one.
func (t typ) decimal() (precision, scale int, ok bool) {
	if !strings.HasPrefix(t.name, "Decimal") || len(t.args) == 0 {
		return 0, 0, false
	}
	last, err := strconv.Atoi(t.args[len(t.args)-1])
	if err != nil {
		return 0, 0, false
	}
	digits := map[string]int{"Decimal32": 9, "Decimal64": 18, "Decimal128": 38, "Decimal256": 76}
	if p, ok := digits[t.name]; ok {
		return p, last, true
	}
	if len(t.args) != 2 {
		return 0, 0, false
	}
	precision, err = strconv.Atoi(t.args[0])
	return precision, last, err == nil
}

// language is the type in the words of the language, the zero Type if there is none.
func (t typ) language() cdp.Type {
	switch t.name {
	case "String", "FixedString", "UUID", "Enum8", "Enum16", "IPv4", "IPv6":
		return cdp.Type{Kind: cdp.String}
	case "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64":
		return cdp.Type{Kind: cdp.Int}
	case "Float32", "Float64", "BFloat16":
		return cdp.Type{Kind: cdp.Float}
	case "Bool":
		return cdp.Type{Kind: cdp.Bool}
	case "Date", "Date32":
		return cdp.Type{Kind: cdp.Date}
	case "DateTime", "DateTime64":
		return cdp.Type{Kind: cdp.Timestamp}
	case "JSON", "Map", "Tuple":
		return cdp.Type{Kind: cdp.JSON}
	case "Array":
		if elem := parseType(t.args[0]).language(); elem.Kind != "" {
			return cdp.ListOf(elem)
		}
	}
	if p, s, ok := t.decimal(); ok {
		return cdp.Type{Kind: cdp.Decimal, Precision: p, Scale: s}
	}
	return cdp.Type{}
}

// Describe implements [cdp.Warehouse]. Lines and columns in an error of syntax are
// those of query. Types that the language does not know are unknown; UInt64 is int.
func (w *Warehouse) Describe(ctx context.Context, query string) ([]cdp.Column, error) {
	s := cdp.Statement{Name: "describe", SQL: before + query + "\n)"}
	var columns []cdp.Column
	for row, err := range w.Query(ctx, s) {
		if err != nil {
			return nil, describeError(err, query)
		}
		name, _ := row[0].(string)
		raw, _ := row[1].(string)
		columns = append(columns, cdp.Column{Name: name, Type: parseType(raw).language(), Raw: raw})
	}
	return columns, nil
}

// before stands in front of a query that is described, on a line of its own.
const before = "DESCRIBE (\n"

var (
	position = regexp.MustCompile(`at position (\d+)`)
	lineCol  = regexp.MustCompile(`\(line (\d+), col (\d+)\)`)
)

func describeError(err error, query string) error {
	var e *cdp.StatementError
	if !errors.As(err, &e) {
		return err
	}
	e.Statement.SQL = query
	e.Message = position.ReplaceAllStringFunc(e.Message, func(at string) string {
		n, _ := strconv.Atoi(strings.TrimPrefix(at, "at position "))
		return "at position " + strconv.Itoa(max(1, n-len(before)))
	})
	e.Message = lineCol.ReplaceAllStringFunc(e.Message, func(at string) string {
		m := lineCol.FindStringSubmatch(at)
		line, _ := strconv.Atoi(m[1])
		return "(line " + strconv.Itoa(max(1, line-1)) + ", col " + m[2] + ")"
	})
	return e
}
