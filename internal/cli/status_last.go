package cli

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/daemon"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// recentRuns is how far back a run by hand is looked for.
const recentRuns = 50

// ended is the newest run of a task of which something is written.
type ended struct {
	run    ledger.Run
	status engine.Status      // of the task, which may have ended well in a run that failed
	sync   *engine.SyncReport // of a sync; nil of the build
	why    string
	passed bool // of the build: a later run without one came to its end
}

// fillEnded adds runs that ended before they wrote a word into the history of their
// syncs: those that could not begin, and those that were stopped or failed before the
// changes were known.
func fillEnded(ctx context.Context, e *engine.Engine, doc *statusDocument, forecasts map[string]daemon.Forecast) error {
	runs, err := e.Ledger.Runs(ctx, "", recentRuns)
	if err != nil {
		return err
	}
	served := map[string]string{}
	for task, f := range forecasts {
		if f.Last == nil || f.Last.Run == "" {
			continue
		}
		served[f.Last.Run] = task
		if !slices.ContainsFunc(runs, func(r ledger.Run) bool { return r.ID == f.Last.Run }) && stopped(engine.Status(f.Last.Status), true) {
			more, err := e.Ledger.Runs(ctx, f.Last.Run, 1)
			if err != nil {
				return err
			}
			runs = append(runs, more...)
		}
	}
	last := lastEnded(runs, served)
	for i := range doc.Syncs {
		st := &doc.Syncs[i]
		for _, name := range []string{st.was, st.Sync} {
			x, ok := last[ledger.TaskOf(name)]
			if !ok || x.run.ID == st.Run || st.LastRun != nil && x.run.StartedAt.Before(*st.LastRun) || !stopped(x.status, served[x.run.ID] != "") {
				continue
			}
			st.Status, st.Run, st.LastRun = string(x.status), x.run.ID, &x.run.StartedAt
			st.Plan, st.Error, st.Help, st.Codes, st.Left = x.sync.Plan, x.why, x.sync.Help, x.sync.Codes, nil
		}
	}
	return fillBuild(ctx, e, doc, last[ledger.TaskBuild], served[last[ledger.TaskBuild].run.ID] != "")
}

// fillBuild adds the trouble of a run that ended in its build, or before its syncs for another
// reason, unless a build was made since. That of a run without a build is over as well when a
// later one came to its end, unless it was that there is no build, and there still is none.
func fillBuild(ctx context.Context, e *engine.Engine, doc *statusDocument, x ended, served bool) error {
	if !stopped(x.status, served) || len(doc.Build.Troubles) > 0 {
		return nil
	}
	builds, err := e.Ledger.Builds(ctx, 1)
	if err != nil || len(builds) > 0 && builds[0].AsOf.After(x.run.StartedAt) {
		return err
	}
	if x.passed && (x.run.Command == "sync" || len(e.Project.Entities) == 0) {
		if why, err := e.NoBuild(ctx); err != nil || why != x.why {
			return err
		}
	}
	doc.Build.Troubles = []trouble{{Kind: string(x.status), Since: x.run.StartedAt.UTC().Truncate(time.Second), Text: x.why}}
	return nil
}

// stopped reports that a run did not do what it was for. One by hand that waited has only
// found another one on its way.
func stopped(status engine.Status, served bool) bool {
	switch status {
	case engine.Failed, engine.Blocked:
		return true
	case engine.Waited:
		return served
	}
	return false
}

// lastEnded are the newest of runs, the newest first, by task. served are the tasks of those
// of the daemon.
func lastEnded(runs []ledger.Run, served map[string]string) map[string]ended {
	out := map[string]ended{}
	passed := false
	add := func(task string, x ended) {
		if _, newer := out[task]; !newer && (x.status != engine.Waited || served[x.run.ID] != "") {
			out[task] = x
		}
	}
	for _, r := range runs {
		var report engine.Report
		if r.FinishedAt == nil || json.Unmarshal([]byte(shown(r.Report)), &report) != nil {
			continue
		}
		x := ended{run: r, status: engine.Status(r.Status), why: report.Error, passed: passed}
		sync, ofSync := strings.CutPrefix(served[r.ID], ledger.TaskOf(""))
		switch {
		case r.Command == "build":
			add(ledger.TaskBuild, x)
		case report.Error == "" && len(report.Entities) > 0:
			x.status = engine.Succeeded // of its build
			add(ledger.TaskBuild, x)
		case report.Error == "":
			passed = true
		case len(report.Syncs) == 0 && ofSync:
			report.Syncs = []*engine.SyncReport{{Sync: sync, Status: x.status, Error: report.Error}}
		case len(report.Syncs) == 0 && x.status != engine.Interrupted:
			add(ledger.TaskBuild, x)
		}
		for _, s := range report.Syncs {
			add(ledger.TaskOf(s.Sync), ended{run: r, status: s.Status, sync: s, why: s.Error})
		}
	}
	return out
}

// fillStopped makes the plan of a sync that is blocked the one that was stopped last, which
// `kith plan` may have been since: no other can be approved. What was told when the trouble
// began may name one of before.
func fillStopped(ctx context.Context, e *engine.Engine, st *syncStatus) error {
	if st.Plan != "" {
		p, err := e.LastStopped(ctx, st.known())
		switch {
		case errors.Is(err, engine.ErrNoPlan):
		case err != nil:
			return err
		case p.ID != st.Plan:
			st.Plan, st.Error = p.ID, shown(p.Text)
			st.Help = "`kith approve " + p.ID + "` allows exactly this, once; `kith plan --select " + st.Sync + "` shows it"
		}
	}
	for i := range st.Troubles {
		t := &st.Troubles[i]
		switch {
		case t.Kind != string(cdp.AlertBlocked):
		case st.Status == string(engine.Blocked) && st.Error != "":
			t.Text = st.Error
		default:
			t.Text, _, _ = strings.Cut(t.Text, "; `kith approve ")
		}
	}
	return nil
}
