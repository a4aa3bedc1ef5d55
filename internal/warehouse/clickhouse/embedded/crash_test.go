package embedded_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
)

const ledger = "CREATE TABLE IF NOT EXISTS kith.t (batch Int64, i Int64) ENGINE = MergeTree ORDER BY (batch, i)"

// checkBatches makes sure that every acknowledged batch is there and none in part.
func checkBatches(t *testing.T, w cdp.Warehouse, acked int) {
	t.Helper()
	if n := ask(t, w, "SELECT countIf(c % 1000 != 0) FROM (SELECT count() AS c FROM kith.t GROUP BY batch)"); n != uint64(0) {
		t.Errorf("%v batches are there in part", n)
	}
	if n := ask(t, w, fmt.Sprintf("SELECT uniqExact(batch) FROM kith.t WHERE batch <= %d", acked)); n != uint64(acked+1) {
		t.Errorf("%v of %d acknowledged batches are there", n, acked+1)
	}
	if ok := ask(t, w, "CHECK TABLE kith.t SETTINGS check_query_single_value_result = 1"); ok != uint64(1) {
		t.Errorf("CHECK TABLE says %v", ok)
	}
}

// TestEngineKilled kills the engine under a process that appends.
func TestEngineKilled(t *testing.T) {
	e := open(t, withLibrary(t))
	w := connect(t, e, embedded.Full)
	exec1(t, w, "CREATE DATABASE kith", ledger)
	rows := make([]cdp.Row, 1000)
	batch := 0
	for range 4 {
		pid := e.PID()
		time.AfterFunc(150*time.Millisecond, func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
		for e.PID() == pid {
			for i := range rows {
				rows[i] = cdp.Row{int64(batch), int64(i)}
			}
			if err := w.Append(t.Context(), cdp.Table{Schema: "kith", Name: "t"}, []string{"batch", "i"}, rows); err != nil {
				t.Fatal(err)
			}
			batch++
		}
	}
	t.Logf("%d batches", batch)
	checkBatches(t, w, batch-1)
}

// TestProcessKilled kills the process that appends and owns the engine.
func TestProcessKilled(t *testing.T) {
	cfg := withLibrary(t)
	e := open(t, cfg)
	exec1(t, connect(t, e, embedded.Full), "CREATE DATABASE kith", ledger)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		p := another(t, "append", cfg)
		if !p.owner {
			t.Fatal("the engine is not its own")
		}
		acked := -1
		for acked < 30 && p.lines.Scan() {
			if _, err := fmt.Sscanf(p.lines.Text(), "acked %d", &acked); err != nil {
				t.Fatal(p.lines.Text())
			}
		}
		p.kill()
		start := time.Now()
		e := open(t, cfg)
		t.Logf("%d batches acknowledged, opened after %v", acked+1, time.Since(start))
		checkBatches(t, connect(t, e, embedded.Full), acked)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestClientKilled: the engine outlives a client that is killed.
func TestClientKilled(t *testing.T) {
	cfg := withLibrary(t)
	e := open(t, cfg)
	w := connect(t, e, embedded.Full)
	exec1(t, w, "CREATE DATABASE kith", ledger)
	pid := e.PID()
	for range 3 {
		p := another(t, "append", cfg)
		for range 20 {
			p.lines.Scan()
		}
		p.kill()
	}
	time.Sleep(2 * time.Second) // it takes a while to die
	ask(t, w, "SELECT 1")
	if e.PID() != pid {
		t.Error("the engine died with its client")
	}
}

// TestRefusedClient pins what happens when the engine refuses a client: today it
// aborts (see Engine.checkDatabase), and the next statement starts another one.
func TestRefusedClient(t *testing.T) {
	e := open(t, withLibrary(t))
	w := connect(t, e, embedded.Full)
	exec1(t, w, "CREATE DATABASE kith", ledger)
	_, err := clickhouse.Open(t.Context(), clickhouse.Config{Addr: []string{e.Addr().TCP}, Username: "kith", Password: "guess"}, nil)
	if !errors.Is(err, cdp.ErrCredentials) {
		t.Errorf("got %v", err)
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ask(t, w, "SELECT count() FROM kith.t")
	}
	// A database that does not exist is found before the engine sees it.
	pid := e.PID()
	_, err = e.Warehouse(t.Context(), embedded.Full, clickhouse.Config{Database: "missing"}, dialect.ClickHouse{})
	if !errors.Is(err, cdp.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	time.Sleep(4 * time.Second)
	ask(t, w, "SELECT 1")
	if e.PID() != pid {
		t.Error("the engine died of a database that does not exist")
	}
}

// TestManyClients: those who attach, ask, have enough of an answer and leave do not take
// the engine with them. It aborts when a connection is reset while it writes to it.
func TestManyClients(t *testing.T) {
	cfg := withLibrary(t)
	e := open(t, cfg)
	exec1(t, connect(t, e, embedded.Full), "CREATE DATABASE kith")
	pid := e.PID()
	for i := range 150 {
		other, err := embedded.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		w, err := other.Warehouse(t.Context(), embedded.Full, clickhouse.Config{Database: "kith"}, dialect.ClickHouse{})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range w.Query(t.Context(), cdp.Statement{SQL: "SELECT name FROM system.databases"}) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if err := errors.Join(w.Close(), other.Close()); err != nil {
			t.Fatal(err)
		}
		if !alive(pid) {
			t.Fatalf("the engine died of client %d", i+1)
		}
	}
}

// TestStreamBroken: a Query that has begun is not repeated.
func TestStreamBroken(t *testing.T) {
	e := open(t, withLibrary(t))
	w := connect(t, e, embedded.Full)
	rows, failed := 0, error(nil)
	for row, err := range w.Query(t.Context(), cdp.Statement{SQL: "SELECT number, sleepEachRow(0.00001) FROM numbers(10000000) SETTINGS max_block_size = 1000"}) {
		if failed = err; err == nil {
			if rows += len(row) / 2; rows == 1500 {
				_ = syscall.Kill(e.PID(), syscall.SIGKILL)
			}
		}
	}
	if !errors.Is(failed, cdp.ErrUnreachable) {
		t.Errorf("after %d rows: %v", rows, failed)
	}
	ask(t, w, "SELECT 1")
}

// TestAnswerLost: a statement that could do its work twice is not repeated when its
// engine dies under it; one that replaces what it makes is, and so is anything that
// meets an engine that was dead before.
func TestAnswerLost(t *testing.T) {
	e := open(t, withLibrary(t))
	w := connect(t, e, embedded.Full)
	exec1(t, w, "CREATE DATABASE kith", ledger)
	slowly := "SELECT number AS batch, sleepEachRow(0.001) AS i FROM numbers(1000) SETTINGS max_block_size = 10, min_insert_block_size_rows = 10, max_insert_block_size = 10"
	under := func(sql string) error {
		pid := e.PID()
		time.AfterFunc(400*time.Millisecond, func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
		_, err := w.Exec(t.Context(), cdp.Statement{Name: "slow", SQL: sql})
		return err
	}
	if err := under("INSERT INTO kith.t (batch, i) " + slowly); !errors.Is(err, cdp.ErrUnreachable) {
		t.Errorf("an insert whose engine died: %v", err)
	}
	if n := ask(t, w, "SELECT count() - uniqExact(batch) FROM kith.t"); n != int64(0) {
		t.Errorf("%v rows are there twice", n)
	}
	if err := under("CREATE OR REPLACE TABLE kith.made ENGINE = MergeTree ORDER BY batch AS " + slowly); err != nil {
		t.Errorf("a table that replaces: %v", err)
	}
	if n := ask(t, w, "SELECT count() FROM kith.made"); n != uint64(1000) {
		t.Errorf("%v of 1000 rows were made", n)
	}
	_ = syscall.Kill(e.PID(), syscall.SIGKILL)
	exec1(t, w, "INSERT INTO kith.t (batch, i) VALUES (5000, 1)", "CREATE TABLE kith.plain (a UInt8) ENGINE = MergeTree ORDER BY a")
	if n := ask(t, w, "SELECT count() FROM kith.t WHERE batch = 5000"); n != uint64(1) {
		t.Errorf("%v rows of an insert behind a dead engine", n)
	}
}

// TestStaleFile: what a dead owner left does not matter, what is not ours does.
func TestStaleFile(t *testing.T) {
	cfg := withLibrary(t)
	p := another(t, "hold", cfg)
	file := cfg.Path + "/kith-engine.json"
	left, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p.kill()
	e := open(t, cfg)
	ask(t, connect(t, e, embedded.Full), "SELECT 1")
	if err := os.WriteFile(file, left, 0o600); err != nil { // another engine's
		t.Fatal(err)
	}
	cfg.Wait = 300 * time.Millisecond
	if _, err := embedded.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "its engine is gone") {
		t.Errorf("got %v", err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "is not a private file") {
		t.Errorf("got %v", err)
	}
}
