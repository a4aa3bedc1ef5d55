package e2e

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/testkit"
)

// elsewhere lets the project's webhook be another receiver.
func elsewhere(p *testkit.Project) {
	p.Write("kith.yml", strings.Replace(p.Read("kith.yml"), "/webhook/default", "/webhook/other", 1))
}

// killedFull runs a full sync that takes its time, and dies after one second's answers at
// least were written.
func killedFull(t *testing.T, p *testkit.Project, box *sandbox.Sandbox) {
	t.Helper()
	if err := box.SetFaults([]sandbox.Fault{{Path: "/webhook/", Do: "delay", Delay: sandbox.Duration(300 * time.Millisecond), Every: 1}}); err != nil {
		t.Fatal(err)
	}
	if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push:22"}, "sync", "--full", "--json"); !r.Killed {
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	if err := box.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
}

// persons makes the sync of newHookOn one of people of whom several rows may be one; merged says
// what becomes of a record whose person is another's.
func persons(p *testkit.Project, merged string) {
	p.Write("models/people.yml", `sources:
  - {name: people, table: raw.people, key: id, timestamp: seen, columns: {id: int, email: string, seen: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id}, {name: email, normalize: email}], links: [{source: people, identifiers: {customer_id: id, email: email}}]}}
traits:
  - {name: seen_at, entity: person, from: people.seen, pick: latest}
segments:
  - {name: all_people, entity: person, where: {event: people}}
`)
	p.Write("syncs/people.yml", "syncs:\n  - {name: hook, from: {segment: all_people}, to: {destination: hook, object: people}, key: {email: email}, fields: {seen_at: seen_at}, on_removed: {gone: delete, left: delete, merged: "+merged+"}, guards: {max_removed: 100%}}\n")
}

// TestHandoverOfMerged: people become one while a full run to another endpoint has not
// ended. The new endpoint has each person once, by the address of now, whether the next run
// is a plain one, under another name, or a full one.
func TestHandoverOfMerged(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 2)
		persons(p, "delete")
		const rows = 56
		makePeople(p, rows)
		p.Kith("run", "--json")
		want := map[string]bool{}
		for id := range rows {
			want[fmt.Sprintf("p%d@example.com", id)] = true
		}
		merge := func(ids ...int) { // each with the next one
			for _, id := range ids {
				update(p, "people", fmt.Sprintf("email = 'p%d@example.com'", id+1), fmt.Sprintf("id = %d", id))
				delete(want, fmt.Sprintf("p%d@example.com", id))
			}
			p.Kith("build")
		}
		check := func(receiver string) {
			t.Helper()
			got, err := box.Webhook(receiver).Rows("people")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
				t.Errorf("%s: %s", receiver, diff)
			}
			if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 {
				t.Errorf("a run without a change: %+v", s)
			}
		}
		check("default")
		before := maps.Clone(want)
		elsewhere(p)
		killedFull(t, p, box)
		merge(0, 6, 12, 18, 24, 30, 36, 42)
		renameHook(p)
		p.Kith("sync", "--json")
		check("other")
		p.Write("kith.yml", strings.Replace(p.Read("kith.yml"), "/webhook/other", "/webhook/third", 1))
		killedFull(t, p, box)
		merge(3, 9, 15, 21, 27, 33, 39)
		p.Kith("sync", "--full", "--json")
		check("third")
		got, err := box.Webhook("default").Rows("people")
		if err != nil || len(got) != len(before) {
			t.Errorf("%d rows at the former endpoint, had %d; %v", len(got), len(before), err)
		}
	})
}

// TestHandoverOfExisting: what another account has before kith is left alone there for good,
// also when the full run dies, and what the former account had is none of it.
func TestHandoverOfExisting(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := withExisting(t, warehouse, 100, "    existing: skip\n")
		second := p.Read("kith.yml")
		first := strings.Replace(second, "rate:", fmt.Sprintf("portal: %q, rate:", hubspot.Account("first")), 1)
		second = strings.Replace(second, "rate:", fmt.Sprintf("portal: %q, rate:", hubspot.Account("made-up-token")), 1)
		if err := box.HubSpot("first").Define("contacts", []hubspot.Property{
			{Name: "amount", Type: "number"}, {Name: "seen", Type: "datetime"}, {Name: "tags", Type: "string"}, {Name: "ok", Type: "bool"},
		}); err != nil {
			t.Fatal(err)
		}
		p.Write("kith.yml", first)
		env := p.Env
		p.Env = []string{"HUBSPOT_TOKEN=first", "KITH_TEST_RATE=alone"}
		if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Delivered != 100 {
			t.Fatalf("%+v", s)
		}
		p.Env = env
		p.Write("kith.yml", second)
		for _, point := range []string{"after handover", "after push:1"} {
			if r := p.Run([]string{"KITH_TEST_FAILPOINT=" + point}, "sync", "--full", "--json"); !r.Killed {
				t.Fatalf("not killed %s: exit %d\n%s%s", point, r.Code, r.Out, r.Err)
			}
		}
		p.Kith("sync", "--json")
		update(p, "people", "amount = 5", "id < 20")
		remove(p, "people", "id IN (3, 4, 13, 14)")
		if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Delivered != 10 {
			t.Errorf("8 changes and 2 removals are kith's: %+v", s)
		}
		got := amounts(t, box)
		for id := range 10 {
			if a := got[fmt.Sprintf("p%d@example.com", id)]; a != "4711" {
				t.Errorf("contact %d, from before kith, has %q", id, a)
			}
		}
		if len(got) != 98 || got["p15@example.com"] != "5" {
			t.Errorf("%d contacts; number 15 has %q", len(got), got["p15@example.com"])
		}
		if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 {
			t.Errorf("a run without a change: %+v", s)
		}
	})
}

// TestHandoverOfJobs: a job is open at the account that a full run leaves. The other account
// is not asked about it and gets every row, wherever that run dies.
func TestHandoverOfJobs(t *testing.T) {
	for name, points := range map[string][]string{"undisturbed": nil, "killed": {"after job", "after push:1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const other = "pk_other"
			w := newKlaviyo(t, 50, "0s", klaviyo.Config{JobTime: time.Hour})
			if r := w.Run(nil, "sync", "--json"); parse(t, r.Out).Syncs[0].Pending < 40 {
				t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
			}
			w.Write("kith.yml", strings.Replace(w.Read("kith.yml"), "type: klaviyo,", fmt.Sprintf("type: klaviyo, account: %q,", klaviyo.Account(other)), 1))
			w.Env = []string{"KLAVIYO_KEY=" + other, "KITH_TEST_RATE=alone"}
			if r := w.Run(nil, "sync", "--json"); r.Code != 4 || !strings.Contains(r.Out+r.Err, "so far") {
				t.Errorf("a plain run: exit %d\n%s%s", r.Code, r.Out, r.Err)
			}
			for _, point := range points {
				if r := w.Run([]string{"KITH_TEST_FAILPOINT=" + point}, "sync", "--full", "--json"); !r.Killed {
					t.Fatalf("not killed: exit %d\n%s%s", r.Code, r.Out, r.Err)
				}
			}
			w.Run(nil, "sync", "--full", "--json")
			w.ahead.Store(int64(2 * time.Hour))
			w.Run(nil, "sync", "--json")
			w.ahead.Store(int64(4 * time.Hour))
			w.Kith("sync", "--json")
			got, err := w.box.Klaviyo(other).Profiles()
			if err != nil || len(got) != 50 {
				t.Errorf("%d profiles at the other account, %v", len(got), err)
			}
			jobs, err := w.box.Klaviyo(other).Jobs()
			if err != nil {
				t.Fatal(err)
			}
			total := 0
			for _, n := range jobs {
				total += n
			}
			if total > 100 || total < 40 {
				t.Errorf("%d profiles in jobs %v", total, jobs)
			}
			before := w.requests(t)
			if s := parse(t, w.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 || w.requests(t) != before {
				t.Errorf("a run without a change: %+v", s)
			}
		})
	}
}

// TestHandoverOfEvents: every event goes to another receiver once, though the former one has
// them and the first run to the other one dies.
func TestHandoverOfEvents(t *testing.T) {
	t.Parallel()
	p, box := newEventProject(t)
	p.Write("kith.yml", strings.Replace(p.Read("kith.yml"), "batch_size: 40", "batch_size: 5", 1))
	const rows = 150
	p.SQL(fmt.Sprintf("INSERT INTO raw.purchases SELECT number, 1.5, '2026-02-01 00:00:00' FROM numbers(%d)", rows))
	p.Kith("sync", "--json")
	elsewhere(p)
	killedFull(t, p, box)
	rest := parse(t, p.Kith("sync", "--json")).Syncs[0]
	if rest.Delivered == 0 || rest.Delivered > rows-5 {
		t.Errorf("the rest: %+v", rest)
	}
	p.SQL("INSERT INTO raw.purchases VALUES (1000, 2, '2026-03-01 00:00:00')")
	p.Kith("sync", "--json")
	for receiver, want := range map[string]int{"default": rows, "other": rows + 1} {
		got, err := box.Webhook(receiver).Events("Purchase")
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]int{}
		for _, e := range got {
			ids[e.RowID]++
		}
		if len(ids) != want || len(got) != want {
			t.Errorf("%s has %d events, %d ids, want %d", receiver, len(got), len(ids), want)
		}
	}
}

// TestHandoverAsPlanned: a full run to another endpoint that a guard stops goes on once it is
// approved, and a saved plan of one does what it says. Both go on after they died.
func TestHandoverAsPlanned(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 2)
		p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "guards: {", "guards: {max_changed: 50%, ", 1))
		const rows = 40
		makePeople(p, rows)
		p.Kith("sync", "--json")
		elsewhere(p)
		p.Kith("plan", "--full", "--out", "full.plan")
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push:2"}, "sync", "--plan", "full.plan", "--json"); !r.Killed {
			t.Fatalf("not killed: exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		p.Run(nil, "sync", "--plan", "full.plan", "--json")
		p.Kith("sync", "--json")
		got, err := box.Webhook("other").Rows("people")
		if err != nil || len(got) != rows {
			t.Errorf("%d rows at the other endpoint, %v", len(got), err)
		}
		if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 {
			t.Errorf("a run without a change: %+v", s)
		}
	})
}

// TestAnotherObject: what a sync writes at the same account is a place of its own, as another
// account is: the rows of the former object are none of the other's.
func TestAnotherObject(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 5)
		makePeople(p, 6)
		p.Kith("sync", "--json")
		object := func(name string) {
			p.Write("syncs/people.yml", regexp.MustCompile("object: [a-z]+").ReplaceAllString(p.Read("syncs/people.yml"), "object: "+name))
		}
		object("clients")
		for _, args := range [][]string{{"sync"}, {"plan"}} {
			r := p.Run(nil, args...)
			if args[0] == "sync" && r.Code != 4 || !strings.Contains(r.Out+r.Err, "object people so far, and would now go to") {
				t.Errorf("%s: exit %d\n%s%s", args, r.Code, r.Out, r.Err)
			}
		}
		// A rebaseline that dies has taken nothing as delivered there, and what the former place
		// has is not known any more.
		for _, died := range []struct{ point, says string }{
			{"after begin run", "so far"}, {"appended sync:3", "has not ended"}, {"before another place", "has not ended"},
		} {
			killed(t, p, died.point, "sync", "--rebaseline")
			refused := func() {
				t.Helper()
				if r := p.Run(nil, "sync"); r.Code != 4 || !strings.Contains(r.Out+r.Err, died.says) {
					t.Errorf("a rebaseline died %s: exit %d\n%s%s", died.point, r.Code, r.Out, r.Err)
				}
			}
			refused()
			if died.says == "has not ended" {
				object("people")
				refused()
				object("clients")
			}
		}
		remove(p, "people", "id = 3")
		if s := parse(t, p.Kith("sync", "--full", "--json")).Syncs[0]; s.Delivered != 5 {
			t.Errorf("%+v", s)
		}
		for name, want := range map[string]int{"people": 6, "clients": 5} {
			if got, err := box.Webhook("default").Rows(name); err != nil || len(got) != want {
				t.Errorf("%s: %d rows, want %d; %v", name, len(got), want, err)
			}
		}
		// The state of an older kith names the endpoint alone.
		place := fmt.Sprint(p.Query("SELECT endpoint FROM kith.sync_state ORDER BY ver DESC LIMIT 1")[0][0])
		endpoint, found := strings.CutSuffix(place, " object clients")
		if !found {
			t.Fatalf("the state says %q", place)
		}
		p.SQL(fmt.Sprintf("INSERT INTO kith.sync_state (sync, endpoint, baseline, was, retired, started_at, ver) SELECT sync, '%s', baseline, was, retired, started_at, ver + 1 FROM kith.sync_state ORDER BY ver DESC LIMIT 1", endpoint))
		if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 {
			t.Errorf("after an older kith: %+v", s)
		}
		if now := fmt.Sprint(p.Query("SELECT endpoint FROM kith.sync_state ORDER BY ver DESC LIMIT 1")[0][0]); now != place {
			t.Errorf("the state says %q, want %q", now, place)
		}
		object("people")
		killed(t, p, "before another place", "sync", "--rebaseline")
		p.Kith("sync", "--rebaseline", "--json")
		if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 || s.Rows != 5 {
			t.Errorf("after a rebaseline that was repeated: %+v", s)
		}
	})
}
