package dialect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// TestClickHouseTypes: a source that changes the width of a type sends nothing.
func TestClickHouseTypes(t *testing.T) {
	e := engine{dialect.ClickHouse{}, enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})}
	at := cdp.Type{Kind: cdp.Timestamp}
	hash := func(expr string) string { return e.Hash(cdp.Operand{Expr: e.Cast(expr, at), Type: at}) }
	got := e.values(t, hash("toDateTime('2026-01-01 00:00:00', 'UTC')"), hash("toDateTime64('2026-01-01 00:00:00', 3, 'UTC')"))
	if got[0] != got[1] {
		t.Error("a source that changes DateTime to DateTime64 sends everything")
	}
	day := cdp.Type{Kind: cdp.Date}
	for expr, want := range map[string]string{
		"toDate('1960-02-29')":                                  "1970-01-01", // what Date holds; Date32 follows
		"toDate32('1960-02-29')":                                "1960-02-29",
		"toDateTime('2026-01-02 03:04:05', 'Europe/Amsterdam')": "2026-01-02",
	} {
		if got := e.values(t, e.Text(e.Cast(expr, day), day))[0]; got != want {
			t.Errorf("%s as a date: %v, want %s", expr, got, want)
		}
	}
}

// TestClickHouseExact: what is taken for never null hashes and reads as it does when it
// is cast to a nullable type, and nothing is taken for it that can be null then.
func TestClickHouseExact(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	d := dialect.ClickHouse{}
	e := engine{d, w}
	for _, c := range []struct {
		expr  string
		typ   cdp.Type
		exact bool
	}{
		{"'x'", str, true},
		{"toFixedString('x', 3)", str, true},
		{"toLowCardinality('x')", str, true},
		{"toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')", str, true},
		{"CAST('x' AS Enum8('x' = 1))", str, true},
		{"toNullable('x')", str, false},
		{"toLowCardinality(toNullable('x'))", str, false},
		{"CAST('x' AS Dynamic)", str, false},
		{"toUInt8(7)", whole, true},
		{"toInt64(-7)", whole, true},
		{"toUInt64(9223372036854775807)", whole, true},
		{"toNullable(toUInt64(7))", whole, false},
		{"toNullable(toInt32(-7))", whole, false},
		{"toLowCardinality(toUInt64(7))", whole, true},
		{"toInt128(-7)", whole, false},
		{"toDecimal64(7.5, 2)", whole, false},
		{"'7'", whole, false},
		{"'seven'", whole, false},
		{"1.5", whole, false},
		{"NULL", whole, false},
		{"1.5", float, false},
		{"toDecimal64(1.5, 2)", money, false}, // has 18 digits, for 12
		{"CAST(1.5 AS Decimal(12, 2))", money, true},
		{"CAST(1.5 AS Decimal(9, 1))", money, true},
		{"CAST(1.5 AS Decimal(12, 3))", money, false},
		{"true", flagType, true},
		{"toUInt8(1)", flagType, true},
		{"toInt32(-2)", flagType, true},
		{"toNullable(toUInt8(1))", flagType, false},
		{"toFloat64(1.5)", float, false},
		{"-toFloat64(0)", float, false},
		{"toFloat64(nan)", float, false},
		{"toFloat64(-inf)", float, false},
		{"toFloat32(0.1)", float, false},
		{"toNullable(toFloat64(1.5))", float, false},
		{"toDate('2026-01-02')", date, true},
		{"toDate32('1960-02-29')", date, true},
		{"toDateTime('2026-01-02 03:04:05', 'Europe/Amsterdam')", date, false},
		{"toDateTime('2026-01-02 03:04:05', 'Europe/Amsterdam')", when, true},
		{"toDateTime(4294967295)", when, true},
		{"toDateTime(0)", when, true},
		{"toNullable(toDateTime(0))", when, false},
		{"toLowCardinality(toDateTime(0))", when, true},
		{"toDateTime64('2026-01-02 03:04:05.123456789', 9, 'UTC')", when, true},
		{"toDateTime64('1960-01-02 03:04:05.123', 3, 'UTC')", when, true},
		{"['x']", cdp.ListOf(str), false},
	} {
		columns, err := w.Describe(t.Context(), "SELECT "+c.expr+" AS x")
		if err != nil {
			t.Fatal(c.expr, err)
		}
		x := e.Cast("x", c.typ)
		y, never := d.CastExact("x", columns[0], c.typ)
		if never != c.exact {
			t.Errorf("%s (%s) as %s: never null %v", c.expr, columns[0].Raw, c.typ, never)
		}
		if x == y {
			continue
		}
		hash := func(x string) string { return e.Hash(cdp.Operand{Expr: x, Type: c.typ}) }
		got := e.from(t, " FROM (SELECT materialize("+c.expr+") AS x) AS t", hash(x), hash(y), e.Text(x, c.typ), e.Text(y, c.typ), "toTypeName("+y+")")
		if got[0] != got[1] || got[2] != got[3] || never && strings.Contains(fmt.Sprint(got[4]), "Nullable") {
			t.Errorf("%s as %s: %v", c.expr, c.typ, got)
		}
	}
}

// TestClickHouseTooLarge: a number that an int has no room for is an error, not another number.
func TestClickHouseTooLarge(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	d := dialect.ClickHouse{}
	for _, expr := range []string{"toUInt64(9223372036854775808)", "toNullable(toUInt64(18446744073709551615))", "toLowCardinality(toUInt64(9223372036854775808))"} {
		columns, err := w.Describe(t.Context(), "SELECT "+expr+" AS x")
		if err != nil {
			t.Fatal(expr, err)
		}
		exact, _ := d.CastExact("x", columns[0], whole)
		for _, cast := range []string{d.Cast("x", whole), exact} {
			for row, err := range w.Query(t.Context(), cdp.Statement{Name: "too large", SQL: "SELECT " + cast + " FROM (SELECT materialize(" + expr + ") AS x)"}) {
				if err == nil || !strings.Contains(err.Error(), "Int64") {
					t.Errorf("%s by %s: %v, %v", expr, cast, row, err)
				}
			}
		}
	}
}

// TestClickHouseElements: a JSON array has no element that is null, or of another type. (The
// emulator of BigQuery does not read an array with null.)
func TestClickHouseElements(t *testing.T) {
	e := engine{dialect.ClickHouse{}, enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})}
	for doc, want := range map[string]string{`["x", null, ""]`: "[x ]", `[null]`: "[]", `[]`: "[]", `{}`: "[]"} {
		for how, expr := range map[string]string{"field": e.Field(e.Quote(`{"a": `+doc+`}`), []string{"a"}, cdp.ListOf(str)), "parse": e.Parse(e.Quote(doc), cdp.ListOf(str))} {
			if got := fmt.Sprint(e.values(t, expr)[0]); got != want {
				t.Errorf("%s of %s: %s, not %s", how, doc, got, want)
			}
		}
	}
	for doc, want := range map[string]string{`[1, null, "x", 3]`: "[1 3]", `["2026-01-02", null]`: "[]"} {
		if got := fmt.Sprint(e.values(t, e.Field(e.Quote(doc), nil, cdp.ListOf(whole)))[0]); got != want {
			t.Errorf("%s as int: %s, not %s", doc, got, want)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	e := engine{dialect.ClickHouse{}, enginetest.Warehouse(f, clickhouse.Config{}, dialect.ClickHouse{})}
	f.Fuzz(func(t *testing.T, s string) {
		row, err := e.row("SELECT " + e.Quote(s) + " AS " + e.Ident("x"+name(s)))
		if err != nil || row[0] != s {
			t.Fatalf("%q came back as %q, %v", s, row, err)
		}
	})
}
