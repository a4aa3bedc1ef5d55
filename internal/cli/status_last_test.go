package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// TestLastEnded: a run by hand that found another on its way says nothing of how a sync
// is; one that the daemon gave up waiting does.
func TestLastEnded(t *testing.T) {
	now := time.Now()
	entry := func(id, command string, status engine.Status) ledger.Run {
		b, err := json.Marshal(engine.Report{Status: status, Syncs: []*engine.SyncReport{{Sync: "a", Status: status}}})
		if err != nil {
			t.Fatal(err)
		}
		return ledger.Run{ID: id, Command: command, Status: string(status), Report: string(b), FinishedAt: &now}
	}
	running := ledger.Run{ID: "5", Command: "sync", Report: "{}"}
	runs := []ledger.Run{running, entry("4", "sync", engine.Waited), entry("3", "build", engine.Waited), entry("2", "sync", engine.Failed), entry("1", "build", engine.Blocked)}
	for _, c := range []struct {
		served      map[string]string
		sync, build string
	}{
		{nil, "2", "1"},
		{map[string]string{"4": "sync a", "3": "build"}, "4", "3"},
	} {
		last := lastEnded(runs, c.served)
		for task, want := range map[string]string{ledger.TaskOf("a"): c.sync, ledger.TaskBuild: c.build} {
			if got := last[task]; got.run.ID != want || !stopped(got.status, c.served[want] != "") {
				t.Errorf("%s: run %s %s, want %s", task, got.run.ID, got.status, want)
			}
		}
	}
}

// TestLastBefore: a run that ended before its syncs is of the task for which the daemon
// began it, and else of the build.
func TestLastBefore(t *testing.T) {
	now := time.Now()
	entry := func(id, command string, r engine.Report) ledger.Run {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return ledger.Run{ID: id, Command: command, Status: string(r.Status), Report: string(b), FinishedAt: &now}
	}
	const address = "webhook:hooks.example:443/services/T0hunter"
	written := entry("1", "sync", engine.Report{Status: engine.Blocked, Syncs: []*engine.SyncReport{{Sync: "a", Status: engine.Blocked, Error: "it was delivered to " + address}}})
	if x := lastEnded([]ledger.Run{written}, nil)[ledger.TaskOf("a")]; x.status != engine.Blocked || strings.Contains(x.why, "hunter") {
		t.Errorf("of an older kith: %s: %s", x.status, x.why)
	}
	failed := entry("1", "sync", engine.Report{Status: engine.Failed, Error: "why"})
	runs := []ledger.Run{entry("2", "run", engine.Report{Status: engine.Interrupted, Error: "interrupted"}), failed}
	for _, c := range []struct {
		served map[string]string
		task   string
	}{{nil, ledger.TaskBuild}, {map[string]string{"1": "sync a"}, ledger.TaskOf("a")}} {
		last := lastEnded(runs, c.served)
		if x := last[c.task]; len(last) != 1 || x.run.ID != "1" || x.status != engine.Failed || x.why != "why" || x.passed {
			t.Errorf("%v: %+v", c.served, last)
		}
	}
	built := entry("3", "run", engine.Report{Status: engine.Failed, Entities: []engine.EntityReport{{}}, Syncs: []*engine.SyncReport{{Sync: "a", Status: engine.Failed}}})
	passed := entry("4", "sync", engine.Report{Status: engine.Succeeded, Syncs: []*engine.SyncReport{{Sync: "a", Status: engine.Succeeded}}})
	if x := lastEnded([]ledger.Run{passed, failed}, nil)[ledger.TaskBuild]; x.status != engine.Failed || !x.passed {
		t.Errorf("after another sync: %+v", x)
	}
	if x := lastEnded([]ledger.Run{passed, built, failed}, nil)[ledger.TaskBuild]; stopped(x.status, false) {
		t.Errorf("after a build in a run that failed: %+v", x)
	}
}
