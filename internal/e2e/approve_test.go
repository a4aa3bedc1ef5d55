package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/testkit"
)

// stoppedSync is what a report says of a sync that a guard may stop.
type stoppedSync struct {
	Status    string   `json:"status"`
	Guard     string   `json:"guard"`
	Plan      string   `json:"plan_id"`
	Approved  string   `json:"approved_by"`
	Warnings  []string `json:"warnings"`
	Error     string   `json:"error"`
	Help      string   `json:"help"`
	Delivered uint64   `json:"delivered"`
	Removed   uint64   `json:"removed"`
	Requests  uint64   `json:"requests"`
}

// stopped runs kith and reads the only sync of its report.
func stopped(t *testing.T, p *testkit.Project, env []string, code int, args ...string) stoppedSync {
	t.Helper()
	r := p.Run(env, append(args, "--json")...)
	var doc struct {
		Syncs []stoppedSync `json:"syncs"`
		Error string        `json:"error"`
	}
	if err := json.Unmarshal([]byte(r.Out), &doc); err != nil || r.Code != code {
		t.Fatalf("kith %v: exit %d, want %d (%v)\n%s%s", args, r.Code, code, err, r.Out, r.Err)
	}
	if len(doc.Syncs) == 0 {
		return stoppedSync{Error: doc.Error}
	}
	return doc.Syncs[0]
}

// TestApprove: exactly what a guard stopped passes once it is approved, once, and
// nothing else does.
func TestApprove(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newFileProjectOn(t, warehouse, 45)
		p.Kith("sync", "--json")
		remove(p, "people", "id < 22")
		s := stopped(t, p, nil, 4, "sync")
		if s.Guard != "max_removed" || len(s.Plan) != 16 || !strings.Contains(s.Help, "kith approve "+s.Plan) || s.Removed != 22 || s.Delivered != 0 {
			t.Fatalf("blocked: %+v", s)
		}
		if again := stopped(t, p, nil, 4, "plan", "--detailed-exitcode"); again.Plan != s.Plan {
			t.Errorf("plan %q names what run %q blocked", again.Plan, s.Plan)
		}
		if r := p.Run(nil, "approve", "0123456789abcdef", "--yes"); r.Code != 1 || !strings.Contains(r.Err, "no plan of that id") {
			t.Errorf("an unknown id: exit %d\n%s", r.Code, r.Err)
		}
		if out := p.Kith("approve", s.Plan[:8], "--yes", "--by", "ada"); !strings.Contains(out, "- 22") || !strings.Contains(out, "max_removed") {
			t.Errorf("approve says: %s", out)
		}
		// One row more is another plan.
		remove(p, "people", "id = 30")
		if other := stopped(t, p, nil, 4, "sync"); other.Plan == s.Plan || other.Plan == "" || other.Delivered != 0 {
			t.Fatalf("after a further removal: %+v", other)
		}
		addPeople(p, 30, 31)
		if done := stopped(t, p, nil, 0, "sync"); done.Delivered != 22 || done.Approved != "ada" {
			t.Fatalf("approved: %+v", done)
		}
		checkFile(t, p)
		rows := latestApprovals(p)
		if got := fmt.Sprint(rows); got != fmt.Sprintf("[[ada 1 %s]]", s.Plan) && got != fmt.Sprintf("[[ada true %s]]", s.Plan) {
			t.Errorf("the record: %s", got)
		}
		// It was good once: the same rows come back and are to go again.
		addPeople(p, 0, 22)
		p.Kith("sync", "--json")
		remove(p, "people", "id < 22")
		again := stopped(t, p, nil, 4, "sync")
		if again.Plan != s.Plan {
			t.Logf("the same removal later: plan %s, was %s", again.Plan, s.Plan)
		}
		// An approval that has expired is none.
		p.Kith("approve", again.Plan, "--yes")
		expireApprovals(p)
		if s := stopped(t, p, nil, 4, "sync"); s.Delivered != 0 {
			t.Errorf("after it expired: %+v", s)
		}
		// An approval of removals is none for a source that is empty.
		p.SQL("TRUNCATE TABLE raw.people")
		if s := stopped(t, p, nil, 4, "sync"); s.Guard != "min_rows" || s.Delivered != 0 {
			t.Errorf("empty: %+v", s)
		}
		for _, table := range []string{"plans", "approvals"} {
			if text := fmt.Sprint(p.Query("SELECT * FROM kith." + table)); strings.Contains(text, "@example.com") {
				t.Errorf("an address in kith.%s", table)
			}
		}
	})
}

// latestApprovals are approved_by, whether it was used, and the id of the plan.
func latestApprovals(p *testkit.Project) []cdp.Row {
	if onClickHouse(p) {
		return p.Query("SELECT approved_by, used_run != '', plan_id FROM kith.approvals FINAL")
	}
	return p.Query("SELECT approved_by, used_run != '', plan_id FROM kith.approvals WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY plan_id ORDER BY ver DESC) = 1")
}

// expireApprovals lets those that were not used end a second ago.
func expireApprovals(p *testkit.Project) {
	if onClickHouse(p) {
		p.SQL("INSERT INTO kith.approvals SELECT plan_id, sync, approved_by, approved_at, now64(3) - 1, used_run, ver + 1 FROM kith.approvals FINAL WHERE used_run = ''")
		return
	}
	p.SQL("INSERT INTO kith.approvals SELECT plan_id, sync, approved_by, approved_at, TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 SECOND), used_run, ver + 1 FROM kith.approvals WHERE used_run = ''")
}

// TestApprovedRunKilled: an approved run that dies, in the middle or before it sends, goes
// on without asking again, as long as it removes nothing that was not approved.
func TestApprovedRunKilled(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 5)
		makePeople(p, 40)
		p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "max_removed: 100%", "max_removed: 10%", 1))
		p.Kith("sync", "--json")
		remove(p, "people", "id < 30") // six batches
		s := stopped(t, p, nil, 4, "sync")
		p.Kith("approve", s.Plan, "--yes", "--by", "ada")
		killed(t, p, "after push:2", "sync")
		remove(p, "people", "id = 34")
		more := stopped(t, p, nil, 4, "sync")
		if more.Guard != "max_removed" || more.Plan == s.Plan || more.Delivered != 0 {
			t.Fatalf("one removal more: %+v", more)
		}
		p.Kith("approve", more.Plan, "--yes", "--by", "bob")
		killed(t, p, "after approval", "sync")
		killed(t, p, "after push:2", "sync")
		// Who approves that again takes nothing from who goes on.
		if out := p.Kith("approve", more.Plan, "--yes", "--by", "eve"); !strings.Contains(out, "goes by an approval of it already") {
			t.Errorf("approved again: %s", out)
		}
		var doc struct {
			Approved []any             `json:"approved"`
			InUse    map[string]string `json:"in_use"`
		}
		if err := json.Unmarshal([]byte(p.Kith("approve", more.Plan, "--yes", "--json")), &doc); err != nil || len(doc.Approved) > 0 || doc.InUse[more.Plan] == "" {
			t.Errorf("approved again, as a document: %+v, %v", doc, err)
		}
		if done := stopped(t, p, nil, 0, "sync"); done.Approved != "bob" {
			t.Fatalf("the run after: %+v", done)
		}
		got, err := box.Webhook("default").Rows("people")
		if err != nil || len(got) != 9 {
			t.Errorf("%d rows at the destination, %v", len(got), err)
		}
		for _, person := range peopleOf(p) {
			if got[person.email].RowID != person.id {
				t.Errorf("%s is missing", person.email)
			}
		}
	})
}

// TestApproveFirst: what a guard stopped before the first row was sent passes when it is
// approved: the run that was stopped has made the baseline, and sends nothing else for it.
func TestApproveFirst(t *testing.T) {
	t.Parallel()
	p := newFileProjectOn(t, "clickhouse", 45)
	p.Write("syncs/people.yml", p.Read("syncs/people.yml")+"    guards: {min_rows: 100}\n")
	s := stopped(t, p, nil, 4, "sync")
	p.Kith("approve", s.Plan, "--yes", "--by", "ada")
	if done := stopped(t, p, nil, 0, "sync"); done.Delivered != 45 || done.Approved != "ada" {
		t.Errorf("approved: %+v", done)
	}
}
