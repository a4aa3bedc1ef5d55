package file

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// Destination writes the file of one session at a time.
type Destination struct {
	options options
	wrap    func(io.Writer) io.Writer // for tests: a disk that is full

	mu   sync.Mutex
	open *session // nil outside a session
	buf  []byte
}

// session is the file between Begin and Commit.
type session struct {
	root             *os.Root
	file             *os.File
	out              *bufio.Writer
	encode           encoder
	temporary, final string
	rows             int
	err              error // the first failure of a write: the session is lost
}

// New checks the options. It touches no file.
func New(cfg destination.Config) (cdp.Destination, error) {
	o, err := parse(cfg)
	if err != nil {
		return nil, err
	}
	return &Destination{options: o, wrap: func(w io.Writer) io.Writer { return w }}, nil
}

// Check makes the directory and sees that files can be made in it.
func (d *Destination) Check(context.Context, cdp.Delivery) error {
	root, err := openDir(d.options)
	if err != nil {
		return d.fatal(err)
	}
	defer func() { _ = root.Close() }()
	const probe = ".kith-check"
	f, err := root.OpenFile(probe, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // another check, now or killed
	}
	if err != nil {
		return d.fatal(err)
	}
	_ = f.Close()
	return d.fatal(root.Remove(probe))
}

// Begin sweeps the leftovers of dead runs and makes the temporary file. A session
// that is still open is aborted.
func (d *Destination) Begin(ctx context.Context, del cdp.Delivery) error {
	if err := d.Abort(ctx); err != nil {
		return err
	}
	root, err := openDir(d.options)
	if err != nil {
		return d.fatal(err)
	}
	s := &session{root: root, encode: newEncoder(del, d.options.csv)}
	s.temporary, s.final = names(del, d.options.csv)
	err = sweep(root, del)
	if err == nil {
		// Left by this very run, which may begin again.
		if err = root.Remove(s.temporary); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err == nil { // a name that cannot be is told before rows are written
		if _, err = root.Lstat(s.final); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		s.file, err = root.OpenFile(s.temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	}
	if err != nil {
		_ = root.Close()
		return d.fatal(err)
	}
	s.out = bufio.NewWriterSize(d.wrap(s.file), 256<<10)
	d.mu.Lock()
	d.open = s
	d.mu.Unlock()
	return nil
}

// Push appends the rows of a batch and answers Delivered for each; they count when
// Commit returns. A batch is written as a whole or the session is lost.
func (d *Destination) Push(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := d.open
	if s == nil {
		return nil, &cdp.Fatal{Reason: "no file is open", Help: "this is a fault of kith: rows came outside a session"}
	}
	if s.err != nil {
		return nil, d.fatal(s.err)
	}
	results := make([]cdp.Result, len(b.Rows))
	d.buf = d.buf[:0]
	if s.rows == 0 && len(b.Rows) > 0 {
		d.buf = s.encode.header(d.buf)
	}
	written := 0
	for i := range b.Rows {
		n := len(d.buf)
		line, err := s.encode.row(d.buf, &b.Rows[i])
		if err != nil {
			d.buf = d.buf[:n]
			results[i] = cdp.Result{Fate: cdp.Rejected, Code: cdp.InvalidValue, Reason: err.Error()}
			continue
		}
		d.buf = line
		results[i].Fate = cdp.Delivered
		written++
	}
	if written == 0 {
		return results, nil
	}
	if _, err := s.out.Write(d.buf); err != nil {
		s.err = err
		return nil, d.fatal(err)
	}
	s.rows += written
	return results, nil
}

// Commit makes the file appear under its name and durable. A session without rows
// leaves nothing. It replaces no file; one of the same name and rows, of a Commit whose
// answer was lost, is taken for its own.
func (d *Destination) Commit(ctx context.Context) error {
	d.mu.Lock()
	s := d.open
	d.mu.Unlock()
	switch {
	case s == nil:
		return &cdp.Fatal{Reason: "no file is open", Help: "this is a fault of kith: Commit outside a session"}
	case s.err != nil:
		return d.fatal(s.err)
	case ctx.Err() != nil:
		return ctx.Err()
	case s.rows == 0:
		return d.Abort(ctx)
	}
	err := s.out.Flush()
	if err == nil {
		err = s.file.Sync()
	}
	if err == nil {
		err = s.file.Close()
	}
	if err == nil {
		err = appear(s.root, s.temporary, s.final)
	}
	if err != nil {
		s.err = err
		return d.fatal(err)
	}
	d.mu.Lock()
	d.open = nil
	d.mu.Unlock()
	return s.root.Close()
}

// Abort removes the temporary file. Without a session it does nothing.
func (d *Destination) Abort(context.Context) error {
	d.mu.Lock()
	s := d.open
	d.open = nil
	d.mu.Unlock()
	if s == nil {
		return nil
	}
	_ = s.file.Close()
	err := s.root.Remove(s.temporary)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	_ = s.root.Close()
	return d.fatal(err)
}

// Close aborts a session that is open.
func (d *Destination) Close() error { return d.Abort(context.Background()) }

// fatal says what a failure of the file system means: until somebody acts, no row
// can be written. The name of the directory is the project's, not a row's.
func (d *Destination) fatal(err error) error {
	if err == nil {
		return nil
	}
	f := &cdp.Fatal{Reason: d.options.written + ": " + err.Error(), Help: "see that kith may write to the directory"}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		f.Help = "free space on the disk, then run again: nothing of this run was kept"
	case errors.Is(err, errNotDir):
		f.Help = "name a real directory in dir; kith follows no symbolic links"
	case errors.Is(err, syscall.ENAMETOOLONG):
		f.Help = "shorten the name of the object, audience or event, or that of the sync"
	case errors.Is(err, errTaken):
		f.Help = "kith replaces no file: move it out of the directory, then run again"
	case errors.Is(err, fs.ErrNotExist):
		f.Help = "the file was removed while it was written: another run may have taken over"
	}
	return f
}
