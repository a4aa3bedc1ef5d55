package e2e

import (
	"fmt"
	"regexp"
	"slices"
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
// each statement is paid for there and takes a second.
func TestStatementsOfAnUnchangedRun(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHubSpotProjectOn(t, warehouse, 3)
		fresh := statements(t, p, "sync")
		if asked := warehouse == "bigquery"; slices.Contains(fresh, `"state schema"`) != asked { // the embedded engine has another user make it
			t.Errorf("the state schema is made: %t, want %t", !asked, asked)
		}
		p.Kith("sync", "--json")
		most := map[string]int{"clickhouse": 29, "bigquery": 29}[warehouse]
		list := statements(t, p, "sync")
		if len(list) > most || !slices.Contains(list, "digest") {
			t.Errorf("%d statements, at most %d are expected: %q", len(list), most, list)
		}
		t.Log(len(list), list)
		update(p, "people", "email = 'p9@example.com'", "id = 2")
		list = statements(t, p, "sync")
		if n := 15 + most; len(list) > n {
			t.Errorf("%d statements of a run that changes a row, at most %d are expected: %q", len(list), n, list)
		}
		t.Log(len(list), list)
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
