package engine

import (
	"errors"
	"fmt"
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

// NotHereError says that something is not in this version on the target's warehouse.
type NotHereError struct{ What, Dialect string }

func (e *NotHereError) Error() string {
	return fmt.Sprintf("%s is not on %s in this version", e.What, e.Dialect)
}

func (e *Engine) notHere(what string) error {
	return &NotHereError{what, e.Compiler.Dialect().Name()}
}
