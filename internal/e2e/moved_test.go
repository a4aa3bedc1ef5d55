package e2e

import (
	"fmt"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

// TestMovedTwice: a row whose key changed was removed under the old key and added under
// the new one by a run that died before an answer was written. When the key changes again
// before the next run, or the row goes, nothing is left under the key in between.
func TestMovedTwice(t *testing.T) {
	t.Parallel()
	box, base := newSandbox(t)
	p := testkit.NewProject(t, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: moved
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - {name: hook, type: webhook, base_url: "%s/webhook/default", allow_private: true}
`, base),
		"models/people.yml": fileProject["models/people.yml"],
		"syncs/people.yml": `syncs:
  - name: people_hook
    from: {source: people}
    to: {destination: hook, object: people}
    key: {email: email}
    fields: {amount: amount}
    on_removed: delete
    guards: {max_removed: 100%, max_changed: 100%}
`,
	})
	p.SQL("CREATE DATABASE IF NOT EXISTS raw", createPeople, fillPeople(10))
	p.Kith("sync", "--json")
	p.SQL("ALTER TABLE raw.people UPDATE email = concat('second-', email) WHERE id IN (3, 4, 5) SETTINGS mutations_sync = 2")
	if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push:2"}, "sync", "--json"); !r.Killed {
		t.Fatalf("the add was not reached: exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	got, err := box.Webhook("default").Rows("people")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 10 {
		t.Fatalf("the removals and adds of the dead run did not arrive: %v", got)
	}
	p.SQL(
		"ALTER TABLE raw.people UPDATE email = concat('third-', email) WHERE id = 3 SETTINGS mutations_sync = 2",
		"ALTER TABLE raw.people DELETE WHERE id = 4 SETTINGS mutations_sync = 2",
	)
	p.Kith("sync", "--json")
	if got, err = box.Webhook("default").Rows("people"); err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Query("SELECT email FROM raw.people") {
		email := fmt.Sprint(r[0])
		if _, ok := got[email]; !ok {
			t.Errorf("%s is missing", email)
		}
		delete(got, email)
	}
	for email := range got {
		t.Errorf("%s should be gone", email)
	}
}
