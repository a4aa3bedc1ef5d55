package cli

import (
	"testing"

	"github.com/kithdata/kith/internal/engine"
)

// TestNextStep: the next command goes to the same target, and sends what the run had left
// rather than everything.
func TestNextStep(t *testing.T) {
	t.Parallel()
	deferred := &engine.SyncReport{Sync: "a", Status: engine.Partial, Deferred: 1}
	blocked := &engine.SyncReport{Sync: "a", Status: engine.Blocked, Guard: "max_removed", Plan: "12ab"}
	for _, x := range []struct {
		report engine.Report
		flags  runFlags
		want   string
	}{
		{engine.Report{Syncs: []*engine.SyncReport{deferred}}, runFlags{}, "`kith run --target prod` again sends the rest"},
		{engine.Report{Syncs: []*engine.SyncReport{deferred}}, runFlags{Request: engine.Request{Command: "sync"}, given: " --target prod --full --select a", rest: " --target prod --select a"}, "`kith sync --target prod --select a` again sends the rest"},
		{engine.Report{Syncs: []*engine.SyncReport{deferred}}, runFlags{Request: engine.Request{Command: "sync"}, plan: "f", given: " --target prod --plan f"}, "`kith run --target prod` again sends the rest"},
		{engine.Report{Syncs: []*engine.SyncReport{blocked}}, runFlags{given: " --target prod --select a"}, "`kith plan --target prod --select a` shows what was blocked; `kith approve 12ab --target prod` lets it pass"},
		{engine.Report{Status: engine.Blocked, Syncs: []*engine.SyncReport{{Status: engine.Blocked, Guard: "plan"}}}, runFlags{plan: "f"}, ""},
		{engine.Report{Status: engine.Blocked, Help: "look"}, runFlags{}, ""},
		{engine.Report{Status: engine.Blocked, Help: "look", Entities: []engine.EntityReport{{Stopped: &engine.Stopped{}}}}, runFlags{}, "`kith plan --target prod` shows what was blocked"},
		{engine.Report{Syncs: []*engine.SyncReport{{Status: engine.Partial, Rejected: 1}}}, runFlags{}, "`kith log --rejected --target prod` shows the rejected rows and when they are tried again"},
		{engine.Report{Status: engine.Failed}, runFlags{}, "`kith doctor --target prod` checks the warehouse, the sources and the destinations"},
		{engine.Report{Status: engine.Interrupted, Planned: true}, runFlags{Request: engine.Request{Command: "sync"}, given: " --target prod --plan f", plan: "f"}, "`kith sync --target prod` sends the rest; `kith plan --out f --target prod` plans it anew"},
		{engine.Report{Status: engine.Interrupted, Planned: true}, runFlags{Request: engine.Request{Command: "sync"}}, "`kith sync --target prod` sends the rest; `kith plan --out FILE --target prod` plans it anew"},
		{engine.Report{Status: engine.Interrupted}, runFlags{}, "the same command goes on where this one stopped"},
	} {
		a := &app{everywhere: " --target prod"}
		if got := a.nextStep(&x.report, &x.flags); got != x.want {
			t.Errorf("%+v, %q: %q, want %q", x.report, x.flags.given, got, x.want)
		}
	}
}
