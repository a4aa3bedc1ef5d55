package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

var statement = regexp.MustCompile("(?m)^debug: (?:sql statement=(\"[^\"]+\"|\\S+)|append table=`[^`]+`\\.`([^`]+)`)")

// statements are what a command says to the warehouse, in order, as --debug shows it; rows that
// are appended by the name of their table.
func statements(t *testing.T, p *testkit.Project, args ...string) (names []string) {
	t.Helper()
	r := p.Run(nil, append(args, "--json", "--debug")...)
	if r.Code != 0 {
		t.Fatalf("exit %d\n%s", r.Code, r.Err)
	}
	for _, m := range statement.FindAllStringSubmatch(r.Err, -1) {
		names = append(names, m[1]+m[2])
	}
	return names
}

// TestStatementsOfAnUnchangedRun: a run that has nothing to send asks the warehouse little, as
// each statement takes its time there, and may be paid for.
func TestStatementsOfAnUnchangedRun(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHubSpotProjectOn(t, warehouse, 3)
		fresh := statements(t, p, "sync")
		if asked := warehouse == "bigquery"; slices.Contains(fresh, `"state schema"`) != asked { // the embedded engine has another user make it
			t.Errorf("the state schema is made: %t, want %t", !asked, asked)
		}
		p.Kith("sync", "--json")
		most := map[string][2]int{"clickhouse": {18, 31}, "bigquery": {17, 34}}[warehouse] // docs/operating.md says so
		list := statements(t, p, "sync")
		if len(list) > most[0] || !slices.Contains(list, "digest") {
			t.Errorf("%d statements, at most %d are expected: %q", len(list), most[0], list)
		}
		update(p, "people", "email = 'p9@example.com'", "id = 2")
		list = statements(t, p, "sync")
		if len(list) > most[1] {
			t.Errorf("%d statements of a run that changes a row, at most %d are expected: %q", len(list), most[1], list)
		}
		checkHubSpot(t, p, box)
	})
}

// TestStateSchema: a state schema that is not there is made, also after somebody has dropped it.
func TestStateSchema(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, _ := newHubSpotProjectOn(t, warehouse, 3)
		for i := range 2 {
			if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Status != "succeeded" || s.Delivered != 3 {
				t.Errorf("%d: %+v", i, s)
			}
			if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Status != "succeeded" || s.Delivered != 0 {
				t.Errorf("%d, again: %+v", i, s)
			}
			if warehouse == "clickhouse" {
				p.SQL("DROP DATABASE kith SYNC")
				continue
			}
			for _, row := range p.Query("SELECT table_name FROM kith.INFORMATION_SCHEMA.TABLES") { // the emulator drops no schema
				p.SQL(fmt.Sprint("DROP TABLE kith.", row[0]))
			}
		}
		if r := p.Run(nil, "doctor"); r.Code != 0 {
			t.Errorf("doctor: exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
	})
}

// TestNothingToSend: a run that has nothing to send makes no table for it, and what reads what
// would be sent finds that there is nothing: a saved plan, a guard, and an approval.
func TestNothingToSend(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, _ := newHubSpotProjectOn(t, warehouse, 3)
		p.Kith("sync", "--json")
		p.Kith("plan", "--out", "nothing.plan")
		if s := parse(t, p.Kith("sync", "--plan", "nothing.plan", "--json")).Syncs[0]; s.Status != "succeeded" || s.Requests != 0 {
			t.Errorf("a plan of nothing: %+v", s)
		}
		p.Write("syncs/people.yml", strings.Replace(hubspotProject("")["syncs/people.yml"], "guards: {", "guards: {min_rows: 100, ", 1))
		s := stopped(t, p, nil, 4, "sync")
		if s.Guard != "min_rows" {
			t.Fatalf("%+v", s)
		}
		p.Kith("approve", s.Plan, "--yes")
		// What was approved is gone on with after a death, as long as it sends no other row.
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=after approval"}, "sync", "--json"); !r.Killed {
			t.Errorf("exit %d\n%s", r.Code, r.Err)
		}
		if s := stopped(t, p, nil, 0, "sync"); s.Approved == "" {
			t.Errorf("approved: %+v", s)
		}
		stopped(t, p, nil, 4, "sync") // it was approved once
		for _, r := range ledgerTables(p) {
			if name := fmt.Sprint(r[0]); strings.HasPrefix(name, "changeset_") {
				t.Errorf("left behind: %s", name)
			}
		}
	})
}

// TestStatementsOfAnUnchangedEntity: of a sync of people a run that has nothing to send asks who
// has merged, and writes nothing for nobody.
func TestStatementsOfAnUnchangedEntity(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, _ := newHookOn(t, warehouse, 5)
		persons(p, "ignore")
		makePeople(p, 6)
		p.Kith("run", "--json")
		p.Kith("sync", "--json")
		const most = 21 // docs/operating.md says so
		list := statements(t, p, "sync")
		if len(list) > most || !slices.Contains(list, `"merged entities waiting"`) || slices.Contains(list, `"merged entities"`) {
			t.Errorf("%d statements, at most %d are expected: %q", len(list), most, list)
		}
	})
}
