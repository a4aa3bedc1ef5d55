package engine

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// TestBuildsMeanwhile: a sync that waits, for those before it or for its jobs, while others
// build delivers from the newest build: that of when its run began may be gone.
func TestBuildsMeanwhile(t *testing.T) {
	for _, d := range []cdp.Dialect{dialect.ClickHouse{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			u := newPeople(t, d)
			e := u.kithOf("sources: [{name: people, table: "+u.schema+".people, key: id, columns: {id: string, email: string, a: string}}]\n"+
				"entities: [{name: person, identity: {identifiers: [{name: pid}], links: [{source: people, identifiers: {pid: id}}]}}]\n"+
				"traits: [{name: mail, from: people.email, pick: most_frequent}, {name: a, from: people.a, pick: most_frequent}]\n"+
				"syncs:\n  - {name: one, from: {entity: person}, to: {destination: hook, object: one}, key: {email: mail}, fields: {a: a}, priority: high}\n"+
				"  - {name: two, from: {entity: person}, to: {destination: hook, object: two}, key: {email: mail}, fields: {a: a}}\n", compile.FirstHash)
			build := func() {
				if r, err := e.Run(t.Context(), t.Context(), Request{Command: "build", Build: true}); err != nil || r.Status != Succeeded {
					t.Errorf("build: %+v %v", r, err)
				}
			}
			build()
			u.box.during = func() {
				u.append("people", []string{"id", "email", "a"}, cdp.Row{"p15", "p15@example.com", "late"})
				build()
				build()
			}
			r, err := e.Run(t.Context(), t.Context(), Request{Command: "sync", Syncs: e.Project.Syncs})
			if err != nil || r.Status != Succeeded || len(r.Syncs) != 2 {
				t.Errorf("%s %v", r.Status, err)
			}
			for _, s := range r.Syncs {
				if want := map[string]uint64{"one": 14, "two": 15}[s.Sync]; s.Delivered != want || s.Error != "" {
					t.Errorf("%s: %d rows, want %d: %s", s.Sync, s.Delivered, want, s.Error)
				}
			}
		})
	}
}

// TestSyncOfOtherIdentity: a sync does not deliver from a build whose people were made by
// other rules of identity.
func TestSyncOfOtherIdentity(t *testing.T) {
	u := newPeople(t, dialect.ClickHouse{})
	kith := func(most string) *Engine {
		return u.kithOf("sources: [{name: people, table: "+u.schema+".people, key: id, columns: {id: string, email: string}}]\n"+
			"entities: [{name: person, identity: {identifiers: [{name: pid}, {name: mail, max: "+most+"}], links: [{source: people, identifiers: {pid: id, mail: email}}]}}]\n"+
			"syncs: [{name: one, from: {entity: person}, to: {destination: hook, object: one}, key: {email: mail}}]\n", compile.FirstHash)
	}
	run := func(e *Engine, command string, build bool) *Report {
		t.Helper()
		r, err := e.Run(t.Context(), t.Context(), Request{Command: command, Build: build, Syncs: e.Project.Syncs})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := run(kith("2"), "run", true); r.Status != Succeeded || r.Syncs[0].Delivered != 14 {
		t.Errorf("the first run: %+v", r)
	}
	e := kith("1")
	if r := run(e, "sync", false); r.Status != Failed || !strings.Contains(r.Error, "the models have changed") || len(r.Syncs) > 0 {
		t.Errorf("a sync without a build: %+v", r)
	}
	if r := run(e, "run", true); r.Status != Succeeded {
		t.Errorf("with one: %+v", r)
	}
}
