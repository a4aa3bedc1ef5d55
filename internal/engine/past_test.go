package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
)

// TestLives: runs are looked for under the name that a sync has and the one that it had, not in
// another life of a name, nor under one that is another's now.
func TestLives(t *testing.T) {
	has := func(was string) ledger.SyncState { return ledger.SyncState{Was: was, Baseline: "b"} }
	gone := ledger.SyncState{Retired: true}
	for name, test := range map[string]struct {
		states map[string]ledger.SyncState
		was    string
		want   string
	}{
		"never ran":                      {nil, "old", "new"},
		"never renamed":                  {map[string]ledger.SyncState{"new": has("")}, "", "new"},
		"while it is renamed":            {map[string]ledger.SyncState{"old": has("")}, "old", "old"},
		"renamed":                        {map[string]ledger.SyncState{"new": has("old"), "old": gone}, "old", "new old"},
		"renamed, the line is deleted":   {map[string]ledger.SyncState{"new": has("old"), "old": gone}, "", "new old"},
		"the former name is another's":   {map[string]ledger.SyncState{"new": has("old"), "old": has("")}, "old", "new"},
		"while it is renamed back":       {map[string]ledger.SyncState{"new": gone, "old": has("new")}, "old", "old"},
		"renamed back":                   {map[string]ledger.SyncState{"new": has("old"), "old": gone}, "old", "new old"},
		"the former one was retired":     {map[string]ledger.SyncState{"old": {Baseline: "b", Retired: true}}, "old", "new"},
		"both are there, none was moved": {map[string]ledger.SyncState{"new": has(""), "old": has("")}, "old", "new"},
	} {
		if got := strings.Join(lives(test.states, &cdp.Sync{Item: cdp.Item{Name: "new"}, Was: test.was}), " "); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestUnended: only runs after the last one that has an end are owed anything, however many they
// are and under whichever name that was.
func TestUnended(t *testing.T) { bothDialects(t, testUnended) }

func testUnended(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))), d)
	var rows []cdp.Row
	run := func(sync, report string, epochs ...uint64) {
		for _, epoch := range epochs {
			rows = append(rows, cdp.Row{sync, epoch, testNow, string(Failed), report, uint64(2)})
		}
	}
	run("ended", "{}", 7)
	run("two", "", 6, 8, 9)
	run("two", "{}", 7)
	run("new", "", 9)
	run("old", "", 5)
	run("old", "{}", 4)
	run("back", "{}", 4)
	run("then", "", 7)
	run("then", "{}", 6)
	run("many", "{}", 1)
	run("many", "", 2, 3, 4, 5, 6, 7, 8, 9, 10)
	if err := w.w.Append(t.Context(), cdp.Table{Schema: w.p.State, Name: "sync_runs"}, strings.Fields("sync epoch started_at status report ver"), rows); err != nil {
		t.Fatal(err)
	}
	for names, want := range map[string]uint64{"none": 0, "ended": 0, "two": 8, "new old": 5, "ended old": 0, "back then": 7, "many": 2} {
		last, err := w.e.pastUnder(t.Context(), strings.Fields(names)...)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.e.unended(t.Context(), last); err != nil || got != want {
			t.Errorf("%s: %d, want %d; %v", names, got, want, err)
		}
	}
}

// TestRenamedBack: a name that a sync had before hides nothing of what became of it under the one
// that it had since: what was delivered by a run that died, or left by a full one.
func TestRenamedBack(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	named := func(name, was string) *Engine {
		return u.kithOf("sources:\n  - {name: people, table: "+u.schema+".people, key: id, columns: {id: string, email: string, a: string}}\n"+
			"syncs:\n  - {name: "+name+", was: "+was+", from: {source: people}, to: {destination: hook, object: people}, key: {email: email}, fields: {a: a}}\n", compile.FirstHash)
	}
	run := func(name, was string, r Request, status Status, sent int) *SyncReport {
		t.Helper()
		report, got := u.run(named(name, was), name, r)
		if n := len(u.box.got); report.Status != status || n != sent {
			t.Errorf("%s: %s (%s), sent %d rows, want %d: %s", name, report.Status, report.Error, n, sent, got)
		}
		return report
	}
	u.box.reject = map[string]bool{"p05@example.com": true}
	run("people", "none", Request{}, Partial, 14)
	u.box.reject = nil
	u.set("a = 'new'", "p05")
	u.box.pushed = func() { u.box.got = nil }
	u.diesAs("persons", named("persons", "people"), Request{}, "after acknowledge", 1)
	u.box.pushed = nil
	run("people", "persons", Request{}, Succeeded, 0)
	if got := u.query("SELECT sync, row_id FROM " + u.schema + ".rejections FINAL WHERE del = 0"); got != "[]" {
		t.Errorf("listed as rejected: %s", got)
	}

	u.diesAs("persons", named("persons", "people"), Request{Full: true}, "after begin run", 1)
	u.diesAs("people", named("people", "persons"), Request{}, "after move", 1)
	if report := run("people", "persons", Request{}, Succeeded, 14); !report.Full {
		t.Errorf("the rest: %+v", report)
	}
	run("people", "persons", Request{}, Succeeded, 0)
}

// TestFormerNameIsBusy: a sync whose former name is another's does not wait for that one, which has
// a job open.
func TestFormerNameIsBusy(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	u.run(u.kith("{a: a}", compile.FirstHash), "people", Request{})
	e := u.kithOf("sources:\n  - {name: people, table: "+u.schema+".people, key: id, columns: {id: string, email: string, a: string}}\n"+
		"syncs:\n  - {name: persons, was: people, from: {source: people}, to: {destination: hook, object: people}, key: {email: email}, fields: {a: a}}\n", compile.FirstHash)
	if report, got := u.run(e, "persons", Request{}); got != "" || report.Status != Succeeded {
		t.Fatalf("renamed: %s (%s), sent %s", report.Status, report.Error, got)
	}
	u.run(u.kith("{a: a}", compile.FirstHash), "people", Request{})
	u.append("jobs", strings.Fields("job sync run_id epoch opened_at state rejected_remote ver"), cdp.Row{"j", "people", "r", uint64(9), testNow, "open", uint64(0), uint64(1)})
	lease, err := e.Ledger.Acquire(t.Context(), "people")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lease.Release(context.WithoutCancel(t.Context())) }()
	u.set("a = 'new'", "p02")
	if report, got := u.run(e, "persons", Request{}); got != "change p02" || report.Status != Succeeded {
		t.Errorf("%s (%s), sent %q", report.Status, report.Error, got)
	}
}
