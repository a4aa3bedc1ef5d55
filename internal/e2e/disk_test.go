package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

// fullFor makes the engine answer like a full disk to whatever writes into a table
// of kith's state: NOT_ENOUGH_SPACE, by the engine's own check before an insert.
// The function that it returns frees the disk.
func fullFor(p *testkit.Project, table string) func() {
	alter := "ALTER TABLE kith." + table
	p.SQL(alter + " MODIFY SETTING min_free_disk_bytes_to_perform_insert = 1000000000000000000")
	return func() { p.SQL(alter + " RESET SETTING min_free_disk_bytes_to_perform_insert") }
}

// tablesOf are the tables of kith's state that exist between two runs and whose
// name matches, which is what a sync may write to.
func tablesOf(p *testkit.Project, match string) []string {
	var names []string
	for _, r := range p.Query(`SELECT name FROM system.tables WHERE database = 'kith' AND engine LIKE '%MergeTree' AND NOT match(name, '^(lease|changeset)_') AND match(name, '` + match + `') ORDER BY name`) {
		names = append(names, fmt.Sprint(r[0]))
	}
	return names
}

// afterFull changes the source, runs on a disk that is full for one table, frees it
// and runs again: then the destination must be right.
func afterFull(t *testing.T, p *testkit.Project, table string, n int, check func()) (failed bool) {
	t.Helper()
	p.SQL(fmt.Sprintf(`ALTER TABLE raw.people UPDATE amount = %d WHERE id %% 3 = 0 SETTINGS mutations_sync = 2`, n),
		fmt.Sprintf(`ALTER TABLE raw.people DELETE WHERE id = %d SETTINGS mutations_sync = 2`, 2*n+1))
	free := fullFor(p, table)
	r := p.Run(nil, "sync", "--json")
	free()
	switch r.Code {
	case 0:
	case 1:
		failed = true
		if !strings.Contains(r.Out+r.Err, "disk") && !strings.Contains(r.Out+r.Err, "space") {
			t.Errorf("%s: the message does not say that the disk is full:\n%s%s", table, r.Out, r.Err)
		}
	default:
		t.Errorf("%s: exit %d\n%s%s", table, r.Code, r.Out, r.Err)
	}
	p.Kith("sync", "--json")
	check()
	return failed
}

// TestWarehouseDiskFull fills the disk of the warehouse for one table after the
// other: answers that cannot be written, commits whose acknowledgement fails, and
// runs that cannot even begin.
func TestWarehouseDiskFull(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tables string
		open   func(*testing.T) (*testkit.Project, func())
	}{
		"file": {"", func(t *testing.T) (*testkit.Project, func()) {
			p := newFileProject(t, 600)
			return p, func() { checkFile(t, p) }
		}},
		"hubspot": {"^(baseline_.*|intents|sync_log)$", func(t *testing.T) (*testkit.Project, func()) {
			p, box := newHubSpotProject(t, 600)
			return p, func() { checkHubSpot(t, p, box) }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, check := c.open(t)
			p.Kith("sync", "--json")
			check()
			var failed []string
			for n, table := range tablesOf(p, c.tables) {
				if afterFull(t, p, table, n+1, check) {
					failed = append(failed, table)
				}
			}
			if last := parse(t, p.Kith("sync", "--json")).Syncs[0]; last.Requests != 0 {
				t.Errorf("not silent after the disk was freed: %+v", last)
			}
			t.Logf("runs that a full disk ended: %v", failed)
			if all := " " + strings.Join(failed, " ") + " "; !strings.Contains(all, " baseline_") {
				t.Errorf("no run was ended by a full disk under its baseline: %v", failed)
			}
		})
	}
}
