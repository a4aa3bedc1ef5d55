package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// hasty is an engine for which every lease but its own is dead.
func (u *upgrade) hasty(of *Engine) *Engine {
	u.t.Helper()
	l, err := ledger.Open(u.t.Context(), u.w, of.Compiler, ledger.Options{Holder: ledger.Self(), Timing: ledger.Timing{Beat: time.Second, Dead: time.Millisecond, Stop: time.Minute}})
	if err != nil {
		u.t.Fatal(err)
	}
	e := *of
	e.Ledger = l
	return &e
}

// TestPausedRename: a run of a renamed sync that was paused before it moves the state, and whose
// leases another has had since, moves none, nor does it take the marks of records from before kith.
// It hears of that from a heartbeat, or from the statement that would move the state.
func TestPausedRename(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		for at, pause := range map[string]time.Duration{"after diff": 6 * time.Second, "before move": 10 * time.Millisecond} {
			u := newPeople(t, d)
			source := "sources:\n  - {name: people, table: " + u.schema + ".people, key: id, columns: {id: string, email: string, active: string, a: string}}\n" +
				"syncs:\n  - {name: NAME, from: {source: people}, to: {destination: hook, object: people}, key: {email: email}, fields: {a: a}, on_removed: {gone: delete}, guards: {max_removed: 100%}}\n"
			kith := func(name string) *Engine {
				return u.kithOf(strings.Replace(source, "NAME", name, 1), compile.FirstHash)
			}
			now, before := kith("folk, was: people"), kith("people")
			u.box.there = map[string]bool{"p01@example.com": true}
			u.sends("first", before, Request{}, Succeeded, 0, allAdded)
			other := u.hasty(before)
			now.Fail = func(point string) {
				if point == at {
					time.Sleep(10 * time.Millisecond)
					u.set("a = 'k'", "p03")
					u.sends("meanwhile", other, Request{}, Succeeded, 0, "change p03")
					time.Sleep(pause)
				}
			}
			if r, _ := u.run(now, "folk", Request{}); r.Status != Failed || !strings.Contains(r.Error, ErrLeaseLost.Error()) {
				t.Errorf("paused %s: %s (%s)", at, r.Status, r.Error)
			}
			states, err := now.Ledger.States(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if states["folk"].Baseline != "" || states["people"].Baseline == "" {
				t.Errorf("paused %s, it moves the state: %+v", at, states)
			}
			u.sql("DELETE FROM " + u.schema + ".people WHERE id = 'p01'")
			u.sends("who leaves", before, Request{}, Succeeded, 0, "") // the record is from before kith
		}
	})
}

// TestPausedElsewhere: a full run or a rebaseline to another place that was paused before it leaves the
// former one, and whose lease another has had since, forgets nothing of what that had before kith.
func TestPausedElsewhere(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		for at, req := range map[string]Request{"after begin run": {Full: true}, "before another place": {Rebaseline: true}} {
			u := newPeople(t, d)
			home := u.kith("{a: a}", compile.FirstHash)
			u.box.there = map[string]bool{"p01@example.com": true, "p02@example.com": true}
			u.sends("first", home, Request{}, Succeeded, 0, allAdded)
			u.sql("DELETE FROM " + u.schema + ".people WHERE id = 'p02'")
			u.sends("who leaves", home, Request{}, Succeeded, 0, "") // is let be
			away := u.kith("{a: a}", compile.FirstHash)
			away.Remotes = &inbox{tune: func(r *Remote) { r.Endpoint, r.Account = "elsewhere", "elsewhere" }}
			other := u.hasty(home)
			away.Fail = func(point string) {
				if point == at {
					time.Sleep(10 * time.Millisecond)
					u.sends("taken back", other, Request{Rebaseline: req.Rebaseline}, Succeeded, 0, "")
					u.set("a = 'x'", "p03")
					u.sends("meanwhile", other, Request{}, Succeeded, 0, "change p03")
					time.Sleep(6 * time.Second) // it learns that it has lost the lease
				}
			}
			if r := away.sync(t.Context(), t.Context(), u.request(away, req), syncNamed(away, "people")); r.Status != Failed || !strings.Contains(r.Error, ErrLeaseLost.Error()) {
				t.Errorf("paused %s: %s (%s)", at, r.Status, r.Error)
			}
			u.sql("DELETE FROM " + u.schema + ".people WHERE id = 'p01'")
			u.sends("who leaves", home, Request{}, Succeeded, 0, "") // is let be
		}
	})
}
