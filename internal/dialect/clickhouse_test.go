package dialect_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

// hostile are texts that mean something to a lexer, a driver or a template.
var hostile = []string{
	"", "O'Brien", `O"Brien`, "back\\slash", "`tick`", "new\nline", "tab\t", "nul\x00byte", "{x:String}", "?", "$1", "@p", ":name",
	"--", "/*", "*/", "; DROP TABLE x", "' OR 1=1 --", "😀 é ß", "{{ ref('x') }}", "\\'", "\\\\'", "\r\n", "%s", "'''", "\xff\xfe", "\u202e",
}

func one(t testing.TB, w cdp.Warehouse, sql string) cdp.Row {
	t.Helper()
	for row, err := range w.Query(context.WithoutCancel(t.Context()), cdp.Statement{Name: "test", SQL: sql}) {
		if err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
		return append(cdp.Row(nil), row...)
	}
	t.Fatalf("no row: %s", sql)
	return nil
}

// TestLiteralsRoundTrip: no value reaches SQL text except through Quote and Ident,
// and both bring it back unchanged.
func TestLiteralsRoundTrip(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	d := dialect.ClickHouse{}
	for _, s := range hostile {
		if got := one(t, w, "SELECT "+d.Quote(s))[0]; got != s {
			t.Errorf("Quote(%q) came back as %q", s, got)
		}
		if s == "" || !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			continue // no name of a column
		}
		if got := one(t, w, "SELECT "+d.Ident(s)+" FROM (SELECT 7 AS "+d.Ident(s)+")")[0]; got != uint64(7) {
			t.Errorf("Ident(%q) gave %v", s, got)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	w := enginetest.Warehouse(f, clickhouse.Config{}, dialect.ClickHouse{})
	d := dialect.ClickHouse{}
	f.Fuzz(func(t *testing.T, s string) {
		if got := one(t, w, "SELECT "+d.Quote(s)+" AS "+d.Ident("x"+strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")))[0]; got != s {
			t.Fatalf("%q came back as %q", s, got)
		}
	})
}

// TestCanonical pins the canonical text, JSON and null of every type.
func TestCanonical(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	d := dialect.ClickHouse{}
	dec := cdp.Type{Kind: cdp.Decimal, Precision: 12, Scale: 2}
	for _, c := range []struct {
		expr       string
		typ        cdp.Type
		text, json any
	}{
		{"'a\"b\\n'", cdp.Type{Kind: cdp.String}, "a\"b\n", `"a\"b\n"`},
		{"9223372036854775807", cdp.Type{Kind: cdp.Int}, "9223372036854775807", "9223372036854775807"},
		{"12.50", dec, "12.5", "12.5"},
		{"-0.0", cdp.Type{Kind: cdp.Float}, "0", "0"},
		{"nan", cdp.Type{Kind: cdp.Float}, nil, nil},
		{"1e300", cdp.Type{Kind: cdp.Float}, "1e300", "1e300"},
		{"1", cdp.Type{Kind: cdp.Bool}, "true", "true"},
		{"toDate('1960-02-29')", cdp.Type{Kind: cdp.Date}, "1970-01-01", `"1970-01-01"`}, // what Date holds; Date32 follows
		{"toDate32('1960-02-29')", cdp.Type{Kind: cdp.Date}, "1960-02-29", `"1960-02-29"`},
		{"toDateTime64('1960-01-02 03:04:05.000006', 6, 'UTC')", cdp.Type{Kind: cdp.Timestamp}, "1960-01-02T03:04:05.000006Z", `"1960-01-02T03:04:05.000006Z"`},
		{"toDateTime('2026-01-02 03:04:05', 'Europe/Amsterdam')", cdp.Type{Kind: cdp.Timestamp}, "2026-01-02T02:04:05Z", `"2026-01-02T02:04:05Z"`},
		{`'{"b": 1, "a": {"z": 1.10}}'`, cdp.Type{Kind: cdp.JSON}, `{"a":{"z":1.1},"b":1}`, `{"a":{"z":1.1},"b":1}`},
		{"['a', NULL, 'b\"']", cdp.ListOf(cdp.Type{Kind: cdp.String}), `["a","b\""]`, `["a","b\""]`},
		{"[toDecimal64(1.5, 2)]", cdp.ListOf(dec), "[1.5]", "[1.5]"},
		{"NULL", cdp.Type{Kind: cdp.Int}, nil, nil},
	} {
		x := d.Cast(c.expr, c.typ)
		row := one(t, w, "SELECT "+d.Text("x", c.typ)+", "+d.JSON("x", c.typ)+" FROM (SELECT "+x+" AS x)")
		if row[0] != c.text || (c.text != nil && row[1] != c.json) {
			t.Errorf("%s as %s: text %v, JSON %v; want %v, %v", c.expr, c.typ, row[0], row[1], c.text, c.json)
		}
	}
}

func operands(exprs []string) []cdp.Operand {
	out := make([]cdp.Operand, len(exprs))
	for i, x := range exprs {
		out[i].Expr = x
	}
	return out
}

// TestHashTellsThemApart: null, empty, zero and absent are four different things.
func TestHashTellsThemApart(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	d := dialect.ClickHouse{}
	s := cdp.Type{Kind: cdp.String}
	seen := map[any]string{}
	for name, exprs := range map[string][]string{
		"null, a":  {d.Cast("NULL", s), d.Cast("'a'", s)},
		"'', a":    {d.Cast("''", s), d.Cast("'a'", s)},
		"a, bc":    {d.Cast("'a'", s), d.Cast("'bc'", s)},
		"ab, c":    {d.Cast("'ab'", s), d.Cast("'c'", s)},
		"0":        {d.Cast("0", cdp.Type{Kind: cdp.Int})},
		"null int": {d.Cast("NULL", cdp.Type{Kind: cdp.Int})},
	} {
		h := one(t, w, "SELECT "+d.Hash(operands(exprs)...))[0]
		if other, ok := seen[h]; ok {
			t.Errorf("%s and %s have one hash", name, other)
		}
		seen[h] = name
	}
	same := one(t, w, "SELECT "+d.Hash(cdp.Operand{Expr: d.Cast("toDateTime('2026-01-01 00:00:00','UTC')", cdp.Type{Kind: cdp.Timestamp})})+" = "+d.Hash(cdp.Operand{Expr: d.Cast("toDateTime64('2026-01-01 00:00:00', 3, 'UTC')", cdp.Type{Kind: cdp.Timestamp})}))
	if same[0] != uint64(1) {
		t.Error("a source that changes DateTime to DateTime64 sends everything")
	}
}

// TestCalendar: complete units of the project's time zone, over a change of the clock.
func TestCalendar(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	d := dialect.ClickHouse{}
	asOf := d.Time(time.Date(2026, 3, 30, 10, 0, 0, 0, time.UTC)) // the day after the clock went forward in Amsterdam
	for _, c := range []struct {
		w        cdp.Window
		from, to string
	}{
		{cdp.Window{Unit: "day"}, "2026-03-29 22:00:00", "2026-03-30 22:00:00"},
		{cdp.Window{Unit: "day", N: 1}, "2026-03-28 23:00:00", "2026-03-29 22:00:00"},
		{cdp.Window{Unit: "week"}, "2026-03-29 22:00:00", "2026-04-05 22:00:00"},
		{cdp.Window{Unit: "month", N: 3}, "2025-11-30 23:00:00", "2026-02-28 23:00:00"},
		{cdp.Window{Unit: "quarter"}, "2025-12-31 23:00:00", "2026-03-31 22:00:00"},
		{cdp.Window{Unit: "year", N: 1}, "2024-12-31 23:00:00", "2025-12-31 23:00:00"},
	} {
		from, to := d.Calendar(asOf, c.w, "Europe/Amsterdam")
		row := one(t, w, "SELECT "+from+", "+to)
		const layout = "2006-01-02 15:04:05"
		var got [2]string
		for i, v := range row {
			if at, ok := v.(time.Time); ok {
				got[i] = at.Format(layout)
			}
		}
		if got != [2]string{c.from, c.to} {
			t.Errorf("%+v: %v, want %s to %s", c.w, got, c.from, c.to)
		}
	}
}
