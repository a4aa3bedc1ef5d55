package emulator_test

import (
	"syscall"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
)

func start(t *testing.T, path string) *emulator.Emulator {
	t.Helper()
	cfg := emulatortest.Config(t)
	cfg.Path = path
	e, err := emulator.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func exec1(t *testing.T, e *emulator.Emulator, statements ...string) {
	t.Helper()
	w, err := e.Warehouse(t.Context(), dialect.BigQuery{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // nothing is open
	for _, s := range statements {
		if _, err := w.Exec(t.Context(), cdp.Statement{Name: "test", SQL: s}); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func count(t *testing.T, e *emulator.Emulator, table string) any {
	t.Helper()
	w, err := e.Warehouse(t.Context(), dialect.BigQuery{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // nothing is open
	for row, err := range w.Query(t.Context(), cdp.Statement{SQL: "SELECT COUNT(*) FROM " + table}) {
		if err != nil {
			t.Fatal(err)
		}
		return row[0]
	}
	return nil
}

// TestShared: a second kith attaches, sees what the first wrote, and does not end it;
// what was written is there for the next emulator of the folder.
func TestShared(t *testing.T) {
	path := t.TempDir()
	first := start(t, path)
	exec1(t, first, "CREATE SCHEMA IF NOT EXISTS raw", "CREATE TABLE raw.t (x INT64)", "INSERT INTO raw.t (x) VALUES (1), (2)")
	second := start(t, path)
	if second.PID() != first.PID() {
		t.Errorf("there are two: %d and %d", first.PID(), second.PID())
	}
	if n := count(t, second, "raw.t"); n != int64(2) {
		t.Errorf("the second sees %v rows", n)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, first, "raw.t"); n != int64(2) {
		t.Errorf("after the second has left: %v rows", n)
	}
	pid := first.PID()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if syscall.Kill(pid, 0) == nil {
		t.Error("the process outlives its owner's Close")
	}
	third := start(t, path)
	if n := count(t, third, "raw.t"); n != int64(2) {
		t.Errorf("after a restart: %v rows", n)
	}
	exec1(t, third, "CREATE OR REPLACE TABLE raw.t AS SELECT 3 AS x", "INSERT INTO raw.t (x) VALUES (4)")
}
