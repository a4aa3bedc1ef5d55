package embedded_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
)

// refused is what SQL from a project must not do, whoever runs it.
var refused = []string{
	"SELECT * FROM file('/etc/passwd', 'LineAsString')",
	"SELECT * FROM file('/etc/pass*', 'LineAsString', 'l String')",
	"SELECT * FROM default.`/etc/passwd`",
	"SELECT * FROM `/etc/passwd`",
	"DESCRIBE default.`/etc/passwd`",
	"SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
	"SELECT * FROM url('file:///etc/passwd', 'LineAsString', 'l String')",
	"SELECT * FROM remote('127.0.0.1:1', kith.t)",
	"SELECT * FROM remoteSecure('127.0.0.1:1', kith.t)",
	"SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'a Int8')",
	"SELECT * FROM gcs('http://127.0.0.1:1/bucket/key', 'CSV', 'a Int8')",
	"SELECT * FROM azureBlobStorage('http://127.0.0.1:1', 'a', 'b', 'c', 'd')",
	"SELECT * FROM hdfs('hdfs://x/y', 'CSV', 'a Int8')",
	"SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
	"SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
	"SELECT * FROM mongodb('127.0.0.1:1', 'a', 'b', 'c', 'd', 'x Int8')",
	"SELECT * FROM redis('127.0.0.1:1', 'k', 'k String, v String')",
	"SELECT * FROM icebergLocal('/etc')",
	"SELECT * FROM deltaLakeLocal('/etc')",
	"INSERT INTO FUNCTION file('/tmp/out.csv', 'CSV', 'a Int8') SELECT 1",
	"CREATE TABLE kith.f (a Int8) ENGINE = File(CSV)",
	"CREATE TABLE kith.f (a Int8) ENGINE = URL('http://127.0.0.1:1/', CSV)",
	"CREATE TABLE kith.f (a Int8) ENGINE = Executable('id', CSV)",
	"CREATE TABLE kith.f (a Int8) ENGINE = Merge('system', '.*')",
	"CREATE TABLE kith.f (a Int8) ENGINE = Distributed('x', 'other', 't')",
	"CREATE DICTIONARY kith.d (a UInt64, b String) PRIMARY KEY a SOURCE(FILE(path '/etc/passwd' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
	"CREATE FUNCTION f AS x -> x",
	"CREATE USER u",
	"GRANT SELECT ON *.* TO kith_fragment",
	"SYSTEM STOP LISTEN TCP",
	"SYSTEM SHUTDOWN",
	"BACKUP TABLE kith.t TO File('/tmp/x')",
	"SELECT addressToLine(1)",
}

// failing are refused for want of something else than a right.
var failing = []string{
	"SELECT * FROM executable('id', 'LineAsString', 'l String')",
	"SELECT * FROM dictionary('x')",
	"SELECT dictGet('x', 'a', 1)",
	"SELECT * FROM cluster('default', kith.t)",
	"SELECT * FROM sqlite('/tmp/x.db', 't')",
	"SELECT * FROM python('x')",
}

func TestRights(t *testing.T) {
	cfg := withLibrary(t)
	cfg.ReadDatabases = []string{"raw", "o'dd `name\\"}
	e := open(t, cfg)
	full, fragment := connect(t, e, embedded.Full), connect(t, e, embedded.Fragment)
	exec1(t, full,
		"CREATE DATABASE kith", "CREATE DATABASE raw", "CREATE DATABASE other", "CREATE DATABASE `o'dd \\`name\\\\`",
		"CREATE TABLE kith.t (a Int64) ENGINE = MergeTree ORDER BY a", "CREATE TABLE raw.t AS kith.t", "CREATE TABLE other.t AS kith.t",
		"CREATE TABLE `o'dd \\`name\\\\`.t AS kith.t")
	for _, w := range []*embedded.Warehouse{full, fragment} {
		for _, sql := range refused {
			if v, err := try(t.Context(), w, sql); !errors.Is(err, cdp.ErrDenied) {
				t.Errorf("%s: got %v, %v", sql, v, err)
			}
		}
		for _, sql := range failing {
			if v, err := try(t.Context(), w, sql); err == nil {
				t.Errorf("%s: got %v", sql, v)
			}
		}
	}
	exec1(t, full, "SYSTEM FLUSH LOGS")
	for _, sql := range []string{
		"SELECT * FROM system.users", "SELECT * FROM system.server_settings", "SELECT * FROM system.query_log",
		"SELECT * FROM other.t", "INSERT INTO raw.t SELECT 1", "DROP TABLE raw.t", "CREATE TABLE raw.x (a Int8) ENGINE = Memory",
		"CREATE DATABASE mine", "DROP DATABASE kith", "CREATE VIEW kith.v AS SELECT * FROM other.t",
		"CREATE VIEW kith.v DEFINER = kith SQL SECURITY DEFINER AS SELECT * FROM other.t", "RENAME TABLE raw.t TO kith.stolen",
	} {
		if v, err := try(t.Context(), fragment, sql); !errors.Is(err, cdp.ErrDenied) {
			t.Errorf("%s: got %v, %v", sql, v, err)
		}
	}
	exec1(t, fragment,
		"SELECT * FROM raw.t", "SELECT * FROM `o'dd \\`name\\\\`.t", "INSERT INTO kith.t SELECT * FROM raw.t",
		"CREATE TABLE kith.c ENGINE = ReplacingMergeTree ORDER BY a AS SELECT * FROM raw.t", "ALTER TABLE kith.c ADD COLUMN b String",
		"ALTER TABLE kith.c DELETE WHERE a = 1 SETTINGS mutations_sync = 1", "DELETE FROM kith.c WHERE a = 2", "OPTIMIZE TABLE kith.c FINAL",
		"CREATE TABLE kith.m (a Int8) ENGINE = Memory", "CREATE VIEW kith.v AS SELECT * FROM raw.t", "SELECT * FROM kith.v",
		"CREATE TABLE kith.t2 AS kith.t", "EXCHANGE TABLES kith.t AND kith.t2", "RENAME TABLE kith.t2 TO kith.t3", "TRUNCATE TABLE kith.t3",
		"DROP TABLE kith.t3", "DROP VIEW kith.v", "SELECT * FROM numbers(3)", "SELECT * FROM VALUES('a Int8', 1)", "SELECT * FROM system.one",
		"SELECT name FROM system.tables WHERE database = 'kith'", "SELECT name FROM system.columns WHERE database = 'kith'",
	)
}

// TestFileFunction: no right guards the function file, so the process must.
func TestFileFunction(t *testing.T) {
	cfg := withLibrary(t)
	e := open(t, cfg)
	if !e.Sandboxed() {
		if os.Getenv("CI") == "true" {
			t.Fatal("this system has no Landlock")
		}
		t.Skip("this system has no Landlock")
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("a secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := connect(t, e, embedded.Fragment)
	for _, path := range []string{
		outside, "/proc/self/root" + outside, fmt.Sprintf("/proc/%d/environ", os.Getpid()), "../kith-engine.json",
		cfg.Path + "/kith-engine.json", cfg.Path + "/clickhouse/../kith-engine.json", cfg.Lib + "/../index.js",
	} {
		v, err := try(t.Context(), w, "SELECT file("+w.Dialect().Quote(path)+")")
		if err == nil {
			t.Errorf("%s: %.80v", path, v)
		} else if !strings.Contains(err.Error(), "Permission denied") && !strings.Contains(err.Error(), "doesn't exist") &&
			!strings.Contains(err.Error(), "Not a directory") && !strings.Contains(err.Error(), "No such file") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestOtherDatabases: a kith with other sources than the owner's attaches too.
func TestOtherDatabases(t *testing.T) {
	cfg := withLibrary(t)
	cfg.ReadDatabases = []string{"raw"}
	owner := open(t, cfg)
	exec1(t, connect(t, owner, embedded.Full), "CREATE DATABASE kith", "CREATE DATABASE other", "CREATE TABLE other.t (a Int8) ENGINE = Memory")
	if _, err := try(t.Context(), connect(t, owner, embedded.Fragment), "SELECT count() FROM other.t"); !errors.Is(err, cdp.ErrDenied) {
		t.Errorf("got %v", err)
	}
	cfg.ReadDatabases = []string{"raw", "other"}
	w := connect(t, open(t, cfg), embedded.Fragment)
	ask(t, w, "SELECT count() FROM other.t")
	for _, sql := range refused {
		if v, err := try(t.Context(), w, sql); !errors.Is(err, cdp.ErrDenied) {
			t.Errorf("%s: got %v, %v", sql, v, err)
		}
	}
	cfg.StateDatabase = "another"
	if _, err := embedded.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), `keeps its state in database "kith", not "another"`) {
		t.Errorf("got %v", err)
	}
}

// TestNoSpace: statements end before the disk is full.
func TestNoSpace(t *testing.T) {
	cfg := withLibrary(t)
	cfg.KeepFree = 1 << 60
	w := connect(t, open(t, cfg), embedded.Full)
	exec1(t, w, "CREATE DATABASE kith", "CREATE TABLE kith.t (a Int64) ENGINE = MergeTree ORDER BY a")
	if _, err := try(t.Context(), w, "INSERT INTO kith.t SELECT 1"); !errors.Is(err, cdp.ErrNoSpace) {
		t.Errorf("got %v", err)
	}
	if err := w.Append(t.Context(), cdp.Table{Schema: "kith", Name: "t"}, []string{"a"}, []cdp.Row{{int64(1)}}); !errors.Is(err, cdp.ErrNoSpace) {
		t.Errorf("got %v", err)
	}
}
