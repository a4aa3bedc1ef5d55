package engine

import "errors"

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
