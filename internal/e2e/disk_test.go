package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/sandbox"
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
// name matches, with the number of inserts that each has seen.
func tablesOf(p *testkit.Project, match string) map[string]uint64 {
	seen := map[string]uint64{}
	for _, r := range p.Query(`SELECT t.name, toUInt64(ifNull(max(p.max_block_number), 0)) FROM system.tables AS t LEFT JOIN system.parts AS p ON p.database = t.database AND p.table = t.name
WHERE t.database = 'kith' AND t.engine LIKE '%MergeTree' AND NOT match(t.name, '^(lease|changeset)_') AND match(t.name, '` + match + `') GROUP BY t.name`) {
		seen[fmt.Sprint(r[0])] = ledger.Uint(r[1])
	}
	return seen
}

// change changes the source so that something is sent and something is removed.
func change(p *testkit.Project, n int) {
	p.SQL(fmt.Sprintf(`ALTER TABLE raw.people UPDATE amount = %d WHERE id %% 3 = 0 SETTINGS mutations_sync = 2`, n),
		fmt.Sprintf(`ALTER TABLE raw.people DELETE WHERE id = %d SETTINGS mutations_sync = 2`, 2*n+1))
}

// afterFull changes the source, runs on a disk that is full for some tables, frees it
// and runs again: then the destination must be right.
func afterFull(t *testing.T, p *testkit.Project, tables []string, n int, check func()) (failed bool) {
	t.Helper()
	change(p, n)
	var free []func()
	for _, table := range tables {
		free = append(free, fullFor(p, table))
	}
	r := p.Run(nil, "sync", "--json")
	for _, f := range free {
		f()
	}
	switch r.Code {
	case 0:
	case 1:
		failed = true
		if !strings.Contains(r.Out+r.Err, "disk") && !strings.Contains(r.Out+r.Err, "space") {
			t.Errorf("%s: the message does not say that the disk is full:\n%s%s", tables, r.Out, r.Err)
		}
	default:
		t.Errorf("%s: exit %d\n%s%s", tables, r.Code, r.Out, r.Err)
	}
	p.Kith("sync", "--json")
	check()
	return failed
}

// TestWarehouseDiskFull fills the disk of the warehouse for one table after the
// other that a run inserts into: answers that cannot be written, commits whose
// acknowledgement fails, and runs that cannot even begin. Then for all others at once.
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
			before := tablesOf(p, c.tables)
			change(p, 1)
			p.Kith("sync", "--json")
			check()
			var written, others, failed []string
			for table, inserts := range tablesOf(p, c.tables) {
				if inserts > before[table] {
					written = append(written, table)
				} else {
					others = append(others, table)
				}
			}
			slices.Sort(written)
			for n, table := range written {
				if afterFull(t, p, []string{table}, n+2, check) {
					failed = append(failed, table)
				}
			}
			if afterFull(t, p, others, len(written)+2, check) {
				t.Errorf("a table that a run does not insert into ended it: %v", others)
			}
			if last := parse(t, p.Kith("sync", "--json")).Syncs[0]; last.Requests != 0 {
				t.Errorf("not silent after the disk was freed: %+v", last)
			}
			t.Logf("runs that a full disk ended: %v of %v", failed, written)
			if all := " " + strings.Join(failed, " ") + " "; !strings.Contains(all, " baseline_") {
				t.Errorf("no run was ended by a full disk under its baseline: %v", failed)
			}
		})
	}
}

// TestUnwrittenStops: once answers cannot be written nothing more is sent than what is in
// flight, as all of it would go again.
func TestUnwrittenStops(t *testing.T) {
	t.Parallel()
	p, box := newHookOn(t, "clickhouse", 5)
	const rows = 400
	makePeople(p, rows)
	p.Write("models/people.yml", strings.Replace(p.Read("models/people.yml"), "email: string}", `email: string, amount: "decimal(12,2)"}`, 1))
	p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "fields: {id: id}", "fields: {amount: amount}", 1))
	p.Kith("sync", "--json")
	update(p, "people", "amount = 4711", "TRUE")
	if err := box.SetFaults([]sandbox.Fault{{Path: "/webhook/", Do: "delay", Delay: sandbox.Duration(300 * time.Millisecond), Every: 1}}); err != nil {
		t.Fatal(err)
	}
	free := fullFor(p, "baseline_hook")
	r := p.Run(nil, "sync", "--json")
	free()
	if r.Code != 1 || !strings.Contains(r.Out+r.Err, "not all recorded") {
		t.Errorf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	n, err := box.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if sent := n.Rows - rows; sent == 0 || sent > 3*rows/4 {
		t.Errorf("%d rows were sent, of which no answer could be written", sent)
	}
	if err := box.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	p.Kith("sync", "--json")
	if got, err := box.Webhook("default").Rows("people"); err != nil || len(got) != rows {
		t.Errorf("%d rows at the destination, %v", len(got), err)
	}
}
