package testkit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator"
)

// NewEmulated writes the files of a project whose target says `type: bigquery,
// emulator: true`. Its emulator lives until the test ends; the kith processes that the
// test runs attach to it. Where the emulator is not built the test skips, in CI it
// fails.
func NewEmulated(t testing.TB, files map[string]string) *Project {
	t.Helper()
	p := NewProject(t, files)
	cfg := emulator.Config{Path: filepath.Join(p.Dir, ".kith/bigquery"), Tools: os.Getenv("KITH_BIGQUERY_TOOLS")}
	if cache, err := os.UserCacheDir(); err == nil {
		cfg.CacheDir = cache
	}
	if _, err := bigquery.Tool(cfg.Tools, cfg.CacheDir, "emulator"); err != nil {
		missing(t, "emulator: %v", err)
	}
	e, err := emulator.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	w, err := e.Warehouse(t.Context(), dialect.BigQuery{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	p.full = w
	return p
}
