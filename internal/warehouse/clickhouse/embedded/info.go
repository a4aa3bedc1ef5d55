package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// info is kith-engine.json: what a kith needs to attach to a running engine.
type info struct {
	ID        string          `json:"id"` // of this start
	Version   string          `json:"version"`
	PID       int             `json:"pid"`
	Started   string          `json:"started"` // of the process, tells it from a later one with its id
	Address   string          `json:"address"`
	HTTP      string          `json:"http,omitempty"`
	Sandboxed bool            `json:"sandboxed"`
	State     string          `json:"state"`
	Read      []string        `json:"read"` // null: all
	Passwords map[User]string `json:"passwords"`
}

// fragment is the user for a project with these needs.
func (in info) fragment(cfg Config) (User, error) {
	if in.State != cfg.StateDatabase {
		return "", fmt.Errorf("the running engine keeps its state in database %q, not %q: stop the other kith first", in.State, cfg.StateDatabase)
	}
	if in.Read == nil {
		return Fragment, nil
	}
	if cfg.ReadDatabases == nil {
		return anyDatabase, nil
	}
	for _, db := range cfg.ReadDatabases {
		if !slices.Contains(in.Read, db) {
			return anyDatabase, nil
		}
	}
	return Fragment, nil
}

// save replaces the file as a whole.
func (f files) save(in info) error {
	b, err := json.MarshalIndent(in, "", "  ")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(f.base, ".kith-engine-*") // 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(append(b, '\n'))
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), f.info())
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}

// load reads the file if it is ours: a password is not sent where somebody else
// says.
func (f files) load() (info, error) {
	var in info
	file, err := os.OpenFile(f.info(), os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return in, err
	}
	defer file.Close() //nolint:errcheck // read only
	st, err := file.Stat()
	if err != nil {
		return in, err
	}
	if owner := ownerOf(st); owner != os.Geteuid() || st.Mode().Perm()&0o077 != 0 || !st.Mode().IsRegular() {
		return in, fmt.Errorf("%s is not a private file of this user (owner %d, mode %v): remove it", f.info(), owner, st.Mode())
	}
	if err := json.NewDecoder(file).Decode(&in); err != nil {
		return in, fmt.Errorf("%s: %w", f.info(), err)
	}
	return in, nil
}

// prepare makes the folder and returns its absolute path without links.
func prepare(path string) (files, error) {
	if path == "" {
		return files{}, errors.New("embedded: no path")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return files{}, err
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return files{}, fmt.Errorf("the folder of the embedded engine: %w", err)
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return files{}, err
	}
	return files{abs}, nil
}
