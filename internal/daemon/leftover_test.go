package daemon

import (
	"errors"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestTroubleOfRenamed: a trouble goes on under the name that its sync has now, and ends with it.
func TestTroubleOfRenamed(t *testing.T) {
	onBoth(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`), troubleOfRenamed)
}

func troubleOfRenamed(t *testing.T, w *world) {
	w.people("1")
	w.dest.fail = func(string) error { return &cdp.Fatal{Reason: "no"} }
	d := w.serve("one")
	w.until(at("2026-11-01T01:30:00"))
	d.finish()
	w.write("syncs/s.yml", "syncs:\n"+strings.Replace(syncOf("b", `was: a, schedule: {cron: "0 * * * *"}`), "object: b", "object: a", 1))
	d = w.serve("two")
	w.until(at("2026-11-01T02:30:00"))
	same(t, "it goes on", []string{"sync a failed"}, w.messages())
	w.dest.mu.Lock()
	w.dest.fail = nil
	w.dest.mu.Unlock()
	w.until(at("2026-11-01T03:30:00"))
	same(t, "it is over", []string{"sync a failed", "sync b recovered"}, w.messages())
	if m := w.told[len(w.told)-1]; !strings.HasPrefix(m.Text, "it was failed since 2026-11-01 01:") {
		t.Errorf("message: %s", m.Text)
	}
	if list, err := d.Session().Engine.Ledger.Episodes(t.Context(), ""); err != nil || len(list) > 0 {
		t.Errorf("left: %+v %v", list, err)
	}
}

// TestTroubleOfRemoved: the trouble of a sync that nobody runs any more ends a day after its
// last run, where people were told of it; not before, when another version may run it.
func TestTroubleOfRemoved(t *testing.T) {
	w := newWorld(t, `alerts: {to: [{name: ops, type: slack, url: "${X}"}, {name: web, type: slack, url: "${X}"}]}`+"\n", "syncs:\n"+
		syncOf("a", `alerts: {to: ops, on: [failed, recovered]}, schedule: {cron: "0 1 1 11 *"}`)+syncOf("c", `schedule: {cron: "0 0 1 1 *"}`))
	w.people("1")
	w.dest.fail = func(string) error { return &cdp.Fatal{Reason: "no"} }
	d := w.serve("one")
	w.until(at("2026-11-01T01:30:00"))
	same(t, "told", []string{"sync a failed"}, w.messages())
	d.finish()
	w.write("syncs/s.yml", "syncs:\n"+syncOf("c", `schedule: {cron: "0 0 1 1 *"}`))
	d = w.serve("two")
	w.until(at("2026-11-02T00:30:00"))
	same(t, "within a day", []string{"sync a failed"}, w.messages())
	w.until(at("2026-11-02T08:30:00"))
	soon(t, "episodes are left", func() bool {
		list, err := d.Session().Engine.Ledger.Episodes(t.Context(), "")
		return err == nil && len(list) == 0
	})
	same(t, "after a day", []string{"sync a failed", "sync a recovered"}, w.messages())
	if text := w.told[len(w.told)-1].Text; !strings.HasSuffix(text, ", and it does not run any more") || len(w.heard["web"]) > 0 {
		t.Errorf("message: %s; web heard %q", text, w.heard["web"])
	}
}

// TestRemovedUnreachable: a place that is away when a removed sync's trouble ends is told at a
// later look, also when it had ended before; one that has not heard of the trouble is not.
func TestRemovedUnreachable(t *testing.T) {
	const web = `, {name: web, type: slack, url: "${X}"}`
	for _, c := range []struct {
		name, places string
		ended        bool // before it is removed
	}{{"one", "", false}, {"two", web, false}, {"ended", web, true}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, `alerts: {to: [{name: ops, type: slack, url: "${X}"}`+c.places+"]}\n", "syncs:\n"+
				syncOf("a", `alerts: {to: ops, on: [failed, recovered]}, schedule: {cron: "0 1,2 1 11 *"}`)+syncOf("c", `schedule: {cron: "0 0 1 1 *"}`))
			removedUnreachable(t, w, c.ended)
		})
	}
}

func removedUnreachable(t *testing.T, w *world, ended bool) {
	fail := func(err, tellErr error) {
		w.dest.mu.Lock()
		defer w.dest.mu.Unlock()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.dest.fail, w.tellErr = func(string) error { return err }, tellErr
	}
	no, away := &cdp.Fatal{Reason: "no"}, errors.New("it answered 500")
	w.people("1")
	fail(no, nil)
	d := w.serve("one")
	w.until(at("2026-11-01T01:30:00"))
	same(t, "told", []string{"sync a failed"}, w.messages())
	fail(no, away)
	if ended {
		fail(nil, away)
	}
	w.until(at("2026-11-01T02:30:00"))
	d.finish()
	w.write("syncs/s.yml", "syncs:\n"+syncOf("c", `schedule: {cron: "0 0 1 1 *"}`))
	d = w.serve("two")
	w.until(at("2026-11-02T08:30:00"))
	list := func() []ledger.Episode {
		list, err := d.Session().Engine.Ledger.Episodes(t.Context(), "")
		if err != nil {
			t.Error(err)
		}
		return list
	}
	soon(t, "nobody looks at what is left", func() bool { l := list(); return len(l) == 1 && !l[0].Open && !l[0].Told })
	fail(nil, nil)
	w.until(at("2026-11-03T12:30:00"))
	soon(t, "an episode is left", func() bool { return len(list()) == 0 })
	w.mu.Lock()
	defer w.mu.Unlock()
	same(t, "ops", []string{"failed", "recovered"}, w.heard["ops"])
	same(t, "web", nil, w.heard["web"])
}
