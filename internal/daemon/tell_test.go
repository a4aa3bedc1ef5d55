package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

const tellOps = `alerts: {to: [{name: ops, type: slack, url: "${X}"}], late: 30m}
`

// restart ends a daemon in order and starts another.
func (w *world) restart(d *served) *served {
	w.t.Helper()
	d.finish()
	return w.serve(d.name + "'")
}

// TestEpisodes: a sync that fails is told once, whatever restarts and however many
// daemons there are, and once that it is over.
func TestEpisodes(t *testing.T) {
	onBoth(t, tellOps, "syncs:\n"+syncOf("a", `owner: data, schedule: {cron: "0 * * * *"}`)+syncOf("quiet", `alerts: none, schedule: {cron: "0 1,5 * * *"}`), episodes)
}

func episodes(t *testing.T, w *world) {
	w.people("1")
	w.dest.fail = func(string) error { return &cdp.Fatal{Reason: "the token is refused", Help: "renew it"} }
	d := w.serve("one")
	other := w.serve("two")
	w.until(at("2026-11-01T02:30:00"))
	d = w.restart(d)
	w.until(at("2026-11-01T03:30:00"))
	same(t, "failing", []string{"sync a failed"}, w.messages())
	if m := w.told[0]; m.Text != "the token is refused; renew it" || m.Owner != "data" || m.Project != "t" || m.Run == "" {
		t.Errorf("message: %+v", m)
	}
	w.dest.mu.Lock()
	w.dest.fail = nil
	w.dest.mu.Unlock()
	w.until(at("2026-11-01T04:30:00"))
	d, other = w.restart(d), w.restart(other)
	w.until(at("2026-11-01T05:30:00"))
	same(t, "well again", []string{"sync a failed", "sync a recovered"}, w.messages())
	if m := w.told[1]; !strings.HasPrefix(m.Text, "it was failed since 2026-11-01 01:") {
		t.Errorf("message: %s", m.Text)
	}
	_, _ = d, other
}

// TestNobodyReached: what could not be told is told later, once.
func TestNobodyReached(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 0 * * *"}`))
	w.people("1")
	w.dest.fail = func(string) error { return &cdp.Fatal{Reason: "no"} }
	w.tellErr = errors.New("it answered 500")
	d := w.serve("one")
	w.until(at("2026-11-02T00:30:00"))
	same(t, "nobody reached", []string{}, w.messages())
	d = w.restart(d)
	w.mu.Lock()
	w.tellErr = nil
	w.mu.Unlock()
	w.until(at("2026-11-02T12:00:00"))
	same(t, "reached", []string{"sync a failed"}, w.messages())
	// Killed between sending and writing that it was sent: told twice, never not at all.
	w.dest.mu.Lock()
	w.dest.fail = nil
	w.dest.mu.Unlock()
	d.dieAt("after told")
	w.clock.jump(at("2026-11-03T00:00:00"))
	<-d.died
	passOn()
	w.serve("two")
	w.until(at("2026-11-03T20:00:00"))
	same(t, "over", []string{"sync a failed", "sync a recovered", "sync a recovered"}, w.messages())
}

// TestOneUnreachable: a place that cannot be reached keeps nothing from another, and is told
// of no end whose beginning it has not been told of.
func TestOneUnreachable(t *testing.T) {
	w := newWorld(t, `alerts: {to: [{name: ops, type: slack, url: "${X}"}, {name: web, type: slack, url: "${X}"}], late: 30m}`+"\n", "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`))
	w.people("1")
	w.serve("one")
	hour := start.Truncate(time.Hour)
	run := func(failing bool, deaf string) {
		w.mu.Lock()
		w.deaf = deaf
		w.mu.Unlock()
		w.dest.mu.Lock()
		w.dest.fail = nil
		if failing {
			w.dest.fail = func(string) error { return &cdp.Fatal{Reason: "no"} }
		}
		w.dest.mu.Unlock()
		w.people(fmt.Sprint("at ", hour.Unix()))
		hour = hour.Add(time.Hour)
		w.until(hour.Add(time.Minute))
	}
	for _, failing := range []bool{true, false, true, false} {
		run(failing, "web")
	}
	w.heardBy(t, "web is away", []string{"failed", "recovered", "failed", "recovered"}, nil)
	run(true, "")
	for _, failing := range []bool{false, true, false, true} {
		run(failing, "web")
	}
	run(false, "")
	w.heardBy(t, "web is away from the first end to the last beginning", []string{"failed", "recovered", "failed", "recovered", "failed", "recovered"}, []string{"failed", "recovered"})
	run(true, "web")
	run(true, "")
	hour = hour.Add(6 * time.Hour)
	w.until(hour) // what could not be told is told again
	run(false, "")
	w.heardBy(t, "web is away for the beginning", []string{"failed", "recovered"}, []string{"failed", "recovered"})
}

// TestToldBeforeDone: a run is recorded as done when people are told, or the ledger has
// that they are to be: not before, or a death would keep it from them; and not although
// another is telling them something.
func TestToldBeforeDone(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `alerts: {on: [failed, recovered]}, schedule: {cron: "0 * * * *"}`))
	w.times.Nap = time.Hour
	w.people("1")
	w.dest.fail = func(string) error { return &cdp.Fatal{Reason: "no"} }
	d := w.serve("one")
	d.dieAt("after done")
	w.clock.jump(at("2026-11-01T01:00:00"))
	<-d.died
	passOn()
	d = w.serve("two")
	w.until(at("2026-11-01T01:30:00"))
	same(t, "died", []string{"sync a failed"}, w.messages())
	w.dest.mu.Lock()
	w.dest.fail = nil
	w.dest.mu.Unlock()
	lease, err := d.Session().Engine.Ledger.Acquire(t.Context(), "alert-sync-a")
	if err != nil {
		t.Fatal(err)
	}
	w.until(at("2026-11-01T02:00:10"))
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.until(at("2026-11-01T02:30:00"))
	same(t, "waited", []string{"sync a failed", "sync a recovered"}, w.messages())
	same(t, "firings", []string{"01T01:00 failed", "01T02:00 succeeded"}, w.firings("sync a"))
	// Nobody wants to know that a run is late: nobody takes the lease at each look at the ledger.
	leases := func() string {
		return fmt.Sprint(w.query("SELECT name FROM system.tables WHERE database = 'SCHEMA' AND startsWith(name, 'lease_alert') ORDER BY name"))
	}
	before := leases()
	w.people("2")
	hold := w.held()
	w.until(at("2026-11-01T04:30:00"))
	w.release(hold)
	w.until(at("2026-11-01T05:30:00"))
	if after := leases(); after != before {
		t.Errorf("leases before: %s, after: %s", before, after)
	}
}

// TestTellsLong: who tells people for long is taken for dead by nobody, who would tell them again.
func TestTellsLong(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`))
	w.people("1")
	w.dest.fail = func(string) error { return &cdp.Fatal{Reason: "no"} }
	d := (*served)(nil)
	w.telling = func() {
		passOn()
		var held *ledger.HeldError
		if _, err := d.Session().Engine.Ledger.Acquire(context.WithoutCancel(t.Context()), "alert-sync-a"); !errors.As(err, &held) {
			t.Errorf("another may tell the same: %v", err)
		}
	}
	d = w.serve("one")
	w.until(at("2026-11-01T01:30:00"))
	same(t, "told", []string{"sync a failed"}, w.messages())
}

// TestAlertsTakenAway: who wants no alerts any more is not told of what nobody could be
// told before, and what was open then ends with the next run.
func TestAlertsTakenAway(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 0 * * *"}`))
	w.times.Nap = time.Hour // people are told of a failure between two ticks
	w.people("1")
	w.dest.fail = func(string) error { return &cdp.Fatal{Reason: "no"} }
	w.tellErr = errors.New("it answered 500")
	d := w.serve("one")
	w.until(at("2026-11-02T00:10:00"))
	d.finish()
	w.write("syncs/s.yml", "syncs:\n"+syncOf("a", `alerts: none, schedule: {cron: "0 0 * * *"}`))
	w.mu.Lock()
	w.tellErr = nil
	w.mu.Unlock()
	d = w.serve("two")
	w.until(at("2026-11-02T12:00:00"))
	episodes := func(want string) {
		t.Helper()
		list, err := d.Session().Engine.Ledger.Episodes(t.Context(), "")
		if got := fmt.Sprint(list); err != nil || len(list) > 0 && !list[0].Told || (len(list) > 0) != (want != "") {
			t.Errorf("%s: %s %v", want, got, err)
		}
	}
	episodes("it goes on")
	w.until(at("2026-11-03T12:00:00"))
	episodes("")
	same(t, "told", []string{}, w.messages())
}

// TestLimits: rejected rows, an odd number of rows, a blocked and a late run; no
// message has a value of a row.
func TestLimits(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`)+syncOf("slow", `schedule: {cron: "30 9 * * *", timezone: UTC}, alerts: {on: [late, recovered]}`))
	var rows []string
	for i := range 100 {
		rows = append(rows, fmt.Sprintf("('p%d@secret.example', 'label %d', '2026-11-01 00:00:00')", i, i))
	}
	w.sql("INSERT INTO " + w.schema + ".src_people VALUES " + strings.Join(rows, ", "))
	d := w.serve("one")
	w.until(at("2026-11-01T06:30:00"))
	same(t, "all is well", []string{}, w.messages())

	w.sql("INSERT INTO " + w.schema + ".src_people SELECT concat('poison', toString(number), '@secret.example'), 'poison', now() FROM numbers(10)")
	w.until(at("2026-11-01T07:30:00"))
	same(t, "rejected", []string{"sync a rejected"}, w.messages())
	if text := w.told[0].Text; text != "10 of 10 rows rejected (100.0%, more than 5%): invalid_value 10" {
		t.Errorf("message: %s", text)
	}
	w.sql("INSERT INTO " + w.schema + ".src_people SELECT concat('more', toString(number), '@secret.example'), 'fine', now() FROM numbers(200)")
	w.until(at("2026-11-01T08:30:00"))
	same(t, "rows", []string{"sync a rejected", "sync a rows", "sync a recovered"}, w.messages())

	w.sql("TRUNCATE TABLE " + w.schema + ".src_people")
	w.sql("INSERT INTO " + w.schema + ".src_people VALUES ('one@secret.example', 'x', now())")
	hold := w.held()
	w.until(at("2026-11-01T10:15:00"))
	w.release(hold)
	w.until(at("2026-11-01T10:45:00"))
	slow, _ := d.copyOf("sync slow")
	d.tellLate(t.Context(), slow.name, slow.alerts, at("2026-11-01T09:30:00")) // by who has not read that it has ended
	got := w.messages()[3:]
	same(t, "blocked and late", []string{"sync a blocked", "sync slow late", "sync slow recovered"}, got)
	for _, m := range w.told {
		if b, err := json.Marshal(m); err != nil || strings.Contains(string(b), "secret.example") || strings.Contains(string(b), "label ") {
			t.Errorf("a value of a row: %s %v", b, err)
		}
	}
}

// TestGivenUp: a wait that was in vain is told as late; the next run that ends well
// ends it.
func TestGivenUp(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *", when: fresh, until: "07:00"}`))
	w.people("1")
	w.serve("one")
	w.until(at("2026-11-02T12:00:00"))
	same(t, "late", []string{"sync a late"}, w.messages())
	w.clock.jump(at("2026-11-03T05:30:00"))
	w.people("2")
	w.after(time.Hour)
	same(t, "in time", []string{"sync a late", "sync a recovered"}, w.messages())
}

// TestCannotLook: a wait whose condition cannot be looked at is given up and told like
// any other, with the reason.
func TestCannotLook(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 6 * * *", when: fresh, until: "07:00"}`)+
		syncOf("b", `schedule: {cron: "0 6 * * *", when: {sql: "(SELECT COUNT(*) FROM SCHEMA.src_people) > 0"}, until: "07:00"}`))
	w.serve("one")
	w.sql("RENAME TABLE " + w.schema + ".src_people TO " + w.schema + ".src_gone")
	w.until(at("2026-11-01T12:00:00"))
	told := w.messages()
	slices.Sort(told)
	same(t, "late", []string{"sync a late", "sync b late"}, told)
	for sync, why := range map[string]string{"a": "the sources cannot be read: ", "b": "the condition of its schedule (syncs/s.yml:3:"} {
		same(t, sync, []string{"01T06:00 waited"}, w.firings("sync "+sync))
		rows := w.query("SELECT max(note) FROM SCHEMA.firings FINAL WHERE task = 'sync " + sync + "'")
		if note := ledger.Text(rows[0][0]); !strings.HasPrefix(note, why) || !strings.Contains(note, "src_people") {
			t.Errorf("%s: %s", sync, note)
		}
	}
}

// TestBuildFails: syncs fail with their build; each is told for itself, once.
func TestBuildFails(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+entitySync("a", `schedule: {cron: "0 * * * *"}`)+entitySync("b", `schedule: {cron: "0 * * * *"}`))
	w.people("1")
	w.serve("one")
	w.sql("RENAME TABLE " + w.schema + ".src_people TO " + w.schema + ".src_gone")
	w.until(at("2026-11-01T02:30:00"))
	same(t, "told", []string{"build failed"}, w.messages()[:1])
	same(t, "a", []string{"01T01:00 failed", "01T02:00 failed"}, w.firings("sync a"))
	if n := len(w.messages()); n != 3 {
		t.Errorf("%d messages: %q", n, w.messages())
	}
	w.sql("RENAME TABLE " + w.schema + ".src_gone TO " + w.schema + ".src_people")
	w.until(at("2026-11-01T03:30:00"))
	same(t, "well", []string{"01T01:00 failed", "01T02:00 failed", "01T03:00 succeeded"}, w.firings("sync b"))
	if n := len(w.messages()); n != 6 {
		t.Errorf("%d messages: %q", n, w.messages())
	}
}

// TestBuildStopped: a build that its guards stop after the models have changed is made
// once for a tick. Its syncs fail with it, since the build before has not what they ask
// for, or has people as what is changed of identity has just been told not to make them.
func TestBuildStopped(t *testing.T) {
	for name, x := range map[string]struct{ identity, trait string }{
		"a trait":  {trait: ", {name: first, from: people.label, pick: earliest}"},
		"identity": {identity: "max_size: 9, "},
	} {
		t.Run(name, func(t *testing.T) { buildStopped(t, x.identity, x.trait) })
	}
}

func buildStopped(t *testing.T, identity, trait string) {
	t.Helper()
	w := newWorld(t, tellOps, "syncs:\n"+entitySync("a", `schedule: {cron: "0 * * * *"}`)+entitySync("b", `schedule: {cron: "0 * * * *"}`))
	guarded := func(gone, identity, trait string) string {
		text := strings.ReplaceAll(baseModels, "identifiers: [{name: pid}],", identity+"guards: {max_gone: "+gone+"}, identifiers: [{name: pid}],")
		return strings.ReplaceAll(text, "pick: latest}", "pick: latest}"+trait)
	}
	w.write("models/m.yml", guarded("0", "", ""))
	w.people("1", "2")
	d := w.serve("one")
	w.until(at("2026-11-01T01:30:00"))
	w.sql("DELETE FROM " + w.schema + ".src_people WHERE id = '2'")
	w.until(at("2026-11-01T02:30:00"))
	same(t, "the models are the same", []string{"01T01:00 succeeded", "01T02:00 succeeded"}, w.firings("sync a"))
	w.write("models/m.yml", guarded("0", identity, trait))
	d.Reload()
	w.until(at("2026-11-01T03:30:00"))
	for _, name := range []string{"sync a", "sync b"} {
		same(t, name, []string{"01T01:00 succeeded", "01T02:00 succeeded", "01T03:00 failed"}, w.firings(name))
	}
	same(t, "builds", []string{"01T01:00 succeeded", "01T02:00 blocked", "01T03:00 blocked"}, w.firings("build"))
	told := w.messages()
	slices.Sort(told)
	same(t, "told", []string{"build blocked", "sync a failed", "sync b failed"}, told)
	w.write("models/m.yml", guarded("1", identity, trait))
	d.Reload()
	w.until(at("2026-11-01T04:30:00"))
	same(t, "allowed", []string{"01T04:00 succeeded"}, w.firings("sync b")[3:])
}

// heardBy compares what two places have heard since the last look.
func (w *world) heardBy(t *testing.T, what string, ops, web []string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	same(t, what+": ops", ops, w.heard["ops"])
	same(t, what+": web", web, w.heard["web"])
	w.heard = map[string][]string{}
}
