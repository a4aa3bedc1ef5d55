package dialect_test

import (
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
