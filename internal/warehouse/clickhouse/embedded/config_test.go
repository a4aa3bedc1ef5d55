package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// TestWriteBesideADyingEngine: a crash test in the soak found that the engine of a kith
// that was killed may still write to the folder from which the next one clears its log:
// that passes, and is waited for.
func TestWriteBesideADyingEngine(t *testing.T) {
	f := files{t.TempDir()}
	dir := filepath.Join(f.data(), "data", "system", "query_log")
	var stop atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; !stop.Load(); i++ {
			_ = os.MkdirAll(dir, 0o700)
			_ = os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), nil, 0o600) // the folder may be gone
		}
	}()
	var err error
	for deadline := time.Now().Add(10 * time.Second); err == nil && time.Now().Before(deadline); {
		err = f.write(Config{}, info{})
	}
	stop.Store(true)
	<-ended
	var busy busyError
	if !errors.As(err, &busy) {
		t.Errorf("beside an engine that writes: %v", err)
	}
	if err := f.write(Config{}, info{}); err != nil {
		t.Errorf("when it is gone: %v", err)
	}
}
