package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/sandbox/webhook"
	"github.com/kithdata/kith/internal/testkit"
)

// TestRejectedThenDelivered: what is delivered after it was rejected is no longer listed
// as rejected: a value, a removal that takes the record away and one that leaves it. What
// was rejected again stays listed.
func TestRejectedThenDelivered(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		box, base := newSandbox(t)
		const sync = "  - {name: %s, from: {source: people}, to: {destination: %[1]s, object: people}, key: {email: email}, fields: {id: id}, on_removed: %s, guards: {max_removed: 100%%}}\n"
		p := newProjectOn(t, warehouse, map[string]string{
			"kith.yml": fmt.Sprintf("version: 1\nname: rejected\ndefault_target: local\ntargets: {local: {%s, deliver: live}}\ndestinations:\n"+
				"  - {name: drops, type: webhook, base_url: \"%[2]s/webhook/drops\", allow_private: true}\n  - {name: keeps, type: webhook, base_url: \"%[2]s/webhook/keeps\", allow_private: true}\n", embeddedTarget, base),
			"models/people.yml": "sources:\n  - {name: people, table: raw.people, key: id, columns: {id: int, email: string}}\n",
			"syncs/people.yml":  "syncs:\n" + fmt.Sprintf(sync, "drops", "delete") + fmt.Sprintf(sync, "keeps", "archive"),
		})
		makePeople(p, 6)
		p.Kith("sync", "--json")

		refuse := func(keys ...string) {
			t.Helper()
			for _, name := range []string{"drops", "keeps"} {
				if err := box.ConfigureWebhook(name, webhook.Config{Reject: keys}); err != nil {
					t.Fatal(err)
				}
			}
		}
		refuse("p1@example.com")
		remove(p, "people", "id = 1")
		addPerson(p, 20, "no@rejected.example", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		update(p, "people", "email = 'new@rejected.example'", "id = 3")
		if r := p.Run(nil, "sync", "--json"); r.Code != 3 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		listed(t, p, "drops add 20", "drops rekey 3", "drops remove 1", "keeps add 20", "keeps rekey 3", "keeps remove 1")
		refuse()
		update(p, "people", "email = 'yes@example.com'", "id = 20")
		if r := p.Run(nil, "sync", "--json", "--retry-rejected"); r.Code != 3 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		listed(t, p, "drops rekey 3", "keeps rekey 3")
	})
}

// TestRejectedMove: who is taken out of an audience under the old address and refused under
// the new one stays listed, although one half was delivered; and who is not taken out under
// the old one is not added under the new one until they are.
func TestRejectedMove(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		box, base := newSandbox(t)
		p := sharing(t, warehouse, fmt.Sprintf(`{name: out, type: hubspot, token: made-up-token, base_url: "%s/hubspot", allow_private: true}`, base), "[email]")
		addMember(p, "a", "a@example.com", "", "")
		p.Kith("run", "--json")
		update(p, "crm", "email = 'a@rejected.example'", "id = 'a'")
		for _, other := range []string{"b", "c"} {
			addMember(p, other, other+"@example.com", "", "")
			if r := p.Run(nil, "run", "--json"); r.Code != 3 {
				t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
			}
			id := fmt.Sprint(p.Query("SELECT row_id FROM kith.rejections")[0][0])
			listed(t, p, "vip add "+id)
		}

		if err := box.SetFaults([]sandbox.Fault{{PathRegex: ".*/memberships/(remove|add-and-remove)", Do: sandbox.Answer, Status: 400, Every: 1}}); err != nil {
			t.Fatal(err)
		}
		update(p, "crm", "email = 'moved@example.com'", "id = 'b'")
		has := func(code int, want []string, args ...string) {
			t.Helper()
			if r := p.Run(nil, append(args, "--json")...); r.Code != code {
				t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
			}
			if got, err := box.HubSpot("made-up-token").Members("VIP"); err != nil || !slices.Equal(got, want) {
				t.Fatal(got, want, err)
			}
		}
		has(3, []string{"b@example.com", "c@example.com"}, "run")
		if err := box.SetFaults(nil); err != nil {
			t.Fatal(err)
		}
		has(3, []string{"b@example.com", "c@example.com"}, "sync") // waits
		has(3, []string{"c@example.com", "moved@example.com"}, "sync", "--retry-rejected")
	})
}

// TestEveryAttemptIsLogged: the log has every try of a row, and what it came to.
func TestEveryAttemptIsLogged(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box, add := newEventsOn(t, warehouse, 10)
		if err := box.SetFaults([]sandbox.Fault{{Path: "/webhook/", Nth: 1, Do: sandbox.Answer, Status: 503}, {Path: "/webhook/", Nth: 2, Do: sandbox.ResetAfter}}); err != nil {
			t.Fatal(err)
		}
		add(0, 3)
		p.Kith("sync", "--json")
		got := fmt.Sprint(p.Query("SELECT attempt, fate, COUNT(DISTINCT kh), COUNT(*) FROM kith.sync_log GROUP BY attempt, fate ORDER BY attempt"))
		if want := "[[1 deferred 3 3] [2 unknown 3 3] [3 delivered 3 3]]"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// TestSettledAfterAKill: what a run delivered that died before its end is settled by the next
// one: nobody is listed as rejected any more, and everybody's label is recorded.
func TestSettledAfterAKill(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 5)
		p.Write("models/people.yml", halvesModel)
		p.Write("syncs/people.yml", "syncs:\n  - {name: hook, from: {segment: all_people}, to: {destination: hook, object: people}, key: {email: email}, fields: {half: half}}\n")
		const rows = 8
		makePeople(p, rows)
		if err := box.ConfigureWebhook("default", webhook.Config{Reject: []string{"p3@example.com"}}); err != nil {
			t.Fatal(err)
		}
		killed(t, p, "before end run", "run")
		if err := box.ConfigureWebhook("default", webhook.Config{}); err != nil {
			t.Fatal(err)
		}
		killed(t, p, "before end run", "sync", "--retry-rejected")
		p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "name: hook,", "name: renamed, was: hook,", 1))
		p.Kith("sync", "--json")
		listed(t, p)
		labelled(t, p, rows)
	})
}

// listed checks what `kith log --rejected` shows: sync, operation, row.
func listed(t *testing.T, p *testkit.Project, want ...string) {
	t.Helper()
	var doc struct {
		Rejected []struct {
			Sync, Op string
			Row      string `json:"row_id"`
		}
	}
	if err := json.Unmarshal([]byte(p.Kith("log", "--rejected", "--unmask", "--json")), &doc); err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, r := range doc.Rejected {
		got = append(got, r.Sync+" "+r.Op+" "+r.Row)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("listed: %q, want %q", got, want)
	}
}

// TestRejectedThenDeliveredByJob: so it is of what a job delivered, also when the run that
// hears of it dies.
func TestRejectedThenDeliveredByJob(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		w := newKlaviyoOn(t, warehouse, 20, "0s", klaviyo.Config{JobTime: time.Hour})
		w.noNulls()
		addPerson(w.Project, 100, "no@rejected.example", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		w.Run(nil, "sync", "--json")
		w.ahead.Store(int64(2 * time.Hour))
		w.Run(nil, "sync", "--json")
		listed(t, w.Project, "people add 100")
		update(w.Project, "people", "email = 'yes@example.com'", "id = 100")
		if s := parse(t, w.Run(nil, "sync", "--json").Out).Syncs[0]; s.Pending != 1 {
			t.Fatalf("%+v", s)
		}
		w.ahead.Store(int64(4 * time.Hour))
		if r := w.Run([]string{"KITH_TEST_FAILPOINT=after job"}, "sync", "--json"); !r.Killed {
			t.Fatalf("not killed: exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		w.Kith("sync", "--json")
		listed(t, w.Project)
	})
}
