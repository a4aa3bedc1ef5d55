package compile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/destination/file"
	"github.com/kithdata/kith/internal/destination/hubspot"
	"github.com/kithdata/kith/internal/destination/webhook"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/project"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

func TestMain(m *testing.M) {
	code := enginetest.Main(m)
	if err := emulatortest.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func specs() map[string]cdp.DestinationSpec {
	return map[string]cdp.DestinationSpec{"file": file.Spec(), "webhook": webhook.Spec(), "hubspot": hubspot.Spec()}
}

// specsOf are what the destinations of a project can do, by their names.
func specsOf(c *compile.Compiler) map[string]cdp.DestinationSpec {
	out := map[string]cdp.DestinationSpec{}
	for _, s := range c.Project().Syncs {
		out[s.Destination.Name] = specs()[s.Destination.Type]
	}
	return out
}

// dialects are those that there are, by the target of the project.
var dialects = map[string]cdp.Dialect{"local": dialect.ClickHouse{}, "bq": dialect.BigQuery{}}

// oddProject has one of everything, over a source whose columns mean something to
// the SQL around them.
func oddProject(t *testing.T, target string) *compile.Compiler {
	t.Helper()
	p, problems := project.Load("testdata/statements", project.Options{Target: target, Specs: specs()})
	if problems.HasErrors() {
		for _, x := range problems {
			t.Errorf("%s: %s", x.Pos, x.Summary)
		}
		t.FailNow()
	}
	c, err := compile.New(p, dialects[target])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestStatementsGolden pins every statement of the project in every dialect.
func TestStatementsGolden(t *testing.T) {
	for target, d := range dialects {
		t.Run(d.Name(), func(t *testing.T) { statementsGolden(t, target, d.Name()) })
	}
}

func statementsGolden(t *testing.T, target, name string) {
	var b strings.Builder
	c := oddProject(t, target)
	for _, s := range c.All(specsOf(c)) {
		at := ""
		if s.Pos.IsValid() {
			at = " at " + s.Pos.String()
		}
		fmt.Fprintf(&b, "-- %s (%s)%s\n%s;\n\n", s.Name, s.Model, at, s.SQL)
	}
	path := filepath.Join("testdata", "statements", name+".sql")
	if updateIdentity.Value.String() == "true" {
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); d != "" {
		t.Errorf("go test ./internal/compile -update, and read the change:\n%s", d)
	}
}

// TestStatementsRun: what is pinned for a sync of rows runs on the real engine. The
// statements over entities run in the end-to-end tests, which have a build.
func TestStatementsRun(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	runStatements(t, w, oddProject(t, "local"), "sync rows_out",
		"CREATE DATABASE IF NOT EXISTS raw", "CREATE DATABASE IF NOT EXISTS kith",
		"CREATE TABLE raw.odd (k String, h Int64, p Nullable(String), op Int64, `select` String, __x Nullable(Bool), `it's quoted` Nullable(String), j String, tags Array(String), at DateTime, seen DateTime, day Date, row_id String, key String, value Float64) ENGINE = MergeTree ORDER BY k",
		"INSERT INTO raw.odd VALUES ('a', 1, 'a@x.nl', 1, 'nick', true, '0612345678', '{\"price\": {\"net\": 12.5}}', ['t'], now(), now(), today(), 'r1', 'k1', 1.5), ('b', 13, 'b@x.nl', 2, 'bo', true, NULL, '{}', [], now(), now(), today(), 'r2', 'k2', 2.5)",
	)
}

// TestGoogleStatementsRun is the same on the emulator, with the fold of what was
// acknowledged.
func TestGoogleStatementsRun(t *testing.T) {
	w := emulatortest.Warehouse(t)
	runStatements(t, w, oddProject(t, "bq"), "sync rows_out", "CREATE SCHEMA IF NOT EXISTS raw",
		"CREATE TABLE raw.odd (k STRING, h INT64, p STRING, op INT64, `select` STRING, __x BOOL, `it's quoted` STRING, j STRING, tags ARRAY<STRING>, `at` TIMESTAMP, seen TIMESTAMP, day DATE, row_id STRING, key STRING, value FLOAT64)",
		"INSERT INTO raw.odd VALUES ('a', 1, 'a@x.nl', 1, 'nick', TRUE, '0612345678', '{\"price\": {\"net\": 12.5}}', ['t'], TIMESTAMP '2026-10-01 00:00:00+00', TIMESTAMP '2026-10-01 00:00:00+00', DATE '2026-10-01', 'r1', 'k1', 1.5), ('b', 13, 'b@x.nl', 2, 'bo', TRUE, NULL, '{}', [], TIMESTAMP '2026-10-01 00:00:00+00', TIMESTAMP '2026-10-01 00:00:00+00', DATE '2026-10-01', 'r2', 'k2', 2.5)",
	)
}

func runStatements(t *testing.T, w cdp.Warehouse, c *compile.Compiler, model string, setUp ...string) {
	run := func(s cdp.Statement) {
		t.Helper()
		var err error
		if word, _, _ := strings.Cut(s.SQL, " "); word == "SELECT" || strings.HasPrefix(s.SQL, "SELECT\n") {
			for _, err = range w.Query(t.Context(), s) {
				if err != nil {
					break
				}
			}
		} else {
			_, err = w.Exec(t.Context(), s)
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", s.Name, err, s.SQL)
		}
	}
	for _, sql := range setUp {
		run(cdp.Statement{Name: "test", SQL: sql})
	}
	for _, s := range everyLedger(t, c, c.Dialect().Name()) {
		if strings.Contains(s.SQL, "CREATE TABLE IF NOT EXISTS") || strings.HasPrefix(s.SQL, "ALTER TABLE") {
			run(s)
		}
	}
	n, folds := 0, regexp.MustCompile("baseline_"+strings.TrimPrefix(model, "sync ")+"(_[0-9a-f]{16})?`")
	for _, s := range c.All(specsOf(c)) {
		if s.Model == model || strings.HasPrefix(s.Name, "fold") && folds.MatchString(s.SQL) {
			n++
			run(s)
		}
	}
	if n < 10 {
		t.Errorf("only %d statements ran", n)
	}
}
