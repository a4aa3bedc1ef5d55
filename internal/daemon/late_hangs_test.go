package daemon

import (
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestLateHangs: a run that does not end is told as late, also one that waited for its condition
// or for others: since it was begun.
func TestLateHangs(t *testing.T) {
	w := newWorld(t, strings.Replace(tellOps, "late: 30m", "late: 45m", 1), "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *", when: {sql: "(SELECT COUNT(*) FROM SCHEMA.src_people) >= 2"}, until: "01:50"}`)+
		syncOf("b", `schedule: {after: a}`)+syncOf("c", `mode: upsert`))
	w.times.Nap, w.times.Read, w.times.Gate = 10*time.Minute, 5*time.Minute, 5*time.Minute
	d := w.serve("one")
	hold := w.held()
	w.people("0")
	if _, err := d.Ask(t.Context(), []string{"c"}); err != nil {
		t.Fatal(err)
	}
	w.until(at("2026-11-01T01:25:00"))
	w.people("1")
	w.until(at("2026-11-01T02:10:00"))
	same(t, "it waited until 01:30", []string{}, w.messages())
	w.until(at("2026-11-01T02:40:00"))
	soon(t, "nobody is told that it hangs", func() bool { return len(w.messages()) > 0 })
	same(t, "it hangs", []string{"sync a late"}, w.messages())
	if text := w.told[0].Text; !strings.HasPrefix(text, "begun at 2026-11-01 01:") || !strings.HasSuffix(text, ", and has not ended; it is running") {
		t.Errorf("message: %s", text)
	}
	next := w.held()
	close(hold)
	soon(t, "a does not end", func() bool { return len(w.messages()) == 2 })
	w.until(at("2026-11-01T03:00:00"))
	same(t, "it has ended", []string{"sync a late", "sync a recovered"}, w.messages())
	w.until(at("2026-11-01T04:10:00"))
	soon(t, "nobody is told that b hangs", func() bool { return len(w.messages()) > 2 })
	w.release(next)
	w.until(at("2026-11-01T04:25:00"))
	same(t, "what follows", []string{"sync a late", "sync a recovered", "sync b late", "sync b recovered"}, w.messages())
	same(t, "nothing is left", []string{}, w.troubled(d))
}

// TestLateSinceTheFirst: an attempt that follows another is as late as the run is; what is needed
// or asked for, and what is paused, is not late.
func TestLateSinceTheFirst(t *testing.T) {
	tick := at("2026-11-01T01:00:00")
	f := ledger.Firing{Tick: tick, Kind: ledger.ByAfter, State: ledger.Claimed, At: tick.Add(time.Minute)}
	b := &task{name: "sync b", schedule: &cdp.Schedule{After: []string{"a"}}, alerts: &cdp.Alerts{Late: time.Hour}}
	for n := range 3 { // each is seen within half an hour
		f.At = tick.Add(time.Minute + time.Duration(n)*30*time.Minute)
		b.known.Open = []ledger.Firing{f}
		b.meet()
	}
	if since := b.lateSince(tick.Add(61 * time.Minute)); !since.Equal(tick.Add(time.Minute)) {
		t.Errorf("late since %s", since)
	}
	if since := b.lateSince(tick.Add(60 * time.Minute)); !since.IsZero() {
		t.Errorf("too early: late since %s", since)
	}
	f.Tick = tick.Add(time.Hour)
	b.known.Open = []ledger.Firing{f}
	b.meet()
	if since := b.lateSince(f.At.Add(59 * time.Minute)); !since.IsZero() {
		t.Errorf("another one: late since %s", since)
	}
	for _, kind := range []string{ledger.ByNeed, ledger.ByPerson} {
		f.Kind = kind
		b.known.Open = []ledger.Firing{f}
		if since := b.lateSince(f.At.Add(3 * time.Hour)); !since.IsZero() {
			t.Errorf("%s: late since %s", kind, since)
		}
	}
	f.Kind = ledger.ByAfter
	b.known.Open, b.pause.Paused = []ledger.Firing{f}, true
	if since := b.lateSince(f.At.Add(3 * time.Hour)); !since.IsZero() {
		t.Errorf("paused: late since %s", since)
	}
}
