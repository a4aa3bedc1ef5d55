package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// TestNoAddressLeaks plants 100 addresses, some of which the destination refuses in
// words that repeat them, and looks for them in everything that kith prints and in
// the tables that operators read.
func TestNoAddressLeaks(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, _ := newHubSpotProjectOn(t, warehouse, 0)
		var secrets []cdp.Row
		for i := range 100 {
			host := "private.example.org"
			if i%10 == 0 {
				host = "rejected.example"
			}
			secrets = append(secrets, personOf(p, i, fmt.Sprintf("secret%d@%s", i, host), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
		}
		appendPeople(p, secrets...)
		var printed strings.Builder
		for _, args := range [][]string{
			{"validate"},
			{"plan"},
			{"plan", "--json"},
			{"sync", "--debug"},
			{"sync", "--json"},
			{"status"},
			{"status", "--json"},
			{"runs"},
			{"runs", "--json"},
			{"log"},
			{"log", "--json"},
			{"log", "--rejected"},
			{"log", "--rejected", "--json"},
			{"doctor"},
		} {
			r := p.Run(nil, args...)
			fmt.Fprintf(&printed, "%v\n%s\n%s\n", args, r.Out, r.Err)
		}
		for _, table := range []string{"runs", "sync_runs", "sync_log", "jobs", "identity_audit"} {
			for _, row := range p.Query("SELECT * FROM kith." + table) {
				fmt.Fprintf(&printed, "%s %v\n", table, row)
			}
		}
		for _, row := range p.Query("SELECT code, vendor_code, reason FROM kith.rejections") {
			fmt.Fprintf(&printed, "rejections %v\n", row)
		}
		if !strings.Contains(printed.String(), "rejected") {
			t.Error("nothing was rejected: the test proves nothing")
		}
		for line := range strings.Lines(printed.String()) {
			for i := range 100 {
				if strings.Contains(line, fmt.Sprintf("secret%d@", i)) {
					t.Errorf("an address leaks: %.300s", line)
					return
				}
			}
		}
	})
}

// TestRenamedSync: was moves the state of a sync; nothing is sent for the new name,
// and what is acknowledged under it counts.
func TestRenamedSync(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newFileProjectOn(t, warehouse, 100)
		p.Kith("sync", "--json")
		p.Kith("sync", "--json")
		p.Write("syncs/people.yml", strings.Replace(strings.Replace(fileProject["syncs/people.yml"], "name: people_file", "name: renamed", 1), "on_removed: delete", "on_removed: delete\n    was: people_file", 1))
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Added+r.Changed+r.Removed+r.Requests != 0 {
			t.Fatalf("the renamed sync: %+v", r)
		}
		update(p, "people", "amount = 5", "id = 1")
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Changed != 1 || r.Delivered != 1 {
			t.Fatalf("after one change: %+v", r)
		}
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Changed != 0 {
			t.Fatalf("the same change again: %+v", r)
		}
	})
}

// TestMappingChanged: a removed field sends nothing, an added one sends the rows
// that have a value for it.
func TestMappingChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newFileProjectOn(t, warehouse, 100)
		p.Kith("sync", "--json")
		mapping := func(fields string) {
			p.Write("syncs/people.yml", strings.Replace(fileProject["syncs/people.yml"], "{id: id, amount: amount, seen: seen, tags: tags, ok: ok}", fields, 1))
		}
		mapping("{id: id, amount: amount, seen: seen, tags: tags}")
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Changed != 0 || r.Requests != 0 {
			t.Fatalf("a removed field: %+v", r)
		}
		mapping("{id: id, amount: amount, seen: seen, tags: tags, ok: ok}")
		r := parse(t, p.Kith("sync", "--json")).Syncs[0]
		if r.Changed != 80 || r.Delivered != 80 {
			t.Fatalf("an added field with 80 values: %+v", r)
		}
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Changed != 0 {
			t.Fatalf("again: %+v", r)
		}
	})
}

// TestDuplicateOfAnUnchangedRow: a copy of a row that has not changed is in no
// changeset, and is found all the same.
func TestDuplicateOfAnUnchangedRow(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newFileProjectOn(t, warehouse, 100)
		p.Kith("sync", "--json")
		addPeople(p, 7, 8)
		r := p.Run(nil, "sync", "--json")
		if s := parse(t, r.Out).Syncs[0]; r.Code != 1 || !strings.Contains(s.Error, "not unique") {
			t.Errorf("exit %d: %+v", r.Code, s)
		}
	})
}
