package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestRetention: a run forgets what is older than declared, by sync and by kind, and
// nothing that a sync needs.
func TestRetention(t *testing.T) {
	t.Parallel()
	p := newFileProject(t, 50)
	p.Write("kith.yml", fileProject["kith.yml"]+"retention: {log: 10d, rejections: 40d, runs: 20d}\n")
	p.Kith("sync", "--json")
	old := func(days int) string { return fmt.Sprintf("now64(3) - toIntervalDay(%d)", days) }
	for _, days := range []int{1, 8, 12, 15, 35, 100} {
		for _, sync := range []string{"people_file", "other"} {
			p.SQL(
				fmt.Sprintf("INSERT INTO kith.sync_log (at, sync, run_id, kh) VALUES (%s, '%s', 'old', %d)", old(days), sync, days),
				fmt.Sprintf("INSERT INTO kith.rejections (sync, kh, row_id, at, ver) VALUES ('%s', %d, 'r', %s, 1)", sync, days, old(days)),
			)
		}
		p.SQL(
			fmt.Sprintf("INSERT INTO kith.budget_shares (account, round, holder, at) VALUES ('a', %d, 'h', %s)", days, old(days)),
			fmt.Sprintf("INSERT INTO kith.runs (run_id, started_at, ver) VALUES ('old%d', %s, 1)", days, old(days)),
			fmt.Sprintf("INSERT INTO kith.sync_runs (sync, epoch, run_id, started_at, status, ver) VALUES ('other', %d, 'old', %s, 'succeeded', 1)", days, old(days)),
		)
	}
	p.Write("syncs/people.yml", fileProject["syncs/people.yml"]+"    retention: {log: 14d}\n")
	p.Kith("sync", "--json")
	for query, want := range map[string]string{
		"SELECT groupArray(kh) FROM (SELECT kh FROM kith.sync_log WHERE run_id = 'old' AND sync = 'other' ORDER BY kh)":       "1 8",
		"SELECT groupArray(kh) FROM (SELECT kh FROM kith.sync_log WHERE run_id = 'old' AND sync = 'people_file' ORDER BY kh)": "1 8 12",
		"SELECT groupArray(kh) FROM (SELECT kh FROM kith.rejections FINAL WHERE sync = 'other' ORDER BY kh)":                  "1 8 12 15 35",
		"SELECT arraySort(groupArray(run_id)) FROM kith.runs FINAL WHERE run_id LIKE 'old%'":                                  "old1 old12 old15 old8",
		"SELECT groupArray(round) FROM kith.budget_shares":                                                                    "1",
		"SELECT count() FROM kith.sync_runs FINAL WHERE sync = 'other'":                                                       "6", // the last 50 stay
	} {
		if got := strings.Trim(fmt.Sprint(p.Query(query)), "[]"); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	checkFile(t, p)
	if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Requests != 0 {
		t.Errorf("after forgetting: %+v", r)
	}
}
