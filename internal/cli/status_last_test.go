package cli

import (
	"encoding/json"
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
		served      map[string]bool
		sync, build string
	}{
		{nil, "2", "1"},
		{map[string]bool{"4": true, "3": true}, "4", "3"},
	} {
		last := lastEnded(runs, c.served)
		for task, want := range map[string]string{ledger.TaskOf("a"): c.sync, ledger.TaskBuild: c.build} {
			if got := last[task].run; got.ID != want || !stopped(got.Status, c.served[got.ID]) {
				t.Errorf("%s: run %s %s, want %s", task, got.ID, got.Status, want)
			}
		}
	}
}
