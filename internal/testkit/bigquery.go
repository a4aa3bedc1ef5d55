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
	p.Emulate()
	return p
}

// Emulate starts the emulator of the project, anew when there is one.
func (p *Project) Emulate() {
	p.T.Helper()
	if p.emu != nil {
		_ = p.emu.Close()
	}
	cfg := emulator.Config{Path: filepath.Join(p.Dir, ".kith/bigquery"), Tools: os.Getenv("KITH_BIGQUERY_TOOLS")}
	if cache, err := os.UserCacheDir(); err == nil {
		cfg.CacheDir = cache
	}
	if _, err := bigquery.Tool(cfg.Tools, cfg.CacheDir, "emulator"); err != nil {
		missing(p.T, "emulator: %v", err)
	}
	e, err := emulator.Open(p.T.Context(), cfg)
	if err != nil {
		p.T.Fatal(err)
	}
	p.T.Cleanup(func() { _ = e.Close() })
	w, err := e.Warehouse(p.T.Context(), dialect.BigQuery{})
	if err != nil {
		p.T.Fatal(err)
	}
	p.T.Cleanup(func() { _ = w.Close() })
	p.emu, p.full = e, w
}
