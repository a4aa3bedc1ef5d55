package clickhouse

import (
	"math"
	"math/big"
	"net"
	"reflect"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// cell receives one column of the current row.
type cell interface {
	dest() any  // what the driver scans into
	value() any // the value in the form of cdp.Row
}

// newCells makes the cells of a result. jsonAsText says how JSON columns come.
func newCells(columns []driver.ColumnType, jsonAsText bool) []cell {
	cells := make([]cell, len(columns))
	for i, c := range columns {
		t := parseType(c.DatabaseTypeName())
		if t.name == "JSON" && jsonAsText {
			cells[i] = &scanned{convert: jsonText(t)}
			continue
		}
		cells[i] = newCell(t, c.ScanType())
	}
	return cells
}

func newCell(t typ, scan reflect.Type) cell {
	if !t.nullable {
		switch t.name {
		case "Int64":
			return &plain[int64, int64]{}
		case "Int32":
			return &plain[int32, int64]{}
		case "Int16":
			return &plain[int16, int64]{}
		case "Int8":
			return &plain[int8, int64]{}
		case "UInt64":
			return &plain[uint64, uint64]{}
		case "UInt32":
			return &plain[uint32, uint64]{}
		case "UInt16":
			return &plain[uint16, uint64]{}
		case "UInt8":
			return &plain[uint8, uint64]{}
		case "Float64":
			return &plain[float64, float64]{}
		case "Float32":
			return &plain[float32, float64]{}
		}
	}
	if t.name == "Array" && strings.Contains(t.args[0], "Tuple(") {
		// An sql.Scanner would get a tuple without names as a map with one entry.
		return &reflected{v: reflect.New(scan), convert: converter(t)}
	}
	switch t.name {
	case "String", "FixedString", "UUID", "Enum8", "Enum16", "IPv4", "IPv6", "Bool",
		"Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64",
		"Date", "Date32", "DateTime", "DateTime64", "Decimal", "Array":
		return &scanned{convert: converter(t)}
	case "Nothing":
		return &scanned{convert: canonical}
	}
	return &reflected{v: reflect.New(scan), convert: converter(t)}
}

type number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// plain is a number that is never null: the driver writes it without an allocation.
type plain[From, To number] struct{ v From }

func (p *plain[From, To]) dest() any  { return &p.v }
func (p *plain[From, To]) value() any { return To(p.v) }

// scanned is an sql.Scanner: it sees nulls, and strings come to it as values of an
// interface that can be passed on without another allocation.
type scanned struct {
	v       any
	convert func(any) any
}

func (s *scanned) dest() any  { return s }
func (s *scanned) value() any { return s.v }

// Scan implements sql.Scanner.
func (s *scanned) Scan(v any) error {
	s.v = s.convert(v)
	return nil
}

// reflected is a type that is rare enough for reflection.
type reflected struct {
	v       reflect.Value
	convert func(any) any
}

func (r *reflected) dest() any {
	return r.v.Interface()
}

func (r *reflected) value() any {
	v := r.convert(r.v.Elem().Interface())
	r.v.Elem().SetZero() // a null in the next row may leave it alone
	return v
}

// converter returns the function that brings what the driver gives for t into the
// form of cdp.Row.
func converter(t typ) func(any) any {
	switch t.name {
	case "String", "FixedString", "Enum8", "Enum16":
		return text
	case "DateTime64", "DateTime", "Date", "Date32":
		return func(v any) any {
			switch v := v.(type) {
			case time.Time:
				return unwrap(v)
			case *time.Time:
				if v != nil {
					return unwrap(*v)
				}
			}
			return nil
		}
	case "Array":
		elem := converter(parseType(t.args[0]))
		return func(v any) any {
			if hashes, ok := v.([]uint32); ok {
				return hashes
			}
			return list(v, elem)
		}
	case "Map", "Tuple", "JSON", "Variant", "Dynamic", "Nested", "Object":
		return jsonText(t)
	}
	if _, scale, ok := t.decimal(); ok {
		return func(v any) any {
			switch v := v.(type) {
			case decimal.Decimal:
				return v.StringFixed(int32(scale))
			case *decimal.Decimal:
				if v != nil {
					return v.StringFixed(int32(scale))
				}
			}
			return nil
		}
	}
	return canonical
}

func text(v any) any {
	switch v := v.(type) {
	case string:
		return any(v)
	case *string:
		if v != nil {
			return *v
		}
		return nil
	}
	return canonical(v)
}

// The driver computes a DateTime64 in nanoseconds, which wrap after 2262-04-11
// (ch-go v0.74.0). ClickHouse has no time before 1900, so an earlier one has wrapped.
func unwrap(t time.Time) time.Time {
	t = t.UTC()
	if t.Year() < 1900 {
		t = t.Add(math.MaxInt64).Add(math.MaxInt64).Add(2)
	}
	return t
}

func list(v any, elem func(any) any) any {
	if v == nil {
		return nil
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice {
		return canonical(v)
	}
	out := make([]any, rv.Len())
	for i := range out {
		if e := rv.Index(i); e.Kind() != reflect.Pointer || !e.IsNil() {
			out[i] = elem(e.Interface())
		}
	}
	return out
}

// canonical finds the form of a value by its Go type.
func canonical(v any) any {
	switch v := v.(type) {
	case nil, bool, int64, uint64, float64:
		return v
	case string:
		return v
	case time.Time:
		return unwrap(v)
	case time.Duration:
		return v.String()
	case decimal.Decimal:
		return v.String()
	case uuid.UUID:
		return v.String()
	case net.IP:
		return v.String()
	case *big.Int:
		if v == nil {
			return nil
		}
		return v.String()
	case []byte:
		return string(v)
	}
	switch rv := reflect.ValueOf(v); rv.Kind() {
	case reflect.Pointer:
		if rv.IsNil() {
			return nil
		}
		return canonical(rv.Elem().Interface())
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int:
		return rv.Int()
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint:
		return rv.Uint()
	case reflect.Float32:
		return rv.Float()
	case reflect.String:
		return rv.String()
	case reflect.Slice:
		return list(v, canonical)
	}
	return jsonText(typ{name: "Object"})(v) // a geometry, say
}
