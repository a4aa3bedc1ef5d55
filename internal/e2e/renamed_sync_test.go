package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/testkit"
)

// renameHook gives the sync of newHookOn another name.
func renameHook(p *testkit.Project) {
	p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "name: hook,", "name: renamed, was: hook,", 1))
}

// TestRenamedAndMerged: of people who merge while their sync is renamed the receiver has one
// record, and the run does what the plan says, also after it died.
func TestRenamedAndMerged(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 5)
		persons(p, "ignore")
		makePeople(p, 6)
		addPerson(p, 100, "", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)) // the eldest, whose address nobody knows
		p.Kith("run", "--json")

		update(p, "people", "email = 'new@example.com'", "id IN (3, 100)")
		p.Kith("build")
		renameHook(p)
		var plan struct {
			Syncs []struct{ Added, Changed, Rekeyed, Removed uint64 }
		}
		if err := json.Unmarshal([]byte(p.Kith("plan", "--out", "merged.plan", "--json")), &plan); err != nil {
			t.Fatal(err)
		}
		for _, point := range []string{"before merges", "before diff"} {
			if r := p.Run([]string{"KITH_TEST_FAILPOINT=" + point}, "sync", "--plan", "merged.plan", "--json"); !r.Killed {
				t.Fatalf("%s: exit %d\n%s%s", point, r.Code, r.Out, r.Err)
			}
		}
		r := p.Run(nil, "sync", "--plan", "merged.plan", "--json")
		if r.Code != 0 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		s, planned := parse(t, r.Out).Syncs[0], plan.Syncs[0]
		if got, want := fmt.Sprint(s.Added, s.Changed, s.Removed), "0 1 0"; got != want || got != fmt.Sprint(planned.Added, planned.Changed+planned.Rekeyed, planned.Removed) {
			t.Errorf("%+v, planned: %+v", s, planned)
		}
		got, err := box.Webhook("default").Rows("people")
		if err != nil {
			t.Fatal(err)
		}
		if keys, want := fmt.Sprint(slices.Sorted(maps.Keys(got))), "[new@example.com p0@example.com p1@example.com p2@example.com p4@example.com p5@example.com]"; keys != want {
			t.Errorf("%s is there, want %s", keys, want)
		}
		if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Added+s.Changed+s.Removed+s.Requests != 0 {
			t.Errorf("a run without a change: %+v", s)
		}
	})
}

// TestRenamedWithoutBaseline: a sync is renamed after a run of it died, and its baseline is
// gone. The run says so, and does what it says can be done about it.
func TestRenamedWithoutBaseline(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 5)
		makePeople(p, 30)
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push:3"}, "sync", "--json"); !r.Killed {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		p.SQL("DROP TABLE kith.baseline_hook")
		if !onClickHouse(p) {
			p.SQL("DROP TABLE kith.acks_hook")
		}
		renameHook(p)
		if s := stopped(t, p, nil, 4, "sync"); s.Guard != "baseline" {
			t.Errorf("%+v", s)
		}
		if s := parse(t, p.Kith("sync", "--full", "--json")).Syncs[0]; s.Delivered != 30 {
			t.Errorf("%+v", s)
		}
		if got, err := box.Webhook("default").Rows("people"); err != nil || len(got) != 30 {
			t.Errorf("%d rows at the destination, %v", len(got), err)
		}
		if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 {
			t.Errorf("a run without a change: %+v", s)
		}
	})
}

// TestRenamedWithJob: of rows that were rejected once and are in a job while their sync is
// renamed counts what the job says, whenever it ends, also when the run that hears it dies:
// who is delivered is not listed any more, who is rejected again waits.
func TestRenamedWithJob(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) { renamedWithJob(t, warehouse, true) })
	t.Run("has ended", func(t *testing.T) {
		t.Parallel()
		renamedWithJob(t, "clickhouse", false)
	})
}

func renamedWithJob(t *testing.T, warehouse string, open bool) {
	t.Helper()
	w := newKlaviyoOn(t, warehouse, 20, "0s", klaviyo.Config{JobTime: time.Hour})
	w.noNulls()
	seen := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	addPerson(w.Project, 100, "no@rejected.example", seen)
	addPerson(w.Project, 101, "never@rejected.example", seen)
	run := func(env ...string) syncReport {
		t.Helper()
		r := w.Run(env, "sync", "--json")
		if len(env) > 0 {
			if !r.Killed {
				t.Fatalf("not killed: exit %d\n%s%s", r.Code, r.Out, r.Err)
			}
			return syncReport{}
		}
		if r.Code != 3 { // somebody is left over
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		return parse(t, r.Out).Syncs[0]
	}
	ended := func(hours int) { w.ahead.Store(int64(time.Duration(hours) * time.Hour)) }
	run()
	ended(2)
	run()
	listed(t, w.Project, "people add 100", "people add 101")
	update(w.Project, "people", "email = 'yes@example.com'", "id = 100")
	update(w.Project, "people", "amount = 7", "id = 101")
	if s := run(); s.Pending != 2 {
		t.Fatalf("%+v", s)
	}

	w.Write("syncs/people.yml", strings.Replace(emailSync, "- name: people\n", "- name: renamed\n    was: people\n", 1))
	if !open {
		ended(4)
	}
	run("KITH_TEST_FAILPOINT=before diff")
	run("KITH_TEST_FAILPOINT=after move")
	s := run()
	if open {
		if s.Pending != 2 {
			t.Errorf("while the job is open: %+v", s)
		}
		ended(4)
		s = run()
	}
	if s.Held != 1 || s.Pending != 0 || !slices.Equal(w.jobs(t), []int{22, 1, 1}) {
		t.Errorf("%+v, jobs %v", s, w.jobs(t))
	}
	listed(t, w.Project, "renamed add 101")
}

// TestJobUnderFormerName: a job that an older kith left under the name that a sync had goes on
// with the sync, also when the line that says what the sync was called is deleted.
func TestJobUnderFormerName(t *testing.T) { inSoak(t, jobUnderFormerName) }

func jobUnderFormerName(t *testing.T, warehouse string) {
	w := newKlaviyoOn(t, warehouse, 20, "0s", klaviyo.Config{JobTime: time.Hour})
	w.noNulls()
	run := func(delivered, pending uint64) {
		t.Helper()
		r := w.Run(nil, "sync", "--json")
		if s := parse(t, r.Out).Syncs[0]; s.Delivered != delivered || s.Pending != pending || !slices.Equal(w.jobs(t), []int{20}) {
			t.Errorf("jobs %v, %+v\n%s", w.jobs(t), s, r.Err)
		}
	}
	run(0, 20)
	w.Write("syncs/people.yml", strings.Replace(emailSync, "- name: people\n", "- name: renamed\n    was: people\n", 1))
	run(0, 20)
	final := map[string]string{"clickhouse": " FINAL"}[warehouse]
	w.SQL("INSERT INTO kith.jobs (job, sync, run_id, epoch, opened_at, state, rejected_remote, ver) SELECT job, 'people', run_id, epoch, opened_at, 'open', rejected_remote, ver + 5 FROM kith.jobs" + final + " WHERE sync = 'renamed'")
	w.SQL("DELETE FROM kith.jobs WHERE sync = 'renamed'")
	w.Write("syncs/people.yml", strings.Replace(emailSync, "- name: people\n", "- name: renamed\n", 1))
	if out := w.Kith("plan"); !strings.Contains(out, "held, not sent: pending 20") {
		t.Errorf("plan:\n%s", out)
	}
	run(0, 20)
	w.ahead.Store(int64(2 * time.Hour))
	run(20, 0)
	run(0, 0)
}

// TestRenamedJobIsItsOwn: a job that is open while its sync is renamed stays with that sync,
// also when the run that moved it died, and when the line that says what the sync was called
// is deleted and another one has the name.
func TestRenamedJobIsItsOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		w := newKlaviyoOn(t, warehouse, 20, "0s", klaviyo.Config{JobTime: time.Hour})
		w.noNulls()
		create := "CREATE TABLE raw.leads AS SELECT 900 + n AS id, CONCAT('lead', CAST(n AS STRING), '@example.com') AS email FROM UNNEST(GENERATE_ARRAY(0, 4)) AS n"
		if onClickHouse(w.Project) {
			create = "CREATE TABLE raw.leads ENGINE = MergeTree ORDER BY id AS SELECT toInt64(900 + number) AS id, concat('lead', toString(number), '@example.com') AS email FROM numbers(5)"
		}
		w.SQL(create)
		run := func(when string, want string, jobs ...int) {
			t.Helper()
			r := w.Run(nil, "sync", "--json")
			got := map[string]string{}
			for _, s := range parse(t, r.Out).Syncs {
				got[s.Sync] = fmt.Sprintf("delivered %d, pending %d, removed %d", s.Delivered, s.Pending, s.Removed)
			}
			if fmt.Sprint(got) != want || !slices.Equal(w.jobs(t), jobs) {
				t.Errorf("%s: %v, jobs %v, want %s, jobs %v\n%s", when, got, w.jobs(t), want, jobs, r.Err)
			}
		}
		run("at first", "map[people:delivered 0, pending 20, removed 0]", 20)

		renamed := strings.Replace(emailSync, "- name: people\n", "- name: renamed\n    was: people\n", 1)
		w.Write("syncs/people.yml", renamed)
		if r := w.Run([]string{"KITH_TEST_FAILPOINT=after move"}, "sync", "--json"); !r.Killed {
			t.Fatalf("not killed: exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		w.Write("syncs/people.yml", strings.Replace(renamed, "    was: people\n", "", 1))
		run("renamed", "map[renamed:delivered 0, pending 20, removed 0]", 20)
		w.Write("models/leads.yml", "sources:\n  - {name: leads, table: raw.leads, key: id, columns: {id: int, email: string}}\n")
		w.Write("syncs/leads.yml", "syncs:\n  - {name: people, from: {source: leads}, to: {destination: email, object: profiles}, key: {email: email}, fields: {lead: id}, on_removed: {gone: {set: {state: gone}}}, guards: {max_removed: 100%}}\n")
		run("another has the name", "map[people:delivered 0, pending 5, removed 0 renamed:delivered 0, pending 20, removed 0]", 20, 5)
		w.ahead.Store(int64(2 * time.Hour))
		run("the jobs have ended", "map[people:delivered 5, pending 0, removed 0 renamed:delivered 20, pending 0, removed 0]", 20, 5)
		run("without a change", "map[people:delivered 0, pending 0, removed 0 renamed:delivered 0, pending 0, removed 0]", 20, 5)
		profiles, err := w.box.Klaviyo(klaviyoKey).Profiles()
		if err != nil || len(profiles) != 25 {
			t.Errorf("%d profiles, %v", len(profiles), err)
		}
	})
}
