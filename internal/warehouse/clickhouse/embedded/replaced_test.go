package embedded_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
)

// TestReplaceKilled: an engine that dies while it replaces a table leaves what it has made of the
// new one, which nothing of its own drops; by its name a sweep knows it.
func TestReplaceKilled(t *testing.T) {
	e := open(t, withLibrary(t))
	w := connect(t, e, embedded.Full)
	exec1(t, w, "CREATE DATABASE kith", "CREATE TABLE kith.r ENGINE = MergeTree ORDER BY tuple() AS SELECT 1 AS a")
	const left = "SELECT groupArray(name) FROM system.tables WHERE database = 'kith' AND name != 'r'"
	names := func() []any {
		list, _ := ask(t, w, left).([]any)
		return list
	}
	pid := e.PID()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := w.Exec(ctx, cdp.Statement{Name: "replace", SQL: "CREATE OR REPLACE TABLE kith.r ENGINE = MergeTree ORDER BY tuple() AS SELECT number AS a FROM numbers(600) WHERE NOT sleepEachRow(0.1) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0"})
		done <- err
	}()
	for end := time.Now().Add(30 * time.Second); len(names()) == 0 && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	cancel() // else it is said again
	if err := <-done; err == nil {
		t.Fatal("the statement was done before the engine died")
	}
	list := names()
	if e.PID() == pid || len(list) == 0 {
		t.Fatalf("the engine did not die while it replaced a table: %v", list)
	}
	for _, x := range list {
		name, _ := x.(string)
		if of, ok := compile.TemporaryOf(name); !ok || of != (compile.Temporary{Scratch: true}) {
			t.Errorf("%s is taken for somebody else's", name)
		}
		exec1(t, w, "DROP TABLE kith."+name)
	}
	if list := names(); len(list) > 0 {
		t.Errorf("left: %v", list)
	}
	if n := ask(t, w, "SELECT count() FROM kith.r"); n != uint64(1) {
		t.Errorf("%v rows in the table that was to be replaced", n)
	}
}
