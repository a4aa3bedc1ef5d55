package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/destination/webhook"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
)

// TestRehash: another hash function sends nothing by itself. What has really changed, left,
// come or was in doubt meanwhile is sent, with the fields that have changed; also when the
// run that writes the baseline anew dies on the way, and a plan looks on. So too when the
// fields are others as well.
func TestRehash(t *testing.T) {
	for _, d := range []cdp.Dialect{sliced{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			u := newPeople(t, d)
			const fields = "{a: a, b: b, c: c}"
			first, second, third := compile.FirstHash, other("other/1"), other("other/2")
			e := u.kith(fields, first)
			u.box.reject = map[string]bool{"p10@example.com": true}
			u.sends("first", e, Request{}, Partial, 0, "add p01, add p02, add p03, add p04, add p05, add p06, add p07, add p08, add p09, add p10, add p11, add p12, add p13, add p14")
			u.box.reject = map[string]bool{"p09@example.com": true}
			u.set("a = 'refused'", "p09")
			u.set("active = 'no'", "p11 p12")
			u.sends("left and refused", e, Request{}, Partial, 0, "change p09")
			u.box.reject = nil
			u.maybe("p13")

			e = u.kith(fields, second, first)
			u.set("a = 'new'", "p01 p02")
			u.set("b = NULL, c = 'c'", "p02 p03")
			u.set("email = 'else@example.com'", "p04")
			u.set("active = 'yes'", "p11")
			u.set("active = 'no'", "p05")
			u.sql("DELETE FROM " + u.schema + ".people WHERE id = 'p06'")
			u.append("people", []string{"id", "email", "active", "a", "b"}, cdp.Row{"p15", "p15@example.com", "yes", "a", "b"})
			want := SyncPlan{
				Status: Succeeded, Added: 2, Changed: 4, Removed: 1, Rekeyed: 1, Reasons: map[string]uint64{"gone": 1}, Ignored: map[string]uint64{"left": 1}, Held: map[string]uint64{"backoff": 2},
				Fields: []FieldChange{{"a", 2}, {"b", 2}, {"c", 2}}, Rehash: 8,
			}
			u.dies(e, Request{}, "after mapping", 1)
			u.plans("recorded", e, want)
			u.dies(e, Request{}, "after rehash", 1)
			n := u.rehashed(2)
			if n == 0 || n == 8 && d.Name() == "clickhouse" {
				t.Errorf("%d rows are rehashed half way", n)
			}
			want.Rehash -= n
			u.plans("half way", e, want)
			u.sends("older", u.kith(fields, first), Request{}, Blocked, 0, "") // it would take what is rehashed for changed
			e = u.kith(fields, second, first)
			// Nobody wants p05 and p06: they stay as they were sent.
			u.sends("after", e, Request{}, Partial, 8-n, "add p13, add p15, change p01, change p02, change p03, change p11, rekey p04, remove p06")
			u.compact(e)
			u.sends("again", e, Request{}, Partial, 0, "")

			// Other fields at the same time: what is not there any more is no change, nor is what is added and empty.
			const otherFields = "{d: d, b: b, a: a}"
			e = u.kith(otherFields, third, second, first)
			u.set("a = 'newer'", "p02")
			u.set("d = 'd'", "p01")
			want = SyncPlan{Status: Succeeded, Added: 1, Changed: 3, Fields: []FieldChange{{"d", 1}, {"a", 2}}, Rehash: 11, MappingChanged: true}
			u.plans("other fields", e, want)
			u.dies(e, Request{}, "after rehash", 1)
			u.sends("other fields", e, Request{}, Succeeded, 11-u.rehashed(3), "add p10, change p01, change p02, change p09")

			// Under a function that nobody knows it cannot be told what has changed.
			e = u.kith(otherFields, second)
			blocked := u.sends("unknown", e, Request{}, Blocked, 0, "")
			if blocked.Guard != "hash" || !strings.Contains(blocked.Help, "--rebaseline") || !strings.Contains(blocked.Help, "--full") || !strings.Contains(blocked.Error, "other/2") {
				t.Errorf("unknown: %+v", blocked)
			}
			u.plans("unknown", e, SyncPlan{Status: Blocked, Guard: "hash"})
			u.dies(e, Request{Rebaseline: true}, "after begin run", 1)
			u.sends("unknown still", e, Request{}, Blocked, 0, "")
			u.sends("rebaseline", e, Request{Rebaseline: true}, Succeeded, 0, "")
			u.sends("rebaselined", e, Request{}, Succeeded, 0, "")
			e = u.kith(otherFields, third)
			u.sends("full", e, Request{Full: true}, Succeeded, 0, "change p01, change p02, change p03, change p04, change p07, change p08, change p09, change p10, change p11, change p13, change p14, change p15")
			u.sends("after full", e, Request{}, Succeeded, 0, "")
		})
	}
}

// maybe leaves somebody in the baseline as a run does that got no answer.
func (u *upgrade) maybe(id string) {
	u.t.Helper()
	table := u.schema + ".baseline_people"
	if u.w.Dialect().Name() == "bigquery" {
		u.sql("UPDATE " + table + " SET h = 0, fh = [] WHERE row_id = '" + id + "'")
		return
	}
	u.sql("INSERT INTO " + table + " SELECT * REPLACE (0 AS h, [] AS fh, ver + 1 AS ver) FROM " + table + " FINAL WHERE row_id = '" + id + "'")
}

// compact merges the baseline: of two rows of one version the later is left.
func (u *upgrade) compact(e *Engine) {
	u.t.Helper()
	if s, ok := e.Compiler.Diff(syncNamed(e, "people"), webhook.Spec(), compile.DiffInput{Baseline: "baseline_people"}).Compact(); ok {
		u.sql(s.SQL)
	}
}

// rehashed counts the rows of the baseline that have a hash under a mapping.
func (u *upgrade) rehashed(mapping int) uint64 {
	u.t.Helper()
	table := u.schema + ".baseline_people"
	if u.w.Dialect().Name() == "clickhouse" {
		table += " FINAL"
	}
	return ledger.Uint(u.rows(fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE h != 0 AND mapping = %d", table, mapping))[0][0])
}

// TestRehashOfEntities: so too where the desired rows are stored first; an entity that has
// taken over the record of another keeps it without a call. On BigQuery what follows a
// merge is folded once more at the end, over what has been rehashed.
func TestRehashOfEntities(t *testing.T) {
	t.Parallel()
	u := newUpgrade(t, dialect.BigQuery{})
	models := "sources:\n  - {name: crm, table: " + u.schema + ".crm, key: id, columns: {id: string, person: string, email: string, score: int, seen: timestamp}, timestamp: seen}\n" + `entities:
  - {name: person, identity: {identifiers: [{name: customer}, {name: email}], links: [{source: crm, identifiers: {customer: person, email: email}}]}}
traits:
  - {name: score, entity: person, from: crm.score, pick: latest}
segments:
  - {name: vip, entity: person, where: {trait: score, gte: 10}}
syncs:
  - {name: people, from: {segment: vip}, to: {destination: hook, object: people}, key: {email: email}, fields: {score: score}, consent: none, guards: {max_removed: 100%}}
`
	u.sql("CREATE TABLE " + u.schema + ".crm (id STRING, person STRING, email STRING, score INT64, seen TIMESTAMP)")
	rows := 0
	add := func(person, email string, score int64, at int) {
		t.Helper()
		rows++
		u.append("crm", []string{"id", "person", "email", "score", "seen"}, cdp.Row{fmt.Sprint(rows), person, email, score, day(at)})
	}
	add("c1", "e1", 1, 1)
	for i := range 4 {
		add(fmt.Sprint("c", i+2), fmt.Sprint("e", i+2), 10, 5)
	}
	run := func(e *Engine, build bool, want *SyncReport) {
		t.Helper()
		u.box.got = nil
		got, err := e.Run(t.Context(), t.Context(), Request{Command: "run", Build: build, Syncs: e.Project.Syncs})
		if err != nil || len(got.Syncs) != 1 {
			t.Fatal(err, got)
		}
		s, x := got.Syncs[0], want
		if s.Status != Succeeded || s.Added != x.Added || s.Changed != x.Changed || s.Removed != x.Removed || s.Rehashed != x.Rehashed {
			t.Errorf("%+v, sent %v, want %+v", s, u.box.got, x)
		}
	}
	run(u.kithOf(models, compile.FirstHash), true, &SyncReport{Added: 4})
	add("c2", "e1", 1, 2) // c1 takes over the record of c2
	add("c3", "e3", 11, 6)
	add("c4", "e4", 9, 6)
	e := u.kithOf(models, other("other/1"), compile.FirstHash)
	plan, err := e.Plan(t.Context(), t.Context(), Request{Command: "plan", Build: true, Syncs: e.Project.Syncs})
	if err != nil {
		t.Fatal(err)
	}
	if p := plan.Syncs[0]; p.Error != "" || p.Added+p.Removed != 0 || p.Changed != 1 || p.Ignored["left"] != 1 || p.Rehash != 3 {
		t.Errorf("%+v", p)
	}
	run(e, true, &SyncReport{Changed: 1, Rehashed: 3})
	run(e, false, &SyncReport{})
}

// TestRehashOfEvents: an event is sent once, by whatever it was hashed.
func TestRehashOfEvents(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	first, second := compile.FirstHash, other("other/1")
	for _, x := range []struct {
		e    *Engine
		want string
	}{{u.kith("{a: a}", first), "add o1, add o2"}, {u.kith("{a: a}", second, first), "add o3"}, {u.kith("{a: a}", first), "add o4"}} {
		if report, got := u.run(x.e, "orders", Request{}); got != x.want || report.Status != Succeeded {
			t.Errorf("%s (%s), sent %q, want %q", report.Status, report.Error, got, x.want)
		}
		u.order(fmt.Sprintf("o%d", u.runs+2))
	}
}

// TestRehashOfRenamed: a sync that was renamed knows how its rows were written under the name
// that it had, in its first run and later, also when another has taken that name, and it was
// retired meanwhile.
func TestRehashOfRenamed(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	first, second, third := compile.FirstHash, other("other/1"), other("other/2")
	if _, got := u.run(u.kith("{a: a, b: b}", first), "people", Request{}); !strings.HasPrefix(got, "add p01, add p02") {
		t.Errorf("first: %s", got)
	}
	u.set("b = 'new'", "p03")
	if report, got := u.run(u.kith("{a: a}", first), "people", Request{}); got != "" || report.Status != Succeeded { // a second mapping
		t.Errorf("second: %s, %s", report.Error, got)
	}
	const syncs = "\nsyncs:\n  - {name: persons, was: people, from: {source: people}, to: {destination: hook, object: people}, key: {email: email}, fields: {a: a}}\n"
	source := "sources:\n  - {name: people, table: " + u.schema + ".people, key: id, columns: {id: string, email: string, active: string, a: string, b: string}}\n"
	e := u.kithOf(source+syncs, second, first)
	if report, got := u.run(e, "persons", Request{}); got != "" || report.Status != Succeeded || report.Rehashed != 14 {
		t.Errorf("renamed: %s, rehashed %d, sent %s", report.Error, report.Rehashed, got)
	}
	if _, err := e.Retire(t.Context(), "persons"); err != nil { // until it comes back below
		t.Fatal(err)
	}
	named := u.kith("{b: b}", first)
	if _, got := u.run(named, "people", Request{}); !strings.HasPrefix(got, "add p01, add p02") { // it has the name, not the baseline
		t.Errorf("another of that name: %s", got)
	}
	e = u.kithOf(source+syncs, third, second)
	u.set("a = 'new'", "p04")
	if plan := e.planSync(t.Context(), t.Context(), u.request(e, Request{}), syncNamed(e, "persons")); plan.Error != "" || plan.MappingChanged || plan.Changed != 1 || plan.Rehash != 14 {
		t.Errorf("plan: %+v", plan)
	}
	if report, got := u.run(e, "persons", Request{}); got != "change p04" || report.Status != Succeeded || report.Rehashed != 14 {
		t.Errorf("later: %s, rehashed %d, sent %s", report.Error, report.Rehashed, got)
	}
	if states, err := named.Ledger.States(t.Context()); err != nil || states["people"].Retired || states["people"].Baseline == states["persons"].Baseline {
		t.Errorf("%v: %+v", err, states)
	}
	if report, got := u.run(named, "people", Request{}); got != "" || report.Status != Succeeded || report.First {
		t.Errorf("the other again: %s, sent %s", report.Error, got)
	}

	// What was refused under one name waits under the next, and nowhere else.
	u.box.reject = map[string]bool{"p05@example.com": true}
	u.set("a = 'refused'", "p05")
	if report, got := u.run(e, "persons", Request{}); got != "change p05" || report.Status != Partial {
		t.Errorf("refused: %s, sent %s", report.Error, got)
	}
	e = u.kithOf(source+strings.Replace(syncs, "name: persons, was: people", "name: folk, was: persons", 1), third)
	if plan := e.planSync(t.Context(), t.Context(), u.request(e, Request{}), syncNamed(e, "folk")); plan.Error != "" || plan.Changed != 0 || plan.Held["backoff"] != 1 {
		t.Errorf("plan: %+v", plan)
	}
	for range 2 {
		if report, got := u.run(e, "folk", Request{}); got != "" || report.Status != Partial || report.Held != 1 {
			t.Errorf("waits: %s, sent %s", report.Error, got)
		}
	}
	if got := u.query("SELECT sync FROM " + u.schema + ".rejections FINAL"); got != "[[folk]]" {
		t.Errorf("refused under %s", got)
	}
}

// TestMappingChangeDies: a field that is not mapped any more sends nothing, nor does an
// added one that is empty, also when a guard stops the run that finds it out, or that run dies.
func TestMappingChangeDies(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	u.sends("first", u.kith("{a: a, b: b}", compile.FirstHash), Request{}, Succeeded, 0, "add p01, add p02, add p03, add p04, add p05, add p06, add p07, add p08, add p09, add p10, add p11, add p12, add p13, add p14")
	e := u.kith("{c: c, b: b}", compile.FirstHash)
	u.set("b = 'new'", "p03")
	guards := &syncNamed(e, "people").Guards
	guards.MinRows = 100
	u.sends("stopped", e, Request{}, Blocked, 0, "")
	guards.MinRows = 1
	u.dies(e, Request{}, "after begin run", 1)
	u.dies(e, Request{}, "before mapping", 1)
	u.sends("after", e, Request{}, Succeeded, 0, "change p03")
	u.sends("again", e, Request{}, Succeeded, 0, "")
}
