package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// TestFreshness: a source that has grown too old stops the syncs that are made of it,
// one that is getting old is told, and an approval lets exactly that pass.
func TestFreshness(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newFileProjectOn(t, warehouse, 20)
		p.Write("syncs/people.yml", fewFields(fileProject["syncs/people.yml"]))
		source := fileProject["models/people.yml"] + "    timestamp: seen\n    freshness: {warn: 12h, error: 2d}\n"
		p.Write("models/people.yml", source)
		newest := func(age time.Duration) {
			remove(p, "people", "id = 5000")
			addPerson(p, 5000, "p5000@example.com", time.Now().Add(-age))
		}
		addPerson(p, 6000, "p6000@example.com", time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)) // a wrong date is not the newest
		newest(72 * time.Hour)
		s := stopped(t, p, nil, 4, "sync")
		if s.Guard != "freshness" || !strings.Contains(s.Error, "source people is") || s.Delivered != 0 {
			t.Fatalf("too old: %+v", s)
		}
		newest(13 * time.Hour)
		if s := stopped(t, p, nil, 0, "sync"); len(s.Warnings) != 1 || s.Delivered != 22 {
			t.Errorf("getting old: %+v", s)
		}
		newest(72 * time.Hour)
		s = stopped(t, p, nil, 4, "sync")
		p.Kith("approve", s.Plan, "--yes", "--by", "ada")
		if s := stopped(t, p, nil, 0, "sync"); s.Approved != "ada" {
			t.Errorf("approved: %+v", s)
		}
		newest(time.Hour)
		if s := stopped(t, p, nil, 0, "sync"); len(s.Warnings) != 0 {
			t.Errorf("fresh: %+v", s)
		}
		if s := stopped(t, p, nil, 4, "sync", "--as-of", time.Now().AddDate(0, 0, 8).UTC().Format(time.RFC3339)); s.Guard != "freshness" {
			t.Errorf("as of next week: %+v", s)
		}
		p.SQL("TRUNCATE TABLE raw.people")
		if s := stopped(t, p, nil, 4, "sync"); s.Guard != "freshness" || !strings.Contains(s.Error, "no rows") {
			t.Errorf("empty: %+v", s)
		}
	})
}

// TestAnomaly: runs that are unlike the runs before are stopped, in what they want and
// in what they would send; too short a history stops nothing.
func TestAnomaly(t *testing.T) { onBoth(t, anomaly) }

func anomaly(t *testing.T, warehouse string) {
	p := newFileProjectOn(t, warehouse, 60)
	p.Write("syncs/people.yml", fewFields(fileProject["syncs/people.yml"])+"    guards: {max_removed: 100%, anomaly: 5}\n")
	p.Kith("sync", "--json")
	update(p, "people", "amount = 1", "id < 50")
	if s := stopped(t, p, nil, 0, "sync"); s.Delivered != 50 {
		t.Fatalf("without a history: %+v", s)
	}
	for i := range 6 {
		update(p, "people", fmt.Sprintf("amount = %d", i+2), "id < 10")
		p.Kith("sync", "--json")
	}
	update(p, "people", "amount = 50", "id < 25")
	if s := stopped(t, p, nil, 0, "sync"); s.Delivered != 25 {
		t.Errorf("a little more than usual: %+v", s)
	}
	update(p, "people", "amount = 51", "id < 50")
	if s := stopped(t, p, nil, 4, "sync"); s.Guard != "anomaly" || !strings.Contains(s.Error, "would send 50 rows") {
		t.Errorf("far more than usual: %+v", s)
	}
	var blocked []cdp.Row // as a daemon that tries every hour leaves them, and failed ones among them
	for i := range uint64(60) {
		blocked = append(blocked, cdp.Row{"people_file", 1000 + i, "r", time.Now().UTC(), []any{"blocked", "failed"}[i%2], uint64(60), uint64(50), uint64(1)})
	}
	if err := p.Warehouse().Append(t.Context(), cdp.Table{Schema: "kith", Name: "sync_runs"}, []string{"sync", "epoch", "run_id", "started_at", "status", "rows", "changed", "ver"}, blocked); err != nil {
		t.Fatal(err)
	}
	if s := stopped(t, p, nil, 4, "sync"); s.Guard != "anomaly" || !strings.Contains(s.Error, "would send 50 rows") {
		t.Errorf("it has been stopped for days: %+v", s)
	}
	update(p, "people", "amount = 50", "id < 25")
	remove(p, "people", "id >= 30")
	if s := stopped(t, p, nil, 4, "sync"); s.Guard != "anomaly" || !strings.Contains(s.Error, "wants 30 rows") {
		t.Errorf("half of the rows are gone: %+v", s)
	}
}

// TestLedgerOfVersion1 opens a ledger as the release before wrote it.
func TestLedgerOfVersion1(t *testing.T) {
	t.Parallel()
	p := newFileProject(t, 100)
	p.Kith("sync", "--json")
	p.SQL("DROP TABLE kith.plans", "DROP TABLE kith.approvals", "DROP TABLE kith.budget_shares", "DELETE FROM kith.kith_meta WHERE version > 1")
	if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Requests != 0 {
		t.Errorf("after the migration: %+v", r)
	}
	p.SQL("ALTER TABLE raw.people DELETE WHERE id < 50 SETTINGS mutations_sync = 2")
	s := stopped(t, p, nil, 4, "sync")
	p.Kith("approve", s.Plan, "--yes")
	stopped(t, p, nil, 0, "sync")
	checkFile(t, p)
}

// TestMaxChanged: more changes than allowed stop a sync before anything is sent. A first
// sync changes nothing, and 20 rows always pass.
func TestMaxChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newFileProjectOn(t, warehouse, 60)
		p.Write("syncs/people.yml", fileProject["syncs/people.yml"]+"    guards: {max_changed: 40%}\n")
		p.Kith("sync", "--json")
		update(p, "people", "amount = 7.5", "id < 25")
		s := stopped(t, p, nil, 4, "sync")
		if s.Guard != "max_changed" || !strings.Contains(s.Error, "25 of 60") || !strings.Contains(s.Help, "kith approve "+s.Plan) || s.Delivered+s.Requests != 0 {
			t.Errorf("25 of 60: %+v", s)
		}
		update(p, "people", "amount = NULL", "id IN (0)") // as it was
		if s := stopped(t, p, nil, 0, "sync"); s.Delivered != 24 {
			t.Errorf("24 of 60: %+v", s)
		}
		p.Write("syncs/people.yml", fileProject["syncs/people.yml"]+"    guards: {max_changed: 1%}\n")
		update(p, "people", "amount = 8.5", "id < 20")
		if s := stopped(t, p, nil, 0, "sync"); s.Delivered != 20 {
			t.Errorf("20 always pass: %+v", s)
		}
		checkFile(t, p)
	})
}

// TestMaxChangedOfMembers: a member that is known by other values is a change of one row, to
// max_changed as to anomaly, not a removal and not two rows.
func TestMaxChangedOfMembers(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newFileProjectOn(t, warehouse, 0)
		p.Write("models/people.yml", `sources:
  - {name: people, table: raw.people, key: id, timestamp: seen, columns: {id: int, email: {type: string, pii: email}, seen: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id}], links: [{source: people, identifiers: {customer_id: id}}]}}
traits:
  - {name: email, entity: person, from: people.email, pick: latest}
`)
		const list = "syncs:\n  - {name: list, from: {entity: person}, to: {destination: out, audience: list}, match: [email], consent: none, guards: {max_changed: 5%, anomaly: 5}}\n"
		p.Write("syncs/people.yml", list)
		addPeople(p, 1, 61)
		p.Kith("run", "--json")
		move := func(n int) { update(p, "people", "email = CONCAT('x', email)", fmt.Sprintf("id <= %d", n)) }
		move(40)
		p.Kith("build")
		s := stopped(t, p, nil, 4, "sync")
		if s.Guard != "max_changed" || !strings.Contains(s.Error, "would change 40 of 60") || s.Delivered != 0 {
			t.Fatalf("40 of 60: %+v", s)
		}
		p.Kith("approve", s.Plan, "--yes")
		p.Kith("sync", "--json")
		var usual []cdp.Row // runs that changed 12 members, each of which is two rows of a changeset
		for i := range uint64(7) {
			usual = append(usual, cdp.Row{"list", 1000 + i, "r", time.Now().UTC(), "succeeded", uint64(60), uint64(24), uint64(0), uint64(0), uint64(1)})
		}
		if err := p.Warehouse().Append(t.Context(), cdp.Table{Schema: "kith", Name: "sync_runs"}, strings.Split("sync epoch run_id started_at status rows changed first full ver", " "), usual); err != nil {
			t.Fatal(err)
		}
		move(18)
		p.Kith("build")
		if s := stopped(t, p, nil, 0, "sync"); s.Delivered != 18 {
			t.Errorf("18 of 60: %+v", s)
		}
	})
}
