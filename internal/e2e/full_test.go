package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/webhook"
	"github.com/kithdata/kith/internal/testkit"
)

// newHookOn sends people to a webhook that the test serves, a few at a time, and takes back
// those who go.
func newHookOn(t *testing.T, warehouse string, batch int) (*testkit.Project, *sandbox.Sandbox) {
	t.Helper()
	box, base := newSandbox(t)
	p := newProjectOn(t, warehouse, map[string]string{
		"kith.yml":          fmt.Sprintf("version: 1\nname: hook\ndefault_target: local\ntargets: {local: {%s, deliver: live}}\ndestinations: [{name: hook, type: webhook, base_url: \"%s/webhook/default\", allow_private: true, batch_size: %d}]\n", embeddedTarget, base, batch),
		"models/people.yml": "sources:\n  - {name: people, table: raw.people, key: id, columns: {id: int, email: string}}\n",
		"syncs/people.yml":  "syncs:\n  - {name: hook, from: {source: people}, to: {destination: hook, object: people}, key: {email: email}, fields: {id: id}, on_removed: delete, guards: {max_removed: 100%}}\n",
	})
	return p, box
}

// TestFullKilled: a full run that died is gone on with from what it acknowledged, with its
// removals, by whatever run comes next, and the run after it sends nothing.
func TestFullKilled(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 2)
		const rows = 60
		makePeople(p, rows)
		p.Kith("sync", "--full", "--json") // one that has ended is not gone on with
		remove(p, "people", "id IN (3, 4)")
		if err := box.SetFaults([]sandbox.Fault{{Path: "/webhook/", Do: "delay", Delay: sandbox.Duration(300 * time.Millisecond), Every: 1}}); err != nil {
			t.Fatal(err)
		}
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push:22"}, "sync", "--full", "--json"); !r.Killed { // after two seconds: one and more are acknowledged
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		if err := box.SetFaults(nil); err != nil {
			t.Fatal(err)
		}
		p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "max_removed: 100%", "max_removed: 100%, min_rows: 1000", 1))
		if r := p.Run(nil, "sync", "--json"); r.Code != 4 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), ", min_rows: 1000", "", 1))
		// Another dies on the way, having sent some of it.
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push:4"}, "sync", "--json"); !r.Killed {
			t.Fatalf("nothing to go on with: exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		rest := parse(t, p.Kith("sync", "--json")).Syncs[0]
		if rest.Delivered == 0 || rest.Delivered > rows-8 || !rest.Full {
			t.Errorf("the rest: %+v", rest)
		}
		n, err := box.Counters()
		if err != nil {
			t.Fatal(err)
		}
		if again := n.Rows - rows; again < rows { // each was sent once more, or removed
			t.Errorf("%d rows were sent by the two full runs", again)
		}
		got, err := box.Webhook("default").Rows("people")
		if err != nil || len(got) != rows-2 {
			t.Errorf("%d rows at the destination, %v", len(got), err)
		}
		if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 {
			t.Errorf("a run without a change: %+v", s)
		}
	})
}

// TestFullRenamed: a full run that died is gone on with under the name that its sync has now,
// also when a guard stopped the first run of that name; of what it sends as it is no guard counts
// a change.
func TestFullRenamed(t *testing.T) { inSoak(t, fullRenamed) }

func fullRenamed(t *testing.T, warehouse string) {
	p, box := newHookOn(t, warehouse, 2)
	const rows = 60
	makePeople(p, rows)
	p.Kith("sync", "--json")
	killedFull(t, p, box)
	syncs := strings.Replace(p.Read("syncs/people.yml"), "name: hook,", "name: renamed, was: hook,", 1)
	p.Write("syncs/people.yml", strings.Replace(syncs, "guards: {", "guards: {min_rows: 1000, ", 1))
	if r := p.Run(nil, "sync", "--json"); r.Code != 4 {
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	p.Write("syncs/people.yml", strings.Replace(syncs, "guards: {", "guards: {max_changed: 5%, ", 1))
	if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Delivered < 5 || !s.Full {
		t.Errorf("the rest: %+v", s)
	}
	n, err := box.Counters()
	if err != nil || n.Rows < 2*rows {
		t.Errorf("%d rows were sent by the two runs, %v", n.Rows-rows, err)
	}
	if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 || s.Full {
		t.Errorf("a run without a change: %+v", s)
	}
}

// TestFullRefused: what the destination refuses in a full run is as it was sent before, and yet
// it is sent again, as a change, when its time has come.
func TestFullRefused(t *testing.T) { inSoak(t, fullRefused) }

func fullRefused(t *testing.T, warehouse string) {
	p, box := newHookOn(t, warehouse, 1)
	makePeople(p, 12)
	p.Kith("sync", "--json")
	if err := box.SetFaults([]sandbox.Fault{{Path: "/webhook/", Do: sandbox.Answer, Status: 422, Nth: 3}}); err != nil {
		t.Fatal(err)
	}
	if r := p.Run(nil, "sync", "--full", "--json"); r.Code != 3 {
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	if s := parse(t, p.Run(nil, "sync", "--json").Out).Syncs[0]; s.Delivered != 0 || s.Held != 1 {
		t.Errorf("while it waits: %+v", s)
	}
	if s := parse(t, p.Kith("sync", "--retry-rejected", "--json")).Syncs[0]; s.Delivered != 1 || s.Changed != 1 {
		t.Errorf("sent again: %+v", s)
	}
}

// TestFullOfMerged: whoever's row moved to a survivor was not sent by the full run that moved it.
func TestFullOfMerged(t *testing.T) { inSoak(t, fullOfMerged) }

func fullOfMerged(t *testing.T, warehouse string) {
	p, _ := newHookOn(t, warehouse, 5)
	persons(p, "delete")
	for _, file := range []string{"models/people.yml", "syncs/people.yml"} { // of another trait, which is as it was
		p.Write(file, strings.NewReplacer("seen_at", "email_address", "from: people.seen,", "from: people.email,").Replace(p.Read(file)))
	}
	const rows = 30
	makePeople(p, rows)
	update(p, "people", "email = ''", "id < 10") // without a key, so without a row
	p.Kith("run", "--json")
	text := map[string]string{"clickhouse": "toString(id + 10)", "bigquery": "CAST(id + 10 AS STRING)"}[warehouse]
	update(p, "people", "email = concat('p', "+text+", '@example.com')", "id < 10")
	if r := p.Run([]string{"KITH_TEST_FAILPOINT=after begin run"}, "run", "--full", "--json"); !r.Killed {
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Delivered != rows-10 {
		t.Errorf("%d delivered, not %d: %+v", s.Delivered, rows-10, s)
	}
}

// TestFullElsewhereKilled: a full run to another endpoint that died leaves rows that only the
// old one has. The next run sends them to the new one, and does not go back to the old one; and
// a full run sends everything to where it did not go before.
func TestFullElsewhereKilled(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 2)
		const rows = 64
		makePeople(p, rows+1)
		there := p.Read("kith.yml")
		elsewhere := strings.Replace(there, "/webhook/default", "/webhook/other", 1)
		killed := func(project string) {
			t.Helper()
			p.Write("kith.yml", project)
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
		has := func(name string, least, most int) {
			t.Helper()
			got, err := box.Webhook(name).Rows("people")
			if err != nil || len(got) < least || len(got) > most {
				t.Errorf("%s has %d rows, want %d to %d; %v", name, len(got), least, most, err)
			}
		}
		delivers := func(least, most uint64, args ...string) {
			t.Helper()
			s := parse(t, p.Kith(append([]string{"sync", "--json"}, args...)...)).Syncs[0]
			if s.Delivered < least || s.Delivered > most {
				t.Errorf("%d delivered, want %d to %d: %+v", s.Delivered, least, most, s)
			}
		}
		refuses := func(project string, args ...string) {
			t.Helper()
			p.Write("kith.yml", project)
			if r := p.Run(nil, args...); args[0] == "sync" && r.Code != 4 || !strings.Contains(r.Out+r.Err, "has not ended") {
				t.Errorf("%s: exit %d\n%s%s", args, r.Code, r.Out, r.Err)
			}
		}
		removals := func(want uint64) {
			t.Helper()
			if n := ledger.Uint(p.Query("SELECT COUNT(*) FROM kith.sync_log WHERE op = 'remove'")[0][0]); n != want {
				t.Errorf("%d removals, want %d", n, want)
			}
		}
		delivers(rows+1, rows+1)
		remove(p, "people", fmt.Sprintf("id = %d", rows)) // only the old one has it
		// A full run that a guard stops has moved nothing.
		syncs := p.Read("syncs/people.yml")
		p.Write("syncs/people.yml", strings.Replace(syncs, "guards: {", "guards: {min_rows: 1000, ", 1))
		p.Write("kith.yml", elsewhere)
		if r := p.Run(nil, "sync", "--full"); r.Code != 4 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		p.Write("syncs/people.yml", syncs)
		if r := p.Run(nil, "sync"); r.Code != 4 || !strings.Contains(r.Out+r.Err, "so far") {
			t.Errorf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		killed(elsewhere)
		has("other", 1, rows-5)
		refuses(there, "sync")
		refuses(there, "plan")
		refuses(elsewhere, "plan")
		has("other", 1, rows-5)
		p.Write("kith.yml", elsewhere)
		delivers(1, rows-1) // what was acknowledged is not sent again
		has("other", rows, rows)
		removals(0)
		remove(p, "people", "id = 7")
		delivers(1, 1)
		removals(1)
		has("other", rows-1, rows-1)
		killed(there)
		delivers(1, rows-2, "--full")
		p.Write("kith.yml", elsewhere)
		if err := box.ConfigureWebhook("other", webhook.Config{Reject: []string{"p9@example.com"}}); err != nil {
			t.Fatal(err)
		}
		if r := p.Run(nil, "sync", "--full", "--json"); r.Code != 3 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		if err := box.ConfigureWebhook("other", webhook.Config{}); err != nil {
			t.Fatal(err)
		}
		delivers(1, 1, "--retry-rejected") // the old endpoint has it, the new one has not
		if again := parse(t, p.Kith("sync", "--json")).Syncs[0]; again.Requests != 0 {
			t.Errorf("a run without a change: %+v", again)
		}
		removals(1)
		has("default", rows+1, rows+1) // what went away when another had the rows stays
	})
}

// TestRetiredElsewhere: a sync that was retired and comes back with another endpoint has
// delivered nothing there.
func TestRetiredElsewhere(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 5)
		makePeople(p, 6)
		p.Kith("sync", "--json")
		syncs := p.Read("syncs/people.yml")
		p.Write("syncs/people.yml", "syncs: []\n")
		p.Kith("retire", "hook", "--yes")
		p.Write("syncs/people.yml", syncs)
		if again := parse(t, p.Kith("sync", "--json")).Syncs[0]; again.Requests != 0 {
			t.Errorf("back where it was: %+v", again)
		}
		p.Write("syncs/people.yml", "syncs: []\n")
		p.Kith("retire", "hook", "--yes")
		p.Write("syncs/people.yml", syncs)
		p.Write("kith.yml", strings.Replace(p.Read("kith.yml"), "/webhook/default", "/webhook/other", 1))
		if r := p.Run(nil, "sync"); r.Code != 4 || !strings.Contains(r.Out+r.Err, "so far") {
			t.Errorf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		p.Kith("sync", "--full", "--json")
		got, err := box.Webhook("other").Rows("people")
		if err != nil || len(got) != 6 {
			t.Errorf("%d rows elsewhere, %v", len(got), err)
		}
	})
}

// TestRetiredInHandover: a sync of people that was retired before it had delivered all of them
// to another endpoint is none that is retired once it has come back: renamed, it goes on.
func TestRetiredInHandover(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 5)
		p.Write("models/people.yml", `sources:
  - {name: people, table: raw.people, key: id, timestamp: seen, columns: {id: int, email: string, seen: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: email, normalize: email}], links: [{source: people, identifiers: [email]}]}}
traits:
  - {name: seen_at, entity: person, from: people.seen, pick: latest}
segments:
  - {name: all_people, entity: person, where: {event: people}}
`)
		syncs := strings.NewReplacer("source: people", "segment: all_people", "{id: id}", "{seen_at: seen_at}").Replace(p.Read("syncs/people.yml"))
		p.Write("syncs/people.yml", syncs)
		makePeople(p, 6)
		p.Kith("run", "--json")
		elsewhere(p)
		killed(t, p, "after handover", "sync", "--full")
		p.Write("syncs/people.yml", "syncs: []\n")
		p.Kith("retire", "hook", "--yes")
		p.Write("syncs/people.yml", syncs)
		p.Kith("sync", "--json")
		if got, err := box.Webhook("other").Rows("people"); err != nil || len(got) != 6 {
			t.Errorf("%d rows elsewhere, %v", len(got), err)
		}
		p.Write("syncs/people.yml", strings.Replace(syncs, "name: hook,", "name: other, was: hook,", 1))
		if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 || s.Baseline != 6 {
			t.Errorf("under another name: %+v", s)
		}
	})
}
