package embedded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
)

// Engine is a running engine, our own or another kith's. It is safe for concurrent
// use. When the engine dies, Revive, or a Warehouse of it, starts it again.
type Engine struct {
	cfg   Config
	files files

	mu     sync.Mutex
	info   info
	lock   *os.File // held by the owner
	child  *child   // of the owner
	closed bool
	open   map[*Warehouse]struct{} // not closed yet
}

// Open attaches to the engine of Config.Path or starts it. The Engine must be
// closed. A folder whose engine is starting or dying is waited for, Config.Wait at
// most.
func Open(ctx context.Context, cfg Config) (*Engine, error) {
	if cfg.Wait <= 0 {
		cfg.Wait = defaultWait
	}
	f, err := prepare(cfg.Path)
	if err != nil {
		return nil, err
	}
	e := &Engine{cfg: cfg, files: f, open: map[*Warehouse]struct{}{}}
	if err := e.ensure(ctx); err != nil {
		return nil, err
	}
	return e, nil
}

// ensure makes e.info current. The caller has e.mu, or e to itself.
func (e *Engine) ensure(ctx context.Context) error {
	deadline := time.Now().Add(e.cfg.Wait)
	for {
		err := e.once(ctx)
		var busy busyError
		if !errors.As(err, &busy) {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the embedded engine in %s: %w", e.files.base, busy.error)
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// busyError may pass: another kith starts or stops the engine.
type busyError struct{ error }

func (e *Engine) once(ctx context.Context) error {
	if e.lock == nil {
		lock, held, err := e.files.own()
		if err != nil {
			return err
		}
		if held {
			return e.attach(ctx)
		}
		e.lock = lock
	}
	err := e.start(ctx)
	if err != nil {
		e.abandon()
	}
	return err
}

// attach takes the engine of another kith.
func (e *Engine) attach(ctx context.Context) error {
	in, err := e.files.load()
	if errors.Is(err, os.ErrNotExist) {
		return busyError{fmt.Errorf("another kith (process %s) has it and its engine does not listen yet", e.files.owner())}
	}
	if err != nil {
		return err
	}
	if started, err := startOf(in.PID); err != nil || started != in.Started {
		return busyError{fmt.Errorf("another kith (process %s) has it and its engine is gone", e.files.owner())}
	}
	if err := ping(ctx, in); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return busyError{fmt.Errorf("another kith (process %s) has it and its engine does not answer: %w", e.files.owner(), err)}
	}
	if e.cfg.HTTP && in.HTTP == "" {
		return fmt.Errorf("the engine that another kith (process %s) runs in %s does not listen for HTTP", e.files.owner(), e.files.base)
	}
	if _, err := in.fragment(e.cfg); err != nil {
		return err
	}
	e.info = in
	return nil
}

// abandon gives up what start has begun.
func (e *Engine) abandon() {
	_ = os.Remove(e.files.info())
	_ = e.lock.Close() // and with it the lock
	e.lock, e.child = nil, nil
}

// Close closes the Warehouses of this Engine. If it started the engine it stops it
// too and waits until it is gone. Others that use it start it again when they need it.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	open := slices.Collect(maps.Keys(e.open))
	e.mu.Unlock()
	var errs []error
	for _, w := range open {
		errs = append(errs, w.Close())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lock != nil {
		_ = os.Remove(e.files.info())
		e.child.stop()
		e.abandon()
	}
	return errors.Join(errs...)
}

// Revive makes sure that the engine answers, and starts or attaches to another one
// if it does not. It reports whether that is another engine than was, so that
// connections must be opened again.
func (e *Engine) Revive(ctx context.Context, was Address) (changed bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return false, errors.New("the embedded engine was closed")
	case e.info.ID != was.id:
		return true, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case ping(ctx, e.info) == nil:
		return false, nil
	case ctx.Err() != nil: // the caller ran out of time, which says nothing about the engine
		return false, ctx.Err()
	}
	if e.child != nil {
		e.child.kill()
		e.child = nil
	}
	return true, e.ensure(ctx)
}

// Address says where an engine listens, until it is started again.
type Address struct {
	TCP  string // 127.0.0.1:port, the native protocol
	HTTP string // "" when it was not asked for
	id   string
}

// Addr is the current address.
func (e *Engine) Addr() Address {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Address{TCP: e.info.Address, HTTP: e.info.HTTP, id: e.info.ID}
}

// Password is the current password of a user, and the name that it has in the engine.
func (e *Engine) Password(u User) (name, password string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.login(u)
}

func (e *Engine) login(u User) (name, password string) {
	if u == Fragment {
		if f, err := e.info.fragment(e.cfg); err == nil {
			u = f
		}
	}
	return string(u), e.info.Passwords[u]
}

// PID is the process id of the engine.
func (e *Engine) PID() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.info.PID
}

// Owner reports whether Close will stop the engine.
func (e *Engine) Owner() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.lock != nil
}

// Sandboxed reports whether the engine's process gave up the right to open files
// outside of its folder.
func (e *Engine) Sandboxed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.info.Sandboxed
}

// connect opens a plain Warehouse on the current engine.
func (e *Engine) connect(ctx context.Context, u User, cfg clickhouse.Config, d cdp.Dialect) (*clickhouse.Warehouse, Address, error) {
	e.mu.Lock()
	at := Address{TCP: e.info.Address, HTTP: e.info.HTTP, id: e.info.ID}
	cfg.Username, cfg.Password = e.login(u)
	e.mu.Unlock()
	cfg.Addr = []string{at.TCP}
	if cfg.Protocol == clickhouse.HTTP {
		if at.HTTP == "" {
			return nil, at, errors.New("the embedded engine does not listen for HTTP")
		}
		cfg.Addr = []string{at.HTTP}
	}
	if err := e.checkDatabase(ctx, cfg); err != nil {
		return nil, at, err
	}
	w, err := clickhouse.Open(ctx, cfg, d)
	return w, at, err
}

// checkDatabase makes sure that the database exists. The engine aborts when a
// client of the native protocol is refused: for a database that is not there, a
// wrong password or bytes that are no handshake (libchdb 26.7.3, 2026-11-22).
func (e *Engine) checkDatabase(ctx context.Context, cfg clickhouse.Config) error {
	if cfg.Database == "" {
		return nil
	}
	name := cfg.Database
	cfg.Database, cfg.MaxOpenConns = "", 1
	w, err := clickhouse.Open(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // nothing is lost
	found := false
	for row, err := range w.Query(ctx, cdp.Statement{SQL: "SELECT name FROM system.databases"}) {
		if err != nil {
			return err
		}
		found = found || row[0] == name
	}
	if found {
		return nil
	}
	message := fmt.Sprintf("Database %s does not exist", name)
	return &cdp.StatementError{Code: 81, Message: message, Kind: cdp.ErrNotFound, Err: errors.New(message)}
}

// ping makes sure that the engine of in answers and is the one that knows the password.
func ping(ctx context.Context, in info) error {
	w, err := clickhouse.Open(ctx, clickhouse.Config{
		Addr: []string{in.Address}, Username: string(Full), Password: in.Passwords[Full],
		DialTimeout: 2 * time.Second, MaxOpenConns: 1,
	}, nil)
	if err != nil {
		return err
	}
	return w.Close()
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
