package bigquery_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
)

func TestMain(m *testing.M) { os.Exit(emulatortest.Main(m)) }

func texts() warehouse.Texts {
	d := dialect.BigQuery{}
	return warehouse.Texts{
		Schema: "kith",
		Create: func(t cdp.Table, columns []cdp.Column) string {
			var defs []string
			for i, c := range columns {
				def := d.Ident(c.Name) + " " + parameterized(d, c.Type)
				if i == 0 {
					def += " NOT NULL"
				}
				defs = append(defs, def)
			}
			return "CREATE TABLE " + d.Table(t) + " (" + strings.Join(defs, ", ") + ")"
		},
		Drop: func(t cdp.Table) string { return "DROP TABLE " + d.Table(t) },
		Wide: func(n int) string {
			return fmt.Sprintf("SELECT n, REPEAT('x', 1000 + MOD(n, 10)) AS s FROM UNNEST(GENERATE_ARRAY(0, %d)) AS n", n-1)
		},
		Fail: func(n int) string {
			return fmt.Sprintf("SELECT n, IF(n = %d, ERROR('the suite fails'), 'x') AS s FROM UNNEST(GENERATE_ARRAY(0, %d)) AS n", n, 10*n)
		},
		Failure:   "the suite fails",
		Int64:     "INT64",
		Values:    values(),
		Text:      true,
		Canonical: true,
		Bulk:      10_000,
		Racers:    16,
		Described: described,
	}
}

// parameterized declares the digits of a decimal, as a source's table does; the
// emulator's analyzer fails at those of an element.
func parameterized(d dialect.BigQuery, t cdp.Type) string {
	if t.Kind == cdp.Decimal {
		return fmt.Sprintf("%s(%d, %d)", d.Type(t), t.Precision, t.Scale)
	}
	return d.Type(t)
}

// described is what is known of a column of a result: the digits of a decimal are not.
func described(t cdp.Type) cdp.Type {
	switch t.Kind {
	case cdp.Decimal:
		if t.Scale <= 9 && t.Precision-t.Scale <= 29 {
			return cdp.Type{Kind: cdp.Decimal, Precision: 38, Scale: 9}
		}
		return cdp.Type{Kind: cdp.Decimal, Precision: 76, Scale: 38}
	case cdp.List:
		return cdp.ListOf(described(*t.Elem))
	}
	return t
}

func values() map[string]any {
	at := func(y int, m time.Month, d, h, min, s, ns int) time.Time {
		return time.Date(y, m, d, h, min, s, ns, time.UTC)
	}
	return map[string]any{
		"CAST(NULL AS STRING)":                  nil,
		"CAST(NULL AS INT64)":                   nil,
		"-5":                                    int64(-5),
		"9223372036854775807":                   int64(9223372036854775807),
		"CAST('-9223372036854775808' AS INT64)": int64(-9223372036854775808),
		"0.5":                                   0.5,
		"true":                                  true,
		"NUMERIC '1.50'":                        "1.5",
		"NUMERIC '-0.05'":                       "-0.05",
		"NUMERIC '12345678901234567890123456789.123456789'":     "12345678901234567890123456789.123456789",
		"BIGNUMERIC '1.00000000000000000000000000000000000001'": "1.00000000000000000000000000000000000001",
		"NUMERIC '100'":         "100",
		"CAST(NULL AS NUMERIC)": nil,
		"'low'":                 "low",
		"b'ab'":                 "ab",
		"DATE '2026-11-22'":     at(2026, 11, 22, 0, 0, 0, 0),
		"DATE '1925-01-01'":     at(1925, 1, 1, 0, 0, 0, 0),
		"TIMESTAMP '2026-11-22 10:00:00 Europe/Amsterdam'": at(2026, 11, 22, 9, 0, 0, 0),
		"TIMESTAMP '2026-11-22 10:00:00.123456-05:00'":     at(2026, 11, 22, 15, 0, 0, 123456000),
		"TIMESTAMP '1901-02-03 04:05:06.000001+00'":        at(1901, 2, 3, 4, 5, 6, 1000),
		"TIMESTAMP '9999-12-31 23:59:59.999999+00'":        at(9999, 12, 31, 23, 59, 59, 999999000),
		"[1, 3]":                                      []any{int64(1), int64(3)},
		"CAST([] AS ARRAY<INT64>)":                    []any{},
		"['a', 'b']":                                  []any{"a", "b"},
		"[DATE '2026-01-02']":                         []any{at(2026, 1, 2, 0, 0, 0, 0)},
		"STRUCT(1 AS id, 'x' AS name)":                `{"id":1,"name":"x"}`,
		"[STRUCT(1 AS id, 'x' AS name)]":              []any{`{"id":1,"name":"x"}`},
		"STRUCT([1, 2] AS a, DATE '2026-01-02' AS d)": `{"a":[1,2],"d":"2026-01-02"}`,
	}
}

func TestSuite(t *testing.T) {
	warehouse.Suite(t, texts(), func(t *testing.T) cdp.Warehouse { return emulatortest.Warehouse(t) })
}

// TestLongStream reads 100,000 rows. They are narrow: the emulator gives a result as a
// whole, so that wide ones say nothing of the driver's memory; TestPages and TestStorageRead
// do.
func TestLongStream(t *testing.T) {
	const rows = 100_000
	n, sum := 0, int64(0)
	sql := fmt.Sprintf("SELECT n, MOD(n, 7) AS m FROM UNNEST(GENERATE_ARRAY(1, %d)) AS n", rows)
	for row, err := range emulatortest.Warehouse(t).Query(t.Context(), cdp.Statement{Name: "long", SQL: sql}) {
		if err != nil {
			t.Fatal(err)
		}
		v, _ := row[0].(int64)
		n, sum = n+1, sum+v
	}
	if n != rows || sum != rows*(rows+1)/2 {
		t.Errorf("%d rows with the sum %d", n, sum)
	}
}
