package daemon

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// lookedAt is how many runs of a sync are looked at for one that has ended.
const lookedAt = 5

// standing leaves out of open episodes those of failed and blocked runs that are over although no
// daemon has ended them: somebody has run the sync by hand since the last firing, or built.
func (t *task) standing(ctx context.Context, l *ledger.Ledger, last *ledger.Firing, open []ledger.Episode) ([]ledger.Episode, error) {
	ends := func(e ledger.Episode) bool {
		return e.Kind == string(cdp.AlertFailed) || e.Kind == string(cdp.AlertBlocked)
	}
	if last == nil || last.Run == "" || !slices.ContainsFunc(open, ends) {
		return open, nil
	}
	well, err := t.endedWell(ctx, l)
	if err != nil || well.IsZero() {
		return open, err
	}
	// Both moments are of the warehouse's clock; firings and episodes go by the daemon's.
	runs, err := l.Runs(ctx, last.Run, 1)
	if err != nil || len(runs) == 0 || !well.After(runs[0].StartedAt) {
		return open, err
	}
	return slices.DeleteFunc(open, ends), nil
}

// endedWell is when the last run of a sync that has ended began, or as of when the last build was
// made; zero for none, and where that run did not end well.
func (t *task) endedWell(ctx context.Context, l *ledger.Ledger) (time.Time, error) {
	if t.sync == nil {
		builds, err := l.Builds(ctx, 1)
		if err != nil || len(builds) == 0 {
			return time.Time{}, err
		}
		return builds[0].AsOf, nil
	}
	runs, err := l.LastRuns(ctx, t.sync.Name, lookedAt)
	if err != nil {
		return time.Time{}, err
	}
	i := slices.IndexFunc(runs, func(r ledger.SyncRun) bool { return r.Status != ledger.Started })
	if i < 0 {
		return time.Time{}, nil
	}
	var report engine.SyncReport
	if err := json.Unmarshal([]byte(runs[i].Report), &report); err != nil {
		return time.Time{}, nil // of another kith: nothing is known of it
	}
	if status := engine.Status(runs[i].Status); report.Unanswered || status != engine.Succeeded && status != engine.Partial {
		return time.Time{}, nil
	}
	return runs[i].StartedAt, nil
}
