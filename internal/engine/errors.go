package engine

import (
	"errors"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// errOpen says that rows were sent whose fate is not written: the run must not write
// its end, so that the next one recovers them.
var errOpen = errors.New("what was sent is not all recorded, the next run looks at it again")

// ErrData says that the data in the warehouse breaks what the project declares.
var ErrData = errors.New("data does not fit the project")

// BlockedError says that a guard stopped a sync before anything was sent.
type BlockedError struct {
	Guard string // its key in YAML, or baseline, endpoint
	Text  string
	Help  string
}

func (e *BlockedError) Error() string { return e.Text }

// NoBuildError says that a sync needs a build first.
type NoBuildError struct{ Reason string }

func (e *NoBuildError) Error() string { return e.Reason }

const noBuildHelp = "`kith run` builds what is needed, then syncs; `kith build` only builds"

// statusOf is how what ended with an error ended.
func statusOf(err error) Status {
	var held *ledger.HeldError
	var blocked *BlockedError
	switch {
	case errors.As(err, &held):
		return Waited
	case errors.As(err, &blocked):
		return Blocked
	}
	return Failed
}

// helpOf is what an error of the engine itself says to do, or "".
func helpOf(err error) string {
	var (
		blocked *BlockedError
		none    *NoBuildError
		fatal   *cdp.Fatal
	)
	switch {
	case errors.As(err, &blocked):
		return blocked.Help
	case errors.As(err, &none):
		return noBuildHelp
	case errors.As(err, &fatal):
		return fatal.Help
	}
	return ""
}
