package clickhouse

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/kithdata/kith/internal/cdp"
)

// column puts the i-th value of every row into a column of a batch.
type column struct {
	to   driver.BatchColumn
	t    typ
	rows []cdp.Row
	i    int
}

func (c column) fill() error {
	switch c.t.name {
	case "String", "FixedString", "UUID", "Enum8", "Enum16", "IPv4", "IPv6":
		if c.t.lowCard {
			return eachRow(c, asString)
		}
		return slice(c, asString)
	case "Bool":
		return slice(c, asBool)
	case "Int8":
		return slice(c, signed[int8](math.MinInt8, math.MaxInt8))
	case "Int16":
		return slice(c, signed[int16](math.MinInt16, math.MaxInt16))
	case "Int32":
		return slice(c, signed[int32](math.MinInt32, math.MaxInt32))
	case "Int64":
		return slice(c, signed[int64](math.MinInt64, math.MaxInt64))
	case "UInt8":
		return slice(c, unsigned[uint8](math.MaxUint8))
	case "UInt16":
		return slice(c, unsigned[uint16](math.MaxUint16))
	case "UInt32":
		return slice(c, unsigned[uint32](math.MaxUint32))
	case "UInt64":
		return slice(c, unsigned[uint64](math.MaxUint64))
	case "Float32":
		return slice(c, asFloat[float32])
	case "Float64":
		return slice(c, asFloat[float64])
	case "Date":
		return slice(c, asTime(date(1970), date(2149).AddDate(0, 5, 5), 24*time.Hour))
	case "Date32":
		return slice(c, asDate32)
	case "DateTime":
		return slice(c, asTime(date(1970), time.Unix(math.MaxUint32, 0), time.Second))
	case "DateTime64":
		return slice(c, asDateTime64(c.t))
	case "Array":
		return eachRow(c, arrayOf(parseType(c.t.args[0])))
	}
	if p, s, ok := c.t.decimal(); ok {
		return slice(c, asDecimal(p, s))
	}
	return errors.New("values of this type cannot be appended")
}

// slice appends all values at once.
func slice[T any](c column, convert func(any) (T, error)) error {
	vals := make([]T, len(c.rows))
	if !c.t.nullable {
		for k, row := range c.rows {
			v, err := one(k, row[c.i], convert)
			if err != nil {
				return err
			}
			vals[k] = v
		}
		return c.to.Append(vals)
	}
	ptrs := make([]*T, len(c.rows))
	for k, row := range c.rows {
		if row[c.i] == nil {
			continue
		}
		v, err := one(k, row[c.i], convert)
		if err != nil {
			return err
		}
		vals[k] = v
		ptrs[k] = &vals[k]
	}
	return c.to.Append(ptrs)
}

// eachRow appends row by row, for columns that the driver has no better way for.
func eachRow[T any](c column, convert func(any) (T, error)) error {
	for k, row := range c.rows {
		if row[c.i] == nil && c.t.nullable {
			if err := c.to.AppendRow(nil); err != nil {
				return err
			}
			continue
		}
		v, err := one(k, row[c.i], convert)
		if err != nil {
			return err
		}
		if err := c.to.AppendRow(v); err != nil {
			return err
		}
	}
	return nil
}

func one[T any](k int, v any, convert func(any) (T, error)) (T, error) {
	if v == nil {
		var zero T
		return zero, fmt.Errorf("row %d: null in a column that is not nullable", k+1)
	}
	t, err := convert(v)
	if err != nil {
		return t, fmt.Errorf("row %d: %w", k+1, err)
	}
	return t, nil
}

var errRange = errors.New("the value is out of range")

func cannot(v any) error { return fmt.Errorf("cannot take a value of type %T", v) }

func asString(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", cannot(v)
	}
	return s, nil
}

func asBool(v any) (bool, error) {
	b, ok := v.(bool)
	if !ok {
		return false, cannot(v)
	}
	return b, nil
}

func signed[T int8 | int16 | int32 | int64](lo, hi int64) func(any) (T, error) {
	return func(v any) (T, error) {
		switch v := v.(type) {
		case int64:
			if v < lo || v > hi {
				return 0, errRange
			}
			return T(v), nil
		case uint64:
			if v > uint64(hi) {
				return 0, errRange
			}
			return T(v), nil
		}
		return 0, cannot(v)
	}
}

func unsigned[T uint8 | uint16 | uint32 | uint64](hi uint64) func(any) (T, error) {
	return func(v any) (T, error) {
		switch v := v.(type) {
		case int64:
			if v < 0 || uint64(v) > hi {
				return 0, errRange
			}
			return T(v), nil
		case uint64:
			if v > hi {
				return 0, errRange
			}
			return T(v), nil
		}
		return 0, cannot(v)
	}
}

func asFloat[T float32 | float64](v any) (T, error) {
	switch v := v.(type) {
	case float64:
		return T(v), nil
	case int64:
		return T(v), nil
	case uint64:
		return T(v), nil
	}
	return 0, cannot(v)
}

func date(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }

// asTime checks the range, both ends included, and cuts to the unit: the driver
// rounds times before 1970 the wrong way.
func asTime(lo, hi time.Time, unit time.Duration) func(any) (time.Time, error) {
	return func(v any) (time.Time, error) {
		t, ok := v.(time.Time)
		if !ok {
			return t, cannot(v)
		}
		t = t.UTC()
		if unit == 24*time.Hour {
			t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
		} else {
			t = t.Truncate(unit)
		}
		if t.Before(lo) || t.After(hi) {
			return t, errRange
		}
		return t, nil
	}
}

func asDate32(v any) (time.Time, error) {
	return asTime(date(1900), date(2299).AddDate(0, 11, 30), 24*time.Hour)(v)
}

// asDateTime64 has a range of its own: the driver counts nanoseconds in 64 bits,
// which is less than the column can hold.
func asDateTime64(t typ) func(any) (time.Time, error) {
	unit := time.Nanosecond
	if digits, err := strconv.Atoi(t.args[0]); err == nil {
		for ; digits < 9; digits++ {
			unit *= 10
		}
	}
	return asTime(date(1900), time.Unix(0, math.MaxInt64), unit)
}

// asDecimal takes the text of a number. The driver would cut what does not fit.
func asDecimal(precision, scale int) func(any) (string, error) {
	return func(v any) (string, error) {
		switch v := v.(type) {
		case int64, uint64:
			return asDecimalText(fmt.Sprint(v), precision, scale)
		case string:
			return asDecimalText(v, precision, scale)
		}
		return "", cannot(v)
	}
}

func asDecimalText(s string, precision, scale int) (string, error) {
	digits := s
	if s != "" && (s[0] == '+' || s[0] == '-') {
		digits = s[1:]
	}
	whole, frac, _ := strings.Cut(digits, ".")
	if whole+frac == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return "", errors.New("the text is not a decimal number")
	}
	if len(strings.TrimRight(frac, "0")) > scale {
		return "", fmt.Errorf("the value has more than %d digits after the point", scale)
	}
	if len(strings.TrimLeft(whole, "0")) > precision-scale {
		return "", errRange
	}
	return s, nil
}

// arrayOf makes a slice that the driver takes for an Array of elem.
func arrayOf(elem typ) func(any) (any, error) {
	switch elem.name {
	case "String", "FixedString", "UUID", "Enum8", "Enum16", "IPv4", "IPv6":
		return elems(elem, asString)
	case "Bool":
		return elems(elem, asBool)
	case "Int64":
		return elems(elem, signed[int64](math.MinInt64, math.MaxInt64))
	case "UInt32":
		return elems(elem, unsigned[uint32](math.MaxUint32))
	case "UInt64":
		return elems(elem, unsigned[uint64](math.MaxUint64))
	case "Float64":
		return elems(elem, asFloat[float64])
	case "Date32":
		return elems(elem, asDate32)
	case "DateTime64":
		return elems(elem, asDateTime64(elem))
	case "Array":
		return elems(elem, arrayOf(parseType(elem.args[0])))
	}
	if p, s, ok := elem.decimal(); ok {
		return elems(elem, asDecimal(p, s))
	}
	return func(any) (any, error) { return nil, errors.New("values of this type cannot be appended") }
}

func elems[T any](elem typ, convert func(any) (T, error)) func(any) (any, error) {
	return func(v any) (any, error) {
		if typed, ok := v.([]T); ok && !elem.nullable {
			return typed, nil
		}
		list, ok := v.([]any)
		if !ok {
			return nil, cannot(v)
		}
		vals, ptrs := make([]T, len(list)), make([]*T, len(list))
		for i, e := range list {
			if e == nil {
				if !elem.nullable {
					return nil, errors.New("null in a list whose elements are not nullable")
				}
				continue
			}
			v, err := convert(e)
			if err != nil {
				return nil, err
			}
			vals[i], ptrs[i] = v, &vals[i]
		}
		if elem.nullable {
			return ptrs, nil
		}
		return vals, nil
	}
}
