package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// mintedID is the id of an entity by its anchor, computed here.
func mintedID(salt, identifier, value string) string {
	sum := sha256.Sum256([]byte(salt + "\x00person\x00" + identifier + "\x00" + value))
	return "p_" + hex.EncodeToString(sum[:16])
}

// TestMint: an id follows from the salt and the identifier that was seen first, of
// any type; ties go to the stronger type, then to the smaller value.
func TestMint(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	w.add("web", cdp.Row{day(1), "a@x.nl", "d1"}, cdp.Row{day(0), nil, "d1"}, cdp.Row{day(2), "b@x.nl", "d2"})
	w.add("crm", cdp.Row{day(3), "c1", "c@x.nl", nil}, cdp.Row{nil, "c2", "z@x.nl", nil}, cdp.Row{nil, nil, "z@x.nl", "d5"}, cdp.Row{nil, nil, "y@x.nl", "d6"}, cdp.Row{nil, nil, "x@x.nl", "d6"})
	w.run()
	ids := w.ids()
	for v, want := range map[string]string{
		"email:a@x.nl": mintedID(testSalt, "device", "d1"),
		"device:d2":    mintedID(testSalt, "email", "b@x.nl"),
		"email:c@x.nl": mintedID(testSalt, "customer", "c1"),
		"device:d5":    mintedID(testSalt, "customer", "c2"),
		"device:d6":    mintedID(testSalt, "email", "x@x.nl"),
	} {
		if ids[v] != want {
			t.Errorf("%s is %s, want %s", v, ids[v], want)
		}
	}
}

// TestRebuild: a rebuild of the same rows changes no id and records nothing, and a
// replay into an empty ledger gives the same ids with the same salt, none with
// another.
func TestRebuild(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) { e.Identifiers[0].Max, e.MaxSize = 1, 6 })
	for i := range 40 {
		w.add("crm", cdp.Row{day(i), fmt.Sprintf("c%d", i), fmt.Sprintf("e%d@x.nl", i), fmt.Sprintf("d%d", i/3)})
		w.add("web", cdp.Row{day(i), fmt.Sprintf("w%d@x.nl", i/10), fmt.Sprintf("x%d", i)})
	}
	w.full = true
	first := w.run()
	first.Full, first.Guards = "asked for", nil
	if first.Rejected == 0 || first.Quarantined == 0 {
		t.Fatalf("nothing to guard: %+v", first)
	}
	ids, audit, entities := w.ids(), w.audit(), w.query("SELECT * FROM "+w.table("entity")+" ORDER BY entity_id")
	for range 2 {
		second := w.run()
		if d := cmp.Diff(first, second); d != "" {
			t.Errorf("the report changed: %s", d)
		}
		if d := cmp.Diff(ids, w.ids()); d != "" {
			t.Errorf("ids changed: %s", d)
		}
		if d := cmp.Diff(entities, w.query("SELECT * FROM "+w.table("entity")+" ORDER BY entity_id")); d != "" {
			t.Errorf("entities changed: %s", d)
		}
		if d := cmp.Diff(audit, w.audit()); d != "" {
			t.Errorf("something was recorded: %s", d)
		}
	}
	w.forget()
	w.run()
	if d := cmp.Diff(ids, w.ids()); d != "" {
		t.Errorf("a replay gives other ids: %s", d)
	}
	w.forget()
	for _, table := range []string{"kith_meta"} {
		w.sql("DROP TABLE " + w.p.State + "." + table)
	}
	w.open("another salt")
	w.run()
	other := w.ids()
	for v, id := range ids {
		if other[v] == id || other[v] == "" {
			t.Errorf("%s is %s with another salt", v, other[v])
		}
	}
}

// TestMerge: the entity with the earliest anchor survives, whatever was built first;
// chains of merges lead to the last survivor.
func TestMerge(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	w.add("web", cdp.Row{day(5), "a@x.nl", "d1"}, cdp.Row{day(3), "b@x.nl", "d2"}, cdp.Row{day(4), "c@x.nl", "d3"})
	w.run()
	ids := w.ids()
	a, b, c := ids["email:a@x.nl"], ids["email:b@x.nl"], ids["email:c@x.nl"]

	w.add("web", cdp.Row{day(10), "c@x.nl", "d1"}) // c is older than a
	if r := w.run(); r.Merged != 1 {
		t.Errorf("%+v", r)
	}
	ids = w.same([]string{"email:a@x.nl", "device:d1", "email:c@x.nl", "device:d3"}, []string{"email:b@x.nl", "device:d2"})
	if ids["email:a@x.nl"] != c || ids["email:b@x.nl"] != b {
		t.Errorf("a was merged into %s, want %s", ids["email:a@x.nl"], c)
	}
	if d := cmp.Diff(map[string]string{a: c}, w.aliases()); d != "" {
		t.Error(d)
	}
	// Why: the link that is new.
	got := w.query("SELECT s.value, t.value, CAST(e.source AS String), e.n, e.size, e.entity_id, e.other_id FROM " + w.p.State + ".identity_audit AS e JOIN " + w.table("map") + " AS s ON e.a = s.node JOIN " + w.table("map") + " AS t ON e.b = t.node WHERE event = 'merged'")
	want := []cdp.Row{{"c@x.nl", "d1", "web", uint64(1), uint64(4), c, a}}
	if got[0][0] == "d1" {
		got[0][0], got[0][1] = got[0][1], got[0][0]
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}

	w.add("web", cdp.Row{day(11), "b@x.nl", "d3"})
	if r := w.run(); r.Merged != 1 {
		t.Errorf("%+v", r)
	}
	if got := w.ids()["email:a@x.nl"]; got != b {
		t.Errorf("a is %s, want %s", got, b)
	}
	if d := cmp.Diff(map[string]string{a: b, c: b}, w.aliases()); d != "" {
		t.Error(d)
	}
	direct := w.query("SELECT old_id, new_id, build FROM " + w.p.State + ".entity_merges WHERE direct = 1 ORDER BY at")
	if d := cmp.Diff([]cdp.Row{{a, c, "b2"}, {c, b, "b3"}}, direct); d != "" {
		t.Error(d)
	}
}

// TestMergeOfBeginning: of two anchors that were seen first at one moment, of which one begins the
// other, that one survives which a build without the ledger takes.
func TestMergeOfBeginning(t *testing.T) { bothDialects(t, testMergeOfBeginningOn) }

func testMergeOfBeginningOn(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, shopEntity(nil), d)
	w.add("web", cdp.Row{day(5), "a@x.co", "d1"}, cdp.Row{day(5), "a@x.com", "d2"})
	w.run()
	w.add("web", cdp.Row{day(6), "a@x.co", "d2"})
	if r := w.run(); r.Merged != 1 {
		t.Errorf("%+v", r)
	}
	merged := w.ids()["device:d1"]
	w.forget()
	w.run()
	if got := w.ids()["device:d1"]; got != merged || got != mintedID(testSalt, "email", "a@x.co") {
		t.Errorf("the survivor is %s, without the ledger it is %s", merged, got)
	}
}

// TestUnpublished: what a build recorded does not count until it is published, and
// can be forgotten.
func TestUnpublished(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	w.add("web", cdp.Row{day(5), "a@x.nl", "d1"}, cdp.Row{day(3), "b@x.nl", "d2"})
	w.run()
	w.add("web", cdp.Row{day(10), "a@x.nl", "d2"})
	w.unpublished()
	if got := w.aliases(); len(got) > 0 {
		t.Errorf("merges of a build that is not published: %v", got)
	}
	for _, s := range w.e.Compiler.ForgetIdentity(w.build) {
		w.sql(s.SQL)
	}
	if n := w.query("SELECT (SELECT count() FROM " + w.p.State + ".entity_merges), (SELECT count() FROM " + w.p.State + ".identity_audit)")[0]; n[0] != uint64(0) || n[1] != uint64(0) {
		t.Errorf("rows left: %v", n)
	}
	w.build = "b1"
	w.run()
	if got := w.aliases(); len(got) != 1 {
		t.Errorf("merges: %v", got)
	}
}

// TestSplit: the part with the anchor keeps the id, the other is minted; when they
// come together again the older id survives, and an id that lives again is no alias.
// All of it holds on every warehouse.
func TestSplit(t *testing.T) { bothDialects(t, testSplitOn) }

func testSplitOn(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, shopEntity(nil), d)
	apart := []cdp.Row{{day(1), "a@x.nl", "d1"}, {day(2), "b@x.nl", "d2"}, {day(2), "b@x.nl", "d3"}, {day(2), "q@x.nl", "q"}}
	together := append([]cdp.Row{{day(3), "a@x.nl", "d2"}}, apart...)
	w.add("web", together...)
	w.run()
	old := w.ids()["email:b@x.nl"]
	minted := mintedID(testSalt, "email", "b@x.nl")

	w.clear("web")
	w.add("web", apart...)
	if r := w.run(); r.Merged != 0 || r.Split != 1 || r.Full != "" || r.Touched != 1 {
		t.Errorf("%+v", r)
	}
	ids := w.same([]string{"email:a@x.nl", "device:d1"}, []string{"email:b@x.nl", "device:d2", "device:d3"}, []string{"email:q@x.nl", "device:q"})
	if ids["email:a@x.nl"] != old || ids["email:b@x.nl"] != minted {
		t.Errorf("a is %s, want %s; b is %s, want %s", ids["email:a@x.nl"], old, ids["email:b@x.nl"], minted)
	}
	if n := w.audit()["split"]; n != 1 {
		t.Errorf("%d splits in the audit", n)
	}
	w.clear("web")
	w.add("web", together...)
	w.run()
	if d := cmp.Diff(map[string]string{minted: old}, w.aliases()); d != "" {
		t.Error(d)
	}
	w.clear("web")
	w.add("web", apart...)
	w.run()
	if got := w.ids()["email:b@x.nl"]; got != minted {
		t.Errorf("b is %s, want %s", got, minted)
	}
	if got := w.aliases(); len(got) > 0 {
		t.Errorf("an id that lives is an alias: %v", got)
	}
}

// TestAnchorGone: without the anchor the part with the largest overlap, stronger
// identifiers weighing more, keeps the id. When the anchor comes back as somebody
// else, it cannot have the id that follows from it.
func TestAnchorGone(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	crm := []cdp.Row{{day(5), "c1", "a@x.nl", nil}, {day(6), nil, "b@x.nl", "d8"}, {day(6), nil, nil, "d8"}}
	w.add("crm", crm...)
	w.add("web", cdp.Row{day(0), nil, "d0"}, cdp.Row{day(1), "a@x.nl", "d0"}, cdp.Row{day(7), "a@x.nl", "d8"})
	w.run()
	ids := w.ids()
	old := ids["customer:c1"]
	if old != mintedID(testSalt, "device", "d0") {
		t.Fatal("d0 is not the anchor")
	}
	w.clear("web")
	w.run()
	if ids := w.same([]string{"customer:c1", "email:a@x.nl"}, []string{"email:b@x.nl", "device:d8"}); ids["customer:c1"] != old {
		t.Errorf("the larger part is %s, want %s", ids["customer:c1"], old)
	}
	w.add("web", cdp.Row{day(1), nil, "d0"})
	w.run()
	ids = w.same([]string{"customer:c1", "email:a@x.nl"}, []string{"email:b@x.nl", "device:d8"}, []string{"device:d0"})
	if ids["customer:c1"] != old || ids["device:d0"] == old || len(ids["device:d0"]) != len(old) {
		t.Errorf("c1 is %s, want %s; d0 is %s", ids["customer:c1"], old, ids["device:d0"])
	}
	spare := ids["device:d0"]
	w.run()
	if got := w.ids()["device:d0"]; got != spare {
		t.Errorf("d0 was %s and is %s", spare, got)
	}
}

// TestLateRow: a row with an older date that arrives late changes no id.
func TestLateRow(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	w.add("web", cdp.Row{day(5), "a@x.nl", "d1"}, cdp.Row{day(6), "b@x.nl", "d2"})
	w.run()
	before := w.ids()
	w.add("web", cdp.Row{day(1), "b@x.nl", "d0"})
	w.run()
	after := w.ids()
	for v, id := range before {
		if after[v] != id {
			t.Errorf("%s was %s and is %s", v, id, after[v])
		}
	}
	if after["device:d0"] != before["device:d2"] {
		t.Error("d0 is not with d2")
	}
	created := w.query("SELECT count(), uniqExact(created_at) FROM " + w.table("entity"))
	if ledger.Uint(created[0][0]) != 2 || ledger.Uint(created[0][1]) != 1 {
		t.Errorf("%v", created)
	}
}

// TestNewEntity: the build before may not know the entity.
func TestNewEntity(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	w.add("web", cdp.Row{day(5), "a@x.nl", "d1"})
	w.build = "of_another_project"
	if r := w.run(); r.Entities != 1 {
		t.Errorf("%+v", r)
	}
}
