package dialect_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
)

var update = flag.Bool("update", false, "write docs/dialects.md anew")

// differences are what a user can see; what is not here is the same, which
// TestExpressions, TestCanonical, TestNormalize and the parity test hold.
var differences = [][3]string{
	{"Text", "any bytes", "UTF-8: other bytes in a literal become U+FFFD"},
	{"Names of columns", "anything", "no `!\"$()*,./;?@[\\]^`{}~`; letters of any script, spaces and `'` are fine"},
	{"date, timestamp", "1900 to 2299", "years 1 to 9999"},
	{"decimal(p,s)", "to 76 digits", "to 38 before and 38 behind the point"},
	{"int of 1.5", "1, also by `json:`", "2, by `json:` null"},
	{"int of a number that 64 bits with a sign have no room for, as those of a UInt64 may be", "an error: declare it `string`", "an error"},
	{"decimal of a float", "cut off in binary: 8.12 may become 8.11", "rounded to 9 digits, then cut off"},
	{"decimal by `json:` beyond its digits", "null, where 9, 18, 38 or 76 of them have no room for it either", "the number"},
	{"float as text", "1000000000000000", "from 1e15 on with an exponent: 1e15"},
	{"json", "keys of the outermost object sorted", "keys of all objects sorted"},
	{"timestamp in text, of a `json:` path or a file", "many ways to write it", "ISO 8601"},
	{"Row hashes, node ids", "64 bits: cityHash64, SipHash-2-4 with a key from the salt", "63 bits: FARM_FINGERPRINT, of SHA-256 with the salt for nodes"},
	{"Percentiles in `sql:`", "`quantile(0.9)(x)`, `quantileExact(0.9)(x)`", "`APPROX_QUANTILES(x, 10)[OFFSET(9)]`; there is no exact aggregate"},
	{"`round(x, 2)` of a float in `sql:`", "the half goes to the even digit: 0.125 is 0.12", "away from zero: 0.13"},
	{"`bin` and `limit`", "any number of entities", "one worker sorts all entities: some tens of millions"},
	{"A plan beside a running sync", "sees what was acknowledged a second ago", "sees what the last fold has acknowledged"},
}

// constructs are shown in both dialects.
var constructs = []struct {
	name string
	sql  func(d cdp.Dialect) string
}{
	{"a column as string", func(d cdp.Dialect) string { return d.Cast("x", str) }},
	{"as int", func(d cdp.Dialect) string { return d.Cast("x", whole) }},
	{"as float", func(d cdp.Dialect) string { return d.Cast("x", float) }},
	{"as decimal(12,2)", func(d cdp.Dialect) string { return d.Cast("x", money) }},
	{"as bool", func(d cdp.Dialect) string { return d.Cast("x", flagType) }},
	{"as date", func(d cdp.Dialect) string { return d.Cast("x", date) }},
	{"as timestamp", func(d cdp.Dialect) string { return d.Cast("x", when) }},
	{"as list(string)", func(d cdp.Dialect) string { return d.Cast("x", cdp.ListOf(str)) }},
	{"`json: x.a.b`, a string", func(d cdp.Dialect) string { return d.Field("x", []string{"a", "b"}, str) }},
	{"`eq`", func(d cdp.Dialect) string { return d.True(d.Compare("eq", "x", str, []string{d.Quote("a")})) }},
	{"`in`", func(d cdp.Dialect) string {
		return d.True(d.Compare("in", "x", str, []string{d.Quote("a"), d.Quote("b")}))
	}},
	{"`contains`", func(d cdp.Dialect) string { return d.True(d.Compare("contains", "x", str, []string{d.Quote("a")})) }},
	{"`contains` of a list", func(d cdp.Dialect) string {
		return d.True(d.Compare("contains", "x", cdp.ListOf(str), []string{d.Quote("a")}))
	}},
	{"`starts_with`", func(d cdp.Dialect) string { return d.True(d.Compare("starts_with", "x", str, []string{d.Quote("a")})) }},
	{"`within: 90d`, its start", func(d cdp.Dialect) string { return d.Ago("now", 90*24*time.Hour) }},
	{"`within: last 3 months`, its start", func(d cdp.Dialect) string {
		from, _ := d.Calendar("now", cdp.Window{Unit: "month", N: 3}, "Europe/Amsterdam")
		return from
	}},
	{"`count` where", func(d cdp.Dialect) string { return d.Aggregate("count", cdp.Operand{}, "c", whole) }},
	{"`count_distinct(x)` where", func(d cdp.Dialect) string {
		return d.Aggregate("count_distinct", cdp.Operand{Expr: "x", Type: str}, "c", whole)
	}},
	{"`sum(n)` where", func(d cdp.Dialect) string {
		return d.Aggregate("sum", cdp.Operand{Expr: "n", Type: whole}, "c", whole)
	}},
	{"`avg(n)` where", func(d cdp.Dialect) string {
		return d.Aggregate("avg", cdp.Operand{Expr: "n", Type: whole}, "c", float)
	}},
	{"`pick: latest`", func(d cdp.Dialect) string {
		return d.PickAggregate("x", str, []cdp.By{{Expr: "at", Desc: true}, {Expr: "id"}}, "")
	}},
	{"`pick: latest, limit: 5`", func(d cdp.Dialect) string {
		return d.ListAggregate("x", str, []cdp.By{{Expr: "at", Desc: true}}, "", 5)
	}},
	{"the latest of two sources", func(d cdp.Dialect) string {
		return d.Best([]string{"x", "y"}, []string{"x_at", "y_at"}, str, false)
	}},
	{"`bin: {into: 5}`", func(d cdp.Dialect) string { return d.Bin("x", "id", 5) }},
	{"`limit: {rows: 10}`", func(d cdp.Dialect) string { return d.Top("c", cdp.By{Expr: "x", Desc: true}, "id", 10) }},
	{"`split`", func(d cdp.Dialect) string {
		return d.Label("salt", "id", []cdp.Share{{Label: "a", Percent: 50}, {Label: "b", Percent: 50}})
	}},
	{"`normalize: lower`", func(d cdp.Dialect) string { return d.Normalize("lower", "x", "") }},
	{"`normalize: email`", func(d cdp.Dialect) string { return d.Normalize("email", "x", "") }},
	{"SHA-256 of a match value", func(d cdp.Dialect) string { return d.SHA256("x") }},
	{"the hash of a row", func(d cdp.Dialect) string {
		return d.Hash(cdp.Operand{Expr: "x", Type: str}, cdp.Operand{Expr: "n", Type: whole})
	}},
}

// TestDialectsPage: the page of the dialects is what the code writes.
func TestDialectsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("# What each construct becomes\n\nWritten by `go test ./internal/dialect -run TestDialectsPage -update`.\n\n" +
		"One project gives the same persons, traits, segments, ids and changes on ClickHouse and on BigQuery. What differs:\n\n| | ClickHouse | BigQuery |\n|---|---|---|\n")
	for _, x := range differences {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", x[0], strings.ReplaceAll(x[1], "|", "\\|"), strings.ReplaceAll(x[2], "|", "\\|"))
	}
	b.WriteString("\nIn SQL, x, y and n being columns, c a condition, now the moment of the run:\n\n| Construct | ClickHouse | BigQuery |\n|---|---|---|\n")
	for _, x := range constructs {
		cell := func(d cdp.Dialect) string { return "`` " + strings.ReplaceAll(x.sql(d), "|", "\\|") + " ``" }
		fmt.Fprintf(&b, "| %s | %s | %s |\n", x.name, cell(dialect.ClickHouse{}), cell(dialect.BigQuery{}))
	}
	const path = "../../docs/dialects.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("docs/dialects.md is stale; -update writes it:\n%s", d)
	}
}
