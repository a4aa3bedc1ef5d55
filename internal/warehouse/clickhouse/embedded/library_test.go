package embedded_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

func openFails(t *testing.T, cfg embedded.Config, says ...string) {
	t.Helper()
	e, err := embedded.Open(t.Context(), cfg)
	if err == nil {
		_ = e.Close()
		t.Error("no error")
		return
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q does not say %q", err, s)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q has several lines", err)
	}
}

func TestUnusablePath(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := enginetest.Library(t)
	for path, says := range map[string]string{
		file:                       "not a directory",
		filepath.Join(file, "sub"): "not a directory",
		"/proc/kith":               "the folder of the embedded engine",
		"":                         "no path",
	} {
		cfg.Path = path
		openFails(t, cfg, says)
	}
	cfg.Path = filepath.Join(dir, "in the way")
	if err := os.MkdirAll(cfg.Path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.Path, "clickhouse"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	openFails(t, cfg, "the folder of the embedded engine", "clickhouse")
	if os.Geteuid() != 0 { // root may write everywhere
		cfg.Path = filepath.Join(dir, "read-only")
		if err := os.MkdirAll(cfg.Path, 0o500); err != nil {
			t.Fatal(err)
		}
		openFails(t, cfg, "permission denied")
	}
}

func TestNoLibrary(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	cfg := embedded.Config{Path: t.TempDir(), CacheDir: t.TempDir()}
	openFails(t, cfg, "make engine", "KITH_CLICKHOUSE_LIB")
	if _, err := embedded.Open(t.Context(), cfg); !errors.Is(err, embedded.ErrNoLibrary) {
		t.Errorf("got %v", err)
	}
	cfg.Lib = filepath.Join(cfg.Path, "missing.so")
	openFails(t, cfg, "KITH_CLICKHOUSE_LIB", "missing.so", "no such file")
}

func TestUnsafeLibrary(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lib")
	lib := filepath.Join(dir, "libchdb.so")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lib, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	chmod := func(path string, mode os.FileMode) {
		t.Helper()
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	exe, err := enginetest.Binary()
	if err != nil {
		t.Fatal(err)
	}
	cfg := embedded.Config{Path: t.TempDir(), Lib: lib, Exe: exe}
	openFails(t, cfg, "the embedded engine did not start", "libchdb.so")
	chmod(lib, 0o602)
	openFails(t, cfg, "writable by everybody")
	chmod(lib, 0o600)
	chmod(dir, 0o777)
	openFails(t, cfg, "the folder of", "writable by everybody")
}

// TestPinnedLibrary: the library of `make engine` is loaded only as it was pinned.
func TestPinnedLibrary(t *testing.T) {
	cache := t.TempDir()
	lib := embedded.LibraryPath(cache)
	if err := os.MkdirAll(filepath.Dir(lib), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lib, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := enginetest.Library(t)
	real := cfg.Lib
	if real == "" {
		real = embedded.LibraryPath(cfg.CacheDir)
	}
	cfg.Lib, cfg.CacheDir, cfg.Path = "", cache, t.TempDir()
	openFails(t, cfg, "has SHA-256", "engine.lock", "make engine")
	if err := os.Remove(lib); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, lib); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		start := time.Now()
		e, err := embedded.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("checked and started in %v", time.Since(start))
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if st, err := os.Stat(filepath.Join(filepath.Dir(lib), "verified.json")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st, err)
	}
}

// TestBinary: without a library a clickhouse binary is used.
func TestBinary(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "clickhouse"), "./testdata/clickhouse").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	exe, err := enginetest.Binary()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	cfg := embedded.Config{Path: t.TempDir(), CacheDir: t.TempDir(), Exe: exe, HTTP: true, MaxMemory: 1 << 30}
	openFails(t, cfg, "the embedded engine did not start: this is no ClickHouse")
	b, err := os.ReadFile(filepath.Join(cfg.Path, "clickhouse", "called"))
	if err != nil {
		t.Fatal(err)
	}
	called, env, _ := strings.Cut(string(b), "\n--\n")
	for _, want := range []string{
		"clickhouse\nlocal\n--path\n", "\n--config-file\n", "\n--listen_host\n127.0.0.1\n--tcp_port\n", "\n--http_port\n",
		"\n--query\nSYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; SELECT count() FROM file('/dev/stdin'",
	} {
		if !strings.Contains("\n"+called, want) {
			t.Errorf("called as %q, without %q", called, want)
		}
	}
	if strings.Contains(env, "PATH=") {
		t.Errorf("the environment is %q", env)
	}
	config, err := os.ReadFile(filepath.Join(cfg.Path, "kith-engine", "config.xml"))
	if err != nil || !strings.Contains(string(config), "<max_server_memory_usage>1073741824<") {
		t.Errorf("%s, %v", config, err)
	}
}

func TestEngineLock(t *testing.T) {
	lock := clickhouse.EngineLock()
	if lock.Version == "" || len(lock.SHA256) == 0 {
		t.Errorf("got %+v", lock)
	}
	for platform, sum := range lock.SHA256 {
		if sum != "" && len(sum) != 64 {
			t.Errorf("%s: %q", platform, sum)
		}
	}
}
