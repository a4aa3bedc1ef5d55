// Package enginetest gives tests the embedded engine, started as users start it:
// by the built kith binary.
//
//	func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		w := enginetest.Warehouse(t, clickhouse.Config{Database: "default"}, dialect.ClickHouse{})
//
// Where the library of the engine is not installed the tests skip, in CI (CI=true)
// they fail.
package enginetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
)

// Binary is Build without tags.
func Binary() (string, error) { return Build("") }

var builds sync.Map // tags -> func() (path, error)

// Build builds cmd/kith with build tags and returns its path. The build is shared by all
// test binaries of this user: only the first of them links it.
func Build(tags string) (string, error) {
	once, _ := builds.LoadOrStore(tags, sync.OnceValues(func() (string, error) { return build(tags) }))
	make, ok := once.(func() (string, error))
	if !ok {
		return "", errors.New("not a build")
	}
	return make()
}

// Library returns a Config that finds the library of the engine, from
// KITH_CLICKHOUSE_LIB or where `make engine` puts it. It skips the test when there
// is none.
func Library(t testing.TB) embedded.Config {
	t.Helper()
	cfg := embedded.Config{Lib: os.Getenv("KITH_CLICKHOUSE_LIB")}
	cache, err := os.UserCacheDir()
	if err == nil {
		cfg.CacheDir = cache
		_, err = os.Stat(embedded.LibraryPath(cache))
	}
	if cfg.Lib == "" && err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: %v", embedded.ErrNoLibrary, err)
		}
		t.Skip(embedded.ErrNoLibrary)
	}
	if cfg.Exe, err = Binary(); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// StartAt starts or attaches to the engine of cfg, whose Path is a new folder
// unless it is set. It stops with the test.
func StartAt(t testing.TB, cfg embedded.Config) *embedded.Engine {
	t.Helper()
	lib := Library(t)
	cfg.Lib, cfg.CacheDir, cfg.Exe = lib.Lib, lib.CacheDir, lib.Exe
	if cfg.Path == "" {
		cfg.Path = t.TempDir()
	}
	e, err := embedded.Open(context.Background(), cfg)
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

// shared is the engine of this test binary.
var shared struct {
	sync.Mutex
	dir    string
	engine *embedded.Engine
}

// Start returns the engine that all tests of this test binary share. Its state
// database is "kith", it may read all databases, and it listens for HTTP too.
func Start(t testing.TB) *embedded.Engine {
	t.Helper()
	cfg := Library(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.engine != nil {
		return shared.engine
	}
	dir, err := os.MkdirTemp("", "kith-engine-*")
	if err != nil {
		t.Fatal(err)
	}
	shared.dir = dir
	cfg.Path, cfg.HTTP, cfg.StateDatabase = dir, true, "kith"
	e, err := embedded.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	w, err := e.Warehouse(context.Background(), embedded.Full, clickhouse.Config{}, nil)
	if err == nil {
		_, err = w.Exec(context.Background(), cdp.Statement{SQL: "CREATE DATABASE kith"})
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		t.Fatal(errors.Join(err, e.Close()))
	}
	shared.engine = e
	return e
}

// Warehouse returns a connection to the shared engine with all rights, over the
// protocol of cfg.
func Warehouse(t testing.TB, cfg clickhouse.Config, d cdp.Dialect) cdp.Warehouse {
	t.Helper()
	return connect(t, Start(t), embedded.Full, cfg, d)
}

// FragmentWarehouse is Warehouse with the rights of SQL from a project.
func FragmentWarehouse(t testing.TB, cfg clickhouse.Config, d cdp.Dialect) cdp.Warehouse {
	t.Helper()
	return connect(t, Start(t), embedded.Fragment, cfg, d)
}

func connect(t testing.TB, e *embedded.Engine, u embedded.User, cfg clickhouse.Config, d cdp.Dialect) cdp.Warehouse {
	t.Helper()
	w, err := e.Warehouse(context.Background(), u, cfg, d)
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

// Main runs the tests and stops the shared engine after them.
func Main(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.engine == nil {
		return code
	}
	err := errors.Join(shared.engine.Close(), os.RemoveAll(shared.dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func build(tags string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	root := strings.TrimSpace(string(out))
	sum := sha256.Sum256([]byte(root))
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("kith-enginetest-%d-%s", os.Geteuid(), hex.EncodeToString(sum[:6])))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close() //nolint:errcheck // frees the lock, nothing was written
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "kith"+tags)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-tags", tags, "-o", bin, "./cmd/kith")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as in `make build`
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build kith: %w\n%s", err, out)
	}
	return bin, nil
}
