// Package emulatortest gives tests the BigQuery emulator.
//
//	func TestMain(m *testing.M) { os.Exit(emulatortest.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		w := emulatortest.Warehouse(t) // has the dataset "kith"
//
// Where the emulator is not built the tests skip, in CI (CI=true) they fail.
package emulatortest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator"
)

// Config finds the emulator, from KITH_BIGQUERY_TOOLS or where `make engine` puts it.
// It skips the test when there is none.
func Config(t testing.TB) emulator.Config {
	t.Helper()
	cfg := emulator.Config{Tools: os.Getenv("KITH_BIGQUERY_TOOLS")}
	if cache, err := os.UserCacheDir(); err == nil {
		cfg.CacheDir = cache
	}
	if _, err := bigquery.Tool(cfg.Tools, cfg.CacheDir, "emulator"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return cfg
}

// shared is the emulator of this test binary.
var shared struct {
	sync.Mutex
	dir      string
	emulator *emulator.Emulator
}

// Start returns the emulator that all tests of this test binary share.
func Start(t testing.TB) *emulator.Emulator {
	t.Helper()
	cfg := Config(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.emulator != nil {
		return shared.emulator
	}
	dir, err := os.MkdirTemp("", "kith-emulator-*")
	if err != nil {
		t.Fatal(err)
	}
	shared.dir, cfg.Path = dir, dir
	e, err := emulator.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	shared.emulator = e
	return e
}

// Warehouse returns a connection to the shared emulator, which has the dataset "kith".
func Warehouse(t testing.TB) *bigquery.Warehouse {
	t.Helper()
	w, err := Start(t).Warehouse(context.Background(), dialect.BigQuery{})
	if err == nil {
		_, err = w.Exec(context.Background(), cdp.Statement{Name: "dataset", SQL: "CREATE SCHEMA IF NOT EXISTS kith"})
	}
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

// Own returns a connection to an emulator of the test's own, for tests that make many
// tables: with each that is dropped the emulator declares all others anew.
func Own(t testing.TB) *bigquery.Warehouse {
	t.Helper()
	cfg := Config(t)
	cfg.Path = t.TempDir()
	e, err := emulator.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	w, err := e.Warehouse(context.Background(), dialect.BigQuery{})
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

// Main runs the tests and stops the shared emulator after them.
func Main(m *testing.M) int {
	code := m.Run()
	if err := Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Stop stops the shared emulator, if there is one: for a test binary that has other
// engines too.
func Stop() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.emulator == nil {
		return nil
	}
	return errors.Join(shared.emulator.Close(), os.RemoveAll(shared.dir))
}
