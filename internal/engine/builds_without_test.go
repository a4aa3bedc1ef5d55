package engine

import (
	"fmt"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// TestBuildWithout: a build of a project without an entity, as of a branch, does not make the next
// one that has it a first build: guards are asked and ids kept. After several it is one; an id that
// lives is no alias then either.
func TestBuildWithout(t *testing.T) { bothDialects(t, testBuildWithoutOn) }

func testBuildWithoutOn(t *testing.T, d cdp.Dialect) {
	u := newPeople(t, d)
	head := "sources: [{name: people, table: " + u.schema + ".people, key: id, columns: {id: string, email: string, b: string}}]\n" +
		"entities:\n  - {name: account, identity: {identifiers: [{name: aid}], links: [{source: people, identifiers: {aid: b}}]}}\n"
	person := func(guards string) string {
		return head + "  - {name: person, identity: {identifiers: [{name: pid}, {name: mail}], links: [{source: people, identifiers: {pid: id, mail: email}}], guards: {" + guards + "}}}\n" +
			"traits: [{name: most, entity: person, from: people.email, pick: most_frequent}]\n" +
			"syncs: [{name: one, from: {entity: person}, to: {destination: hook, object: one}, key: {email: most}, guards: {max_removed: 100%}}]\n"
	}
	run := func(models string) (*Engine, *Report) {
		t.Helper()
		e := u.kithOf(models, compile.FirstHash)
		r, err := e.Run(t.Context(), t.Context(), Request{Command: "run", Build: true, Syncs: e.Project.Syncs})
		if err != nil {
			t.Fatal(err)
		}
		return e, r
	}
	ids := func(e *Engine) string {
		t.Helper()
		last, err := e.Ledger.Builds(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		tables := compile.IdentityTablesOf(e.Project.Entities[1], last[0].ID)
		return u.query("SELECT value, entity_id FROM " + u.schema + "." + tables.Map + " ORDER BY value")
	}
	aliases := func(e *Engine) string {
		return u.query("SELECT old_id FROM " + e.Compiler.Aliases(e.Project.Entities[1], ""))
	}
	bridge, cut := cdp.Row{"p02", "p01@example.com", "b"}, "DELETE FROM "+u.schema+".people WHERE id = 'p02' AND email = 'p01@example.com'"
	e, _ := run(person(""))
	apart := ids(e)
	for _, without := range []int{1, 2} {
		u.append("people", []string{"id", "email", "b"}, bridge)
		if e, r := run(person("")); r.Status != Succeeded || r.Entities[1].Merged != 1 || len(aliases(e)) < 30 {
			t.Fatalf("not merged: %+v", r.Entities)
		}
		for range without {
			if _, r := run(head); r.Status != Succeeded || len(r.Entities) != 1 {
				t.Fatalf("%s: %+v", r.Status, r.Entities)
			}
		}
		u.sql(cut)
		if without == 1 {
			if _, r := run(person("max_split: 0")); r.Status != Blocked {
				t.Errorf("a guard was not asked: %s", r.Status)
			}
		}
		e, r := run(person(""))
		if r.Status != Succeeded || (r.Entities[1].Full == "first build") != (without > 1) {
			t.Errorf("%s (%s): %+v", r.Status, r.Error, r.Entities)
		}
		if got := ids(e); got != apart {
			t.Errorf("the people were\n%s, and are\n%s", apart, got)
		}
		if got := aliases(e); got != fmt.Sprint([]cdp.Row(nil)) {
			t.Errorf("who lives is an alias: %s", got)
		}
		for i := range 2 {
			if _, r := run(person("")); r.Syncs[0].Delivered != 0 {
				t.Errorf("run %d sends %d again", i+2, r.Syncs[0].Delivered)
			}
		}
	}
}
