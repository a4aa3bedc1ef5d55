package file

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// openDir opens the directory name by name and makes what is missing, 0700. No
// symbolic link is followed below the root; os.Root keeps a race from leading
// outside.
func openDir(o options) (*os.Root, error) {
	if o.root == "" {
		return nil, errors.New("the project has no directory")
	}
	root, err := os.OpenRoot(o.root)
	if err != nil {
		return nil, err
	}
	for _, name := range o.below {
		next, err := step(root, name)
		_ = root.Close()
		if err != nil {
			return nil, err
		}
		root = next
	}
	return root, nil
}

func step(root *os.Root, name string) (*os.Root, error) {
	if err := root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s: %w", name, errNotDir)
	}
	return root.OpenRoot(name)
}

var errNotDir = errors.New("a symbolic link or no directory")

// names are the temporary and the final name of a run's file. The final one has the sync
// and its kind too: the syncs of a run have the run in common, may have the epoch, and may
// write one name. A kith of before December 2026 left them out.
func names(d cdp.Delivery, csv bool) (temporary, final string) {
	ext := ".jsonl"
	if csv {
		ext = ".csv"
	}
	return prefix(d) + epoch(d.Epoch) + "~" + escape(d.Run) + ".tmp",
		escape(d.Remote) + "-" + epoch(d.Epoch) + "-" + escape(d.Run) + "~" + string(d.Kind) + "~" + escape(d.Sync) + ext
}

// prefix begins the temporary names of one sync and object: parts hold no '~'.
func prefix(d cdp.Delivery) string { return "." + escape(d.Sync) + "~" + escape(d.Remote) + "~" }

// epoch is padded, so that names sort as numbers do.
func epoch(n uint64) string { return fmt.Sprintf("%012d", n) }

// escape keeps letters, digits, '_', '-' and '.' of a name, and writes every other
// byte, and a leading '.', as %XX.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c == '_' || c == '-' || c == '.' && i > 0 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// sweep removes what dead runs left: temporary files of the sync and object with
// an older epoch. The epoch comes from the lease, so their process may write no
// more; one that tries finds its file gone and cannot commit.
func sweep(root *os.Root, d cdp.Delivery) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	list, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range list {
		rest, ok := strings.CutPrefix(name, prefix(d))
		number, run, ok2 := strings.Cut(rest, "~")
		if !ok || !ok2 || !strings.HasSuffix(run, ".tmp") {
			continue
		}
		if n, err := strconv.ParseUint(number, 10, 64); err != nil || n >= d.Epoch {
			continue
		}
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// appear gives a file its final name and makes that durable. It replaces nothing: what has
// the name and holds the same is of a Commit whose answer was lost, all else stays as it is.
// Between the look and the rename no session can take the name, as its temporary file would
// have the name of this one.
func appear(root *os.Root, temporary, final string) error {
	switch there, err := root.Lstat(final); {
	case errors.Is(err, fs.ErrNotExist):
		err = root.Rename(temporary, final)
		if err != nil {
			return err
		}
	case err != nil:
		return err
	case !there.Mode().IsRegular():
		return fmt.Errorf("%s: %w", final, errTaken)
	default:
		if err := equal(root, temporary, final); err != nil {
			return err
		}
		if err := root.Remove(temporary); err != nil {
			return err
		}
	}
	return syncDir(root)
}

var errTaken = errors.New("something else is there already")

// equal is nil where two files hold the same.
func equal(root *os.Root, a, b string) error {
	one, err := root.Open(a)
	if err != nil {
		return err
	}
	defer func() { _ = one.Close() }()
	other, err := root.Open(b)
	if err != nil {
		return err
	}
	defer func() { _ = other.Close() }()
	x, y := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := io.ReadFull(one, x)
		m, err2 := io.ReadFull(other, y)
		switch {
		case ended(err) != nil || ended(err2) != nil:
			return cmp.Or(ended(err), ended(err2))
		case !bytes.Equal(x[:n], y[:m]):
			return fmt.Errorf("%s: %w", b, errTaken)
		case n < len(x):
			return nil
		}
	}
}

// ended is the error of a reading that did not just come to the end of the file.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// syncDir makes a rename durable.
func syncDir(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return dir.Sync()
}
