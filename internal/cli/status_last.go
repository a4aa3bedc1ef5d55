package cli

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/daemon"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// recentRuns is how far back a run by hand is looked for.
const recentRuns = 50

// ended is the newest run of a task of which something is written.
type ended struct {
	run  ledger.Run
	sync *engine.SyncReport // of a sync; nil of the build
}

// fillEnded adds runs that ended before they wrote a word into the history of their
// syncs: those that could not begin, and those that were stopped or failed before the
// changes were known.
func fillEnded(ctx context.Context, l *ledger.Ledger, doc *statusDocument, forecasts map[string]daemon.Forecast) error {
	runs, err := l.Runs(ctx, "", recentRuns)
	if err != nil {
		return err
	}
	served := map[string]bool{}
	for _, f := range forecasts {
		if f.Last == nil || f.Last.Run == "" {
			continue
		}
		served[f.Last.Run] = true
		if !slices.ContainsFunc(runs, func(r ledger.Run) bool { return r.ID == f.Last.Run }) && stopped(f.Last.Status, true) {
			more, err := l.Runs(ctx, f.Last.Run, 1)
			if err != nil {
				return err
			}
			runs = append(runs, more...)
		}
	}
	last := lastEnded(runs, served)
	for i := range doc.Syncs {
		st := &doc.Syncs[i]
		x, ok := last[ledger.TaskOf(st.Sync)]
		if !ok || x.run.ID == st.Run || st.LastRun != nil && x.run.StartedAt.Before(*st.LastRun) || !stopped(string(x.sync.Status), served[x.run.ID]) {
			continue
		}
		st.Status, st.Run, st.LastRun = string(x.sync.Status), x.run.ID, &x.run.StartedAt
		st.Error, st.Help, st.Codes = x.sync.Error, x.sync.Help, x.sync.Codes
	}
	return fillBuild(ctx, l, doc, last[ledger.TaskBuild], served)
}

// fillBuild adds the trouble of a build that nobody was told of, unless another was made since.
func fillBuild(ctx context.Context, l *ledger.Ledger, doc *statusDocument, x ended, served map[string]bool) error {
	if !stopped(x.run.Status, served[x.run.ID]) || len(doc.Build.Troubles) > 0 {
		return nil
	}
	builds, err := l.Builds(ctx, 1)
	if err != nil || len(builds) > 0 && builds[0].AsOf.After(x.run.StartedAt) {
		return err
	}
	var report engine.Report
	if json.Unmarshal([]byte(shown(x.run.Report)), &report) == nil {
		doc.Build.Troubles = []trouble{{x.run.Status, x.run.StartedAt.UTC().Truncate(time.Second), report.Error}}
	}
	return nil
}

// stopped reports that a run did not do what it was for. One by hand that waited has only
// found another one on its way.
func stopped(status string, served bool) bool {
	switch engine.Status(status) {
	case engine.Failed, engine.Blocked:
		return true
	case engine.Waited:
		return served
	}
	return false
}

// lastEnded are the newest of runs, the newest first, by task. served are those of the daemon.
func lastEnded(runs []ledger.Run, served map[string]bool) map[string]ended {
	out := map[string]ended{}
	for _, r := range runs {
		var report engine.Report
		if r.FinishedAt == nil || json.Unmarshal([]byte(r.Report), &report) != nil {
			continue
		}
		if _, newer := out[ledger.TaskBuild]; !newer && r.Command == "build" && (r.Status != string(engine.Waited) || served[r.ID]) {
			out[ledger.TaskBuild] = ended{run: r}
		}
		for _, s := range report.Syncs {
			if _, newer := out[ledger.TaskOf(s.Sync)]; !newer && (s.Status != engine.Waited || served[r.ID]) {
				out[ledger.TaskOf(s.Sync)] = ended{r, s}
			}
		}
	}
	return out
}
