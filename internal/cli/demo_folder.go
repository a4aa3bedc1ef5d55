package cli

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kithdata/kith/models"
	"github.com/kithdata/kith/syncs"
)

// demoMark is the file that makes a folder the demo's: what has none is left alone.
// A demo that runs holds a lock on it.
const demoMark = ".kith-demo"

// demoFolder is a folder in which a demo runs.
type demoFolder struct {
	path string
	mark *os.File
}

// demoFolder takes a folder for this demo and removes what an earlier one left.
func (a *app) demoFolder(name string) (*demoFolder, error) {
	f := &demoFolder{path: a.path(name)}
	entries, err := os.ReadDir(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the demo's folder: %w", err)
	}
	if _, err := os.Lstat(filepath.Join(f.path, demoMark)); err != nil && len(entries) > 0 {
		return nil, withHelp(fmt.Errorf("the demo would remove what is in %s, and no demo has made it", name), "name another folder with --dir")
	}
	if err := os.MkdirAll(f.path, 0o750); err != nil {
		return nil, fmt.Errorf("the demo's folder: %w", err)
	}
	if err := f.lock(name); err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Name() == demoMark {
			continue
		}
		if err := removeAll(a.soft, filepath.Join(f.path, e.Name())); err != nil {
			f.release()
			return nil, fmt.Errorf("remove the earlier demo: %w", err)
		}
	}
	return f, nil
}

// removeAll tries for a while: the engine of a demo that was killed writes on until
// it sees that nobody needs it.
func removeAll(ctx context.Context, path string) error {
	const tries, pause = 75, 200 * time.Millisecond
	for n := 1; ; n++ {
		err := os.RemoveAll(path)
		if err == nil || n == tries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// lock holds the mark; the lock goes with the process.
func (f *demoFolder) lock(name string) error {
	mark, err := os.OpenFile(filepath.Join(f.path, demoMark), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("the demo's folder: %w", err)
	}
	for {
		err = unix.Flock(int(mark.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		_ = mark.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return withHelp(fmt.Errorf("another kith demo runs in %s", name), "wait for it, or name another folder with --dir")
		}
		return fmt.Errorf("lock %s: %w", mark.Name(), err)
	}
	f.mark = mark
	return nil
}

func (f *demoFolder) release() { _ = f.mark.Close() }

// mainFile is kith.yml of the repository's root, which cannot be embedded from here:
// a test holds the two together.
//
//go:embed demo/kith.yml
var mainFile []byte

// fill writes the reference project.
func (f *demoFolder) fill() error {
	if err := os.WriteFile(filepath.Join(f.path, "kith.yml"), mainFile, 0o600); err != nil {
		return err
	}
	for dir, files := range map[string]embed.FS{"models": models.Files, "syncs": syncs.Files} {
		if err := os.MkdirAll(filepath.Join(f.path, dir), 0o750); err != nil {
			return err
		}
		entries, err := files.ReadDir(".")
		if err != nil {
			return err
		}
		for _, entry := range entries {
			text, err := files.ReadFile(entry.Name())
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(f.path, dir, entry.Name()), text, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}
