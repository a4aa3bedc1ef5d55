package clickhouse_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

func texts() warehouse.Texts {
	d := dialect.ClickHouse{}
	wide := func(n int) string {
		return fmt.Sprintf("SELECT number, repeat('x', 1000 + number %% 10) FROM numbers(%d) SETTINGS max_block_size = 2000", n)
	}
	return warehouse.Texts{
		Schema: "kith",
		Create: func(t cdp.Table, columns []cdp.Column) string {
			var defs []string
			for i, c := range columns {
				typ := d.Type(c.Type)
				if i == 0 {
					typ = strings.TrimSuffix(strings.TrimPrefix(typ, "Nullable("), ")")
				}
				defs = append(defs, d.Ident(c.Name)+" "+typ)
			}
			return "CREATE TABLE " + d.Table(t) + " (" + strings.Join(defs, ", ") + ") ENGINE = MergeTree ORDER BY " + d.Ident(columns[0].Name)
		},
		Drop: func(t cdp.Table) string { return "DROP TABLE " + d.Table(t) + " SYNC" },
		Wide: wide,
		Fail: func(n int) string {
			return fmt.Sprintf("SELECT number, throwIf(number = %d, 'the suite fails') FROM numbers(%d) SETTINGS max_block_size = 2000", n, 10*n)
		},
		Failure: "the suite fails",
		Slow:    "SELECT sum(sleepEachRow(0.1)) FROM numbers(600) SETTINGS max_block_size = 10, function_sleep_max_microseconds_per_block = 60000000",
		SlowExec: "INSERT INTO FUNCTION null('n UInt64') SELECT number + sleepEachRow(0.1) FROM numbers(600) " +
			"SETTINGS max_block_size = 10, function_sleep_max_microseconds_per_block = 60000000",
		Running: func(run string) string {
			return "SELECT count() FROM system.processes WHERE JSONExtractString(Settings['log_comment'], 'run') = " + d.Quote(run)
		},
		Int64:  "Int64",
		Values: values(),
	}
}

func values() map[string]any {
	at := func(y int, m time.Month, d, h, min, s, ns int) time.Time {
		return time.Date(y, m, d, h, min, s, ns, time.UTC)
	}
	return map[string]any{
		"NULL":                             nil,
		"CAST(NULL AS Nullable(Int64))":    nil,
		"toInt8(-5)":                       int64(-5),
		"toInt32(-70000)":                  int64(-70000),
		"toUInt8(200)":                     uint64(200),
		"toUInt64('18446744073709551615')": uint64(18446744073709551615),
		"toNullable(toInt16(7))":           int64(7),
		"toInt128('170141183460469231731687303715884105727')":                                         "170141183460469231731687303715884105727",
		"toUInt256('115792089237316195423570985008687907853269984665640564039457584007913129639935')": "115792089237316195423570985008687907853269984665640564039457584007913129639935",
		"toNullable(toInt256('-5'))":                                                                  "-5",
		"CAST(NULL AS Nullable(Int256))":                                                              nil,
		"toFloat32(0.5)":                                                                              0.5,
		"toNullable(toFloat64(0.1))":                                                                  0.1,
		"true":                                                                                        true,
		"toNullable(false)":                                                                           false,
		"toDecimal32('1.5', 4)":                                                                       "1.5000",
		"toDecimal64('-0.05', 2)":                                                                     "-0.05",
		"toDecimal128('12345678901234567890123456789.123456789', 9)":                                  "12345678901234567890123456789.123456789",
		"toDecimal256('1', 0)":                                                                        "1",
		"toNullable(toDecimal64('7', 3))":                                                             "7.000",
		"CAST(NULL AS Nullable(Decimal(9, 2)))":                                                       nil,
		"toFixedString('NL', 2)":                                                                      "NL",
		"toLowCardinality('low')":                                                                     "low",
		"toLowCardinality(CAST(NULL AS Nullable(String)))":                                            nil,
		"CAST('b' AS Enum8('a' = 1, 'b' = 2))":                                                        "b",
		"CAST('b' AS Nullable(Enum16('a' = 1, 'b' = 2000)))":                                          "b",
		"toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')":                                              "61f0c404-5cb3-11e7-907b-a6006ad3dba0",
		"toIPv4('10.0.0.1')":                                                                          "10.0.0.1",
		"toIPv6('2001:db8::1')":                                                                       "2001:db8::1",
		"toDate('2026-11-22')":                                                                        at(2026, 11, 22, 0, 0, 0, 0),
		"toNullable(toDate32('1925-01-01'))":                                                          at(1925, 1, 1, 0, 0, 0, 0),
		"toDateTime('2026-11-22 10:00:00', 'Europe/Amsterdam')":                                       at(2026, 11, 22, 9, 0, 0, 0),
		"toDateTime64('2026-11-22 10:00:00.123456', 6, 'America/New_York')":                           at(2026, 11, 22, 15, 0, 0, 123456000),
		"toDateTime64('1901-02-03 04:05:06.000001', 6, 'UTC')":                                        at(1901, 2, 3, 4, 5, 6, 1000),
		"toDateTime64('2299-12-31 23:59:59.999999', 6, 'UTC')":                                        at(2299, 12, 31, 23, 59, 59, 999999000),
		"toDateTime64('2263-01-01 00:00:00', 3, 'UTC')":                                               at(2263, 1, 1, 0, 0, 0, 0),
		"[1, NULL, 3]::Array(Nullable(Int32))":                                                        []any{int64(1), nil, int64(3)},
		"[[1], []]::Array(Array(UInt8))":                                                              []any{[]any{uint64(1)}, []any{}},
		"['a', 'b']::Array(LowCardinality(String))":                                                   []any{"a", "b"},
		"[toDecimal64('1', 2), NULL]":                                                                 []any{"1.00", nil},
		"[toDate('2026-01-02')]":                                                                      []any{at(2026, 1, 2, 0, 0, 0, 0)},
		"[]":                                                                                          []any{},
		"map('b', 2, 'a', 1)":                                                                         `{"a":1,"b":2}`,
		"CAST((1, 'x') AS Tuple(id UInt8, name String))":                                              `{"id":1,"name":"x"}`,
		"(1, 'x')": `[1,"x"]`,
		`CAST('{"b": {"c": "x"}, "a": [1, 2]}' AS JSON)`: `{"a":[1,2],"b":{"c":"x"}}`,
		"CAST('x' AS Dynamic)":                           `"x"`,
		"CAST(5 AS Variant(UInt8, String))":              `5`,
		"CAST(NULL AS Variant(UInt8, String))":           nil,
		"[(1, 'x')]":                                     []any{`[1,"x"]`},
		"[[(1, [2])]]":                                   []any{[]any{`[1,[2]]`}},
		"CAST((1, NULL, nan, toDecimal64('1.5', 2), [toDate('2026-01-02')]) AS Tuple(a Int8, b Nullable(String), d Float64, e Decimal(9, 2), f Array(Date)))": `{"a":1,"b":null,"d":null,"e":"1.50","f":["2026-01-02"]}`,
		"('{\"a\":1}'::JSON, toDateTime64('2026-01-02 03:04:05.5', 3, 'UTC'))":                                                                                `[{"a":1},"2026-01-02T03:04:05.5Z"]`,
		"map(1, [toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')])":                                                                                            `{"1":["61f0c404-5cb3-11e7-907b-a6006ad3dba0"]}`,
		"[(1, 'x')]::Nested(a UInt8, b String)":                                                                                                               []any{`{"a":1,"b":"x"}`},
		"INTERVAL 1 DAY":                                                                                                                                      "1 Day",
	}
}

func TestSuite(t *testing.T) {
	d := dialect.ClickHouse{}
	t.Run("native", func(t *testing.T) {
		x := texts()
		x.Figures = true
		x.Denied = "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')"
		warehouse.Suite(t, x, func(t *testing.T) cdp.Warehouse {
			return enginetest.Warehouse(t, clickhouse.Config{}, d)
		})
	})
	t.Run("as fragment", func(t *testing.T) {
		x := texts()
		x.Figures = true
		x.SlowExec = strings.Replace(x.Slow, "sum", "max", 1)
		x.Denied = "CREATE DATABASE other"
		warehouse.Suite(t, x, func(t *testing.T) cdp.Warehouse {
			return enginetest.FragmentWarehouse(t, clickhouse.Config{}, d)
		})
	})
	// The same engine as a server somewhere else.
	for _, p := range []clickhouse.Protocol{clickhouse.Native, clickhouse.HTTP} {
		t.Run("server by "+string(p), func(t *testing.T) {
			x := texts()
			x.Figures = p == clickhouse.Native
			warehouse.Suite(t, x, func(t *testing.T) cdp.Warehouse { return server(t, p) })
		})
	}
}

// server connects to the shared engine as if it were no engine of ours.
func server(t testing.TB, p clickhouse.Protocol) cdp.Warehouse {
	t.Helper()
	cfg := serverConfig(t, p)
	w, err := clickhouse.Open(t.Context(), cfg, dialect.ClickHouse{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func serverConfig(t testing.TB, p clickhouse.Protocol) clickhouse.Config {
	t.Helper()
	return configOf(enginetest.Start(t), p)
}

func configOf(e *embedded.Engine, p clickhouse.Protocol) clickhouse.Config {
	user, password := e.Password(embedded.Full)
	cfg := clickhouse.Config{Addr: []string{e.Addr().TCP}, Username: user, Password: password, Protocol: p}
	if p == clickhouse.HTTP {
		cfg.Addr = []string{e.Addr().HTTP}
	}
	return cfg
}
