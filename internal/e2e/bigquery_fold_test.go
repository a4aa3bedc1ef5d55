package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/testkit"
)

// newFold sends twelve people to a webhook, batch rows at a time.
func newFold(t *testing.T, batch int) (p *testkit.Project, kithYML func(batch int) string) {
	t.Helper()
	_, address := newSandbox(t)
	kithYML = func(batch int) string {
		return fmt.Sprintf("version: 1\nname: fold\ntargets: {dev: {type: bigquery, emulator: true}}\ndestinations: [{name: hook, type: webhook, base_url: \"%s/webhook/default\", allow_private: true, batch_size: %d}]\n", address, batch)
	}
	p = testkit.NewEmulated(t, map[string]string{
		"kith.yml":       kithYML(batch),
		"models/all.yml": "sources:\n  - {name: people, table: raw.people, key: id, columns: {id: int, name: string}}\n",
		"syncs/all.yml":  "syncs:\n  - {name: people_out, from: {source: people}, to: {destination: hook, object: people}, key: {id: id}, fields: {name: name}, on_removed: delete, guards: {max_removed: 100%, max_changed: 100%}}\n",
	})
	p.SQL("CREATE SCHEMA IF NOT EXISTS raw", "CREATE TABLE raw.people AS SELECT n AS id, CONCAT('p', CAST(n AS STRING)) AS name FROM UNNEST(GENERATE_ARRAY(1, 12)) AS n")
	return p, kithYML
}

// TestFoldAfterAKill: what was acknowledged is appended, and folded into the baseline
// at the end of a run. A kill before, between and after loses nothing and sends nothing
// twice: the next run folds what the dead one has appended before it compares.
func TestFoldAfterAKill(t *testing.T) {
	t.Parallel()
	p, kithYML := newFold(t, 5)
	for i, point := range []string{"before end run", "after fold", "after end run"} {
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=" + point}, "sync", "--json"); !r.Killed {
			t.Fatalf("%q did not kill: exit %d\n%s%s", point, r.Code, r.Out, r.Err)
		}
		again := parse(t, p.Kith("sync", "--json")).Syncs[0]
		if again.Added+again.Changed+again.Removed != 0 || again.Requests != 0 {
			t.Errorf("after a kill %s: %+v", point, again)
		}
		n := 12 - i
		if got, want := fmt.Sprint(p.Query("SELECT COUNT(*), COUNTIF(h != 0), COUNT(DISTINCT row_id) FROM kith.baseline_people_out")), fmt.Sprintf("[[%d %d %d]]", n, n, n); got != want {
			t.Errorf("the baseline after a kill %s: %s, want %s", point, got, want)
		}
		// A change, and a removal that the next run is killed with.
		p.SQL(fmt.Sprintf("UPDATE raw.people SET name = 'other %d' WHERE id > 6", i))
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; int(r.Changed) != 6-i || int(r.Delivered) != 6-i {
			t.Errorf("the next changes: %+v", r)
		}
		p.SQL(fmt.Sprintf("DELETE FROM raw.people WHERE id = %d", 12-i), fmt.Sprintf("UPDATE raw.people SET name = 'last %d' WHERE id < 4", i))
	}
	if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Changed != 3 || r.Removed != 1 || r.Delivered != 4 {
		t.Errorf("in the end: %+v", r)
	}
	if got := fmt.Sprint(p.Query("SELECT COUNT(*), COUNTIF(row_id IN ('10', '11', '12')) FROM kith.baseline_people_out")); got != "[[9 0]]" {
		t.Errorf("the baseline in the end: %s", got)
	}
	t.Run("one batch or many", func(t *testing.T) { sameStatements(t, p, kithYML) })
}

// sameStatements: a run of nine batches changes tables with the same statements as one of
// a single batch, and appends the answers otherwise: BigQuery limits statements for each
// table, and takes a second for each.
func sameStatements(t *testing.T, p *testkit.Project, kithYML func(batch int) string) {
	t.Helper()
	var first []string
	for i, batch := range []int{100, 1} {
		p.Write("kith.yml", kithYML(batch))
		p.SQL(fmt.Sprintf("UPDATE raw.people SET name = 'batch %d' WHERE TRUE", i))
		// The service takes seconds for each of these statements: no time is too long for all of them.
		r := p.Run([]string{"KITH_TEST_END=1ms"}, "sync", "--json", "--debug")
		requests := uint64(1)
		if batch == 1 {
			requests = 9
		}
		if s := parse(t, r.Out).Syncs[0]; r.Code != 0 || s.Delivered != 9 || s.Requests != requests {
			t.Fatalf("exit %d: %+v, want %d requests", r.Code, s, requests)
		}
		if !regexp.MustCompile("debug: append table=`kith`.`acks_people_out` rows=").MatchString(r.Err) {
			t.Errorf("no answers were appended:\n%s", r.Err)
		}
		changing := statementsOf(r.Err, `INSERT|UPDATE|DELETE|MERGE|TRUNCATE|DROP`)
		if i == 0 {
			first = changing
		} else if d := cmp.Diff(first, changing); d != "" {
			t.Errorf("the statements of %d requests differ from those of one:\n%s", requests, d)
		}
	}
	if drops := strings.Count(strings.Join(first, " "), "drop_tables"); drops > 4 {
		t.Errorf("%d scripts of drops: %v", drops, first)
	}
	if n := len(first); n < 3 || !slices.Contains(first, "fold_merge") {
		t.Errorf("%d statements: %v", n, first)
	}
}

// statementsOf are the names of the statements in what --debug tells that begin with one
// of some words, sorted. Heartbeats come by the clock.
func statementsOf(debug, words string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^debug: sql statement=("[^"]*"|\S+)[^\n]*\n\s*(?:`+words+`)\b`).FindAllStringSubmatch(debug, -1) {
		if name := strings.Trim(m[1], `"`); name != "lease_beat" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
