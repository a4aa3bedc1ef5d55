package bigquery

import (
	"context"
	"errors"
	"regexp"
	"strconv"

	rest "google.golang.org/api/bigquery/v2"

	"github.com/kithdata/kith/internal/cdp"
)

// language is a column's type in the words of the language, the zero Type if there
// is none.
func language(f *rest.TableFieldSchema) cdp.Type {
	var t cdp.Type
	switch f.Type {
	case "STRING", "GEOGRAPHY", "TIME", "INTERVAL":
		t = cdp.Type{Kind: cdp.String}
	case "INTEGER", "INT64":
		t = cdp.Type{Kind: cdp.Int}
	case "FLOAT", "FLOAT64":
		t = cdp.Type{Kind: cdp.Float}
	case "BOOLEAN", "BOOL":
		t = cdp.Type{Kind: cdp.Bool}
	case "DATE":
		t = cdp.Type{Kind: cdp.Date}
	case "TIMESTAMP", "DATETIME":
		t = cdp.Type{Kind: cdp.Timestamp}
	case "JSON", "RECORD", "STRUCT":
		t = cdp.Type{Kind: cdp.JSON}
	case "NUMERIC", "BIGNUMERIC", "DECIMAL", "BIGDECIMAL":
		t = decimalOf(f)
	default:
		return cdp.Type{}
	}
	if f.Mode == "REPEATED" {
		return cdp.ListOf(t)
	}
	return t
}

// field is a column of a type.
func field(name string) *rest.TableFieldSchema { return &rest.TableFieldSchema{Type: name} }

// decimalOf has the digits of the type where the column declares none.
func decimalOf(f *rest.TableFieldSchema) cdp.Type {
	t := cdp.Type{Kind: cdp.Decimal, Precision: 38, Scale: 9}
	if f.Type == "BIGNUMERIC" || f.Type == "BIGDECIMAL" {
		t.Precision, t.Scale = 76, 38
	}
	if f.Precision > 0 {
		t.Precision, t.Scale = int(f.Precision), int(f.Scale)
	}
	return t
}

// raw is the service's own name of a column's type.
func raw(f *rest.TableFieldSchema) string {
	name := map[string]string{"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}[f.Type]
	if name == "" {
		name = f.Type
	}
	if f.Precision > 0 {
		name += "(" + strconv.FormatInt(f.Precision, 10) + ", " + strconv.FormatInt(f.Scale, 10) + ")"
	}
	if f.Mode == "REPEATED" {
		return "ARRAY<" + name + ">"
	}
	return name
}

// before stands in front of a query that is described, on a line of its own.
const before, behind = "SELECT * FROM (\n", "\n) LIMIT 0"

// Describe implements [cdp.Warehouse]. Lines and columns in an error are those of
// query. Types that the language does not know are unknown.
func (w *Warehouse) Describe(ctx context.Context, query string) ([]cdp.Column, error) {
	r, err := w.dry(ctx, cdp.Statement{Name: "describe", SQL: before + query + behind})
	if err != nil {
		return nil, describeError(err, query)
	}
	if r.Schema == nil {
		return nil, nil
	}
	columns := make([]cdp.Column, len(r.Schema.Fields))
	for i, f := range r.Schema.Fields {
		columns[i] = cdp.Column{Name: f.Name, Type: language(f), Raw: raw(f)}
	}
	return columns, nil
}

var lineCol = regexp.MustCompile(`\[(?:at )?(\d+):(\d+)\]`)

func describeError(err error, query string) error {
	var e *cdp.StatementError
	if !errors.As(err, &e) {
		return err
	}
	e.Statement.SQL = query
	e.Message = lineCol.ReplaceAllStringFunc(e.Message, func(at string) string {
		m := lineCol.FindStringSubmatch(at)
		line, _ := strconv.Atoi(m[1])
		return "[at " + strconv.Itoa(max(1, line-1)) + ":" + m[2] + "]"
	})
	return e
}
