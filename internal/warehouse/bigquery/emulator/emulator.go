package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
)

// Project is the project that the emulator has. It is not the name of a dataset: the
// emulator takes the first part of a path for the project where they are the same.
const Project = "emulator"

// Config says which emulator to run. Path is required, and CacheDir or Tools.
type Config struct {
	Path     string        // folder of the data; made when it is missing
	Tools    string        // folder with the program, from KITH_BIGQUERY_TOOLS
	CacheDir string        // os.UserCacheDir: `make engine` puts the program below it
	Wait     time.Duration // for an emulator that is starting or dying; default 15 s
}

// Emulator is a running emulator, our own or another kith's.
type Emulator struct {
	base string
	at   address

	mu    sync.Mutex
	lock  *os.File // held by the owner
	child *child   // of the owner
}

// address is kith-emulator.json and what the program prints first.
type address struct {
	Rest string `json:"rest"`
	GRPC string `json:"grpc"`
	PID  int    `json:"pid"`
}

func (e *Emulator) file(name string) string { return filepath.Join(e.base, name) }

// Open attaches to the emulator of Config.Path or starts it. The Emulator must be
// closed.
func Open(ctx context.Context, cfg Config) (*Emulator, error) {
	program, err := bigquery.Tool(cfg.Tools, cfg.CacheDir, "emulator")
	if err != nil {
		return nil, err
	}
	base, err := filepath.Abs(cfg.Path)
	if err == nil {
		err = os.MkdirAll(base, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("the folder of the emulator: %w", err)
	}
	wait := cfg.Wait
	if wait <= 0 {
		wait = 15 * time.Second
	}
	e := &Emulator{base: base}
	for deadline := time.Now().Add(wait); ; {
		err := e.once(ctx, program)
		var busy busyError
		if !errors.As(err, &busy) {
			if err != nil {
				return nil, err
			}
			return e, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("the emulator in %s: %w", base, busy.error)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// busyError may pass: another kith starts or stops the emulator.
type busyError struct{ error }

func (e *Emulator) once(ctx context.Context, program string) error {
	lock, err := e.own()
	if err != nil {
		return err
	}
	if lock == nil {
		return e.attach(ctx)
	}
	e.lock = lock
	if e.child, err = start(ctx, program, e.file("emulator.db")); err == nil {
		e.at = e.child.at
		err = e.save()
	}
	if err != nil {
		e.abandon()
	}
	return err
}

// own tries to become the owner of the folder. The lock goes with the process. It is
// nil when another kith has it.
func (e *Emulator) own() (*os.File, error) {
	lock, err := os.OpenFile(e.file("kith-emulator.lock"), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the folder of the emulator: %w", err)
	}
	for err = unix.EINTR; errors.Is(err, unix.EINTR); {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, lock.Close()
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// attach takes the emulator of another kith, if it answers.
func (e *Emulator) attach(ctx context.Context) error {
	b, err := os.ReadFile(e.file("kith-emulator.json"))
	if errors.Is(err, os.ErrNotExist) {
		return busyError{errors.New("another kith has it and it does not listen yet")}
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &e.at); err != nil {
		return busyError{fmt.Errorf("kith-emulator.json: %w", err)}
	}
	dial := net.Dialer{Timeout: time.Second}
	c, err := dial.DialContext(ctx, "tcp", e.at.Rest)
	if err != nil {
		return busyError{fmt.Errorf("another kith has it and it does not answer: %w", err)}
	}
	return c.Close()
}

// save tells others where it listens.
func (e *Emulator) save() error {
	b, err := json.Marshal(e.at)
	if err != nil {
		return err
	}
	tmp := e.file(".kith-emulator.json")
	if err := os.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, e.file("kith-emulator.json"))
}

// abandon stops what is ours and gives the folder free.
func (e *Emulator) abandon() {
	_ = os.Remove(e.file("kith-emulator.json"))
	if e.child != nil {
		e.child.stop()
	}
	_ = e.lock.Close() // and with it the lock
	e.lock, e.child = nil, nil
}

// Close stops the emulator if it is ours.
func (e *Emulator) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lock != nil {
		e.abandon()
	}
	return nil
}

// PID is the process of the emulator.
func (e *Emulator) PID() int { return e.at.PID }

// Config is how to reach it.
func (e *Emulator) Config() bigquery.Config {
	return bigquery.Config{Project: Project, Endpoint: e.at.Rest, StorageEndpoint: e.at.GRPC, PagedReads: true, Backoff: 50 * time.Millisecond}
}

// Warehouse opens a connection.
func (e *Emulator) Warehouse(ctx context.Context, d cdp.Dialect) (*bigquery.Warehouse, error) {
	return bigquery.Open(ctx, e.Config(), d)
}
