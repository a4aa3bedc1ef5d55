package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// Note records a run that never began, with its status and why.
func (e *Engine) Note(ctx context.Context, r Request, status Status, why string) error {
	_, run, err := e.start(ctx, r)
	if err != nil {
		return err
	}
	report := noted(run, r.Syncs, status, why)
	return e.note(ctx, run, run.StartedAt, report)
}

// Close records the end of a run that a process left open when it died: when it began is known,
// and the log has what became of rows. The request is of that run, and of one sync at most.
func (e *Engine) Close(ctx context.Context, r Request, left ledger.Run, status Status, why string) error {
	_, run, err := e.start(ctx, r)
	if err != nil {
		return err
	}
	now := run.StartedAt
	run.StartedAt, run.AsOf, run.Commit = left.StartedAt, left.AsOf, left.Commit
	report := noted(run, r.Syncs, status, why)
	for i, s := range r.Syncs {
		names := []string{s.Name}
		if s.Was != "" {
			names = append(names, s.Was)
		}
		// The log goes by the clock of kith.
		fates, err := e.Ledger.Fates(ctx, run.ID, left.StartedAt.Add(-24*time.Hour), names...)
		if err != nil {
			return err
		}
		for fate, n := range fates {
			report.Syncs[i].count(fate, cdp.NoCode, n)
		}
	}
	return e.note(ctx, run, now, report)
}

// noted is what is known of a run that did not write its own end.
func noted(run ledger.Run, syncs []*cdp.Sync, status Status, why string) *Report {
	report := &Report{RunID: run.ID, Status: status, Entities: []EntityReport{}, Segments: []SegmentReport{}, Syncs: []*SyncReport{}, Error: why}
	for _, s := range syncs {
		report.Syncs = append(report.Syncs, &SyncReport{Sync: s.Name, Status: status, Error: why})
	}
	return report
}

func (e *Engine) note(ctx context.Context, run ledger.Run, at time.Time, report *Report) error {
	b, err := json.Marshal(report)
	if err != nil {
		return err
	}
	run.FinishedAt, run.Status, run.Report = &at, string(report.Status), string(b)
	return e.Ledger.WriteRunRow(ctx, run)
}
