package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/testkit"
)

// TestMovedMemberKilled: kith dies when a member's new address was added and no answer is
// written; then the member withdraws consent. Neither the old address nor the new may stay.
func TestMovedMemberKilled(t *testing.T) {
	t.Parallel()
	box, base := newSandbox(t)
	p := testkit.NewProject(t, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: moved
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - {name: crm, type: hubspot, token: made-up-token, base_url: "%s/hubspot", allow_private: true}
`, base),
		"models/people.yml": `sources:
  - {name: crm, table: raw.crm, key: id, timestamp: at, columns: {id: string, email: {type: string, pii: email}, score: int, ok: bool, at: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id, max: 1}, {name: email, normalize: email}], links: [{source: crm, identifiers: {customer_id: id, email: email}}]}}
traits:
  - {name: score, entity: person, from: crm.score, pick: latest}
consents:
  - {name: marketing, entity: person, from: [crm.ok], pick: latest}
segments:
  - {name: vip, entity: person, where: {trait: score, gte: 10}}
`,
		"syncs/all.yml": `syncs:
  - {name: vip, from: {segment: vip}, to: {destination: crm, audience: VIP}, match: [email], consent: marketing, guards: {max_removed: 100%}}
`,
	})
	p.Env = []string{"KITH_TEST_RATE=alone"}
	p.SQL(
		"CREATE DATABASE IF NOT EXISTS raw",
		"CREATE TABLE raw.crm (id String, email String, score Int64, ok Bool, at DateTime64(3)) ENGINE = MergeTree ORDER BY id",
		"INSERT INTO raw.crm SELECT concat('c', toString(number)), concat('p', toString(number), '@example.com'), 10, true, '2026-01-01 00:00:00' FROM numbers(3)",
	)
	p.Kith("run", "--json")
	p.SQL("ALTER TABLE raw.crm UPDATE email = 'moved@example.com' WHERE id = 'c1' SETTINGS mutations_sync = 2")
	if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push:2"}, "run", "--json"); !r.Killed { // the old address is out, the new one in
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	members := func() []string {
		t.Helper()
		list, err := box.HubSpot("made-up-token").Members("VIP")
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if diff := cmp.Diff([]string{"moved@example.com", "p0@example.com", "p2@example.com"}, members()); diff != "" {
		t.Fatalf("when kith was killed: %s", diff)
	}
	p.SQL("ALTER TABLE raw.crm UPDATE ok = false WHERE id = 'c1' SETTINGS mutations_sync = 2")
	p.Kith("run", "--json")
	if diff := cmp.Diff([]string{"p0@example.com", "p2@example.com"}, members()); diff != "" {
		t.Errorf("after consent was withdrawn: %s", diff)
	}
}

// TestReturnedMember: who left an audience and was left in it comes back with another
// address, and kith dies when the new one was sent; then they withdraw consent. Neither the
// address of before nor the new one may stay.
func TestReturnedMember(t *testing.T) {
	t.Parallel()
	p, _, has := sharingGoogle(t, "clickhouse", "[email]")
	p.Write("syncs/vip.yml", strings.Replace(p.Read("syncs/vip.yml"), "guards:", "on_removed: {left: ignore, withdrawn: remove}, guards:", 1))
	addMember(p, "a", "a@example.com", "", "")
	addMember(p, "b", "b@example.com", "", "")
	p.Kith("run", "--json")
	update(p, "crm", "score = 1", "id IN ('a', 'b')")
	p.Kith("run", "--json")
	has("who left and was left there", "a@example.com", "b@example.com")
	update(p, "crm", "score = 10, email = 'new@example.com'", "id = 'a'")
	if r := p.Run(nil, "run", "--json"); r.Code != 3 { // the new address waits until the old one is out
		t.Errorf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push"}, "sync", "--json"); !r.Killed {
		t.Errorf("not killed: exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	update(p, "crm", "ok = false", "id = 'a'")
	p.Kith("run", "--json")
	has("after consent was withdrawn", "b@example.com")
}
