package ledger

import (
	"context"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Run is one execution of a command.
type Run struct {
	ID         string
	Command    string
	Project    string
	Target     string
	Commit     string // of git, or ""
	Kith       string // version
	AsOf       time.Time
	StartedAt  time.Time
	FinishedAt *time.Time
	Status     string
	Report     string // JSON
}

// NewRunID is unique and sorts by time: 20261122t153000-1f2e3d4c.
func NewRunID(now time.Time) string {
	return now.UTC().Format("20060102t150405") + "-" + random(4)
}

// WriteRunRow records the beginning (FinishedAt nil) or the end of a run.
func (l *Ledger) WriteRunRow(ctx context.Context, r Run) error {
	var finished any
	ver := uint64(1)
	if r.FinishedAt != nil {
		finished, ver = *r.FinishedAt, 2
	}
	return l.append(ctx, "runs",
		[]string{"run_id", "command", "project", "target", "git_commit", "kith_version", "as_of", "started_at", "finished_at", "status", "report", "ver"},
		[]cdp.Row{{r.ID, r.Command, r.Project, r.Target, r.Commit, r.Kith, r.AsOf, r.StartedAt, finished, r.Status, r.Report, ver}})
}

// Runs lists runs, newest first; id narrows to one.
func (l *Ledger) Runs(ctx context.Context, id string, limit int) ([]Run, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("runs_list", map[string]any{"Run": id, "Limit": limit}))
	if err != nil {
		return nil, err
	}
	out := make([]Run, len(rows))
	for i, r := range rows {
		out[i] = Run{ID: Text(r[0]), Command: Text(r[1]), Commit: Text(r[2]), Status: Text(r[6]), Report: Text(r[7])}
		out[i].AsOf, _ = r[3].(time.Time)
		out[i].StartedAt, _ = r[4].(time.Time)
		if t, ok := r[5].(time.Time); ok {
			out[i].FinishedAt = &t
		}
	}
	return out, nil
}
