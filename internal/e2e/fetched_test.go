package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestFoundUnderFormerName: what an older kith has found at a destination, and what was refused
// there, goes with a sync whose state it moved without them: also when the line that says what the
// sync was called is deleted, and when the run that fetches it dies.
func TestFoundUnderFormerName(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := withExisting(t, warehouse, 12, "    existing: skip\n")
		p.Kith("sync", "--json")
		untouched(t, box, "after the first sync")
		update(p, "people", "email = 'x@rejected.example'", "id = 11")
		p.Run(nil, "sync", "--json")
		listed(t, p, "people_crm rekey 11")
		before := p.Read("syncs/people.yml")
		p.Write("syncs/people.yml", strings.Replace(before, "name: people_crm", "name: renamed\n    was: people_crm", 1))
		p.Run(nil, "sync", "--json")
		final := map[string]string{"clickhouse": " FINAL"}[warehouse]
		p.SQL("INSERT INTO kith.foreign_rows (sync, kh, row_id, remote_id, `at`, ver, del) SELECT 'people_crm', kh, row_id, remote_id, `at`, ver + 4294967296, 0 FROM kith.foreign_rows"+final+" WHERE sync = 'renamed'",
			"INSERT INTO kith.rejections (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del) SELECT 'people_crm', kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver + 4294967296, 0 FROM kith.rejections"+final+" WHERE sync = 'renamed'",
			"DELETE FROM kith.foreign_rows WHERE sync = 'renamed'", "DELETE FROM kith.rejections WHERE sync = 'renamed'")
		p.Write("syncs/people.yml", strings.Replace(before, "name: people_crm", "name: renamed", 1))
		update(p, "people", "amount = 5", "id IN (1, 2)")
		remove(p, "people", "id IN (3, 4)")
		var plan struct {
			Syncs []struct {
				Added, Changed, Removed uint64
				Held                    map[string]uint64
			}
		}
		if err := json.Unmarshal([]byte(p.Run(nil, "plan", "--json").Out), &plan); err != nil || len(plan.Syncs) != 1 || plan.Syncs[0].Added+plan.Syncs[0].Changed+plan.Syncs[0].Removed != 0 || plan.Syncs[0].Held["backoff"] != 1 {
			t.Errorf("plan: %+v %v", plan, err)
		}
		killed(t, p, "after fetch", "sync")
		r := parse(t, p.Run(nil, "sync", "--json").Out).Syncs[0]
		if r.Held != 1 || r.Rejected != 0 {
			t.Errorf("%+v", r)
		}
		untouched(t, box, "after the upgrade")
		listed(t, p, "renamed rekey 11")
	})
}
