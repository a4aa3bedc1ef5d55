package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

// TestPlannedCalls: the calls that a plan names are those that the run then makes, but for
// one that looks up the list of an audience.
func TestPlannedCalls(t *testing.T) {
	t.Parallel()
	compare := func(t *testing.T, p *testkit.Project, command, what string, want, more uint64) {
		t.Helper()
		var plan struct{ Syncs []struct{ Calls uint64 } }
		if err := json.Unmarshal([]byte(p.Kith("plan", "--json")), &plan); err != nil {
			t.Fatal(err)
		}
		if s := stopped(t, p, nil, 0, command); plan.Syncs[0].Calls != want || s.Requests != want+more {
			t.Errorf("%s: plan names %d calls, the run made %d, want %d and %d", what, plan.Syncs[0].Calls, s.Requests, want, want+more)
		}
	}
	t.Run("existing skip", func(t *testing.T) {
		t.Parallel()
		p, _ := withExisting(t, "clickhouse", 205, "    existing: skip\n")
		compare(t, p, "sync", "three look-ups, and two batches of who was not there", 5, 0)
	})
	t.Run("audience", func(t *testing.T) {
		t.Parallel()
		_, base := newSandbox(t)
		p := newProjectOn(t, "clickhouse", map[string]string{
			"kith.yml": fmt.Sprintf("version: 1\nname: members\ndefault_target: local\ntargets: {local: {%s, deliver: live}}\ndestinations: [{name: crm, type: hubspot, token: made-up-token, base_url: \"%s/hubspot\", allow_private: true, rate: 50000}]\n", embeddedTarget, base),
			"models/people.yml": `sources:
  - {name: crm, table: raw.crm, key: id, columns: {id: string, email: {type: string, pii: email}, score: int}}
entities:
  - {name: person, identity: {identifiers: [{name: email, normalize: email}], links: [{source: crm, identifiers: {email: email}}]}}
traits:
  - {name: score, entity: person, from: crm.score, pick: first}
segments:
  - {name: vip, entity: person, where: {trait: score, gte: 10}}
`,
			"syncs/all.yml": "syncs:\n  - {name: vip, from: {segment: vip}, to: {destination: crm, audience: VIP}, match: [email], consent: none, guards: {max_removed: 100%}}\n",
		})
		p.Env = []string{"KITH_TEST_RATE=alone"}
		p.SQL(
			"CREATE TABLE raw.crm (id String, email String, score Int64) ENGINE = MergeTree ORDER BY id",
			"INSERT INTO raw.crm SELECT concat('c', toString(number)), concat('p', toString(number), '@example.com'), 10 FROM numbers(250)",
		)
		compare(t, p, "run", "three batches of people without contacts", 9, 0)
		update(p, "crm", "score = 1", "toUInt32(substring(id, 2)) < 120")
		compare(t, p, "run", "two batches of who leaves", 2, 1)
		update(p, "crm", "score = 10", "TRUE")
		p.Write("kith.yml", p.Read("kith.yml")[:len(p.Read("kith.yml"))-len("}]\n")]+", create_missing: false}]\n")
		compare(t, p, "run", "two batches of people who have contacts", 4, 1)
	})
}

// TestPlannedAfterUse: the calls of earlier runs count in the duration that a plan predicts
// where a rate holds for a day.
func TestPlannedAfterUse(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, _ := newHubSpotProjectOn(t, warehouse, 205)
		p.Env = []string{"HUBSPOT_TOKEN=made-up-token"}
		seconds := func(daily int) float64 {
			was := p.Read("kith.yml")
			p.Write("kith.yml", strings.Replace(was, "rate: 50000", fmt.Sprintf("rate: 50000, daily: %d", daily), 1))
			defer p.Write("kith.yml", was)
			var plan struct{ Syncs []struct{ Seconds float64 } }
			if err := json.Unmarshal([]byte(p.Kith("plan", "--json")), &plan); err != nil {
				t.Fatal(err)
			}
			return plan.Syncs[0].Seconds
		}
		if s := seconds(4); s > 3600 {
			t.Errorf("three calls of the four of an unused day: %v seconds", s)
		}
		p.Kith("sync", "--json")
		update(p, "people", "amount = 77", "TRUE")
		if s := seconds(4); s < 23*3600 || s > 25*3600 {
			t.Errorf("three calls after as many: %v seconds, want a day", s)
		}
	})
}
