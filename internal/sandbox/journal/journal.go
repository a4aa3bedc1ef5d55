// Package journal keeps the state of the sandbox in one append-only file that several processes share and none owns.
//
// A process locks the journal, applies what others appended since it last looked, appends one record of its own and
// unlocks. Any of them may be killed at any instruction: the lock dies with the process, and a record that was cut in
// the middle is removed by the next one that takes the lock. Nothing is synced to the disk: the journal survives the
// death of a process, not of the machine.
//
//	j, err := journal.Open(dir)
//	err = j.Lock(reset, apply) // reset() empties the state, apply(record) is called for each record that is new to us
//	err = j.Append(record)
//	err = j.Unlock()
//
// The file is a header and then records: length (4 bytes, little endian), CRC-32C of the payload (4 bytes), payload.
// Replace writes a new generation beside the file and renames it into place; the others notice by the file's identity.
package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

const (
	fileName   = "journal"
	magic      = "kithsbx1"
	headerSize = len(magic) + 8 // the magic and the size of the file when its generation began
	frameSize  = 8
	readBuffer = 1 << 20
)

// ErrForeign means that the file in the journal's place was not written by this version of this package.
var ErrForeign = errors.New("not a sandbox journal of this version")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Journal is one process's handle. It is not safe for concurrent use: the caller serialises Lock to Unlock.
type Journal struct {
	path string
	f    *os.File
	info os.FileInfo
	off  int64 // what has been applied; 0 = nothing, not even the header
	base int64 // the size of this generation when it began
}

// Open makes the directory (0700) and the journal (0600) if they are missing. It reads nothing: the first Lock does.
func Open(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	j := &Journal{path: filepath.Join(dir, fileName)}
	if err := j.reopen(); err != nil {
		return nil, err
	}
	return j, nil
}

// Close releases the file, and with it the lock if it is held.
func (j *Journal) Close() error {
	if j.f == nil {
		return nil
	}
	err := j.f.Close()
	j.f = nil
	return err
}

// Lock waits for the exclusive lock and brings the caller's state up to date. reset is called before apply when the
// state has to be built from nothing: at the first Lock, after Rewind, and when another process began a new generation.
// On an error the lock is not held and the next Lock starts from nothing.
func (j *Journal) Lock(reset func(), apply func(record []byte) error) error {
	size, err := j.acquire()
	if err != nil {
		return err
	}
	if err := j.catchUp(size, reset, apply); err != nil {
		j.off = 0
		return errors.Join(err, j.Unlock())
	}
	return nil
}

// acquire locks the file that is in the journal's place now, which may be another one than we have open.
func (j *Journal) acquire() (size int64, err error) {
	for {
		if j.f == nil {
			if err := j.reopen(); err != nil {
				return 0, err
			}
		}
		if err := lock(j.f); err != nil {
			return 0, fmt.Errorf("lock %s: %w", j.path, err)
		}
		now, err := os.Stat(j.path)
		if err == nil && os.SameFile(now, j.info) {
			return now.Size(), nil
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, errors.Join(err, j.Unlock())
		}
		_ = j.f.Close() // another generation, or the directory was removed: its lock is of no use
		j.f = nil
	}
}

func (j *Journal) reopen() error {
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	j.f, j.info, j.off = f, info, 0
	return nil
}

func (j *Journal) catchUp(size int64, reset func(), apply func([]byte) error) error {
	if j.off == size && size > 0 {
		return nil
	}
	if j.off == 0 || size < j.off {
		reset()
		if size < int64(headerSize) {
			return j.begin()
		}
		if err := j.readHeader(); err != nil {
			return err
		}
	}
	return j.replay(size, apply)
}

// begin writes the header of an empty journal, or of one whose creator died in the middle of it.
func (j *Journal) begin() error {
	if err := j.f.Truncate(0); err != nil {
		return err
	}
	if _, err := j.f.WriteAt(header(int64(headerSize)), 0); err != nil {
		return err
	}
	j.off, j.base = int64(headerSize), int64(headerSize)
	return nil
}

func header(base int64) []byte {
	return binary.LittleEndian.AppendUint64([]byte(magic), uint64(base))
}

func (j *Journal) readHeader() error {
	var h [len(magic) + 8]byte
	if _, err := j.f.ReadAt(h[:], 0); err != nil {
		return err
	}
	if string(h[:len(magic)]) != magic {
		return fmt.Errorf("%s: %w: move it away or use another directory", j.path, ErrForeign)
	}
	j.off, j.base = int64(headerSize), int64(binary.LittleEndian.Uint64(h[len(magic):]))
	return nil
}

// replay applies the records from off to size and cuts a torn tail. Holding the lock, we know that whoever began an
// incomplete record is dead.
func (j *Journal) replay(size int64, apply func([]byte) error) error {
	r := bufio.NewReaderSize(io.NewSectionReader(j.f, j.off, size-j.off), readBuffer)
	var frame [frameSize]byte
	var payload []byte
	for j.off < size {
		if size-j.off < frameSize {
			return j.f.Truncate(j.off)
		}
		if _, err := io.ReadFull(r, frame[:]); err != nil {
			return err
		}
		n := int64(binary.LittleEndian.Uint32(frame[:4]))
		end := j.off + frameSize + n
		if n == 0 || end > size {
			return j.f.Truncate(j.off)
		}
		if int64(cap(payload)) < n {
			payload = make([]byte, n)
		}
		payload = payload[:n]
		if _, err := io.ReadFull(r, payload); err != nil {
			return err
		}
		if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(frame[4:]) {
			if end == size {
				return j.f.Truncate(j.off)
			}
			return fmt.Errorf("%s is damaged at byte %d: move it away or use another directory", j.path, j.off)
		}
		if err := apply(payload); err != nil {
			return fmt.Errorf("%s, record at byte %d: %w", j.path, j.off, err)
		}
		j.off = end
	}
	return nil
}

// Append adds one record with one write. The caller holds the lock and has applied the record to its state already; on
// an error nothing is added and the next Lock starts from nothing.
func (j *Journal) Append(record []byte) error {
	framed := frame(make([]byte, 0, frameSize+len(record)), record)
	n, err := j.f.WriteAt(framed, j.off)
	if err != nil {
		at := j.off
		j.off = 0
		if n > 0 {
			err = errors.Join(err, j.f.Truncate(at))
		}
		return err
	}
	j.off += int64(n)
	return nil
}

func frame(buf, record []byte) []byte {
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(record)))
	buf = binary.LittleEndian.AppendUint32(buf, crc32.Checksum(record, castagnoli))
	return append(buf, record...)
}

// Rewind forgets what was applied, so that the next Lock starts from nothing. It is for a caller whose state went ahead
// of the journal.
func (j *Journal) Rewind() { j.off = 0 }

// Unlock lets the next process in.
func (j *Journal) Unlock() error { return unlock(j.f) }

// Sizes says how large the file is and how large it was when its generation began. The caller holds the lock.
func (j *Journal) Sizes() (now, base int64) { return j.off, j.base }

// Replace begins a new generation with the records that write emits. The caller holds the lock and keeps it. The old
// file stays as it was until the new one is complete.
func (j *Journal) Replace(write func(emit func(record []byte) error) error) (err error) {
	tmp := j.path + ".new"
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(tmp))
		}
	}()
	// Locked before it is visible: whoever opens it after the rename waits for our Unlock.
	if err := lock(f); err != nil {
		return err
	}
	info, size, err := fill(f, write)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, j.path); err != nil {
		return err
	}
	_ = j.f.Close()
	j.f, j.info, j.off, j.base = f, info, size, size
	return nil
}

func fill(f *os.File, write func(emit func([]byte) error) error) (os.FileInfo, int64, error) {
	size := int64(headerSize)
	w := bufio.NewWriterSize(f, readBuffer)
	if _, err := w.Write(header(0)); err != nil {
		return nil, 0, err
	}
	var buf []byte
	err := write(func(record []byte) error {
		buf = frame(buf[:0], record)
		size += int64(len(buf))
		_, err := w.Write(buf)
		return err
	})
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		_, err = f.WriteAt(header(size), 0) // known only now
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	return info, size, err
}
