package engine

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// TestFieldsRenamed: a field under another name, or of another type, is an added one although
// its values are as they were: it is sent where it is not null, whenever a run dies. So is what
// two fields have after they have changed places.
func TestFieldsRenamed(t *testing.T) {
	everybody := "change " + strings.Join(people14, ", change ")
	for _, d := range []cdp.Dialect{sliced{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			u := newPeople(t, d)
			u.set("a = NULL", "p03")
			u.sends("first", u.kith("{a: a, b: b}", compile.FirstHash), Request{}, Succeeded, 0, strings.ReplaceAll(everybody, "change", "add"))

			e := u.kith("{x: a, b: b}", compile.FirstHash)
			but3 := strings.Replace(everybody, "change p03, ", "", 1)
			u.plans("renamed", e, SyncPlan{Status: Succeeded, Changed: 13, Fields: []FieldChange{{"x", 13}}, MappingChanged: true})
			guards := &syncNamed(e, "people").Guards
			guards.MinRows = 100
			u.sends("stopped", e, Request{}, Blocked, 0, "")
			u.sends("taken back", u.kith("{a: a, b: b}", compile.FirstHash), Request{}, Succeeded, 0, "")
			e = u.kith("{x: a, b: b}", compile.FirstHash)
			for _, point := range []string{"before mapping", "after mapping", "after silent rows"} {
				u.dies(e, Request{}, point, 1)
			}
			u.plans("recorded", e, SyncPlan{Status: Succeeded, Changed: 13, Fields: []FieldChange{{"x", 13}}})
			u.sends("renamed", e, Request{}, Succeeded, 0, but3)
			u.sends("again", e, Request{}, Succeeded, 0, "")

			e = u.kith("{b: a, x: b}", compile.FirstHash)
			u.dies(e, Request{}, "after mapping", 1)
			u.box.reject = map[string]bool{"p05@example.com": true}
			u.sends("swapped", e, Request{}, Partial, 0, everybody)
			u.box.reject = nil
			u.sends("refused", e, Request{}, Partial, 0, "")
			u.sends("tried again", e, Request{RetryRejected: true}, Succeeded, 0, "change p05")
			u.sends("again", e, Request{}, Succeeded, 0, "")

			// In another order, without one, with one that is empty: nothing of it is sent, whenever a run dies.
			for _, fields := range []string{"{x: b, b: a}", "{b: a}", "{c: c, b: a}"} {
				e = u.kith(fields, compile.FirstHash)
				u.set("a = 'new'", "p07")
				u.dies(e, Request{}, "after mapping", 1)
				u.sends(fields, e, Request{}, Succeeded, 0, "change p07")
				u.set("a = 'a'", "p07")
				u.sends(fields, e, Request{}, Succeeded, 0, "change p07")
			}

			u.set("c = '5'", strings.Join(people14[:2], " "))
			u.sends("filled", e, Request{}, Succeeded, 0, "change p01, change p02")
			source := "sources:\n  - {name: people, table: " + u.schema + ".people, key: id, columns: {id: string, email: string, a: string, c: json}}\n"
			e = u.kithOf(source+"syncs:\n  - {name: people, from: {source: people}, to: {destination: hook, object: people}, key: {email: email}, fields: {c: c, b: a}}\n", compile.FirstHash)
			u.dies(e, Request{}, "after mapping", 1)
			u.sends("another type", e, Request{}, Succeeded, 0, "change p01, change p02")
			u.sends("again", e, Request{}, Succeeded, 0, "")
		})
	}
}

// TestFieldsRenamedAndRehashed: so too when kith hashes by another function since, and that one
// happens to make the same of the row.
func TestFieldsRenamedAndRehashed(t *testing.T) {
	everybody := "change " + strings.Join(people14, ", change ")
	alike := func(d cdp.Dialect) compile.HashFunction {
		f := compile.FirstHash(d)
		f.Name = "alike/1"
		return f
	}
	for _, d := range []cdp.Dialect{sliced{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			u := newPeople(t, d)
			u.box.reject = map[string]bool{"p10@example.com": true}
			u.sends("first", u.kith("{a: a, b: b}", compile.FirstHash), Request{}, Partial, 0, strings.ReplaceAll(everybody, "change", "add"))
			e := u.kith("{a: a, b: b}", alike, compile.FirstHash)
			u.sends("hashed alike", e, Request{}, Partial, 13, "") // of p10 the ledger knows by which mapping it was refused
			u.box.reject = nil
			e = u.kith("{b: a, a: b}", alike, compile.FirstHash)
			u.dies(e, Request{}, "after mapping", 1)
			u.sends("swapped", e, Request{}, Succeeded, 0, "add p10, "+strings.Replace(everybody, "change p10, ", "", 1))
			u.sends("again", e, Request{}, Succeeded, 0, "")
			e = u.kith("{a: a, b: b}", other("other/1"), alike)
			u.sends("swapped back", e, Request{}, Succeeded, 14, everybody)
			e = u.kith("{b: a, a: b}", compile.FirstHash, other("other/1"))
			u.sends("swapped again", e, Request{}, Succeeded, 14, everybody)
			e = u.kith("{a: a, b: b}", alike, compile.FirstHash)
			u.dies(e, Request{}, "after rehash", 1)
			u.sends("swapped and alike", e, Request{}, Succeeded, 14-u.rehashed(6), everybody)
			u.sends("again", e, Request{}, Succeeded, 0, "")
		})
	}
}

// TestUnmappedInAJob: a field that is not mapped any more sends nothing for a row either that was
// in an open job when it went, and is as that job left it.
func TestUnmappedInAJob(t *testing.T) {
	for _, d := range []cdp.Dialect{sliced{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			u := newPeople(t, d)
			c := &clerk{inbox: u.box, state: &cdp.JobState{}}
			kith := func(fields string) *Engine {
				e := u.kith(fields, compile.FirstHash)
				e.Remotes = c
				return e
			}
			add := "add " + strings.Join(people14, ", add ")
			u.sends("first", kith("{a: a, b: b}"), Request{}, Partial, 0, add)
			c.state.Done = true
			u.sends("closed", kith("{a: a, b: b}"), Request{}, Succeeded, 0, "")
			c.state.Done = false
			u.set("a = 'new'", "p01 p02 p03 p04")
			u.sends("open", kith("{a: a, b: b}"), Request{}, Partial, 0, "change p01, change p02, change p03, change p04")
			u.sends("unmapped", kith("{a: a}"), Request{}, Partial, 0, "")
			u.set("a = 'newer'", "p02")
			u.sends("another", kith("{d: d, a: a}"), Request{}, Partial, 0, "")
			c.state.Done = true
			e := kith("{d: d, a: a}")
			u.dies(e, Request{}, "before diff", 1)
			u.dies(e, Request{}, "after diff", 1)
			c.state.Done = false
			if r := u.sends("closed", e, Request{}, Partial, 0, "change p02"); r.Changed != 1 {
				t.Errorf("%+v", r)
			}
			c.state.Done = true
			u.sends("again", e, Request{}, Succeeded, 0, "")
		})
	}
}
