package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/project"
	"github.com/kithdata/kith/internal/rate"
)

// projectFile makes a directory a project.
const projectFile = "kith.yml"

// projectDir is the directory of the project: -C, or the nearest above with a kith.yml.
func (a *app) projectDir() (string, error) {
	if a.dir != "" {
		dir := a.path(a.dir)
		if _, err := os.Stat(filepath.Join(dir, projectFile)); err != nil {
			return "", withHelp(fmt.Errorf("no kith.yml in %s", a.dir), "`kith init %s` makes a project", a.dir)
		}
		return dir, nil
	}
	for dir := a.streams.Dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, projectFile)); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", withHelp(errors.New("no kith.yml here or in a directory above"), "go to a project, name it with -C DIR, or make one with `kith init`")
		}
	}
}

// path is a file that the user names, relative to the working directory.
func (a *app) path(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(a.streams.Dir, name)
}

// readSource reads a file of the project for a diagnostic, which shows no secret of it.
func (a *app) readSource(file string) ([]byte, error) {
	dir, err := a.projectDir()
	if err != nil {
		return nil, err
	}
	text, err := project.ReadFile(dir, file)
	if err != nil {
		return nil, err
	}
	return project.Shown(text, specs()), nil
}

// load reads the project; problems are printed.
func (a *app) load() (*cdp.Project, error) {
	dir, err := a.projectDir()
	if err != nil {
		return nil, err
	}
	p, problems := project.Load(dir, project.Options{Target: a.target, Specs: specs()})
	if err := a.problems(problems); err != nil {
		return nil, err
	}
	a.project = p
	return p, nil
}

// compiler compiles the project for its target; no connection is opened.
func (a *app) compiler(p *cdp.Project) (*compile.Compiler, error) {
	d, err := dialectOf(p.Target.Type)
	if err != nil {
		return nil, fmt.Errorf("target %s (%s): %w", p.Target.Name, p.Target.Pos, err)
	}
	return compile.New(p, d)
}

// session is an open project: a warehouse, its ledger, the engine over both.
type session struct {
	project    *cdp.Project
	compiler   *compile.Compiler
	warehouse  cdp.Warehouse
	engine     *engine.Engine
	remotes    *remotes
	engineNote string // what is weak about the embedded engine, or ""
	estimator  cdp.Estimator
	maxBytes   uint64  // that a run may read
	rate       float64 // of reading a TiB
	close      []func() error
	// create makes the state schema through a warehouse; nil where connect does.
	create func(context.Context, cdp.Warehouse) error
}

func (s *session) onClose(f func() error) { s.close = append(s.close, f) }

// Close ends what the session started, last first.
func (s *session) Close() error {
	var errs []error
	for i := len(s.close) - 1; i >= 0; i-- {
		errs = append(errs, s.close[i]())
	}
	s.close = nil
	return errors.Join(errs...)
}

// with loads the project, opens its target and calls f.
func (a *app) with(f func(*session) error) error {
	p, err := a.load()
	if err != nil {
		return err
	}
	return a.withProject(p, f)
}

func (a *app) withProject(p *cdp.Project, f func(*session) error) (err error) {
	s := &session{project: p}
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := a.open(a.soft, s); err != nil {
		return err
	}
	return f(s)
}

// open connects to the target and opens its ledger.
func (a *app) open(ctx context.Context, s *session) error {
	p := s.project
	var err error
	if s.compiler, err = a.compiler(p); err != nil {
		return err
	}
	if s.warehouse, err = a.connect(ctx, s, p, s.compiler.Dialect(), projectUser); err != nil {
		return err
	}
	fail := a.failpoint()
	if fail != nil {
		s.warehouse = failing{s.warehouse, fail}
	}
	if a.tracer != nil {
		s.warehouse = spanned{s.warehouse, a.tracer}
	}
	ending, _ := time.ParseDuration(a.streams.Env("KITH_TEST_END")) // of tests; 0 where it is not set
	timing, self, err := a.leases()
	if err != nil {
		return err
	}
	o := ledger.Options{Salt: a.streams.Env("KITH_SALT"), Timing: timing, Holder: self}
	if s.create != nil {
		o.Create = func(ctx context.Context) error { return s.create(ctx, s.warehouse) }
	}
	l, err := ledger.Open(ctx, s.warehouse, s.compiler, o)
	if err != nil {
		return fmt.Errorf("target %s: %w", p.Target.Name, err)
	}
	if err := oneState(ctx, s); err != nil {
		return err
	}
	s.remotes = newRemotes(a, s, p)
	s.engine = &engine.Engine{
		Project: p, Warehouse: s.warehouse, Compiler: s.compiler, Ledger: l, Shown: shown, Clock: engine.SystemClock{}, Log: a.logger(),
		Version: Version, Commit: gitCommit(p.Root), Fail: fail, Remotes: s.remotes, Estimator: s.estimator, MaxBytes: s.maxBytes, Rate: s.rate, Circuit: &engine.Circuit{},
		Rates:  &rate.Accounts{Alone: a.streams.Env("KITH_TEST_RATE") == "alone"},
		Ending: ending,
	}
	return nil
}

// gitCommit is the commit of the project's repository, or "".
func gitCommit(dir string) string {
	out, err := exec.Command("git", "-C", dir, "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
