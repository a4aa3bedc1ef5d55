package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// peopleSync is a sync of the people of newPeople, to the records of its key's name.
func peopleSync(names, key, fields string) string {
	return "  - {name: " + names + ", from: {source: people}, to: {destination: hook, object: " + key + "}, key: {" + key + ": email}, fields: " + fields + "}\n"
}

// peopleOf is a kith with syncs of the people of newPeople.
func (u *upgrade) peopleOf(syncs ...string) *Engine {
	u.t.Helper()
	source := "sources:\n  - {name: people, table: " + u.schema + ".people, key: id, columns: {id: string, email: string, a: string, b: string, d: string}}\n"
	return u.kithOf(source+"syncs:\n"+strings.Join(syncs, ""), compile.FirstHash)
}

// as is sends for a sync of another name.
func (u *upgrade) as(name string, e *Engine, r Request, status Status, want string) {
	u.t.Helper()
	report, got := u.run(e, name, r)
	if got != want || report.Status != status {
		u.t.Errorf("%s: %s (%s), sent %q, want %q", name, report.Status, report.Error, got, want)
	}
}

// TestNamesRotate: a sync that has the name that another had before goes on from its own
// mappings, under whatever numbers the other had some, and so does the other.
func TestNamesRotate(t *testing.T) {
	add := "add " + strings.Join(people14, ", add ")
	for _, d := range []cdp.Dialect{sliced{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			u := newPeople(t, d)
			e := u.peopleOf(peopleSync("vip", "email", "{a: a}"), peopleSync("vip_new", "login", "{b: a, a: b}"))
			u.as("vip", e, Request{}, Succeeded, add)
			u.as("vip_new", e, Request{}, Succeeded, add)
			e = u.peopleOf(peopleSync("vip", "email", "{a: a, d: d}"), peopleSync("vip_new", "login", "{b: a, a: b}"))
			u.as("vip", e, Request{}, Succeeded, "") // by a second mapping: what it adds is empty

			u.as("vip_old", u.peopleOf(peopleSync("vip_old, was: vip", "email", "{a: a, d: d}"), peopleSync("vip_new", "login", "{b: a, a: b}")), Request{}, Succeeded, "")
			e = u.peopleOf(peopleSync("vip_old", "email", "{a: a, d: d}"), peopleSync("vip, was: vip_new", "login", "{b: a, a: b}"))
			u.diesAs("vip", e, Request{}, "before move", 1)
			plan := e.planSync(t.Context(), t.Context(), u.request(e, Request{}), syncNamed(e, "vip"))
			if plan.Error != "" || plan.MappingChanged || plan.Changed+plan.Added+plan.Removed > 0 {
				t.Errorf("plan: %+v", plan)
			}
			for range 2 {
				u.as("vip", e, Request{}, Succeeded, "")
				u.as("vip_old", e, Request{}, Succeeded, "")
			}
			u.set("b = 'new'", "p03")
			u.as("vip", e, Request{}, Succeeded, "change p03")

			e = u.peopleOf(peopleSync("vip_old", "email", "{d: d, a: a}"), peopleSync("vip, was: vip_new", "login", "{a: b}"))
			for _, name := range []string{"vip", "vip_old", "vip"} {
				u.as(name, e, Request{}, Succeeded, "")
			}
			if got, want := u.query("SELECT mapping, COUNT(*) FROM "+u.schema+".baseline_vip_new"+final(d)+" GROUP BY 1 ORDER BY 1"), "[[3 14]]"; got != want {
				t.Errorf("written by mappings %s, want %s", got, want)
			}
		})
	}
}

// final makes ClickHouse read the newest row of each.
func final(d cdp.Dialect) string {
	if d.Name() == "clickhouse" {
		return " FINAL"
	}
	return ""
}

// TestHeldAndRenamed: what an earlier mapping wrote of a row that is held meanwhile is known
// after its sync was renamed twice, also when another mapping comes then.
func TestHeldAndRenamed(t *testing.T) {
	for _, d := range []cdp.Dialect{sliced{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			u := newPeople(t, d)
			u.as("one", u.peopleOf(peopleSync("one", "email", "{a: a, b: b}")), Request{}, Succeeded, "add "+strings.Join(people14, ", add "))
			u.box.reject = map[string]bool{"p05@example.com": true, "p06@example.com": true}
			u.as("one", u.peopleOf(peopleSync("one", "email", "{x: a, b: b}")), Request{}, Partial, "change "+strings.Join(people14, ", change "))
			u.as("two", u.peopleOf(peopleSync("two, was: one", "email", "{x: a, b: b}")), Request{}, Partial, "")
			e := u.peopleOf(peopleSync("three, was: two", "email", "{x: a, b: b}"))
			u.as("three", e, Request{}, Partial, "")
			u.box.reject = map[string]bool{"p06@example.com": true}
			u.as("three", e, Request{RetryRejected: true}, Partial, "change p05, change p06")
			u.box.reject = nil
			e = u.peopleOf(peopleSync("three, was: two", "email", "{d: d, x: a, b: b}"))
			plan := e.planSync(t.Context(), t.Context(), u.request(e, Request{}), syncNamed(e, "three"))
			if got, want := fmt.Sprint(plan.Changed, plan.Fields), "1 [{d 1} {x 1}]"; got != want {
				t.Errorf("plan: %s, want %s", got, want)
			}
			u.as("three", e, Request{}, Succeeded, "change p06")
			u.as("three", e, Request{}, Succeeded, "")
		})
	}
}

// TestMappingLost: a row of which nobody knows what mapping wrote it is sent, once, and has changed
// in every field.
func TestMappingLost(t *testing.T) {
	for _, d := range []cdp.Dialect{sliced{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			u := newPeople(t, d)
			u.as("people", u.peopleOf(peopleSync("people", "email", "{a: a, b: b}")), Request{}, Succeeded, "add "+strings.Join(people14, ", add "))
			u.box.reject = map[string]bool{"p05@example.com": true}
			e := u.peopleOf(peopleSync("people", "email", "{x: a, b: b, d: d}"))
			u.as("people", e, Request{}, Partial, "change "+strings.Join(people14, ", change "))
			u.box.reject = nil
			u.maybe("p07")
			u.sql("DELETE FROM " + u.schema + ".mappings WHERE version = 1")
			e = u.peopleOf(peopleSync("people", "email", "{x: a, b: b}")) // by place what was sent of p05
			u.plans("lost", e, SyncPlan{Status: Succeeded, Changed: 1, Added: 1, Fields: []FieldChange{{"x", 1}, {"b", 1}}, MappingChanged: true})
			u.as("people", e, Request{}, Succeeded, "add p07, change p05")
			u.as("people", e, Request{}, Succeeded, "")
		})
	}
}

// TestRebaselineDiesBeforeMapping: the version under which a rebaseline has written rows, before
// it died, is given to no other mapping: the fields of that one are sent.
func TestRebaselineDiesBeforeMapping(t *testing.T) {
	everybody := "change " + strings.Join(people14, ", change ")
	for _, d := range []cdp.Dialect{sliced{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			u := newPeople(t, d)
			of := func(fields string) *Engine { return u.peopleOf(peopleSync("people", "email", fields)) }
			u.dies(of("{w: a}"), Request{Rebaseline: true}, "before mapping", 1) // of nothing that was known
			u.as("people", of("{a: a}"), Request{}, Succeeded, everybody)
			u.as("people", of("{a: a}"), Request{}, Succeeded, "")
			u.dies(of("{x: a}"), Request{Rebaseline: true}, "before mapping", 1)
			u.plans("another", of("{y: a}"), SyncPlan{Status: Succeeded, Changed: 14, Fields: []FieldChange{{"y", 14}}, MappingChanged: true})
			u.as("people", of("{y: a}"), Request{}, Succeeded, everybody)
			u.as("people", of("{y: a}"), Request{}, Succeeded, "")
			u.dies(of("{z: a}"), Request{Rebaseline: true}, "before mapping", 1)
			u.as("people", of("{z: a}"), Request{Rebaseline: true}, Succeeded, "")
			u.as("people", of("{z: a}"), Request{}, Succeeded, "")
		})
	}
}
