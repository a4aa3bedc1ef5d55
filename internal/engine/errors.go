package engine

import "errors"

// ErrData says that the data in the warehouse breaks what the project declares.
var ErrData = errors.New("data does not fit the project")

// BlockedError says that a guard stopped a sync before anything was sent.
type BlockedError struct {
	Guard string // its key in YAML, or baseline, endpoint
	Text  string
	Help  string
}

func (e *BlockedError) Error() string { return e.Text }
