package embedded_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

func TestMain(m *testing.M) {
	code := enginetest.Main(m)
	if holderDir != "" {
		_ = os.RemoveAll(holderDir)
	}
	os.Exit(code)
}

var holderDir string

func connect(t *testing.T, e *embedded.Engine, u embedded.User) *embedded.Warehouse {
	t.Helper()
	w, err := e.Warehouse(t.Context(), u, clickhouse.Config{}, dialect.ClickHouse{})
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

func exec1(t *testing.T, w cdp.Warehouse, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := w.Exec(t.Context(), cdp.Statement{SQL: sql}); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func ask(t *testing.T, w cdp.Warehouse, sql string) any {
	t.Helper()
	v, err := try(t.Context(), w, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func try(ctx context.Context, w cdp.Warehouse, sql string) (v any, err error) {
	for row, err := range w.Query(ctx, cdp.Statement{SQL: sql}) {
		if err != nil {
			return nil, err
		}
		v = row[0]
	}
	return v, nil
}

// withLibrary is the configuration of an engine in a new folder.
func withLibrary(t *testing.T) embedded.Config {
	t.Helper()
	cfg := enginetest.Library(t)
	cfg.Path = filepath.Join(t.TempDir(), "warehouse")
	cfg.StateDatabase = "kith"
	return cfg
}

func open(t *testing.T, cfg embedded.Config) *embedded.Engine {
	t.Helper()
	e, err := embedded.Open(t.Context(), cfg)
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

func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if runtime.GOOS != "linux" {
		return syscall.Kill(pid, 0) == nil
	}
	return err == nil && !strings.Contains(string(b), ") Z ")
}

// TestDropped: what is dropped takes no room any more, soon.
func TestDropped(t *testing.T) {
	cfg := withLibrary(t)
	w := connect(t, open(t, cfg), embedded.Full)
	exec1(t, w, "CREATE DATABASE kith", "CREATE TABLE kith.t ENGINE = MergeTree ORDER BY a AS SELECT number AS a FROM numbers(10)")
	path, _ := ask(t, w, "SELECT data_paths[1] FROM system.tables WHERE database = 'kith' AND name = 't'").(string)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	exec1(t, w, "DROP TABLE kith.t")
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is left", path)
		}
	}
}

func TestLifecycle(t *testing.T) {
	cfg := withLibrary(t)
	start := time.Now()
	e := open(t, cfg)
	t.Logf("started in %v, sandboxed: %v", time.Since(start), e.Sandboxed())
	full := connect(t, e, embedded.Full)
	exec1(t, full, "CREATE DATABASE kith", "CREATE TABLE kith.t (a Int64) ENGINE = MergeTree ORDER BY a", "INSERT INTO kith.t SELECT number FROM numbers(10)")

	second := open(t, cfg)
	if !e.Owner() || second.Owner() || second.PID() != e.PID() {
		t.Errorf("owner: %v, %v; pids %d, %d", e.Owner(), second.Owner(), e.PID(), second.PID())
	}
	if n := ask(t, connect(t, second, embedded.Fragment), "SELECT count() FROM kith.t"); n != uint64(10) {
		t.Errorf("got %v rows", n)
	}
	if err := second.Close(); err != nil || !alive(e.PID()) {
		t.Errorf("the one that attached stopped the engine: %v", err)
	}

	cfg.HTTP = true
	openFails(t, cfg, "does not listen for HTTP")
	checkSecrets(t, cfg.Path, e)
	if group, err := syscall.Getpgid(e.PID()); err != nil || group != e.PID() {
		t.Errorf("Ctrl-C would reach the engine: group %d, %v", group, err)
	}

	pid := e.PID()
	start = time.Now()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("stopped in %v", time.Since(start))
	if alive(pid) {
		t.Error("the engine runs after Close")
	}
	if _, err := os.Stat(filepath.Join(cfg.Path, "kith-engine.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("kith-engine.json is left: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	if _, err := full.Exec(t.Context(), cdp.Statement{SQL: "SELECT 1"}); err == nil {
		t.Error("a closed engine answers")
	}

	// What was committed is there, and the log of queries works again.
	w := connect(t, open(t, cfg), embedded.Full)
	if n := ask(t, w, "SELECT count() FROM kith.t"); n != uint64(10) {
		t.Errorf("got %v rows", n)
	}
	exec1(t, w, "SYSTEM FLUSH LOGS")
	if n := ask(t, w, "SELECT count() FROM system.query_log WHERE query LIKE '%FROM kith.t%' AND JSONExtractString(log_comment, 'app') = 'kith'"); n == uint64(0) {
		t.Error("system.query_log is empty")
	}
}

// checkSecrets looks for the passwords where others could read them.
func checkSecrets(t *testing.T, path string, e *embedded.Engine) {
	t.Helper()
	_, password := e.Password(embedded.Full)
	_, fragment := e.Password(embedded.Fragment)
	err := filepath.WalkDir(path, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // ClickHouse removes files meanwhile
		}
		b, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(b), password) && !strings.Contains(string(b), fragment) {
			return nil //nolint:nilerr // as above
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.Name() != "kith-engine.json" || info.Mode().Perm() != 0o600 {
			t.Errorf("%s (%v) holds a password", file, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, name := range []string{"kith-engine/users.xml", "kith-engine/config.xml", "kith-engine.json", "kith-engine.lock"} {
		if st, err := os.Stat(filepath.Join(path, name)); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, st, err)
		}
	}
	if runtime.GOOS != "linux" {
		return
	}
	for _, name := range []string{"cmdline", "environ"} {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", e.PID(), name))
		if err != nil || strings.Contains(string(b), password) || strings.Contains(string(b), fragment) || strings.Contains(string(b), os.Getenv("PATH")) {
			t.Errorf("%s of the engine: %q, %v", name, b, err)
		}
	}
}

var buildHolder = sync.OnceValues(func() (string, error) {
	var err error
	if holderDir, err = os.MkdirTemp("", "kith-holder-*"); err != nil {
		return "", err
	}
	bin := filepath.Join(holderDir, "holder")
	out, err := exec.Command("go", "build", "-o", bin, "./testdata/holder").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return bin, nil
})

// process is another kith.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
	owner bool
	pid   int // of the engine
}

func another(t *testing.T, mode string, cfg embedded.Config) *process {
	t.Helper()
	bin, err := buildHolder()
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(bin, mode, string(config))}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if !p.lines.Scan() {
		t.Fatal("the other process says nothing")
	}
	if _, err := fmt.Sscanf(p.lines.Text(), "ready %t %d", &p.owner, &p.pid); err != nil {
		t.Fatalf("the other process says %q", p.lines.Text())
	}
	return p
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// TestOwnerKilled: who attached goes on when the owner is killed.
func TestOwnerKilled(t *testing.T) {
	cfg := withLibrary(t)
	owner := another(t, "hold", cfg)
	e := open(t, cfg)
	if !owner.owner || e.Owner() || e.PID() != owner.pid {
		t.Fatalf("owner: %v, %v", owner.owner, e.Owner())
	}
	w := connect(t, e, embedded.Full)
	exec1(t, w, "CREATE DATABASE kith", "CREATE TABLE kith.t (a Int64) ENGINE = MergeTree ORDER BY a", "INSERT INTO kith.t SELECT 1")
	owner.kill()
	start := time.Now()
	if n := ask(t, w, "SELECT count() FROM kith.t"); n != uint64(1) {
		t.Errorf("got %v rows", n)
	}
	t.Logf("answered again after %v", time.Since(start))
	deadline := time.Now().Add(15 * time.Second)
	for alive(owner.pid) && time.Now().Before(deadline) {
		ask(t, w, "SELECT 1")
		time.Sleep(20 * time.Millisecond)
	}
	if alive(owner.pid) {
		t.Fatal("the engine outlives its owner")
	}
	if n := ask(t, w, "SELECT count() FROM kith.t"); n != uint64(1) || !e.Owner() || e.PID() == owner.pid {
		t.Errorf("got %v rows; owner: %v", n, e.Owner())
	}
	t.Logf("owner after %v", time.Since(start))
}

// TestOwnerLeaves: the same when the owner ends in order.
func TestOwnerLeaves(t *testing.T) {
	cfg := withLibrary(t)
	owner := another(t, "hold", cfg)
	e := open(t, cfg)
	w := connect(t, e, embedded.Full)
	ask(t, w, "SELECT 1")
	if err := owner.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	for !e.Owner() {
		ask(t, w, "SELECT 1")
	}
	if err := owner.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestRaceToStart: of many that want the engine at once one starts it.
func TestRaceToStart(t *testing.T) {
	cfg := withLibrary(t)
	engines := make([]*embedded.Engine, 6)
	var wg sync.WaitGroup
	for i := range engines {
		wg.Go(func() {
			var err error
			if engines[i], err = embedded.Open(t.Context(), cfg); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	owners := 0
	for _, e := range engines {
		if e == nil {
			continue
		}
		if e.Owner() {
			owners++
		}
		if e.PID() != engines[0].PID() {
			t.Error("two engines")
		}
		defer e.Close() //nolint:errcheck // TestLifecycle checks it
	}
	if owners != 1 {
		t.Errorf("%d owners", owners)
	}
}
