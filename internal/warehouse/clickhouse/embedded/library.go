package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/kithdata/kith/internal/warehouse/clickhouse"
)

// program is what the child becomes.
type program struct {
	path   string
	binary bool // a clickhouse binary, not the library
}

// ErrNoLibrary says that there is nothing to run.
var ErrNoLibrary = errors.New("the ClickHouse engine is not installed: run `make engine`, " +
	"or name a libchdb.so in KITH_CLICKHOUSE_LIB, or put a clickhouse binary on the PATH")

// LibraryPath is where `make engine` installs the library, below os.UserCacheDir.
func LibraryPath(cacheDir string) string {
	return filepath.Join(cacheDir, "kith", "engine", clickhouse.EngineLock().Version, "libchdb.so")
}

// find looks for the library that the user names, the one of `make engine`, and a
// clickhouse binary, in this order, and checks what it finds.
func (c Config) find() (program, error) {
	if c.Lib != "" {
		path, err := filepath.Abs(c.Lib)
		if err == nil {
			path, err = filepath.EvalSymlinks(path)
		}
		if err == nil {
			err = private(path)
		}
		if err != nil {
			return program{}, fmt.Errorf("KITH_CLICKHOUSE_LIB: %w", err)
		}
		return program{path: path}, nil
	}
	if c.CacheDir != "" {
		path := LibraryPath(c.CacheDir)
		if _, err := os.Stat(path); err == nil {
			return program{path: path}, verify(path, clickhouse.EngineLock())
		}
	}
	if path, err := exec.LookPath("clickhouse"); err == nil {
		if path, err = filepath.Abs(path); err == nil {
			return program{path: path, binary: true}, nil
		}
	}
	return program{}, ErrNoLibrary
}

// private refuses what everybody could replace.
func private(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", path)
	}
	if st.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("%s is writable by everybody", path)
	}
	if st, err = os.Stat(filepath.Dir(path)); err != nil {
		return err
	}
	if st.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("the folder of %s is writable by everybody", path)
	}
	return nil
}

// platform is the suffix of the npm package for this machine.
func platform() string {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if runtime.GOOS == "linux" {
		return "linux-" + arch + "-gnu"
	}
	return runtime.GOOS + "-" + arch
}

// verified is a file whose hash was right. Hashing half a gigabyte takes longer than
// starting the engine, so it is done once for what stat says.
type verified struct {
	Dev, Inode uint64
	Size       int64
	Modified   int64 // ns
	Changed    int64 // ns, of the inode: nobody but root can set it back
	SHA256     string
}

// verify compares the library with the pinned hash. Between this and the loading
// only the user could replace it: private sees to that.
func verify(path string, lock clickhouse.Lock) error {
	want, known := lock.SHA256[platform()]
	if !known {
		return fmt.Errorf("%s: no library is pinned for %s: name one in KITH_CLICKHOUSE_LIB", path, platform())
	}
	if err := private(path); err != nil {
		return err
	}
	if want == "" { // its package was checked when it was installed
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	st, err := file.Stat()
	if err != nil {
		return err
	}
	v := verified{Size: st.Size(), Modified: st.ModTime().UnixNano(), Changed: changeTime(st), SHA256: want}
	v.Dev, v.Inode = inode(st)
	note := filepath.Join(filepath.Dir(path), "verified.json")
	if b, err := os.ReadFile(note); err == nil {
		var before verified
		if json.Unmarshal(b, &before) == nil && before == v {
			return nil
		}
	}
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("%s has SHA-256 %s, not %s as in engine.lock: remove it and run `make engine`", path, got, want)
	}
	if b, err := json.Marshal(v); err == nil {
		_ = os.WriteFile(note, b, 0o600) // else it is hashed again
	}
	return nil
}
