package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// own tries to become the owner of the folder. The lock goes with the process, so
// a dead owner leaves nothing behind. held is true when another kith has it.
func (f files) own() (lock *os.File, held bool, err error) {
	lock, err = os.OpenFile(f.lock(), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, false, fmt.Errorf("the folder of the embedded engine: %w", err)
	}
	for {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, true, lock.Close()
	}
	if err == nil {
		err = lock.Truncate(0)
	}
	if err == nil {
		_, err = lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		_ = lock.Close()
		return nil, false, fmt.Errorf("lock %s: %w", f.lock(), err)
	}
	return lock, false, nil
}

// owner is the process id that the owner wrote, for messages.
func (f files) owner() string {
	file, err := os.Open(f.lock())
	if err != nil {
		return "unknown"
	}
	defer file.Close() //nolint:errcheck // read only
	b, _ := io.ReadAll(io.LimitReader(file, 32))
	return strings.TrimSpace(string(b))
}
