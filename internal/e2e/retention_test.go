package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// TestRetention: a run forgets what is older than declared, by sync and by kind, and
// nothing that a sync needs.
func TestRetention(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newFileProjectOn(t, warehouse, 50)
		p.Write("kith.yml", p.Read("kith.yml")+"retention: {log: 10d, rejections: 40d, runs: 20d}\n")
		p.Kith("sync", "--json")
		write := func(table, columns string, row ...any) {
			t.Helper()
			if err := p.Warehouse().Append(t.Context(), cdp.Table{Schema: "kith", Name: table}, strings.Split(columns, " "), []cdp.Row{row}); err != nil {
				t.Fatal(err)
			}
		}
		for _, days := range []int{1, 8, 12, 15, 35, 100} {
			old, n := time.Now().UTC().AddDate(0, 0, -days), uint64(days)
			for _, sync := range []string{"people_file", "other"} {
				write("sync_log", "at sync run_id kh", old, sync, "old", n)
				write("rejections", "sync kh row_id at ver del", sync, n, "r", old, uint64(1), uint64(0))
			}
			write("budget_shares", "account round holder at", "a", n, "h", old)
			write("runs", "run_id started_at ver", fmt.Sprintf("old%d", days), old, uint64(1))
			write("sync_runs", "sync epoch run_id started_at status first full ver", "other", n, "old", old, "succeeded", uint64(0), uint64(0), uint64(1))
		}
		var blocked []cdp.Row
		for i := range uint64(60) {
			blocked = append(blocked, cdp.Row{"other", 200 + i, "old", time.Now().UTC().AddDate(0, 0, -50), "blocked", uint64(0), uint64(0), uint64(1)})
		}
		if err := p.Warehouse().Append(t.Context(), cdp.Table{Schema: "kith", Name: "sync_runs"}, strings.Split("sync epoch run_id started_at status first full ver", " "), blocked); err != nil {
			t.Fatal(err)
		}
		p.Write("syncs/people.yml", fileProject["syncs/people.yml"]+"    retention: {log: 14d}\n")
		p.Kith("sync", "--json")
		for query, want := range map[string]string{
			"kh FROM kith.sync_log WHERE run_id = 'old' AND sync = 'other' ORDER BY kh":       "1 8",
			"kh FROM kith.sync_log WHERE run_id = 'old' AND sync = 'people_file' ORDER BY kh": "1 8 12",
			"kh FROM kith.rejections WHERE sync = 'other' ORDER BY kh":                        "1 8 12 15 35",
			"run_id FROM kith.runs WHERE run_id LIKE 'old%' ORDER BY run_id":                  "old1 old12 old15 old8",
			"round FROM kith.budget_shares":                                                   "1",
			"COUNT(*) FROM kith.sync_runs WHERE sync = 'other' AND status = 'blocked'":        "50", // the last 50 stay
			"COUNT(*) FROM kith.sync_runs WHERE sync = 'other' AND status = 'succeeded'":      "6",  // and of what a guard looks at
		} {
			var got []string
			for _, r := range p.Query("SELECT " + query) {
				got = append(got, fmt.Sprint(r[0]))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		checkFile(t, p)
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Requests != 0 {
			t.Errorf("after forgetting: %+v", r)
		}
	})
}
