package clickhouse_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// TestOpenErrors looks at what users see when a connection cannot be made.
func TestOpenErrors(t *testing.T) {
	const password = "s3cret-password"
	closed := closedPort(t)
	noPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(noPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The engine does not survive a client that it refuses: one for each.
	own := func(p clickhouse.Protocol) func(*testing.T) clickhouse.Config {
		return func(t *testing.T) clickhouse.Config {
			return configOf(enginetest.StartAt(t, embedded.Config{HTTP: true}), p)
		}
	}
	native, http := own(clickhouse.Native), own(clickhouse.HTTP)
	fixed := func(c clickhouse.Config) func(*testing.T) clickhouse.Config {
		return func(*testing.T) clickhouse.Config { return c }
	}
	change := func(of func(*testing.T) clickhouse.Config, f func(*clickhouse.Config)) func(*testing.T) clickhouse.Config {
		return func(t *testing.T) clickhouse.Config {
			c := of(t)
			f(&c)
			return c
		}
	}
	wrong := func(c *clickhouse.Config) { c.Password = password }
	tls := clickhouse.Config{Addr: []string{"h"}, Secure: true}
	for name, test := range map[string]struct {
		cfg  func(*testing.T) clickhouse.Config
		kind error
		says string
	}{
		"no address":           {fixed(clickhouse.Config{}), nil, "no address"},
		"protocol":             {fixed(clickhouse.Config{Addr: []string{"h"}, Protocol: "grpc"}), nil, `protocol is "grpc"`},
		"unreachable":          {fixed(clickhouse.Config{Addr: []string{closed}}), cdp.ErrUnreachable, "cannot reach " + closed + ": connect: connection refused"},
		"unreachable, http":    {fixed(clickhouse.Config{Addr: []string{closed}, Protocol: clickhouse.HTTP}), cdp.ErrUnreachable, "connection refused"},
		"no such host":         {fixed(clickhouse.Config{Addr: []string{"no-such-host.invalid"}}), cdp.ErrUnreachable, "cannot reach no-such-host.invalid:9000"},
		"wrong password":       {change(native, wrong), cdp.ErrCredentials, "Authentication failed: password is incorrect, or there is no user with such name"},
		"wrong password, http": {change(http, wrong), cdp.ErrCredentials, "Authentication failed"},
		"TLS to a plain port":  {change(native, func(c *clickhouse.Config) { c.Secure = true }), cdp.ErrUnreachable, ""},
		"TLS to plain HTTP":    {change(http, func(c *clickhouse.Config) { c.Secure = true }), cdp.ErrUnreachable, ""},
		"native to HTTP":       {change(http, func(c *clickhouse.Config) { c.Protocol = clickhouse.Native }), cdp.ErrUnreachable, ""},
		"no database":          {change(native, func(c *clickhouse.Config) { c.Database = "missing" }), cdp.ErrNotFound, "missing"},
		"no database, http":    {change(http, func(c *clickhouse.Config) { c.Database = "missing" }), cdp.ErrNotFound, "missing"},
		"TLS options alone":    {fixed(clickhouse.Config{Addr: []string{"h"}, SkipVerify: true}), nil, "without secure"},
		"CA and skip":          {change(fixed(tls), func(c *clickhouse.Config) { c.SkipVerify, c.CAFile = true, noPEM }), nil, "contradict"},
		"CA without PEM":       {change(fixed(tls), func(c *clickhouse.Config) { c.CAFile = noPEM }), nil, "holds no certificate"},
		"no CA file":           {change(fixed(tls), func(c *clickhouse.Config) { c.CAFile = noPEM + "x" }), nil, "no such file"},
		"own setting":          {fixed(clickhouse.Config{Addr: []string{"h"}, Settings: map[string]string{"join_use_nulls": "1"}}), nil, "join_use_nulls is kith's own"},
		"query cache":          {fixed(clickhouse.Config{Addr: []string{"h"}, Settings: map[string]string{"use_query_cache": "1"}}), nil, "use_query_cache is kith's own"},
		"log_comment":          {fixed(clickhouse.Config{Addr: []string{"h"}, Settings: map[string]string{"log_comment": "x"}}), nil, "log_comment is kith's own"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := test.cfg(t)
			cfg.DialTimeout = 3 * time.Second
			w, err := clickhouse.Open(t.Context(), cfg, dialect.ClickHouse{})
			if err == nil {
				_, err = w.Exec(t.Context(), cdp.Statement{SQL: "SELECT 1"})
				_ = w.Close()
			}
			if err == nil {
				t.Fatal("no error")
			}
			if test.kind != nil && !errors.Is(err, test.kind) {
				t.Errorf("got %v, want %v", err, test.kind)
			}
			if !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q", err)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				if strings.Contains(e.Error(), password) {
					t.Errorf("%q shows the password", e)
				}
			}
		})
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it only reserved the port
	return l.Addr().String()
}

// TestSilentServer: a server that accepts and says nothing is given up in time.
func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // the test is over
	go func() {
		var held []net.Conn // one that nobody holds is closed when memory is collected
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			held = append(held, c)
		}
		for _, c := range held {
			_ = c.Close()
		}
	}()
	start := time.Now()
	_, err = clickhouse.Open(t.Context(), clickhouse.Config{Addr: []string{l.Addr().String()}, DialTimeout: 300 * time.Millisecond}, nil)
	if !errors.Is(err, cdp.ErrUnreachable) || time.Since(start) > 3*time.Second {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = clickhouse.Open(ctx, clickhouse.Config{Addr: []string{l.Addr().String()}, DialTimeout: 500 * time.Millisecond}, nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestMessages pins what is left of the server's messages.
func TestMessages(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	long := strings.Repeat("SELECT 'a value', ", 10)
	for sql, want := range map[string]string{
		"SELECT emial FROM (SELECT 1 AS email)": "Unknown expression identifier `emial`. Maybe you meant: ['email']",
		"SELECT lowr('x')":                      "Function with name `lowr` does not exist. Maybe you meant: ['lower','log2']",
		"SELECT toInt64('secret@example.com')":  "Cannot parse string … as Int64: syntax error at begin of string. Note: there are toInt64OrZero and toInt64OrNull functions, which returns zero/NULL instead of throwing exception",
		"SELECT * FROM kith.nope":               "Unknown table expression identifier 'kith.nope'",
		"SELECT 1 FROM\n\nWHERE " + long:        "Syntax error: failed at position 29 ('a value') (line 3, col 14)",
		"SELECT throwIf(1, 'our own words')":    "our own words",
		"SELECT toUUID('secret@example.com')":   "Cannot parse uuid …: Cannot parse UUID from String",
		"SELECT toDate('12-03-1985x')":          "Cannot parse date here: …: Cannot parse Date from String",
		"SELECT '{\"a\":secret'::JSON":          "Cannot parse JSON object here: …",
		"SELECT groupArray(number) FROM numbers(100000000) SETTINGS max_memory_usage = 10000000": "Query memory limit exceeded",
	} {
		_, err := w.Exec(t.Context(), cdp.Statement{SQL: sql})
		var e *cdp.StatementError
		if !errors.As(err, &e) || !strings.HasPrefix(e.Message, want) {
			t.Errorf("%.40s: got %v", sql, err)
		}
	}
	_, err := w.Describe(t.Context(), "SELECT 1\nFROM x\n  WHERE")
	if err == nil || !strings.Contains(err.Error(), "position 25 ()) (line 4, col 1)") {
		t.Errorf("got %v", err)
	}
}

// TestNoValueInMessages: no function that cannot read a value of a row shows it.
func TestNoValueInMessages(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	for _, expr := range []string{
		"toDate(v)", "toDate32(v)", "toDateTime(v)", "toDateTime64(v, 3)", "toTime64(v, 3)", "parseDateTime(v, '%Y')", "parseDateTime(v, 'Jan%Y')", "parseDateTime(concat('2020', v), '%Y')",
		"parseDateTimeInJodaSyntax(v, 'yyyy')", "parseDateTimeBestEffort(v)", "parseDateTime64BestEffort(v)", "toUUID(v)", "toIPv4(v)", "toIPv6(v)", "toInt64(v)", "toUInt256(v)", "toFloat64(v)",
		"toInt64(concat('12 ', v))", "toDecimal64(v, 2)", "toDecimal64(concat('12.3 ', v), 2)", "accurateCast(v, 'UInt8')", "CAST(v AS Enum('a' = 1))", "CAST(v AS Bool)", "CAST(v AS FixedString(3))",
		"CAST(concat('[', v, ']') AS Array(Int64))", "CAST(concat('(', v, ', 1)') AS Tuple(Int64, Int64))", "v::JSON", "concat('{\"a\":', v, '}')::JSON", "concat('{\"a\":\"', v, '\"}')::JSON(a Date)",
		"v::LowCardinality(String)::Int64", "v::Dynamic::Int64", "v = 5", "toDate('2020-01-01') = v", "base64Decode(v)", "base58Decode(v)", "toString(now(), v)", "match('x', concat('(', v))",
		"replaceRegexpAll('x', concat('(', v), 'a')", "like('x', concat(v, '\\\\'))", "printf(concat('%', v), 1)", "readWKTPoint(v)", "stringToH3(v)", "parseTimeDelta(v)", "parseReadableSize(concat('12 ', v))",
		"isIPAddressInRange('127.0.0.1', v)", "dictGet(v, 'a', 1)", "file(v)", "convertCharset(v, v, 'utf-8')", "extractAllGroups('x', v)", "throwIf(1, v)",
		"toTimeZone(now(), (SELECT any(v) FROM (SELECT reverse(materialize('8765432160 nesnaJ naJ')) AS v)))", "dateTrunc((SELECT any(v) FROM (SELECT reverse(materialize('8765432160 nesnaJ naJ')) AS v)), now())",
	} {
		_, err := w.Exec(t.Context(), cdp.Statement{SQL: "SELECT " + expr + " FROM (SELECT reverse(materialize('8765432160 nesnaJ naJ')) AS v)"})
		var e *cdp.StatementError
		if !errors.As(err, &e) || e.Code == 62 || e.Code == 46 {
			t.Errorf("%s: got %v", expr, err)
			continue
		}
		if strings.Contains(e.Message, "Jansen") || strings.Contains(e.Message, "06") {
			t.Errorf("%s shows its value: %d %s", expr, e.Code, e.Message)
		}
	}
}

// TestSettings reads on the server what a statement runs with.
func TestSettings(t *testing.T) {
	cfg := serverConfig(t, clickhouse.Native)
	cfg.Settings = map[string]string{"max_threads": "1", "max_execution_time": "77"}
	w, err := clickhouse.Open(t.Context(), cfg, dialect.ClickHouse{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // the test is over
	// A deadline must not become max_execution_time.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s := cdp.Statement{
		Name: "a 'name'", Model: "sync x", Run: "run7",
		SQL: "SELECT getSetting('max_threads'), getSetting('max_execution_time'), getSetting('join_use_nulls'), getSetting('log_comment'), queryID()",
	}
	for row, err := range w.Query(ctx, s) {
		if err != nil {
			t.Fatal(err)
		}
		if row[0] != uint64(1) || row[2] != false {
			t.Errorf("got %v", row)
		}
		if limit, ok := row[1].(float64); !ok || limit != 77 {
			t.Errorf("max_execution_time is %v", row[1])
		}
		tags := map[string]string{}
		if comment, ok := row[3].(string); !ok || json.Unmarshal([]byte(comment), &tags) != nil ||
			tags["app"] != "kith" || tags["run"] != "run7" || tags["statement"] != "a 'name'" || tags["model"] != "sync x" {
			t.Errorf("log_comment is %v", row[3])
		}
		if id, ok := row[4].(string); !ok || !strings.HasPrefix(id, "run7-") {
			t.Errorf("query id is %v", row[4])
		}
	}
}

// TestOwn: the server knows every setting that kith decides, and takes kith's value.
func TestOwn(t *testing.T) {
	w, err := clickhouse.Open(t.Context(), serverConfig(t, clickhouse.Native), dialect.ClickHouse{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // the test is over
	want := clickhouse.Own()
	for row, err := range w.Query(t.Context(), cdp.Statement{SQL: "SELECT name, value FROM system.settings"}) {
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprint(row[0])
		if value, ok := want[name]; ok && value != fmt.Sprint(row[1]) {
			t.Errorf("%s is %v, want %s", name, row[1], value)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("the server does not know %v", want)
	}
}

// TestOddTypes: what the driver cannot read is an error, never a panic.
func TestOddTypes(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	for _, sql := range []string{
		`SELECT ['{"a":1}']::Array(JSON)`,
		`SELECT map('a', '{"a":1}'::JSON)`,
		"SELECT sumState(1)",
		"SELECT (1.5, 2.5)::Point",
		"SELECT toTime64('12:00:00', 3)",
		"SELECT [NULL]",
		"SELECT map('a', map('b', [1, NULL]))",
		"SELECT nan, inf",
	} {
		for row, err := range w.Query(t.Context(), cdp.Statement{SQL: sql, Name: "odd"}) {
			var e *cdp.StatementError
			if err != nil && !errors.As(err, &e) {
				t.Errorf("%s: %v", sql, err)
			}
			t.Logf("%s: %v, %v", sql, row, err)
		}
	}
}
