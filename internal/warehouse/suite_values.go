package warehouse

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

func (s *suite) values(t *testing.T) {
	for expr, want := range s.Values {
		if rows := s.all("SELECT " + expr + " AS v"); cmp.Diff([]cdp.Row{{want}}, rows) != "" {
			t.Errorf("%s: got %#v, want %#v", expr, rows, want)
		}
	}
}

// nasty are strings that break what is glued together carelessly.
func (s *suite) nasty() []string {
	list := []string{
		"", " ", "plain", "O'Brien", `"double"`, "`back`", `back\slash`, `\`, `\n`, "new\nline", "tab\there", "cr\rhere",
		"nul\x00byte", "{x:String}", "?", "$1", "@p", ":name", "%s", "{{ x }}", "${HOME}", "/* c */", "-- c", "; DROP TABLE x",
		"Zoë Łukasz 北京 مرحبا", "👩‍👩‍👧‍👦", "e\u0301", "\u200b\ufeff", "__exception__\r\n", strings.Repeat("long ", 20000),
	}
	if !s.Text {
		list = append(list, "\xff\xfe", "half \xe2\x82", "\x80")
	}
	return list
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func decimalType(p, scale int) cdp.Type {
	return cdp.Type{Kind: cdp.Decimal, Precision: p, Scale: scale}
}

func kind(k cdp.Kind) cdp.Type { return cdp.Type{Kind: k} }

// typed are values of every type, as Append takes and Query gives them.
func (s *suite) typed() []struct {
	cdp.Type
	values []any
} {
	micro := time.Microsecond
	var nasty []any
	for _, n := range s.nasty() {
		nasty = append(nasty, n)
	}
	return []struct {
		cdp.Type
		values []any
	}{
		{kind(cdp.String), nasty},
		{kind(cdp.Int), []any{int64(0), int64(1), int64(-1), int64(255), int64(1 << 53), int64(1<<53 + 1), int64(math.MaxInt64), int64(math.MinInt64)}},
		{kind(cdp.Float), []any{0.0, 1.5, -2.25, 1e300, 5e-324, 0.1, math.Inf(1), math.Inf(-1)}},
		{decimalType(12, 2), []any{"0.00", "12.50", "-0.01", "9999999999.99", "-9999999999.99"}},
		{decimalType(38, 10), []any{"1.0000000000", "9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999", "0.0000000001"}},
		{kind(cdp.Bool), []any{true, false}},
		{kind(cdp.Date), []any{day(1970, 1, 1), day(1969, 12, 31), day(1900, 1, 1), day(2026, 2, 28), day(2199, 12, 31), day(1955, 7, 4)}},
		{kind(cdp.Timestamp), []any{
			day(1970, 1, 1), day(1970, 1, 1).Add(-micro), day(2026, 11, 22).Add(13*time.Hour + 123456*micro),
			day(1901, 5, 6).Add(999999 * micro), day(2262, 1, 1).Add(micro),
		}},
		{kind(cdp.JSON), []any{`{}`, `{"a":1,"b":[null,"x"]}`, `"text"`, `[1,2]`}},
		{cdp.ListOf(kind(cdp.String)), []any{[]any{"a", "O'Brien", ""}, []any{}, []any{"北京"}}},
		{cdp.ListOf(kind(cdp.Int)), []any{[]any{int64(1), int64(-5)}, []any{int64(math.MaxInt64)}}},
		{cdp.ListOf(kind(cdp.Float)), []any{[]any{1.5, -2.0}}},
		{cdp.ListOf(kind(cdp.Bool)), []any{[]any{true, false}}},
		{cdp.ListOf(kind(cdp.Date)), []any{[]any{day(1960, 1, 2)}}},
		{cdp.ListOf(kind(cdp.Timestamp)), []any{[]any{day(1960, 1, 2).Add(micro)}}},
		{cdp.ListOf(decimalType(12, 2)), []any{[]any{"1.50", "-2.25"}}},
	}
}

func (s *suite) roundTrip(t *testing.T) {
	for _, typ := range s.typed() {
		t.Run(typ.String(), func(t *testing.T) {
			sub := *s
			sub.t = t
			tb := sub.table()
			sub.exec(sub.Create(tb, []cdp.Column{{Name: "id", Type: kind(cdp.Int)}, {Name: "v", Type: typ.Type}}))
			var rows []cdp.Row
			for i, v := range typ.values {
				rows = append(rows, cdp.Row{int64(i), v})
			}
			if typ.Kind != cdp.List { // no dialect has null lists
				rows = append(rows, cdp.Row{int64(len(rows)), nil})
			}
			if err := sub.w.Append(t.Context(), tb, []string{"id", "v"}, rows); err != nil {
				t.Fatal(err)
			}
			d := sub.w.Dialect()
			for _, row := range rows {
				row[1] = sub.read(row[1], typ.Type)
			}
			equal(t, rows, sub.all("SELECT id, v FROM "+d.Table(tb)+" ORDER BY id"))
			columns, err := sub.w.Describe(t.Context(), "SELECT v FROM "+d.Table(tb))
			if err != nil {
				t.Fatal(err)
			}
			want := sub.Described(typ.Type)
			if len(columns) != 1 || columns[0].Name != "v" || columns[0].Raw == "" {
				t.Fatalf("described as %v", columns)
			}
			if columns[0].Type.Kind == cdp.String && want.Kind == cdp.JSON {
				return // JSON may be kept as text
			}
			equal(t, want, columns[0].Type)
		})
	}
}

// read is what a Query gives for a value that was appended.
func (s *suite) read(v any, t cdp.Type) any {
	switch v := v.(type) {
	case string:
		if s.Canonical && t.Kind == cdp.Decimal {
			return strings.TrimSuffix(strings.TrimRight(v, "0"), ".")
		}
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = s.read(item, *t.Elem)
		}
		return out
	}
	return v
}

func (s *suite) quotes(t *testing.T) {
	for _, n := range s.nasty() {
		rows := s.all("SELECT " + s.w.Dialect().Quote(n) + " AS v")
		equal(t, []cdp.Row{{n}}, rows)
	}
}
