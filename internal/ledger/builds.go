package ledger

import (
	"context"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Build is a finished build: the newest one is current.
type Build struct {
	ID     string // suffix of its tables
	Epoch  uint64
	Run    string
	AsOf   time.Time
	At     time.Time
	Report string
	Models string // hash of the models that it was made from
}

// KeptBuilds are as many of the last ones as have tables at most: a build drops those of the ones
// before the one before it, and a sweep what that has left behind.
const KeptBuilds = 3

// Publish makes a build the current one: one row, so it is there or not. A repetition
// after a lost answer writes the same row, and it counts once.
func (l *Ledger) Publish(ctx context.Context, b Build) error {
	return l.append(ctx, "builds", []string{"build", "epoch", "run_id", "as_of", "at", "report", "models"},
		[]cdp.Row{{b.ID, b.Epoch, b.Run, b.AsOf, b.At, b.Report, b.Models}})
}

// Builds are the last builds, the current one first.
func (l *Ledger) Builds(ctx context.Context, n int) ([]Build, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("build_current", map[string]any{"Limit": n}))
	if err != nil {
		return nil, err
	}
	out := make([]Build, len(rows))
	for i, r := range rows {
		out[i] = Build{ID: Text(r[0]), Report: Text(r[2]), Models: Text(r[3])}
		out[i].AsOf, _ = r[1].(time.Time)
	}
	return out, nil
}
