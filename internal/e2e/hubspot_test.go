package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
	"github.com/kithdata/kith/internal/testkit"
)

// hubspotProject sends people to a HubSpot fake that the test serves, so that its
// limits can be lifted and its faults scripted.
func hubspotProject(base string) map[string]string {
	files := map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: crm
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - {name: crm, type: hubspot, token: "${HUBSPOT_TOKEN}", base_url: "%s/hubspot", allow_private: true, rate: 50000}
`, base),
		"models/people.yml": fileProject["models/people.yml"],
		"syncs/people.yml": `syncs:
  - name: people_crm
    from: {source: people}
    to: {destination: crm, object: contacts}
    key: {email: email}
    fields: {amount: {column: amount, on_null: clear}, seen: seen, tags: tags, ok: ok}
    on_removed: archive
    guards: {max_removed: 100%}
`,
	}
	return files
}

// newSandbox serves fakes without limits of their own.
func newSandbox(t *testing.T) (*sandbox.Sandbox, string) {
	t.Helper()
	box, base := served(t, sandbox.Options{HubSpot: hubspot.Config{Limits: hubspot.Limits{TenSecondly: -1, Daily: -1, Search: -1}}, Rand: rand.New(rand.NewPCG(3, 4))})
	return box, base
}

func newHubSpotProject(t *testing.T, rows int) (*testkit.Project, *sandbox.Sandbox) {
	t.Helper()
	return newHubSpotProjectOn(t, "clickhouse", rows)
}

func newHubSpotProjectOn(t *testing.T, warehouse string, rows int) (*testkit.Project, *sandbox.Sandbox) {
	t.Helper()
	box, base := newSandbox(t)
	if err := box.HubSpot("made-up-token").Define("contacts", []hubspot.Property{
		{Name: "amount", Type: "number"}, {Name: "seen", Type: "datetime"}, {Name: "tags", Type: "string"}, {Name: "ok", Type: "bool"},
	}); err != nil {
		t.Fatal(err)
	}
	p := newProjectOn(t, warehouse, hubspotProject(base))
	p.Env = []string{"HUBSPOT_TOKEN=made-up-token", "KITH_TEST_RATE=alone"}
	makePeople(p, rows)
	return p, box
}

// checkHubSpot compares the fake's contacts with the source, row by row.
func checkHubSpot(t *testing.T, p *testkit.Project, box *sandbox.Sandbox) {
	t.Helper()
	complain(t, contactProblems(t, box, peopleAsContacts(p)))
}

// complain says what is wrong, at most five times.
func complain(t *testing.T, problems []string) {
	t.Helper()
	for _, text := range problems[:min(5, len(problems))] {
		t.Error(text)
	}
	if n := len(problems) - 5; n > 0 {
		t.Errorf("and %d more", n)
	}
}

// contactProblems are the differences between the fake's contacts and rows of
// peopleAsContacts.
func contactProblems(t *testing.T, box *sandbox.Sandbox, rows []cdp.Row) (out []string) {
	t.Helper()
	got, err := box.HubSpot("made-up-token").Objects("contacts")
	if err != nil {
		t.Fatal(err)
	}
	byEmail := map[string]map[string]string{}
	for _, r := range got {
		if !r.Archived {
			byEmail[r.Properties["email"]] = r.Properties
		}
	}
	for _, r := range rows {
		email := fmt.Sprint(r[0])
		have, ok := byEmail[email]
		if !ok {
			out = append(out, email+" is missing")
			continue
		}
		delete(byEmail, email)
		for i, name := range []string{"amount", "seen", "tags", "ok"} {
			want := fmt.Sprint(r[i+1])
			if name == "ok" && want == "" {
				continue // a null that is skipped leaves what was there
			}
			if have[name] != want {
				out = append(out, fmt.Sprintf("%s: %s is %q, want %q", email, name, have[name], want))
			}
		}
	}
	for email := range byEmail {
		out = append(out, email+" is stale")
	}
	return out
}

// TestSecondRunIsSilent: zero requests without a change, one request for one row,
// with a rejected row, nulls, decimals, timestamps and lists, after kith was built
// again and the engine restarted.
func TestSecondRunIsSilent(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHubSpotProjectOn(t, warehouse, 30)
		addPerson(p, 9000, "no@rejected.example", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		r := p.Run(nil, "sync", "--json")
		if first := parse(t, r.Out).Syncs[0]; r.Code != 3 || first.Delivered != 30 || first.Rejected != 1 {
			t.Fatalf("exit %d, first sync: %+v\n%s", r.Code, first, r.Err)
		}
		before, err := box.Counters()
		if err != nil {
			t.Fatal(err)
		}
		p.RestartEngine()
		p.Bin = testkit.Binary(t, "rebuilt")
		r = p.Run(nil, "sync", "--json")
		if second := parse(t, r.Out).Syncs[0]; r.Code != 3 || second.Held != 1 || second.Requests != 0 {
			t.Fatalf("exit %d, second sync: %+v", r.Code, second)
		}
		after, err := box.Counters()
		if err != nil {
			t.Fatal(err)
		}
		if n := after.Requests - before.Requests; n != 0 {
			t.Errorf("the second run sent %d requests", n)
		}
		update(p, "people", "amount = 77.77", "id = 5")
		r = p.Run(nil, "sync", "--json")
		third := parse(t, r.Out).Syncs[0]
		last, err := box.Counters()
		if err != nil {
			t.Fatal(err)
		}
		if third.Changed != 1 || third.Delivered != 1 || last.Requests-after.Requests != 1 {
			t.Errorf("after one changed row: %+v, %d requests", third, last.Requests-after.Requests)
		}
		checkHubSpot(t, p, box)
	})
}

// TestMutationIsFound shows that the crash test finds the bug that it is there for:
// a kith that moves the baseline before the answer loses rows.
func TestMutationIsFound(t *testing.T) {
	t.Parallel()
	p, box := newHubSpotProject(t, 1500)
	p.Bin = testkit.Binary(t, "mutate_ack_first")
	for i := range 3 {
		r := p.Run([]string{fmt.Sprintf("KITH_TEST_FAILPOINT=before push:%d", 3+2*i)}, "sync", "--json")
		if !r.Killed && i == 0 {
			t.Fatalf("the failpoint did not kill: exit %d\n%s", r.Code, r.Err)
		}
	}
	p.Kith("sync", "--json")
	got, err := box.HubSpot("made-up-token").Objects("contacts")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) >= 1500 {
		t.Errorf("the mutated kith lost nothing: the harness proves nothing")
	}
	t.Logf("the mutated kith lost %d rows", 1500-len(got))
}

// TestFailpoints kills kith once at every boundary that a run passes.
func TestFailpoints(t *testing.T) { inSoak(t, failpoints) }

func failpoints(t *testing.T, warehouse string) {
	p, box := newHubSpotProjectOn(t, warehouse, sized(warehouse, 500, 130))
	for i := range 8 { // a fresh ledger, killed ever later
		p.Run([]string{fmt.Sprintf("KITH_TEST_FAILPOINT=any:%d", 3+11*i)}, "sync", "--json")
	}
	p.Kith("sync", "--json")
	update(p, "people", "amount = 1", "id < 10")
	remove(p, "people", "id = 77")
	log := p.Dir + "/points"
	p.Run([]string{"KITH_TEST_FAILPOINT_LOG=" + log}, "sync", "--json")
	points := map[string]bool{}
	for _, name := range strings.Split(p.Read("points"), "\n") {
		if name != "" {
			points[name] = true
		}
	}
	if len(points) < 30 {
		t.Fatalf("only %d boundaries", len(points))
	}
	kills := 0
	for name := range points {
		update(p, "people", fmt.Sprintf("amount = %d", kills), fmt.Sprintf("MOD(id, 97) = %d", kills%97))
		remove(p, "people", fmt.Sprintf("id = %d", 80+kills))
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=" + name + ":1"}, "sync", "--json"); r.Killed {
			kills++
		}
	}
	p.Kith("sync", "--json")
	checkHubSpot(t, p, box)
	t.Logf("boundaries=%d kills=%d", len(points), kills)
	if kills < len(points)*2/3 {
		t.Errorf("only %d of %d boundaries killed", kills, len(points))
	}
}
