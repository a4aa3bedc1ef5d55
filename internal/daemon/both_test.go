package daemon

import (
	"context"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// newWorld is a world on ClickHouse.
func newWorld(t testing.TB, more, syncs string) *world {
	t.Helper()
	return newWorldOn(t, enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{}), more, syncs)
}

// onBoth runs a scenario on each warehouse. The emulator runs one statement at a time:
// what it is asked must be little.
func onBoth(t *testing.T, more, syncs string, scenario func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("clickhouse", func(t *testing.T) { scenario(t, newWorld(t, more, syncs)) })
	t.Run("bigquery", func(t *testing.T) { scenario(t, newWorldOn(t, emulatortest.Own(t), more, syncs)) })
}

func (w *world) google() bool { return w.w.Dialect().Name() == "bigquery" }

// prepare makes the schema and the table of the source.
func (w *world) prepare() {
	w.t.Helper()
	if w.google() {
		w.sql("CREATE SCHEMA " + w.schema)
	} else {
		w.sql("CREATE DATABASE " + w.schema)
		w.t.Cleanup(w.drop)
	}
	w.source()
}

// source makes the table of the source, without rows.
func (w *world) source() {
	w.t.Helper()
	if w.google() {
		w.sql("CREATE TABLE " + w.schema + ".src_people (id STRING, label STRING, `at` TIMESTAMP)")
		return
	}
	w.sql("CREATE TABLE " + w.schema + ".src_people (id String, label String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY id")
}

// drop drops the schema. A daemon that was aborted may have left a statement behind that
// still makes a table.
func (w *world) drop() {
	w.t.Helper()
	var err error
	for range 100 {
		if _, err = w.w.Exec(context.WithoutCancel(w.t.Context()), cdp.Statement{Name: "test", SQL: "DROP DATABASE IF EXISTS " + w.schema}); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.t.Errorf("the schema stays: %v", err)
}

// newest is a table of the ledger with the newest row of each key.
func (w *world) newest(table, key string) string {
	if w.google() {
		return "(SELECT * FROM SCHEMA." + table + " WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY " + key + " ORDER BY ver DESC) = 1)"
	}
	return "SCHEMA." + table + " FINAL"
}

// firings are the done firings of a task: "02T06:00 succeeded".
func (w *world) firings(task string) []string {
	w.t.Helper()
	out := []string{}
	for _, r := range w.query("SELECT tick, status FROM " + w.newest("firings", "task, tick") + " WHERE state = 'done' AND task = '" + task + "' ORDER BY tick") {
		at, _ := r[0].(time.Time)
		out = append(out, at.UTC().Format("02T15:04")+" "+ledger.Text(r[1]))
	}
	return out
}
