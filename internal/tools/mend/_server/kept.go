// Package metadata is a file that mend adds to bigquery-emulator's package of that name.
package metadata

import (
	"context"
	"database/sql"
	"slices"
	"sync"
)

// kept is the project as last read. What is written was changed in it before, so that it
// holds once that is committed; it is forgotten when it is not, and not shown meanwhile.
var kept struct {
	sync.Mutex
	project *Project
	open    map[*sql.Tx]*Project // what was kept when the transaction first wrote
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
		kept.open = map[*sql.Tx]*Project{}
	}
	if _, known := kept.open[tx]; !known {
		if len(kept.open) == 0 {
			kept.open[tx] = kept.project
		} else {
			kept.open[tx] = nil // two at once: which of them the project has seen is not known
			for other := range kept.open {
				kept.open[other] = nil
			}
		}
	}
	kept.project = nil
	return tx
}

// dropping takes a table out of what is kept: of all writers, the one that drops tables
// alone leaves that to those who read anew.
func dropping(tx *sql.Tx, table *Table) {
	writing(tx)
	kept.Lock()
	defer kept.Unlock()
	p := kept.open[tx]
	if p == nil {
		return
	}
	d := p.Dataset(table.DatasetID)
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.tableMap, table.ID)
	d.tables = slices.DeleteFunc(slices.Clone(d.tables), func(t *Table) bool { return t.ID == table.ID })
}

// Ended is told of every transaction that has ended.
func Ended(tx *sql.Tx, committed bool) {
	kept.Lock()
	defer kept.Unlock()
	p, wrote := kept.open[tx]
	if !wrote {
		return
	}
	delete(kept.open, tx)
	kept.project = nil
	if committed {
		kept.project = p
	}
}
