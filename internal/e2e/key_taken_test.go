package e2e

import (
	"fmt"
	"testing"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/testkit"
)

// TestKeyTakenAndGone: a row leaves and a new one has its remote key, but the destination
// is away; then the new one leaves too. What kith made under the key must be removed.
func TestKeyTakenAndGone(t *testing.T) {
	t.Parallel()
	box, base := newSandbox(t)
	p := testkit.NewProject(t, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: taken
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - {name: hook, type: webhook, base_url: "%s/webhook/default", allow_private: true}
`, base),
		"models/people.yml": fileProject["models/people.yml"],
		"syncs/people.yml": `syncs:
  - {name: people, from: {source: people}, to: {destination: hook, object: people}, key: {email: email}, fields: {seen: seen}, on_removed: delete, guards: {max_removed: 100%}}
`,
	})
	p.Env = []string{"KITH_TEST_RATE=alone"}
	p.SQL("CREATE DATABASE IF NOT EXISTS raw", createPeople, fillPeople(3))
	p.Kith("sync", "--json")
	p.SQL(
		"INSERT INTO raw.people SELECT 100, email, amount, seen, tags, ok FROM raw.people WHERE id = 1",
		"ALTER TABLE raw.people DELETE WHERE id = 1 SETTINGS mutations_sync = 2",
	)
	if err := box.SetFaults([]sandbox.Fault{{Path: "/webhook/", Do: sandbox.Answer, Status: 401, Every: 1}}); err != nil {
		t.Fatal(err)
	}
	if r := p.Run(nil, "sync", "--json"); r.Code != 1 {
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	if err := box.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	p.SQL("ALTER TABLE raw.people DELETE WHERE id = 100 SETTINGS mutations_sync = 2")
	p.Kith("sync", "--json")
	rows, err := box.Webhook("default").Rows("people")
	if err != nil {
		t.Fatal(err)
	}
	if _, there := rows["p1@example.com"]; there || len(rows) != 2 {
		t.Errorf("the key is still there: %v", rows)
	}
}
