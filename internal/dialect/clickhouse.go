// Package dialect is the text of each SQL dialect: quoting, literals, types and
// functions, one file per dialect and no I/O.
//
//	d := dialect.ClickHouse{}
//	d.Cast(d.Ident("amount"), cdp.Type{Kind: cdp.Decimal, Precision: 12, Scale: 2})
//	// CAST(`amount` AS Nullable(Decimal(12, 2)))
package dialect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// ClickHouse is the dialect of ClickHouse 24.8 and later.
type ClickHouse struct{}

var _ cdp.Dialect = ClickHouse{}

// Name is "clickhouse".
func (ClickHouse) Name() string { return "clickhouse" }

// Ident quotes with backticks.
func (ClickHouse) Ident(name string) string { return "`" + escape(name, '`') + "`" }

// Table quotes schema and name.
func (c ClickHouse) Table(t cdp.Table) string {
	if t.Schema == "" {
		return c.Ident(t.Name)
	}
	return c.Ident(t.Schema) + "." + c.Ident(t.Name)
}

// Quote makes a string literal; every byte that could mean something is escaped.
func (ClickHouse) Quote(s string) string { return "'" + escape(s, '\'') + "'" }

// escape backslash-escapes what ClickHouse's lexer reads as an escape. Placeholders
// ({x:String}, ?, $1) need nothing: the driver binds only when it is given
// arguments, and the server substitutes only outside of literals.
func escape(s string, quote byte) string {
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\', quote:
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case 0:
			b.WriteString(`\0`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Type names the canonical form.
func (c ClickHouse) Type(t cdp.Type) string {
	if t.Kind == cdp.List {
		return "Array(" + c.plain(*t.Elem) + ")"
	}
	return "Nullable(" + c.plain(t) + ")"
}

func (c ClickHouse) plain(t cdp.Type) string {
	switch t.Kind {
	case cdp.Int:
		return "Int64"
	case cdp.Float:
		return "Float64"
	case cdp.Decimal:
		return fmt.Sprintf("Decimal(%d, %d)", t.Precision, t.Scale)
	case cdp.Bool:
		return "Bool"
	case cdp.Date:
		return "Date32"
	case cdp.Timestamp:
		return "DateTime64(6, 'UTC')"
	case cdp.List:
		return c.Type(t)
	}
	return "String"
}

// Literal makes a typed literal.
func (c ClickHouse) Literal(v cdp.Value) string {
	switch {
	case v.Null:
		return "CAST(NULL AS " + c.Type(v.Type) + ")"
	case v.Type.Kind == cdp.List:
		items := make([]string, len(v.List))
		for i, e := range v.List {
			items[i] = c.Literal(e)
		}
		return "CAST([" + strings.Join(items, ", ") + "] AS " + c.Type(v.Type) + ")"
	case v.Type.Is(cdp.String, cdp.JSON):
		return c.Quote(v.Text)
	case v.Type.Kind == cdp.Bool:
		return strconv.FormatBool(v.Text == "true")
	case v.Type.Kind == cdp.Timestamp:
		return "toDateTime64(" + c.Quote(strings.TrimSuffix(v.Text, "Z")) + ", 6, 'UTC')"
	}
	return "CAST(" + c.Quote(v.Text) + " AS " + c.plain(v.Type) + ")"
}

// Time makes a DateTime64 literal in UTC.
func (c ClickHouse) Time(t time.Time) string {
	return "toDateTime64(" + c.Quote(t.UTC().Format("2006-01-02 15:04:05.000000")) + ", 6, 'UTC')"
}

// Cast casts, and takes -0.0 for 0.0 and what is not finite for null. A json
// object's keys are sorted.
func (c ClickHouse) Cast(expr string, t cdp.Type) string {
	switch t.Kind {
	case cdp.Int:
		// CAST alone makes another number of one that has no room, as an id of 64 bits without
		// a sign may have none: that has to be an error.
		return "accurateCast(CAST(" + expr + " AS Nullable(Int128)), 'Nullable(Int64)')"
	case cdp.Float:
		return finite("CAST(" + expr + " AS Nullable(Float64))")
	case cdp.JSON:
		s := "CAST(" + expr + " AS Nullable(String))"
		return "if(startsWith(trimLeft(" + s + "), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(" + s + ")))), ','), '}'), " + s + ")"
	case cdp.List:
		return "arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> " + c.Cast("__kith_e", *t.Elem) + ", " + expr + ")))"
	}
	return "CAST(" + expr + " AS " + c.Type(t) + ")"
}

// fits is an int of what an int has room for.
func fits(n string) string { return "CAST(" + n + " AS Nullable(Int64))" }

// finite is a float, or null; -0 is 0.
func finite(f string) string { return "if(isFinite(" + f + "), " + f + " + 0., NULL)" }

// Parse reads text; what cannot be read is an error of the statement.
func (c ClickHouse) Parse(expr string, t cdp.Type) string {
	s := "nullIf(trimBoth(" + expr + "), '')"
	switch t.Kind {
	case cdp.String, cdp.JSON:
		return s
	case cdp.Date:
		return "toDate32(if(match(assumeNotNull(" + s + "), '^[0-9]{8}$'), concat(substring(" + s + ", 1, 4), '-', substring(" + s + ", 5, 2), '-', substring(" + s + ", 7, 2)), " + s + "))"
	case cdp.Timestamp:
		return "parseDateTime64BestEffort(if(match(assumeNotNull(" + s + "), '^[0-9]{8}$'), concat(substring(" + s + ", 1, 4), '-', substring(" + s + ", 5, 2), '-', substring(" + s + ", 7, 2)), " + s + "), 6, 'UTC')"
	case cdp.List:
		return c.elements("ifNull("+s+", '[]')", t)
	}
	return "CAST(" + s + " AS " + c.Type(t) + ")"
}

// elements are those of a JSON array that are of the type, without null: a plain type would
// make 0 or an empty text of the others.
func (c ClickHouse) elements(args string, t cdp.Type) string {
	if t.Elem.Kind == cdp.Decimal {
		return c.Cast("arrayMap(__kith_t -> "+c.decimal("__kith_t", *t.Elem)+", JSONExtract("+args+", 'Array(Nullable(String))'))", t)
	}
	return c.Cast("JSONExtract("+args+", 'Array(Nullable("+c.plain(*t.Elem)+"))')", t)
}

// decimal reads a text, for what is none and for what has no room null. JSONExtract of a
// decimal takes a JSON number for a float before 25.9, so that 8.12 is 8.11
// (https://github.com/ClickHouse/ClickHouse/pull/85665, 2026-11-30), and a large one is an
// error of the statement.
func (c ClickHouse) decimal(text string, t cdp.Type) string {
	bits := 256
	for _, x := range [][2]int{{38, 128}, {18, 64}, {9, 32}} {
		if t.Precision <= x[0] {
			bits = x[1]
		}
	}
	return fmt.Sprintf("CAST(toDecimal%dOrNull(%s, %d) AS %s)", bits, text, t.Scale, c.Type(t))
}

// Text is the canonical text.
func (c ClickHouse) Text(expr string, t cdp.Type) string {
	switch t.Kind {
	case cdp.String, cdp.JSON:
		return expr
	case cdp.Bool:
		return "if(isNull(" + expr + "), NULL, if(" + expr + ", 'true', 'false'))"
	case cdp.Timestamp:
		return "concat(" + c.clock(expr) + ", 'Z')"
	case cdp.List:
		return c.JSON(expr, t)
	}
	return "toString(" + expr + ")"
}

// clock is a timestamp without its zone. To cut a text that is always written takes
// less than to choose between two of them.
func (c ClickHouse) clock(expr string) string {
	return "substring(formatDateTime(" + expr + ", '%Y-%m-%dT%H:%i:%S.%f', 'UTC'), 1, if(toUnixTimestamp64Micro(assumeNotNull(" + expr + ")) % 1000000 = 0, 19, 26))"
}

// Field reads a JSON path.
func (c ClickHouse) Field(expr string, path []string, t cdp.Type) string {
	args := "ifNull(CAST(" + expr + " AS Nullable(String)), '')"
	for _, p := range path {
		args += ", " + c.Quote(p)
	}
	switch t.Kind {
	case cdp.JSON:
		return c.Cast("nullIf(JSONExtractRaw("+args+"), '')", t)
	case cdp.List:
		return c.elements(args, t)
	case cdp.Decimal:
		return c.decimal("JSONExtract("+args+", 'Nullable(String)')", t)
	case cdp.Float:
		return finite("JSONExtract(" + args + ", " + c.Quote(c.Type(t)) + ")")
	case cdp.Timestamp:
		return "parseDateTime64BestEffortOrNull(JSONExtract(" + args + ", 'Nullable(String)'), 6, 'UTC')"
	case cdp.Date:
		return "toDate32OrNull(JSONExtract(" + args + ", 'Nullable(String)'))"
	}
	return "JSONExtract(" + args + ", " + c.Quote(c.Type(t)) + ")"
}

// RowID writes each text behind its length, unless it is alone.
func (c ClickHouse) RowID(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	parts := make([]string, 0, 3*len(texts))
	for _, t := range texts {
		parts = append(parts, "toString(length("+t+"))", "':'", t)
	}
	return "concat(" + strings.Join(parts, ", ") + ")"
}

// Hash is cityHash64 over a tuple: bare arguments would make null of a null.
func (c ClickHouse) Hash(values ...cdp.Operand) string {
	exprs := make([]string, len(values))
	for i, v := range values {
		exprs[i] = v.Expr
	}
	return "greatest(cityHash64(tuple(" + strings.Join(exprs, ", ") + ")), toUInt64(1))"
}

// RowHash is cityHash64 of the text.
func (c ClickHouse) RowHash(expr string) string {
	return "cityHash64(ifNull(" + expr + ", ''))"
}

// Present tests a text.
func (c ClickHouse) Present(expr string) string { return "(ifNull(" + expr + ", '') != '')" }

// Absent tests a value.
func (c ClickHouse) Absent(expr string, t cdp.Type) string {
	if t.Kind == cdp.List {
		return "empty(" + expr + ")"
	}
	return "isNull(" + expr + ")"
}

// Nullable is toNullable: of a type that has no null, a join without a row makes 0, an
// empty text or 1970.
func (c ClickHouse) Nullable(expr string, t cdp.Type) string {
	if t.Kind == cdp.List {
		return expr
	}
	return "toNullable(" + expr + ")"
}

// NullIfEmpty is nullIf.
func (c ClickHouse) NullIfEmpty(expr string) string { return "nullIf(" + expr + ", '')" }

// Hash32 is the lower half of cityHash64.
func (c ClickHouse) Hash32(value cdp.Operand) string {
	return "toUInt32(cityHash64(tuple(" + value.Expr + ")))"
}

// MaxHash is the greatest UInt64.
func (ClickHouse) MaxHash() uint64 { return math.MaxUint64 }

// joined is how many rows of both sides one statement joins at once by their ids: 160 MB
// for ids of 32 bytes (2026-11-29, 1,070,000 rows).
const joined = 1_250_000

// Statements bounds the memory of a join.
func (ClickHouse) Statements(rows uint64) int { return int(rows/joined) + 1 }

// SHA256 is lower hex.
func (c ClickHouse) SHA256(expr string) string { return "lower(hex(SHA256(" + expr + ")))" }

// Fold folds a key.
func (c ClickHouse) Fold(expr string, f cdp.Fold) string {
	switch f {
	case cdp.FoldLower:
		return "lowerUTF8(trimBoth(" + expr + "))"
	case cdp.FoldTrim:
		return "trimBoth(" + expr + ")"
	}
	return expr
}

// If is if().
func (c ClickHouse) If(cond, then, otherwise string) string {
	return "if(" + cond + ", " + then + ", " + otherwise + ")"
}

// Case is multiIf().
func (c ClickHouse) Case(cases [][2]string, otherwise string) string {
	var b strings.Builder
	b.WriteString("multiIf(")
	for _, x := range cases {
		b.WriteString(x[0] + ", " + x[1] + ", ")
	}
	return b.String() + otherwise + ")"
}

// Coalesce is coalesce().
func (c ClickHouse) Coalesce(exprs ...string) string {
	return "coalesce(" + strings.Join(exprs, ", ") + ")"
}

// Concat is concat().
func (c ClickHouse) Concat(exprs ...string) string {
	return "concat(" + strings.Join(exprs, ", ") + ")"
}

// True is ifNull(cond, false).
func (c ClickHouse) True(cond string) string { return "ifNull(" + cond + ", false)" }
