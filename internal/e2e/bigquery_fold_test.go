package e2e

import (
	"fmt"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

// TestFoldAfterAKill: what was acknowledged is appended, and folded into the baseline
// at the end of a run. A kill before, between and after loses nothing and sends nothing
// twice: the next run folds what the dead one has appended before it compares.
func TestFoldAfterAKill(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before end run", "after fold", "after end run"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			_, address := newSandbox(t)
			p := testkit.NewEmulated(t, map[string]string{
				"kith.yml":       "version: 1\nname: fold\ntargets: {dev: {type: bigquery, emulator: true}}\ndestinations: [{name: hook, type: webhook, base_url: \"" + address + "/webhook/default\", allow_private: true}]\n",
				"models/all.yml": "sources:\n  - {name: people, table: raw.people, key: id, columns: {id: int, name: string}}\n",
				"syncs/all.yml":  "syncs:\n  - {name: people_out, from: {source: people}, to: {destination: hook, object: people}, key: {id: id}, fields: {name: name}, on_removed: delete, guards: {max_removed: 100%, max_changed: 100%}}\n",
			})
			p.SQL("CREATE SCHEMA IF NOT EXISTS raw", "CREATE TABLE raw.people AS SELECT n AS id, CONCAT('p', CAST(n AS STRING)) AS name FROM UNNEST(GENERATE_ARRAY(1, 12)) AS n")
			if r := p.Run([]string{"KITH_TEST_FAILPOINT=" + point}, "sync", "--json"); !r.Killed {
				t.Fatalf("%q did not kill: exit %d\n%s%s", point, r.Code, r.Out, r.Err)
			}
			again := parse(t, p.Kith("sync", "--json")).Syncs[0]
			if again.Added+again.Changed+again.Removed != 0 || again.Requests != 0 {
				t.Errorf("after a kill %s: %+v", point, again)
			}
			if got := fmt.Sprint(p.Query("SELECT COUNT(*), COUNTIF(h != 0), COUNT(DISTINCT row_id) FROM kith.baseline_people_out")); got != "[[12 12 12]]" {
				t.Errorf("the baseline after a kill %s: %s", point, got)
			}
			// A change and a removal go on from there.
			p.SQL("UPDATE raw.people SET name = 'other' WHERE id = 3", "DELETE FROM raw.people WHERE id = 4")
			if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Changed != 1 || r.Removed != 1 || r.Delivered != 2 {
				t.Errorf("the next changes: %+v", r)
			}
			if got := fmt.Sprint(p.Query("SELECT COUNT(*), COUNTIF(row_id = '4') FROM kith.baseline_people_out")); got != "[[11 0]]" {
				t.Errorf("the baseline in the end: %s", got)
			}
		})
	}
}
