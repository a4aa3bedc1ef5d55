// Package testkit is what tests of several rooms share: the built kith binary, a
// project in a folder of its own, and its warehouse. Only tests import it.
//
//	p := testkit.NewProject(t, map[string]string{"kith.yml": ..., "models/shop.yml": ...})
//	p.SQL("CREATE TABLE raw.people ...")
//	out := p.Kith("sync")          // runs the built binary; fails the test unless it exits 0
package testkit

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// Root is the directory of the repository.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the test")
	return ""
}

// Binary is the path of a kith that was built with build tags, see enginetest.Build.
func Binary(t testing.TB, tags string) string {
	t.Helper()
	path, err := enginetest.Build(tags)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Shared is the directory of shared contracts and data. Without it a test skips;
// in CI it fails.
func Shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("KITH_SHARED")
	if dir == "" {
		dir = filepath.Join(Root(t), "..", "shared")
	}
	if _, err := os.Stat(dir); err != nil {
		missing(t, "no shared data at %s: set KITH_SHARED", dir)
	}
	return dir
}

func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// Project is a project in a folder of its own.
type Project struct {
	T    testing.TB
	Dir  string
	Bin  string
	Env  []string // added to the environment of every run
	eng  *embedded.Engine
	emu  *emulator.Emulator
	full cdp.Warehouse
}

// NewProject writes the files. The target of kith.yml must be embedded in .kith/warehouse.
func NewProject(t testing.TB, files map[string]string) *Project {
	t.Helper()
	p := &Project{T: t, Dir: t.TempDir(), Bin: Binary(t, "")}
	for name, text := range files {
		p.Write(name, text)
	}
	return p
}

// Write writes a file of the project.
func (p *Project) Write(name, text string) {
	p.T.Helper()
	path := filepath.Join(p.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		p.T.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.T.Fatal(err)
	}
}

// Engine starts the engine of the project; the kith processes that the test runs
// attach to it. It lives until the test ends.
func (p *Project) Engine() *embedded.Engine {
	p.T.Helper()
	if p.eng != nil {
		return p.eng
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = ""
	}
	e, err := embedded.Open(p.T.Context(), embedded.Config{
		Path: filepath.Join(p.Dir, ".kith/warehouse"), Lib: os.Getenv("KITH_CLICKHOUSE_LIB"), CacheDir: cache, Exe: p.Bin, StateDatabase: "kith",
	})
	if err != nil {
		missing(p.T, "engine: %v", err)
	}
	p.eng = e
	p.T.Cleanup(func() { _ = e.Close() })
	return e
}

// Warehouse is a connection with all rights.
func (p *Project) Warehouse() cdp.Warehouse {
	p.T.Helper()
	if p.full != nil {
		return p.full
	}
	w, err := p.Engine().Warehouse(p.T.Context(), embedded.Full, clickhouse.Config{}, dialect.ClickHouse{})
	if err != nil {
		p.T.Fatal(err)
	}
	p.full = w
	p.T.Cleanup(func() { _ = w.Close() })
	return w
}

// SQL runs statements with all rights, one again whose engine dies under it: a killed
// client can take the engine along.
func (p *Project) SQL(statements ...string) {
	p.T.Helper()
	for _, s := range statements {
		exec := func() error {
			_, err := p.Warehouse().Exec(context.WithoutCancel(p.T.Context()), cdp.Statement{Name: "test", SQL: s})
			return err
		}
		err := exec()
		if errors.Is(err, cdp.ErrUnreachable) && p.Embedded() {
			err = exec()
		}
		if err != nil {
			p.T.Fatalf("%v\n%s", err, s)
		}
	}
}

// Query reads all rows of a query.
func (p *Project) Query(query string) []cdp.Row {
	p.T.Helper()
	var out []cdp.Row
	for row, err := range p.Warehouse().Query(context.WithoutCancel(p.T.Context()), cdp.Statement{Name: "test", SQL: query}) {
		if err != nil {
			p.T.Fatalf("%v\n%s", err, query)
		}
		out = append(out, append(cdp.Row(nil), row...))
	}
	return out
}

// Result is what a run of kith left.
type Result struct {
	Code        int // -1 when a signal ended it
	Out, Err    string
	Killed      bool
	Interrupted bool
}

// Run runs kith in the project; env entries are NAME=value.
func (p *Project) Run(env []string, args ...string) Result {
	p.T.Helper()
	c := p.Command(env, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	return result(p.T, c, err, &out, &errs)
}

// Command prepares a run of kith.
func (p *Project) Command(env []string, args ...string) *exec.Cmd {
	c := exec.Command(p.Bin, args...)
	c.Dir = p.Dir
	c.Env = append(append(os.Environ(), p.Env...), env...)
	return c
}

func result(t testing.TB, c *exec.Cmd, err error, out, errs *bytes.Buffer) Result {
	t.Helper()
	r := Result{Out: out.String(), Err: errs.String()}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r.Code = c.ProcessState.ExitCode()
	if ws, ok := c.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		r.Killed = ws.Signal() == syscall.SIGKILL
	}
	return r
}

// RunKilled runs kith and kills it with SIGKILL after a delay, unless it ends before.
func (p *Project) RunKilled(after time.Duration, env []string, args ...string) Result {
	p.T.Helper()
	c := p.Command(env, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		p.T.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() })
	err := c.Wait()
	timer.Stop()
	return result(p.T, c, err, &out, &errs)
}

// Kith runs kith and fails the test unless it exits with 0. It returns stdout.
func (p *Project) Kith(args ...string) string {
	p.T.Helper()
	r := p.Run(nil, args...)
	if r.Code != 0 {
		p.T.Fatalf("kith %s: exit %d\n%s%s", strings.Join(args, " "), r.Code, r.Out, r.Err)
	}
	return r.Out
}

// Read reads a file of the project.
func (p *Project) Read(name string) string {
	p.T.Helper()
	b, err := os.ReadFile(filepath.Join(p.Dir, name))
	if err != nil {
		p.T.Fatal(err)
	}
	return string(b)
}

// Embedded reports whether the project runs on an embedded engine that the test can
// kill.
func (p *Project) Embedded() bool { return p.eng != nil }

// KillEngine kills the engine's process with SIGKILL; whoever needs it next starts
// it again.
func (p *Project) KillEngine() {
	if p.eng != nil {
		_ = syscall.Kill(p.eng.PID(), syscall.SIGKILL)
	}
}

// RestartEngine stops the engine in order and starts it anew.
func (p *Project) RestartEngine() {
	p.T.Helper()
	if p.full != nil {
		_ = p.full.Close()
	}
	if p.emu != nil {
		p.Emulate()
		return
	}
	if p.eng != nil {
		if err := p.eng.Close(); err != nil {
			p.T.Fatal(err)
		}
	}
	p.eng, p.full = nil, nil
	p.Warehouse()
}

// Exists reports whether a file of the project is there.
func (p *Project) Exists(name string) bool {
	_, err := os.Stat(filepath.Join(p.Dir, name))
	return err == nil
}
