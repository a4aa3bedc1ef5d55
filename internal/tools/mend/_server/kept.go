// Package metadata is a file that mend adds to bigquery-emulator's package of that name.
package metadata

import (
	"context"
	"database/sql"
	"sync"
)

// kept is the project as last read. It is forgotten when something is written, and not
// kept while that is not committed.
var kept struct {
	sync.Mutex
	project *Project
	open    map[*sql.Tx]bool
}

// FindProject returns a project with all that is in it, and nil when there is none. It
// is asked at every request.
func (r *Repository) FindProject(ctx context.Context, id string) (*Project, error) {
	kept.Lock()
	p := kept.project
	kept.Unlock()
	if p != nil && p.ID == id && p.repo == r {
		return p, nil
	}
	p, err := r.readProject(ctx, id)
	if err != nil {
		return nil, err
	}
	kept.Lock()
	defer kept.Unlock()
	if len(kept.open) == 0 {
		kept.project = p
	}
	return p, nil
}

// writing is told of a transaction before each change of what is kept.
func writing(tx *sql.Tx) *sql.Tx {
	kept.Lock()
	defer kept.Unlock()
	if kept.open == nil {
		kept.open = map[*sql.Tx]bool{}
	}
	kept.open[tx], kept.project = true, nil
	return tx
}

// Ended is told of every transaction that has ended.
func Ended(tx *sql.Tx) {
	kept.Lock()
	defer kept.Unlock()
	if kept.open[tx] {
		delete(kept.open, tx)
		kept.project = nil
	}
}
