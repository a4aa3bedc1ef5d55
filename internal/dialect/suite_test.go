package dialect_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// hostile are texts that mean something to a lexer, a driver or a template.
var hostile = []string{
	"", "O'Brien", `O"Brien`, "back\\slash", "`tick`", "new\nline", "tab\t", "nul\x00byte", "{x:String}", "?", "$1", "@p", ":name",
	"--", "/*", "*/", "; DROP TABLE x", "' OR 1=1 --", "😀 é ß", "{{ ref('x') }}", "\\'", "\\\\'", "\r\n", "%s", "'''", "\xff\xfe", "\u202e",
}

// name makes of a text what can be part of a column's name.
func name(s string) string { return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "") }

var (
	str      = cdp.Type{Kind: cdp.String}
	whole    = cdp.Type{Kind: cdp.Int}
	float    = cdp.Type{Kind: cdp.Float}
	flagType = cdp.Type{Kind: cdp.Bool}
	date     = cdp.Type{Kind: cdp.Date}
	when     = cdp.Type{Kind: cdp.Timestamp}
	doc      = cdp.Type{Kind: cdp.JSON}
	money    = cdp.Type{Kind: cdp.Decimal, Precision: 12, Scale: 2}
)

// TestLiteralsRoundTrip: no value reaches SQL text except through Quote and Literal,
// and they bring it back unchanged; a text that is not UTF-8 only where texts may be.
func TestLiteralsRoundTrip(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine) {
		var exprs []string
		for _, s := range hostile {
			exprs = append(exprs, e.Quote(s), e.Literal(cdp.Value{Type: str, Text: s}))
		}
		got := e.values(t, exprs...)
		for i, s := range hostile {
			want := s
			if e.Name() == "bigquery" {
				want = strings.ReplaceAll(strings.ReplaceAll(s, "\xff", "\ufffd"), "\xfe", "\ufffd")
			}
			if got[2*i] != want || got[2*i+1] != want {
				t.Errorf("%q came back as %q, %q", s, got[2*i], got[2*i+1])
			}
		}
	})
}

// TestIdentsRoundTrip: a column may have any name that the warehouse allows.
func TestIdentsRoundTrip(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine) {
		for _, s := range append(hostile, "select", "it's", "größe", "a b") {
			if s == "" || !utf8.ValidString(s) || strings.Contains(s, "\x00") || e.Name() == "bigquery" && strings.ContainsAny(s, "\"`$*()[]{}!?@;,./\\^~\r\n\t") {
				continue // no name of a column
			}
			row, err := e.row("SELECT " + e.Ident(s) + " FROM (SELECT 7 AS " + e.Ident(s) + ") AS t")
			if err != nil || plain(row[0]) != int64(7) {
				t.Errorf("Ident(%q) gave %v, %v", s, row, err)
			}
		}
	})
}

// TestCanonical pins the canonical text, JSON and null of every type.
func TestCanonical(t *testing.T) {
	list := func(typ cdp.Type, texts ...string) cdp.Value {
		v := cdp.Value{Type: cdp.ListOf(typ)}
		for _, s := range texts {
			v.List = append(v.List, cdp.Value{Type: typ, Text: s})
		}
		return v
	}
	cases := []struct {
		v          cdp.Value
		text, json string
	}{
		{cdp.Value{Type: str, Text: "a\"b\n\\é"}, "a\"b\n\\é", `"a\"b\n\\é"`},
		{cdp.Value{Type: whole, Text: "9223372036854775807"}, "9223372036854775807", "9223372036854775807"},
		{cdp.Value{Type: whole, Text: "-9223372036854775808"}, "-9223372036854775808", "-9223372036854775808"},
		{cdp.Value{Type: money, Text: "12.50"}, "12.5", "12.5"},
		{cdp.Value{Type: money, Text: "-1234567890.12"}, "-1234567890.12", "-1234567890.12"},
		{cdp.Value{Type: float, Text: "-0.0"}, "0", "0"},
		{cdp.Value{Type: float, Text: "0.1"}, "0.1", "0.1"},
		{cdp.Value{Type: float, Text: "1e300"}, "1e300", "1e300"},
		{cdp.Value{Type: float, Text: "1.5e-7"}, "1.5e-7", "1.5e-7"},
		{cdp.Value{Type: float, Text: "123456.75"}, "123456.75", "123456.75"},
		{cdp.Value{Type: flagType, Text: "true"}, "true", "true"},
		{cdp.Value{Type: flagType, Text: "false"}, "false", "false"},
		{cdp.Value{Type: date, Text: "1960-02-29"}, "1960-02-29", `"1960-02-29"`},
		{cdp.Value{Type: when, Text: "1960-01-02 03:04:05.000006"}, "1960-01-02T03:04:05.000006Z", `"1960-01-02T03:04:05.000006Z"`},
		{cdp.Value{Type: when, Text: "2026-01-02 02:04:05"}, "2026-01-02T02:04:05Z", `"2026-01-02T02:04:05Z"`},
		{cdp.Value{Type: doc, Text: `{"a":{"z":1.1},"b":1}`}, `{"a":{"z":1.1},"b":1}`, `{"a":{"z":1.1},"b":1}`},
		{list(str, "a", `b"`), `["a","b\""]`, `["a","b\""]`},
		{list(money, "1.50"), "[1.5]", "[1.5]"},
		{list(whole), "[]", "[]"},
	}
	onEngines(t, func(t *testing.T, e engine) {
		var exprs []string
		for _, c := range cases {
			x := e.Cast(e.Literal(c.v), c.v.Type)
			exprs = append(exprs, e.Text(x, c.v.Type), e.JSON(x, c.v.Type))
		}
		got := e.values(t, exprs...)
		for i, c := range cases {
			if got[2*i] != c.text || got[2*i+1] != c.json {
				t.Errorf("%v: text %v, JSON %v; want %s, %s", c.v, got[2*i], got[2*i+1], c.text, c.json)
			}
		}
		for _, typ := range []cdp.Type{str, whole, float, flagType, date, when, doc, money} {
			if got := e.values(t, e.Text(e.Cast(e.Literal(cdp.Value{Type: typ, Null: true}), typ), typ))[0]; got != nil {
				t.Errorf("null as %s is %v", typ, got)
			}
		}
	})
}

// TestHashTellsThemApart: null, empty, zero and absent are four different things,
// and no text runs into the next.
func TestHashTellsThemApart(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine) {
		null := func(typ cdp.Type) cdp.Operand {
			return cdp.Operand{Expr: e.Literal(cdp.Value{Type: typ, Null: true}), Type: typ}
		}
		value := func(typ cdp.Type, s string) cdp.Operand {
			return cdp.Operand{Expr: e.Cast(e.Literal(cdp.Value{Type: typ, Text: s}), typ), Type: typ}
		}
		names := []string{"null, a", "'', a", "a, bc", "ab, c", "0", "null int", "'null'", "a", "1", "true"}
		exprs := []string{
			e.Hash(null(str), value(str, "a")), e.Hash(value(str, ""), value(str, "a")), e.Hash(value(str, "a"), value(str, "bc")), e.Hash(value(str, "ab"), value(str, "c")),
			e.Hash(value(whole, "0")), e.Hash(null(whole)), e.Hash(value(str, "null")), e.Hash(value(str, "a")), e.Hash(value(whole, "1")), e.Hash(value(str, "true")),
		}
		seen := map[any]string{}
		for i, h := range e.values(t, exprs...) {
			if other, ok := seen[plain(h)]; ok {
				t.Errorf("%s and %s have one hash", names[i], other)
			}
			if plain(h) == int64(0) {
				t.Errorf("the hash of %s is 0", names[i])
			}
			seen[plain(h)] = names[i]
		}
		same := e.values(t, e.Hash(value(when, "2026-01-01 00:00:00")), e.Hash(value(when, "2026-01-01 00:00:00.000000")), e.Hash32(value(str, "a")), e.Hash32(value(str, "a")), e.Hash32(null(str)), e.Hash32(value(str, "")))
		if same[0] != same[1] || same[2] != same[3] || same[4] == same[5] {
			t.Errorf("hashes %v", same)
		}
		for _, h := range same[2:] {
			if n, ok := plain(h).(int64); !ok || n < 0 || n > 1<<32-1 {
				t.Errorf("a hash of 32 bits is %v", h)
			}
		}
	})
}

// TestExpressions: every other construct has one result in all dialects.
func TestExpressions(t *testing.T) {
	null := func(e engine, typ cdp.Type) string { return e.Literal(cdp.Value{Type: typ, Null: true}) }
	list := func(e engine, texts ...string) string {
		v := cdp.Value{Type: cdp.ListOf(str)}
		for _, s := range texts {
			v.List = append(v.List, cdp.Value{Type: str, Text: s})
		}
		return e.Literal(v)
	}
	at := func(e engine, s string) string { return e.Literal(cdp.Value{Type: when, Text: s}) }
	onEngines(t, func(t *testing.T, e engine) {
		q := e.Quote
		numbers := func(n string) []string { return []string{e.Literal(cdp.Value{Type: whole, Text: n})} }
		for _, x := range []struct {
			name, expr string
			want       any
		}{
			{"compare eq", e.True(e.Compare("eq", q("a"), str, []string{q("a")})), true},
			{"compare null", e.True(e.Compare("eq", null(e, str), str, []string{q("a")})), false},
			{"compare lt", e.True(e.Compare("lt", numbers("2")[0], whole, numbers("3"))), true},
			{"compare gte", e.True(e.Compare("gte", numbers("2")[0], whole, numbers("3"))), false},
			{"in", e.True(e.Compare("in", q("b"), str, []string{q("a"), q("b")})), true},
			{"contains", e.True(e.Compare("contains", q("O'Brien"), str, []string{q("'B")})), true},
			{"contains of a list", e.True(e.Compare("contains", list(e, "a", "b"), cdp.ListOf(str), []string{q("b")})), true},
			{"starts_with", e.True(e.Compare("starts_with", q("abc"), str, []string{q("ab")})), true},
			{"exists", e.True(e.Compare("exists", null(e, whole), whole, nil)), false},
			{"exists of a list", e.True(e.Compare("exists", list(e), cdp.ListOf(str), nil)), false},
			{"ago", e.Ago(at(e, "2026-03-30 10:00:00"), 36*time.Hour), "2026-03-28T22:00:00"},
			{"later", e.Later(at(e, "2026-03-30 10:00:00"), time.Minute), "2026-03-30T10:01:00"},
			{"epoch", e.Epoch(), "1970-01-01T00:00:00"},
			{"case", e.Case([][2]string{{"1 = 0", q("a")}, {"1 = 1", q("b")}}, q("c")), "b"},
			{"if null", e.If(e.True("NULL"), q("a"), q("b")), "b"},
			{"coalesce", e.Coalesce(null(e, str), q("b")), "b"},
			{"concat", e.Concat(q("a"), q("b")), "ab"},
			{"present", e.True(e.Present(q(""))), false},
			{"absent", e.True(e.Absent(list(e), cdp.ListOf(str))), true},
			{"fold", e.Fold(q("  ÄB@X.nl "), cdp.FoldLower), "äb@x.nl"},
			{"trim", e.Fold(q("  ÄB "), cdp.FoldTrim), "ÄB"},
			{"sha256", e.SHA256(q("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
			{"row id", e.RowID([]string{q("é"), q("a:b")}), "2:é3:a:b"},
			{"row id of one", e.RowID([]string{q("é")}), "é"},
			{"entity id", e.EntityID("salt", "person", q("email"), q("a@x.nl")), entityID("salt", "person", "email", "a@x.nl")},
			{"element", e.Element([]string{"a", "b"}, "1"), "b"},
			{"matches", e.True(e.Matches(q("x@example.com"), `@example\.com$`)), true},
			{"bind", e.Bind("__kith_b", q("a"), e.Concat("__kith_b", "__kith_b")), "aa"},
			{"list of", e.ListOf(q("a"), str), []any{"a"}},
			{"list of empty", e.ListOf(q(""), str), []any{}},
			{"map list", e.MapList(list(e, "a", "", "c"), func(x string) string { return e.NullIfEmpty(x) }), []any{"a", "c"}},
			{"intersect", e.Intersect(list(e, "c", "a", "b"), list(e, "a", "c")), []any{"c", "a"}},
			{"union", e.Union(list(e, "c", "a"), list(e), list(e, "b", "c")), []any{"c", "a", "b"}},
			{"first", e.First(list(e, "c", "a"), str), "c"},
			{"first of none", e.First(list(e), str), nil},
			{"best", e.Best([]string{q("a"), q("b"), q("c")}, []string{at(e, "2026-01-01 00:00:00"), at(e, "2026-01-02 00:00:00"), null(e, when)}, str, false), "b"},
			{"best earliest", e.Best([]string{q("a"), q("b")}, []string{at(e, "2026-01-01 00:00:00"), at(e, "2026-01-02 00:00:00")}, str, true), "a"},
			{"best tie", e.Best([]string{q("a"), q("b")}, []string{at(e, "2026-01-01 00:00:00"), at(e, "2026-01-01 00:00:00")}, str, false), "a"},
			{"best of none", e.Best([]string{null(e, str), q("b")}, nil, str, false), "b"},
			{"latest tie", e.Latest([]string{"true", "false"}, []string{at(e, "2026-01-01 00:00:00"), at(e, "2026-01-01 00:00:00")}, true), false},
			{"latest of none", e.Latest([]string{null(e, flagType)}, []string{null(e, when)}, true), true},
			{"label a", e.Label("vip-2026", q("p_1"), shares), label("vip-2026", "p_1")},
			{"label b", e.Label("vip-2026", q("p_2"), shares), label("vip-2026", "p_2")},
			{"label c", e.Label("vip-2026", q("p_3"), shares), label("vip-2026", "p_3")},
			{"label of one", e.Label("x", q("p_3"), []cdp.Share{{Label: "all", Percent: 100}}), "all"},
			{"field", e.Field(q(`{"a": {"b c": "x"}}`), []string{"a", "b c"}, str), "x"},
			{"field int", e.Field(q(`{"a": 7}`), []string{"a"}, whole), int64(7)},
			{"field decimal", e.Text(e.Field(q(`{"a": 12.5}`), []string{"a"}, money), money), "12.5"},
			{"field bool", e.Field(q(`{"a": true}`), []string{"a"}, flagType), true},
			{"field date", e.Text(e.Field(q(`{"a": "1960-02-29"}`), []string{"a"}, date), date), "1960-02-29"},
			{"field timestamp", e.Field(q(`{"a": "2026-01-02T03:04:05Z"}`), []string{"a"}, when), "2026-01-02T03:04:05"},
			{"field list", e.Field(q(`{"a": ["x", "y"]}`), []string{"a"}, cdp.ListOf(str)), []any{"x", "y"}},
			{"field list of other things", e.Field(q(`{"a": [1, "x", 2]}`), []string{"a"}, cdp.ListOf(whole)), []any{int64(1), int64(2)}},
			{"field float", e.Text(e.Field(q(`{"a": -0.0}`), []string{"a"}, float), float), "0"},
			{"field absent", e.Field(q(`{}`), []string{"a"}, str), nil},
			{"field of no object", e.Field(q(`nonsense`), []string{"a"}, whole), nil},
			{"parse", e.Parse(q(" a "), str), "a"},
			{"parse nothing", e.Parse(q("  "), whole), nil},
			{"parse int", e.Parse(q(" 12 "), whole), int64(12)},
			{"parse decimal", e.Text(e.Parse(q("12.50"), money), money), "12.5"},
			{"parse day", e.Text(e.Parse(q("20260102"), date), date), "2026-01-02"},
			{"parse date", e.Text(e.Parse(q("2026-01-02"), date), date), "2026-01-02"},
			{"parse timestamp", e.Parse(q("2026-01-02T03:04:05Z"), when), "2026-01-02T03:04:05"},
			{"parse a day as a timestamp", e.Parse(q("20260102"), when), "2026-01-02T00:00:00"},
			{"parse list", e.Parse(q(`["a", "b"]`), cdp.ListOf(str)), []any{"a", "b"}},
			{"object", e.Object([]cdp.JSONField{{Name: `a"`, Expr: q("x"), Type: str}, {Name: "b", Expr: null(e, str), Type: str}, {Name: "c", Expr: null(e, whole), Type: whole, Null: true}, {Name: "d", Expr: list(e), Type: cdp.ListOf(str), Omit: true}, {Name: "e", Expr: list(e, "z"), Type: cdp.ListOf(str)}}), `{"a\"":"x","c":null,"e":["z"]}`},
			{"no fields", e.Object(nil), "{}"},
			{"flag", e.Flag("(1 = 1)"), true},
		} {
			row, err := e.row("SELECT " + x.expr)
			if err != nil {
				t.Errorf("%s: %v\n%s", x.name, err, x.expr)
				continue
			}
			if d := cmp.Diff(x.want, truth(x.want, plain(row[0]))); d != "" {
				t.Errorf("%s: %s\n%s", x.name, d, x.expr)
			}
		}
	})
}

var shares = []cdp.Share{{Label: "holdout", Percent: 10}, {Label: "a", Percent: 45}, {Label: "b", Percent: 45}}

// entityID is what the port promises of Dialect.EntityID.
func entityID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return parts[1][:1] + "_" + hex.EncodeToString(sum[:16])
}

// label is what the port promises of Dialect.Label with shares.
func label(salt, id string) string {
	sum := sha256.Sum256([]byte(salt + "\x00" + id))
	place, end := binary.BigEndian.Uint64(sum[:8])%1_000_000, 0.0
	for _, s := range shares {
		if end += s.Percent; float64(place) < end*10_000 {
			return s.Label
		}
	}
	return ""
}

// truth takes the 1 of an engine for true, where a truth is wanted.
func truth(want, got any) any {
	if _, ok := want.(bool); ok {
		if n, ok := got.(int64); ok {
			return n != 0
		}
	}
	return got
}

// rowsOf is FROM text with rows of a group, a value, a time and a number.
func rowsOf(e engine) string {
	var list []string
	for _, r := range [][4]string{{"g", "b", "2026-01-02 00:00:00", "5"}, {"g", "a", "2026-01-03 00:00:00", "7"}, {"g", "", "2026-01-04 00:00:00", "1"}, {"h", "c", "2026-01-01 00:00:00", "2"}} {
		cells := []string{e.Quote(r[0]), e.NullIfEmpty(e.Quote(r[1])), e.Literal(cdp.Value{Type: when, Text: r[2]}), e.Cast(e.Literal(cdp.Value{Type: whole, Text: r[3]}), whole)}
		for j, name := range []string{"g", "v", "t", "n"} {
			cells[j] += " AS " + name
		}
		list = append(list, "SELECT "+strings.Join(cells, ", "))
	}
	return "(" + strings.Join(list, " UNION ALL ") + ") AS r"
}

// TestAggregates: aggregates, picks, lists, quantile groups and the best of rows.
func TestAggregates(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine) {
		latest := []cdp.By{{Expr: "t", Desc: true}, {Expr: "v"}}
		more := "(n > 1)"
		ints := func(expr string) cdp.Operand { return cdp.Operand{Expr: e.Cast(expr, whole), Type: whole} }
		n := cdp.Operand{Expr: "n", Type: whole}
		for _, x := range []struct {
			name, expr string
			want       any
		}{
			{"count", e.Aggregate("count", cdp.Operand{}, "", whole), int64(3)},
			{"count if", e.Aggregate("count", cdp.Operand{}, more, whole), int64(2)},
			{"count of a column", e.Aggregate("count", cdp.Operand{Expr: "v", Type: str}, "", whole), int64(2)},
			{"count_distinct", e.Aggregate("count_distinct", cdp.Operand{Expr: "g", Type: str}, more, whole), int64(1)},
			{"sum", e.Aggregate("sum", n, "", whole), int64(13)},
			{"sum if", e.Aggregate("sum", n, more, whole), int64(12)},
			{"sum of none", e.Aggregate("sum", n, "(n > 100)", whole), nil},
			{"count of none", e.Aggregate("count", cdp.Operand{}, "(n > 100)", whole), int64(0)},
			{"avg", e.Aggregate("avg", n, more, float), float64(6)},
			{"avg is exact", e.Aggregate("avg", ints("IF(n = 5, 9007199254740993, 1)"), more, float), float64(4503599627370497)},
			{"avg beyond 64 bits", e.Aggregate("avg", ints("9223372036854775807"), "", float), float64(9223372036854775807)},
			{"avg below", e.Aggregate("avg", ints("IF(n = 5, -9223372036854775807, -9223372036854775806)"), more, float), float64(-9223372036854775807)},
			{"sum by way of more than 64 bits", e.Aggregate("sum", ints("IF(n = 5, 9223372036854775807, IF(n = 7, 1, -1))"), "", whole), int64(9223372036854775807)},
			{"avg of none", e.Aggregate("avg", n, "(n > 100)", float), nil},
			{"min", e.Aggregate("min", cdp.Operand{Expr: "t", Type: when}, "", when), "2026-01-02T00:00:00"},
			{"max", e.Aggregate("max", n, "", whole), int64(7)},
			{"pick", e.PickAggregate("v", str, latest, ""), "a"},
			{"pick if", e.PickAggregate("v", str, latest, "(n = 5)"), "b"},
			{"pick of none", e.PickAggregate("v", str, latest, "(n > 100)"), nil},
			{"pick by number", e.PickAggregate("v", str, []cdp.By{{Expr: "n", Desc: true, Type: whole}}, ""), "a"},
			{"list", e.ListAggregate("v", str, []cdp.By{{Expr: "v"}}, "", 5), []any{"a", "b"}},
			{"list limit", e.ListAggregate("v", str, latest, "", 1), []any{"a"}},
			{"list of none", e.ListAggregate("v", str, latest, "(n > 100)", 5), []any{}},
		} {
			row, err := e.row("SELECT " + x.expr + " FROM " + rowsOf(e) + " WHERE g = 'g' GROUP BY g")
			if err != nil {
				t.Errorf("%s: %v\n%s", x.name, err, x.expr)
				continue
			}
			if d := cmp.Diff(x.want, plain(row[0])); d != "" {
				t.Errorf("%s: %s\n%s", x.name, d, x.expr)
			}
		}
		if e.Name() == "clickhouse" { // an error on BigQuery too; its emulator goes round
			if row, err := e.row("SELECT " + e.Aggregate("sum", ints("9223372036854775807"), "", whole) + " FROM " + rowsOf(e)); err == nil {
				t.Errorf("a sum beyond 64 bits is %v", row)
			}
		}
		var many []string
		for i := range 7 {
			many = append(many, fmt.Sprintf("SELECT %s AS id, %s AS n", e.Quote(fmt.Sprint("e", i)), e.If(fmt.Sprintf("%d = 6", i), e.Literal(cdp.Value{Type: whole, Null: true}), e.Cast(fmt.Sprint(i/2), whole))))
		}
		from := "(" + strings.Join(many, " UNION ALL ") + ") AS r"
		text := func(expr string) string { return e.Coalesce(e.Text(e.Cast(expr, whole), whole), e.Quote("-")) }
		got := e.table(t, "SELECT id, "+text(e.Bin("n", "id", 3))+", "+e.If(e.Top("(id != 'e1')", cdp.By{Expr: "n", Desc: true}, "id", 3), e.Quote("top"), e.Quote(""))+" FROM "+from+" ORDER BY id")
		want := [][]any{{"e0", "1", ""}, {"e1", "1", ""}, {"e2", "2", "top"}, {"e3", "2", ""}, {"e4", "3", "top"}, {"e5", "3", "top"}, {"e6", "-", ""}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("bins and tops: %s", d)
		}
	})
}
