package dialect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// BigQuery is the dialect of GoogleSQL as BigQuery speaks it. It has no unsigned
// integers: every hash has 63 bits, so that INT64 orders it as Go orders uint64.
type BigQuery struct{}

var _ cdp.Dialect = BigQuery{}

// bits63 keeps a fingerprint from being negative.
const bits63 = "0x7FFFFFFFFFFFFFFF"

// Name is "bigquery".
func (BigQuery) Name() string { return "bigquery" }

// Ident quotes with backticks.
func (BigQuery) Ident(name string) string { return "`" + escapeGoogle(name, '`') + "`" }

// Table quotes dataset and name. A dataset of another project is written
// project.dataset.
func (b BigQuery) Table(t cdp.Table) string {
	if t.Schema == "" {
		return b.Ident(t.Name)
	}
	parts := strings.Split(t.Schema, ".")
	for i, p := range parts {
		parts[i] = b.Ident(p)
	}
	return strings.Join(parts, ".") + "." + b.Ident(t.Name)
}

// Quote makes a string literal. A STRING is valid UTF-8: other bytes become U+FFFD.
func (BigQuery) Quote(s string) string { return "'" + escapeGoogle(s, '\'') + "'" }

func escapeGoogle(s string, quote rune) string {
	var b strings.Builder
	b.Grow(len(s) + 8)
	for _, r := range s {
		switch {
		case r == '\\' || r == quote:
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r) // an invalid byte reads as utf8.RuneError
		}
	}
	return b.String()
}

// Type names the canonical form.
func (b BigQuery) Type(t cdp.Type) string {
	switch t.Kind {
	case cdp.Int:
		return "INT64"
	case cdp.Float:
		return "FLOAT64"
	case cdp.Decimal:
		if t.Scale <= 9 && t.Precision-t.Scale <= 29 {
			return "NUMERIC"
		}
		return "BIGNUMERIC"
	case cdp.Bool:
		return "BOOL"
	case cdp.Date:
		return "DATE"
	case cdp.Timestamp:
		return "TIMESTAMP"
	case cdp.List:
		return "ARRAY<" + b.Type(*t.Elem) + ">"
	}
	return "STRING"
}

// Literal makes a typed literal.
func (b BigQuery) Literal(v cdp.Value) string {
	switch {
	case v.Type.Kind == cdp.List:
		items := make([]string, len(v.List))
		for i, e := range v.List {
			items[i] = b.Literal(e)
		}
		return b.Type(v.Type) + "[" + strings.Join(items, ", ") + "]"
	case v.Null:
		return "CAST(NULL AS " + b.Type(v.Type) + ")"
	case v.Type.Is(cdp.String, cdp.JSON):
		return b.Quote(v.Text)
	case v.Type.Kind == cdp.Bool:
		return strconv.FormatBool(v.Text == "true")
	case v.Type.Kind == cdp.Timestamp:
		return "TIMESTAMP " + b.Quote(strings.TrimSuffix(v.Text, "Z")+"+00:00")
	}
	return "CAST(" + b.Quote(v.Text) + " AS " + b.Type(v.Type) + ")"
}

// Time makes a TIMESTAMP literal.
func (b BigQuery) Time(t time.Time) string {
	return "TIMESTAMP " + b.Quote(t.UTC().Format("2006-01-02 15:04:05.000000")+"+00:00")
}

// MaxHash is the greatest INT64.
func (BigQuery) MaxHash() uint64 { return math.MaxInt64 }

// Cast casts, and takes -0.0 for 0.0 and what is not finite for null. JSON, of the
// type or as text, becomes text with sorted keys; digits behind the scale of a
// decimal are cut off.
func (b BigQuery) Cast(expr string, t cdp.Type) string {
	switch t.Kind {
	case cdp.Float:
		f := "CAST(" + expr + " AS FLOAT64)"
		return "IF(IS_INF(" + f + ") OR IS_NAN(" + f + "), NULL, " + f + " + 0.0)"
	case cdp.Decimal:
		digits := `^-?[0-9]+`
		if t.Scale > 0 {
			digits += fmt.Sprintf(`(?:\.[0-9]{1,%d})?`, t.Scale)
		}
		return "CAST(REGEXP_EXTRACT(CAST(CAST(" + expr + " AS " + b.Type(t) + ") AS STRING), r'" + digits + "') AS " + b.Type(t) + ")"
	case cdp.JSON:
		j := "TO_JSON_STRING(" + expr + ")"
		return b.Bind("__kith_j", "IF("+expr+" IS NULL, NULL, COALESCE(JSON_VALUE("+j+"), NULLIF("+j+", 'null')))",
			"IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round')))")
	case cdp.List:
		return "ARRAY(SELECT " + b.Cast("__kith_e", *t.Elem) + " FROM UNNEST(" + expr + ") AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o)"
	}
	return "CAST(" + expr + " AS " + b.Type(t) + ")"
}

// Parse reads text; what cannot be read is an error of the statement.
func (b BigQuery) Parse(expr string, t cdp.Type) string {
	s := "NULLIF(TRIM(" + expr + "), '')"
	switch t.Kind {
	case cdp.String, cdp.JSON:
		return s
	case cdp.Date, cdp.Timestamp:
		return "CAST(IF(REGEXP_CONTAINS(" + s + ", r'^[0-9]{8}$'), CONCAT(SUBSTR(" + s + ", 1, 4), '-', SUBSTR(" + s + ", 5, 2), '-', SUBSTR(" + s + ", 7, 2)), " + s + ") AS " + b.Type(t) + ")"
	case cdp.List:
		return "ARRAY(SELECT " + b.Parse("__kith_e", *t.Elem) + " FROM UNNEST(JSON_VALUE_ARRAY(IFNULL(" + s + ", '[]'))) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o)"
	}
	return b.Cast(s, t)
}

// Text is the canonical text.
func (b BigQuery) Text(expr string, t cdp.Type) string {
	switch t.Kind {
	case cdp.String, cdp.JSON:
		return expr
	case cdp.Bool:
		return "CASE WHEN " + expr + " THEN 'true' WHEN NOT " + expr + " THEN 'false' END"
	case cdp.Float: // 1e+300 and 1e-07 lose their sign and zero
		return "REPLACE(REPLACE(CAST(" + expr + " AS STRING), 'e+', 'e'), 'e-0', 'e-')"
	case cdp.Timestamp:
		return "CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', " + expr + ", 'UTC'), IF(MOD(UNIX_MICROS(" + expr + "), 1000000) = 0, FORMAT_TIMESTAMP('%S', " + expr + ", 'UTC'), FORMAT_TIMESTAMP('%E6S', " + expr + ", 'UTC')), 'Z')"
	case cdp.Date:
		return "FORMAT_DATE('%Y-%m-%d', " + expr + ")"
	case cdp.List:
		return b.JSON(expr, t)
	}
	return "CAST(" + expr + " AS STRING)"
}

// JSON is the JSON text; numbers keep all their digits.
func (b BigQuery) JSON(expr string, t cdp.Type) string {
	switch t.Kind {
	case cdp.String:
		return "TO_JSON_STRING(" + expr + ")"
	case cdp.Date, cdp.Timestamp:
		return "CONCAT('\"', " + b.Text(expr, t) + ", '\"')"
	case cdp.JSON:
		return "IF(SAFE.PARSE_JSON(" + expr + ", wide_number_mode=>'round') IS NULL, TO_JSON_STRING(" + expr + "), " + expr + ")"
	case cdp.List:
		return "CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT " + b.JSON("__kith_e", *t.Elem) + " FROM UNNEST(" + expr + ") AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')"
	}
	return b.Text(expr, t)
}

// Field reads a JSON path of a column that is JSON or text.
func (b BigQuery) Field(expr string, path []string, t cdp.Type) string {
	at := "$"
	for _, p := range path {
		at += "." + jsonString(p)
	}
	at = b.Quote(at)
	switch t.Kind {
	case cdp.String:
		return "SAFE.JSON_VALUE(" + expr + ", " + at + ")"
	case cdp.JSON:
		return b.Cast("SAFE.JSON_QUERY("+expr+", "+at+")", t)
	case cdp.List:
		elem := "SAFE_CAST(__kith_e AS " + b.Type(*t.Elem) + ")"
		if t.Elem.Kind == cdp.Decimal {
			elem = b.Cast(elem, *t.Elem)
		}
		return "ARRAY(SELECT __kith_c FROM (SELECT " + elem + " AS __kith_c, __kith_o FROM UNNEST(SAFE.JSON_VALUE_ARRAY(" + expr + ", " + at + ")) AS __kith_e WITH OFFSET AS __kith_o) WHERE __kith_c IS NOT NULL ORDER BY __kith_o)"
	}
	return b.Cast("SAFE_CAST(SAFE.JSON_VALUE("+expr+", "+at+") AS "+b.Type(t)+")", t)
}

// Object writes the text by hand: TO_JSON_STRING of a struct would write nulls.
func (b BigQuery) Object(fields []cdp.JSONField) string {
	if len(fields) == 0 {
		return "'{}'"
	}
	parts := make([]string, len(fields))
	for i, f := range fields {
		name := b.Quote(jsonString(f.Name) + ":")
		part := "CONCAT(" + name + ", " + b.JSON(f.Expr, f.Type) + ")"
		switch {
		case f.Type.Kind == cdp.List && f.Omit:
			part = "IF(ARRAY_LENGTH(" + f.Expr + ") > 0, " + part + ", NULL)"
		case f.Type.Kind == cdp.List:
		case f.Null:
			part = "IF(" + f.Expr + " IS NULL, " + b.Quote(jsonString(f.Name)+":null") + ", " + part + ")"
		default:
			part = "IF(" + f.Expr + " IS NULL, NULL, " + part + ")"
		}
		parts[i] = part
	}
	return "CONCAT('{', ARRAY_TO_STRING([" + strings.Join(parts, ", ") + "], ','), '}')" // without nulls
}

// RowID writes each text behind its length, unless it is alone.
func (b BigQuery) RowID(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	parts := make([]string, 0, 3*len(texts))
	for _, t := range texts {
		parts = append(parts, "CAST(BYTE_LENGTH("+t+") AS STRING)", "':'", t)
	}
	return "CONCAT(" + strings.Join(parts, ", ") + ")"
}

// Hash is a fingerprint of canonical texts, each as JSON, so that null, ” and 0
// differ and no text runs into the next.
func (b BigQuery) Hash(values ...cdp.Operand) string {
	parts := make([]string, 0, 2*len(values))
	for _, v := range values {
		parts = append(parts, "TO_JSON_STRING("+b.Text(v.Expr, v.Type)+")", "','")
	}
	text := "CONCAT(" + strings.Join(parts, ", ") + ")"
	return "GREATEST(FARM_FINGERPRINT(" + text + ") & " + bits63 + ", 1)"
}

// RowHash is the fingerprint of the text.
func (b BigQuery) RowHash(expr string) string {
	return "(FARM_FINGERPRINT(IFNULL(" + expr + ", '')) & " + bits63 + ")"
}

// Hash32 is the lower half of a fingerprint.
func (b BigQuery) Hash32(v cdp.Operand) string {
	return "(FARM_FINGERPRINT(TO_JSON_STRING(" + b.Text(v.Expr, v.Type) + ")) & 0xFFFFFFFF)"
}

// Present tests a text.
func (b BigQuery) Present(expr string) string { return "(IFNULL(" + expr + ", '') != '')" }

// Absent tests a value.
func (b BigQuery) Absent(expr string, t cdp.Type) string {
	if t.Kind == cdp.List {
		return "(IFNULL(ARRAY_LENGTH(" + expr + "), 0) = 0)"
	}
	return "(" + expr + " IS NULL)"
}

// Nullable is the column: every one may be null.
func (b BigQuery) Nullable(expr string, _ cdp.Type) string { return expr }

// NullIfEmpty is NULLIF.
func (b BigQuery) NullIfEmpty(expr string) string { return "NULLIF(" + expr + ", '')" }

// SHA256 is lower hex.
func (b BigQuery) SHA256(expr string) string { return "TO_HEX(SHA256(" + expr + "))" }

// Fold folds a key.
func (b BigQuery) Fold(expr string, f cdp.Fold) string {
	switch f {
	case cdp.FoldLower:
		return "LOWER(TRIM(" + expr + ", ' '))"
	case cdp.FoldTrim:
		return "TRIM(" + expr + ", ' ')"
	}
	return expr
}

// If is IF().
func (b BigQuery) If(cond, then, otherwise string) string {
	return "IF(" + cond + ", " + then + ", " + otherwise + ")"
}

// Case is CASE.
func (b BigQuery) Case(cases [][2]string, otherwise string) string {
	var s strings.Builder
	s.WriteString("CASE")
	for _, x := range cases {
		s.WriteString(" WHEN " + x[0] + " THEN " + x[1])
	}
	return s.String() + " ELSE " + otherwise + " END"
}

// Coalesce is COALESCE().
func (b BigQuery) Coalesce(exprs ...string) string {
	return "COALESCE(" + strings.Join(exprs, ", ") + ")"
}

// Concat is CONCAT().
func (b BigQuery) Concat(exprs ...string) string { return "CONCAT(" + strings.Join(exprs, ", ") + ")" }

// True is IFNULL(cond, FALSE).
func (b BigQuery) True(cond string) string { return "IFNULL(" + cond + ", FALSE)" }
