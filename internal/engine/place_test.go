package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
)

// inserting is a kith that inserts people, and removes who leaves.
func (u *upgrade) inserting() *Engine {
	u.t.Helper()
	return u.kithOf("sources:\n  - {name: people, table: "+u.schema+".people, key: id, columns: {id: string, email: string, active: string, a: string}}\n"+
		"syncs:\n  - {name: people, from: {source: people, where: {column: active, eq: \"yes\"}}, to: {destination: hook, object: people}, mode: insert, key: {email: email}, fields: {a: a}, on_removed: delete, guards: {max_removed: 100%}}\n", compile.FirstHash)
}

// goes lets the inbox be another place.
func (u *upgrade) goes(endpoint string) { u.box.tune = func(r *Remote) { r.Endpoint = endpoint } }

// TestRebaselineBackHome: what a place had before kith is known also when a rebaseline to another
// one died and was repeated back home, and when one follows a full run that died on its way.
func TestRebaselineBackHome(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	e := u.inserting()
	u.box.there = map[string]bool{"p01@example.com": true, "p02@example.com": true}
	u.run(e, "people", Request{})
	u.goes("other")
	u.dies(e, Request{Rebaseline: true}, "before another place", 1)
	u.goes("inbox")
	if report := u.sends("plain", e, Request{}, Blocked, 0, ""); report.Guard != "endpoint" {
		t.Errorf("%+v", report)
	}
	u.dies(e, Request{Rebaseline: true}, "before another place", 1)
	u.sends("rebaseline", e, Request{Rebaseline: true}, Succeeded, 0, "")
	u.set("active = 'no'", "p01 p03")
	u.sends("two leave", e, Request{}, Succeeded, 0, "remove p03")

	u.goes("other")
	u.box.there = map[string]bool{"p02@example.com": true, "p04@example.com": true}
	u.box.pushed = func() { u.box.got = nil }
	u.dies(e, Request{Full: true}, "after acknowledge", 1)
	u.box.pushed = nil
	u.sends("rebaseline there", e, Request{Rebaseline: true}, Succeeded, 0, "")
	u.set("active = 'no'", "p02 p04 p05")
	u.sends("three leave", e, Request{}, Succeeded, 0, "remove p05")
}

// TestFullElsewhereNotBegun: a full run to another place that died before it left the one where
// the rows are, is none of that one; nor does it end one that is, as a rebaseline that died does not.
func TestFullElsewhereNotBegun(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	e := u.kith("{a: a}", compile.FirstHash)
	_, everybody := u.run(e, "people", Request{})
	everybody = strings.ReplaceAll(everybody, "add", "change")
	const begun = "after begin run"
	u.goes("other")
	u.dies(e, Request{Full: true}, begun, 1)
	u.goes("inbox")
	if report := u.sends("back home", e, Request{}, Succeeded, 0, ""); report.Full {
		t.Errorf("%+v", report)
	}
	for _, died := range []struct {
		there string
		r     Request
	}{{"other", Request{Full: true}}, {"inbox", Request{Rebaseline: true}}, {"other", Request{Rebaseline: true}}} {
		u.dies(e, Request{Full: true}, begun, 1)
		u.goes(died.there)
		u.dies(e, died.r, begun, 1)
		u.goes("inbox")
		if report := u.sends("the rest", e, Request{}, Succeeded, 0, everybody); !report.Full {
			t.Errorf("%+v: %+v", died, report)
		}
	}
	u.dies(e, Request{Full: true}, begun, 1)
	u.sends("rebaseline", e, Request{Rebaseline: true}, Succeeded, 0, "")
	u.sends("after it", e, Request{}, Succeeded, 0, "")
	u.dies(e, Request{Rebaseline: true}, begun, 1)
	u.sends("after one that died", e, Request{}, Succeeded, 0, "")
}

// TestKeyOfAnotherName: a key of another name is another place where records are looked up by it,
// whatever its values are: nothing is sent under it before somebody says what is there. A state of
// before kith recorded the key is of the one that there is now.
func TestKeyOfAnotherName(t *testing.T) {
	for _, d := range []cdp.Dialect{dialect.ClickHouse{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			u := newPeople(t, d)
			u.box.tune = func(r *Remote) {
				r.Spec.Writes = slices.Clone(r.Spec.Writes)
				for i := range r.Spec.Writes {
					r.Spec.Writes[i].Find = true
				}
			}
			by := func(key string) *Engine {
				return u.kithOf("sources:\n  - {name: people, table: "+u.schema+".people, key: id, columns: {id: string, email: string, a: string}}\n"+
					"syncs:\n  - {name: people, from: {source: people}, to: {destination: hook, object: people}, key: {"+key+": email}, fields: {a: a}, on_removed: delete}\n", compile.FirstHash)
			}
			_, everybody := u.run(by("email"), "people", Request{})
			// As an older kith recorded it.
			state := func(e *Engine) ledger.SyncState {
				states, err := e.Ledger.States(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return states["people"]
			}
			e, now := by("email"), state(by("email"))
			if now.Endpoint != "inbox object people by email" {
				t.Errorf("%+v", now)
			}
			now.Endpoint = "inbox object people"
			if err := e.Ledger.SetState(t.Context(), now, 1<<32+1); err != nil {
				t.Fatal(err)
			}
			if was := state(e); was != now {
				t.Errorf("%+v", was)
			}
			u.set("a = 'new'", "p01")
			u.sends("of before", e, Request{}, Succeeded, 0, "change p01")

			e = by("customer_email")
			u.set("a = 'newer'", "p01")
			for range 2 {
				if r := u.sends("renamed", e, Request{}, Blocked, 0, ""); r.Guard != "endpoint" || !strings.Contains(r.Error, "by email so far") || !strings.Contains(r.Help, "customer_email already, --rebaseline") {
					t.Errorf("%+v", r)
				}
			}
			u.plans("renamed", e, SyncPlan{Status: Blocked, Guard: "endpoint"})
			u.sends("taken back", by("email"), Request{}, Succeeded, 0, "change p01")
			u.sends("rebaseline", e, Request{Rebaseline: true}, Succeeded, 0, "")
			u.set("a = 'newest'", "p02")
			u.sends("after it", e, Request{}, Succeeded, 0, "change p02")
			u.sends("full", by("email"), Request{Full: true}, Succeeded, 0, everybody)
		})
	}
}
