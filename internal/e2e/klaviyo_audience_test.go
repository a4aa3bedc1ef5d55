package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/testkit"
)

// newKlaviyoAudience is a project with an audience and an event of one account.
func newKlaviyoAudience(t *testing.T) (*testkit.Project, *sandbox.Sandbox) {
	t.Helper()
	box, base := served(t, sandbox.Options{Klaviyo: klaviyo.Config{JobTime: 20 * time.Millisecond, Limits: klaviyo.Limits{Burst: -1, Steady: -1}}})
	p := testkit.NewProject(t, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: email
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - {name: email, type: klaviyo, token: "${KLAVIYO_KEY}", base_url: "%s/klaviyo", allow_private: true, burst: 10000, steady: 100000}
`, base),
		"models/people.yml": `sources:
  - {name: crm, table: raw.crm, key: id, timestamp: at, columns: {id: string, email: {type: string, pii: email}, score: int, ok: bool, at: timestamp}}
  - {name: orders, table: raw.orders, key: order_id, timestamp: at, columns: {order_id: string, email: {type: string, pii: email}, amount: "decimal(12,2)", at: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id, max: 1}, {name: email, normalize: email, max: 5}], links: [{source: crm, identifiers: {customer_id: id, email: email}}, {source: orders, identifiers: [email]}]}}
traits:
  - {name: score, entity: person, from: crm.score, pick: latest}
consents:
  - {name: marketing, entity: person, from: [crm.ok], pick: latest}
segments:
  - {name: vip, entity: person, where: {trait: score, gte: 10}}
`,
		"syncs/all.yml": `syncs:
  - {name: vip, from: {segment: vip}, to: {destination: email, audience: VIP}, match: [email], consent: marketing, guards: {max_removed: 100%}}
  - {name: orders, from: {source: orders, entity: person, start: 2026-01-01}, to: {destination: email, event: Placed Order}, key: {id: order_id}, match: [email], fields: {value: amount, order: order_id}, consent: marketing}
`,
	})
	p.Env = []string{"KLAVIYO_KEY=" + klaviyoKey, "KITH_TEST_RATE=alone"}
	p.SQL(
		"CREATE DATABASE IF NOT EXISTS raw",
		"CREATE TABLE raw.crm (id String, email String, score Int64, ok Bool, at DateTime64(3)) ENGINE = MergeTree ORDER BY id",
		"CREATE TABLE raw.orders (order_id String, email String, amount Decimal(12,2), at DateTime64(3)) ENGINE = MergeTree ORDER BY order_id",
		"INSERT INTO raw.crm SELECT concat('c', toString(number)), concat('p', toString(number), '@example.com'), 10, true, '2026-01-01 00:00:00' FROM numbers(40)",
		"INSERT INTO raw.orders SELECT concat('o', toString(number)), concat('p', toString(number % 40), '@example.com'), number / 4, toDateTime64('2026-02-01 00:00:00', 3) + number FROM numbers(120)",
	)
	return p, box
}

func checkAudience(t *testing.T, p *testkit.Project, box *sandbox.Sandbox) {
	t.Helper()
	want := []string{}
	for _, r := range p.Query("SELECT lower(argMax(email, at)) AS e FROM raw.crm GROUP BY id HAVING argMax(score, at) >= 10 AND argMax(ok, at) ORDER BY e") {
		want = append(want, fmt.Sprint(r[0]))
	}
	lists, err := box.Klaviyo(klaviyoKey).Lists()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, lists["VIP"]); diff != "" {
		t.Errorf("the list: %.600s", diff)
	}
}

// TestKlaviyoAudience: who leaves is taken out, who comes back is there again (PAINS
// row 26), who withdraws is out, an address that changes moves; nothing is left to do.
func TestKlaviyoAudience(t *testing.T) {
	t.Parallel()
	p, box := newKlaviyoAudience(t)
	sync := func(command string, env ...string) (report, int) {
		r := p.Run(env, command, "--json", "--select", "vip")
		if r.Killed {
			return report{}, -1
		}
		return parse(t, r.Out), r.Code
	}
	steps := []string{
		"INSERT INTO raw.crm SELECT id, email, 1, true, '2026-03-01 00:00:00' FROM raw.crm WHERE id IN ('c1', 'c2')",
		"INSERT INTO raw.crm SELECT id, email, 20, true, '2026-04-01 00:00:00' FROM raw.crm WHERE id = 'c1' LIMIT 1",
		"INSERT INTO raw.crm SELECT id, email, 20, false, '2026-05-01 00:00:00' FROM raw.crm WHERE id = 'c3'",
		"ALTER TABLE raw.crm UPDATE email = 'moved@example.com' WHERE id = 'c4' SETTINGS mutations_sync = 2",
	}
	sync("run", "KITH_TEST_FAILPOINT=after push")
	for i, point := range []string{"appended jobs", "after push", "before job", "after push:2"} {
		sync("run", "KITH_TEST_FAILPOINT="+point)
		if _, code := sync("sync"); code != 0 && code != 3 {
			t.Errorf("step %d: exit %d", i, code)
		}
		checkAudience(t, p, box)
		p.SQL(steps[i])
	}
	sync("run")
	silent := false
	for range 3 {
		if r, code := sync("sync"); code == 0 && r.Syncs[0].Requests == 0 {
			silent = true
			break
		}
	}
	if !silent {
		t.Error("it does not come to rest")
	}
	checkAudience(t, p, box)
}

// TestKlaviyoEventsExactlyOnce: killed after Klaviyo took a batch and before that was
// written down, kith sends the batch again; Klaviyo refuses it for the events that it
// has, and in the end every event is there once (PAINS row 8).
func TestKlaviyoEventsExactlyOnce(t *testing.T) {
	t.Parallel()
	p, box := newKlaviyoAudience(t)
	p.Kith("build")
	kills := 0
	for i, point := range []string{"after push", "before acknowledge", "append baseline:2", "append sync"} {
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=" + point}, "sync", "--json", "--select", "orders"); r.Killed {
			kills++
		}
		// The batch that is sent again also has an event that is new.
		p.SQL(fmt.Sprintf("INSERT INTO raw.orders VALUES ('new%[1]d', 'p%[1]d@example.com', 7.5, '2026-06-01 00:00:0%[1]d')", i))
	}
	p.Kith("sync", "--json", "--select", "orders")
	events, err := box.Klaviyo(klaviyoKey).Events()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range events {
		seen[e.UniqueID]++
	}
	if len(events) != 124 || len(seen) != 124 {
		t.Errorf("%d events, %d of them different, want 124", len(events), len(seen))
	}
	if r := parse(t, p.Kith("sync", "--json", "--select", "orders")).Syncs[0]; r.Requests != 0 {
		t.Errorf("a run without a change: %+v", r)
	}
	if !slices.ContainsFunc(events, func(e klaviyo.Event) bool { return e.Metric == "Placed Order" }) || kills < 3 {
		t.Errorf("%d kills", kills)
	}
}

// TestJobOfVersion1: a job that an older kith left open is asked about and closed.
func TestJobOfVersion1(t *testing.T) {
	t.Parallel()
	w := newKlaviyo(t, 30, "0s", klaviyo.Config{JobTime: time.Hour})
	w.noNulls()
	w.Run(nil, "sync", "--json")
	if rows := w.Query("SELECT count() FROM kith.job_rows"); fmt.Sprint(rows) != "[[30]]" {
		t.Fatalf("%v", rows)
	}
	w.SQL(
		"ALTER TABLE kith.job_rows DROP COLUMN remote_id, DROP COLUMN place, DROP COLUMN places, DROP COLUMN batch, DROP COLUMN ver SETTINGS mutations_sync = 2",
		"ALTER TABLE kith.kith_meta DELETE WHERE version > 1 SETTINGS mutations_sync = 2",
	)
	r := w.Run(nil, "sync", "--json")
	if s := parse(t, r.Out).Syncs[0]; r.Code != 3 || s.Pending != 30 || len(w.jobs(t)) != 1 {
		t.Fatalf("exit %d, %+v, jobs %v\n%s", r.Code, s, w.jobs(t), r.Err)
	}
	w.ahead.Store(int64(2 * time.Hour))
	if s := parse(t, w.Kith("sync", "--json")).Syncs[0]; s.Delivered != 30 {
		t.Errorf("%+v", s)
	}
	w.check(t)
	if s := parse(t, w.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 || len(w.jobs(t)) != 1 {
		t.Errorf("%+v", s)
	}
}
