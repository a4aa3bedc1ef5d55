package dialect_test

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
)

// TestGoogleQuote: whatever a value holds, its literal is one token. FuzzGoogleQuote
// reads it back by the rules of GoogleSQL, and the emulator has them too.
func TestGoogleQuote(t *testing.T) {
	for s, want := range map[string]string{
		"":              `''`,
		"O'Brien \\":    `'O\'Brien \\'`,
		"a\nb\r\tc\x00": `'a\nb\r\tc\x00'`,
		"\u2028😀":       "'\u2028😀'",
		"a\xffb":        "'a\ufffdb'",
	} {
		if got := (dialect.BigQuery{}).Quote(s); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

func FuzzGoogleQuote(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := dialect.BigQuery{}
		want := strings.ToValidUTF8(s, "\ufffd")
		if got, ok := unquote(d.Quote(s), '\''); !ok || strings.ReplaceAll(got, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
			t.Fatalf("%q came back as %q: %s", s, got, d.Quote(s))
		}
		if got, ok := unquote(d.Ident(s), '`'); !ok || strings.ReplaceAll(got, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
			t.Fatalf("%q came back as %q: %s", s, got, d.Ident(s))
		}
	})
}

// unquote reads a quoted token by the rules of GoogleSQL: one line, ended by the
// quote, escapes as the lexical reference lists them.
func unquote(s string, quote byte) (string, bool) {
	if len(s) < 2 || s[0] != quote || s[len(s)-1] != quote {
		return "", false
	}
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		c := s[i]
		switch {
		case c == quote || c == '\n' || c == '\r' || c == 0:
			return "", false
		case c != '\\':
			b.WriteByte(c)
			continue
		}
		i++
		if i == len(s)-1 {
			return "", false
		}
		switch c := s[i]; c {
		case '\\', quote:
			b.WriteByte(c)
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'x':
			if i+2 >= len(s)-1 {
				return "", false
			}
			high, low := strings.IndexByte("0123456789abcdef", s[i+1]), strings.IndexByte("0123456789abcdef", s[i+2])
			if high < 0 || low < 0 {
				return "", false
			}
			b.WriteByte(byte(high<<4 | low))
			i += 2
		default:
			return "", false
		}
	}
	return b.String(), true
}

// TestGoogleTables: a dataset may name its project.
func TestGoogleTables(t *testing.T) {
	d := dialect.BigQuery{}
	for want, table := range map[string]cdp.Table{
		"`orders`":                     {Name: "orders"},
		"`shop`.`orders`":              {Schema: "shop", Name: "orders"},
		"`other-project`.`shop`.`a b`": {Schema: "other-project.shop", Name: "a b"},
	} {
		if got := d.Table(table); got != want {
			t.Errorf("%+v: %s, want %s", table, got, want)
		}
	}
}

// TestGoogleTypes: what a column may be, and what becomes of it.
func TestGoogleTypes(t *testing.T) {
	e := engine{dialect.BigQuery{}, emulatortest.Warehouse(t)}
	dec := cdp.Type{Kind: cdp.Decimal, Precision: 12, Scale: 2}
	for _, x := range []struct {
		expr string
		typ  cdp.Type
		text string
	}{
		{"DATETIME '2026-01-02 03:04:05'", cdp.Type{Kind: cdp.Timestamp}, "2026-01-02T03:04:05Z"},
		{"TIMESTAMP '2026-01-02 03:04:05+02'", cdp.Type{Kind: cdp.Timestamp}, "2026-01-02T01:04:05Z"},
		{"DATE '1960-02-29'", cdp.Type{Kind: cdp.Timestamp}, "1960-02-29T00:00:00Z"},
		{"TIMESTAMP '2026-01-02 23:00:00-02'", cdp.Type{Kind: cdp.Date}, "2026-01-03"},
		{"NUMERIC '12.509'", dec, "12.5"},
		{"BIGNUMERIC '-12.509'", dec, "-12.5"},
		{"'12.50'", dec, "12.5"},
		{"JSON '[1, 2]'", cdp.Type{Kind: cdp.JSON}, "[1,2]"},
		{"'[1,2]'", cdp.Type{Kind: cdp.JSON}, "[1,2]"},
	} {
		if got := e.from(t, " FROM (SELECT "+x.expr+" AS x) AS t", e.Text(e.Cast("x", x.typ), x.typ))[0]; got != x.text {
			t.Errorf("%s as %s: %v, want %s", x.expr, x.typ, got, x.text)
		}
	}
}
