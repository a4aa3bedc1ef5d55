//go:build !unix

package journal

import (
	"errors"
	"fmt"
	"os"
)

// Without an advisory lock that dies with its process, sharing a directory would lose requests; in memory the sandbox
// works everywhere.
func lock(*os.File) error {
	return fmt.Errorf("a sandbox that keeps its state in a directory: %w on this system", errors.ErrUnsupported)
}

func unlock(*os.File) error { return nil }
