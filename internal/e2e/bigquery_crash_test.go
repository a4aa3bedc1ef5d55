package e2e

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/kithdata/kith/internal/sandbox/hubspot"
	"github.com/kithdata/kith/internal/testkit"
)

// newCrashOnBigQuery sends contacts to HubSpot and purchases to a webhook, in small
// batches, from the emulator.
func newCrashOnBigQuery(t *testing.T) crash {
	t.Helper()
	box, base := newSandbox(t)
	if err := box.HubSpot("made-up-token").Define("contacts", []hubspot.Property{
		{Name: "amount", Type: "number"}, {Name: "seen", Type: "datetime"}, {Name: "tags", Type: "string"}, {Name: "ok", Type: "bool"},
	}); err != nil {
		t.Fatal(err)
	}
	p := testkit.NewEmulated(t, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: crash
targets: {dev: {type: bigquery, emulator: true, deliver: live}}
destinations:
  - {name: crm, type: hubspot, token: "${HUBSPOT_TOKEN}", base_url: "%s/hubspot", allow_private: true, rate: 50000}
  - {name: hook, type: webhook, base_url: "%s/webhook/default", allow_private: true, batch_size: 5}
`, base, base),
		"models/all.yml": `sources:
  - {name: people, table: raw.people, key: id, columns: {id: int, email: string, amount: "decimal(12,2)", seen: timestamp, tags: list(string), ok: bool}}
  - {name: purchases, table: raw.purchases, key: id, timestamp: at, columns: {id: int, amount: "decimal(12,2)", at: timestamp}}
`,
		"syncs/people.yml": hubspotProject(base)["syncs/people.yml"] + `  - {name: purchases, from: {source: purchases, start: 2026-01-01}, to: {destination: hook, event: Purchase}, key: {event_id: id}, fields: {value: amount}}
`,
	})
	p.Env = []string{"HUBSPOT_TOKEN=made-up-token", "KITH_TEST_RATE=alone"}
	p.SQL("CREATE SCHEMA IF NOT EXISTS raw",
		"CREATE TABLE raw.people (id INT64, email STRING, amount NUMERIC, seen TIMESTAMP, tags ARRAY<STRING>, ok BOOL)",
		"CREATE TABLE raw.purchases (id INT64, amount NUMERIC, `at` TIMESTAMP)")
	c := crash{p: p, box: box, path: "/", chance: 0.4, syncs: []string{"people_crm", "purchases"}}
	next := 0
	add := func(people, purchases int) {
		p.SQL(fmt.Sprintf(`INSERT INTO raw.people (id, email, amount, seen, tags, ok) SELECT %d + n, CONCAT('p', CAST(%d + n AS STRING), '@example.com'), IF(MOD(n, 7) = 0, NULL, CAST(n AS NUMERIC) / 4), TIMESTAMP '2026-01-01 00:00:00+00', [CONCAT('t', CAST(MOD(n, 3) AS STRING))], IF(MOD(n, 5) = 0, NULL, MOD(n, 2) = 0) FROM UNNEST(GENERATE_ARRAY(1, %d)) AS n`, next, next, people),
			fmt.Sprintf("INSERT INTO raw.purchases (id, amount, `at`) SELECT %d + n, CAST(n AS NUMERIC), TIMESTAMP '2026-03-01 00:00:00+00' FROM UNNEST(GENERATE_ARRAY(1, %d)) AS n", next, purchases))
		next += 100
	}
	add(20, 20)
	// Rows are added, changed and changed back, get another address, and are removed.
	c.change = func(i int, rng *rand.Rand) {
		old := 100*rng.IntN(next/100) + 1
		at := old + rng.IntN(10)
		p.SQL(
			fmt.Sprintf(`UPDATE raw.people SET amount = %d, email = IF(id = %d, CONCAT('n%d-', email), email) WHERE id BETWEEN %d AND %d`, i%2, at+1, i, at, at+6),
			fmt.Sprintf(`DELETE FROM raw.people WHERE id IN (%d, %d)`, old+rng.IntN(20), old+rng.IntN(20)),
			fmt.Sprintf(`UPDATE raw.purchases SET amount = -1 WHERE id = %d`, at),
		)
		add(2+rng.IntN(6), 11+rng.IntN(9))
	}
	c.check = func() []string {
		return append(contactProblems(t, box, p.Query(`SELECT email, IFNULL(CAST(amount AS STRING), ''), FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%S.000Z', seen), ARRAY_TO_STRING(tags, ';'), IF(ok IS NULL, '', IF(ok, 'true', 'false')) FROM raw.people`)),
			eventProblems(t, box, p.Query(`SELECT CAST(id AS STRING) FROM raw.purchases`))...)
	}
	return c
}

// TestCrashBigQuery: contacts and purchases, at a size that the emulator bears. Then a
// kith that moves the baseline before the answer goes on, and must be found out.
func TestCrashBigQuery(t *testing.T) {
	t.Parallel()
	c := newCrashOnBigQuery(t)
	c.run(t, crashKills(t, 4), 13)
	c.p.Bin = testkit.Binary(t, "mutate_ack_first")
	c.change(1_000_000, rand.New(rand.NewPCG(14, 0)))
	if r := c.p.Run([]string{"KITH_TEST_FAILPOINT=before push:2"}, "sync", "--json", "--select", "purchases"); !r.Killed {
		t.Fatalf("the failpoint did not kill: exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	c.p.Kith("sync", "--json", "--select", "purchases")
	lost := c.check()
	if len(lost) == 0 {
		t.Error("the mutated kith lost nothing: the harness proves nothing")
	}
	t.Logf("the mutated kith left %d differences", len(lost))
}
