package daemon

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

const tellTwo = `alerts: {to: [{name: ops, type: slack, url: "${X}"}, {name: web, type: slack, url: "${X}"}], late: 30m}
`

// failing makes pushes fail, or not, and a place deaf; "" for none.
func (w *world) failing(on bool, deaf string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dest.mu.Lock()
	defer w.dest.mu.Unlock()
	w.dest.fail, w.deaf = nil, deaf
	if on {
		w.dest.fail = func(string) error { return &cdp.Fatal{Reason: "no"} }
	}
}

// troubled are the kinds of the episodes that are open.
func (w *world) troubled(d *served) []string {
	w.t.Helper()
	list, err := d.Session().Engine.Ledger.Episodes(w.t.Context(), "")
	if err != nil {
		w.t.Fatal(err)
	}
	kinds := []string{}
	for _, e := range list {
		if e.Open {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

// TestLateThenFailed: a run that was late and failed is late no more, so that the next is told
// when it is; who heard of lateness hears that it is over with the rest, whatever else was missed.
func TestLateThenFailed(t *testing.T) {
	w := newWorld(t, tellTwo, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`))
	w.times.Nap = 15 * time.Minute
	w.people("1")
	d := w.serve("one")
	late := func(until string) chan struct{} {
		t.Helper()
		hold, before := w.held(), len(w.messages())
		w.until(at(until))
		soon(t, "nobody is told that it is late", func() bool { return len(w.messages()) == before+2 })
		return hold
	}
	hold := late("2026-11-01T01:45:00")
	w.failing(true, "web")
	w.release(hold)
	w.until(at("2026-11-01T02:30:00"))
	w.heardBy(t, "it was late and failed", []string{"late", "failed"}, []string{"late"})
	same(t, "it has ended", []string{"failed"}, w.troubled(d))
	w.failing(false, "web")
	w.until(at("2026-11-01T03:30:00"))
	w.failing(false, "")
	w.until(at("2026-11-01T10:30:00"))
	w.heardBy(t, "it is well", []string{"recovered"}, []string{"recovered"})
	if text := w.told[len(w.told)-1].Text; !strings.HasPrefix(text, "it was late since 2026-11-01 01:") {
		t.Errorf("web heard: %s", text)
	}

	w.people("2")
	hold = late("2026-11-01T11:45:00")
	w.failing(true, "")
	w.release(hold)
	w.until(at("2026-11-01T12:30:00"))
	hold = late("2026-11-01T13:45:00")
	w.heardBy(t, "it hangs again", []string{"late", "failed", "late"}, []string{"late", "failed", "late"})
	w.failing(false, "")
	w.release(hold)
	w.until(at("2026-11-01T14:30:00"))
	w.heardBy(t, "it is well again", []string{"recovered"}, []string{"recovered"})
	same(t, "nothing is left", []string{}, w.troubled(d))
}

// TestLateAlone: who wants to know of lateness and not of failures hears of its end when the run
// has ended; what a person asks for ends none, and a wait that is given up is told beside it.
func TestLateAlone(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `alerts: {on: [late, recovered]}, schedule: {cron: "0 0 1 1 *"}`))
	d := w.serve("one")
	task, _ := d.copyOf("sync a")
	late := func(text string) {
		t.Helper()
		f := ledger.Firing{Task: task.name}
		if err := d.episodes(t.Context(), d.Session(), task, f, []trouble{{kind: cdp.AlertLate, text: text}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	ended := func(kind string, status engine.Status) {
		t.Helper()
		f := ledger.Firing{Task: task.name, Kind: kind, Status: string(status), Run: "run", Note: "why"}
		if err := d.judge(t.Context(), d.Session(), task, f, nil); err != nil {
			t.Fatal(err)
		}
	}
	told := func(what string, want ...string) {
		t.Helper()
		got := []string{}
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, m := range w.told {
			got = append(got, fmt.Sprint(m.Kind, ": ", strings.Split(m.Text, " ")[0]))
		}
		w.told = nil
		same(t, what, want, got)
	}
	late("hangs")
	ended(ledger.ByPerson, engine.Failed)
	told("asked for", "late: hangs")
	ended(ledger.ByCron, engine.Failed)
	told("failed", "recovered: it")
	late("again")
	late("still")
	ended(ledger.ByCron, engine.Waited)
	ended(ledger.ByCron, engine.Waited)
	told("given up", "late: again", "late: given")
	ended(ledger.ByCron, engine.Blocked)
	told("blocked", "recovered: it")
}

// TestLateAtItsEnd: a run that has ended is not told as late while its end is being recorded.
func TestLateAtItsEnd(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 1 * * *"}`))
	d := w.serve("one")
	d.finish()
	w.clock.jump(at("2026-11-01T02:00:00"))
	task, _ := d.copyOf("sync a")
	e, tick := d.Session().Engine, at("2026-11-01T01:00:00")
	f := ledger.Firing{Task: task.name, Tick: tick, Kind: ledger.ByCron, State: ledger.Claimed, Run: ledger.NewRunID(tick), Attempt: 1, At: tick}
	if err := e.Ledger.WriteFiring(t.Context(), f, 1); err != nil {
		t.Fatal(err)
	}
	if err := e.Note(t.Context(), engine.Request{Command: "sync", ID: f.Run, Syncs: []*cdp.Sync{task.sync}}, engine.Failed, "no"); err != nil {
		t.Fatal(err)
	}
	d.tellLate(t.Context(), task.name, task.alerts, tick)
	same(t, "it has ended", []string{}, w.messages())
	f.Status = string(engine.Interrupted) // it is to be repeated
	if err := e.Ledger.WriteFiring(t.Context(), f, 2); err != nil {
		t.Fatal(err)
	}
	d.tellLate(t.Context(), task.name, task.alerts, tick)
	same(t, "it goes on", []string{"sync a late"}, w.messages())
}
