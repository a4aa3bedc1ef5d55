package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// TestWeakAnchorMoves: a device that was seen first goes to another customer, because a max parts
// the two; whose id it had made keeps that, and so does who gets it.
func TestWeakAnchorMoves(t *testing.T) { bothDialects(t, testWeakAnchorMovesOn) }

func testWeakAnchorMovesOn(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, shopEntity(func(e *cdp.Entity) { e.Identifiers[0].Max = 1 }), d)
	w.add("web", cdp.Row{day(0), nil, "d1"}, cdp.Row{day(0), nil, "d2"}, cdp.Row{day(0), nil, "d3"})
	w.add("crm", cdp.Row{day(1), "known", "k@x.nl", nil})
	w.run()
	w.add("crm", cdp.Row{day(2), "c1", "a@x.nl", "d1"}, cdp.Row{day(2), "c2", "b@x.nl", "d2"}, cdp.Row{day(2), "c3", nil, "d3"})
	w.add("web", cdp.Row{day(2), "x@x.nl", "d3"}, cdp.Row{day(2), "y@x.nl", "d3"}, cdp.Row{day(2), "z@x.nl", "d3"})
	w.run()
	before := w.ids()
	if before["customer:c1"] != mintedID(testSalt, "device", "d1") {
		t.Fatal("d1 is not the anchor")
	}
	keep := func(what string, r EntityReport, groups ...[]string) {
		t.Helper()
		if r.Merged != 0 {
			t.Errorf("%s: %+v", what, r)
		}
		ids := w.same(groups...)
		for _, customer := range []string{"customer:c1", "customer:c2", "customer:c3", "customer:known"} {
			if ids[customer] != before[customer] {
				t.Errorf("%s: %s was %s and is %s", what, customer, before[customer], ids[customer])
			}
		}
		for v, id := range ids {
			before[v] = id // also of who is new
		}
	}
	others := []cdp.Row{{day(3), "new", "n@x.nl", "d1"}, {day(3), "known", "k@x.nl", "d2"}, {day(3), "other", nil, "d3"}}
	for range 3 {
		w.add("crm", others...)
	}
	moved := [][]string{
		{"customer:c1", "email:a@x.nl"},
		{"customer:new", "email:n@x.nl", "device:d1"},
		{"customer:c2", "email:b@x.nl"},
		{"customer:known", "email:k@x.nl", "device:d2"},
		{"customer:c3"},
		{"customer:other", "device:d3", "email:x@x.nl", "email:y@x.nl", "email:z@x.nl"},
	}
	keep("to another", w.run(), moved...)
	w.full = true
	keep("again", w.run(), moved...)
	w.full = false
	w.sql("DELETE FROM " + w.p.State + ".src_crm WHERE customer = 'new'")
	if r := w.run(); r.Merged != 1 || w.ids()["customer:c1"] != before["customer:c1"] || w.ids()["device:d1"] != before["customer:c1"] {
		t.Errorf("c1 was %s, and is %s when nobody else has the device: %+v", before["customer:c1"], w.ids()["customer:c1"], r)
	}
	w.add("crm", others[0], others[0], others[0])
	keep("and to another once more", w.run(), moved...)
	first := before["customer:new"]
	for range 5 {
		w.add("crm", cdp.Row{day(4), "c1", "a@x.nl", "d1"}, cdp.Row{day(4), "c2", "b@x.nl", "d2"})
	}
	keep("and back", w.run(), append([][]string{{"customer:c1", "email:a@x.nl", "device:d1"}, {"customer:new", "email:n@x.nl"}, {"customer:c2", "email:b@x.nl", "device:d2"}, {"customer:known", "email:k@x.nl"}}, moved[4:]...)...)
	if before["customer:new"] != first {
		t.Errorf("who had it meanwhile was %s and is %s", first, before["customer:new"])
	}
}

// TestDemotedAnchor: a device that was seen first and is shared by many from then on takes the id
// of nobody with it, nor gives its own to anybody when it comes back.
func TestDemotedAnchor(t *testing.T) { bothDialects(t, testDemotedAnchorOn) }

func testDemotedAnchorOn(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, shopEntity(func(e *cdp.Entity) { e.Identifiers[2].Caps = []cdp.Cap{{To: e.Identifiers[0], Max: 2}} }), d)
	w.add("web", cdp.Row{day(0), nil, "kiosk"})
	w.run()
	own := []cdp.Row{{day(1), "c1", "a@x.nl", "kiosk"}, {day(1), "c2", "b@x.nl", nil}}
	w.add("crm", own...)
	w.run()
	before := w.ids()
	keep := func(r EntityReport, demoted, merged uint64, groups ...[]string) {
		t.Helper()
		if r.Demoted != demoted || r.Merged != merged || (r.Full != "") != w.full {
			t.Errorf("%+v", r)
		}
		ids := w.same(groups...)
		if ids["customer:c1"] != before["customer:c1"] || ids["customer:c2"] != before["customer:c2"] {
			t.Errorf("c1 was %s and is %s, c2 was %s and is %s", before["customer:c1"], ids["customer:c1"], before["customer:c2"], ids["customer:c2"])
		}
	}
	alone := [][]string{{"customer:c1", "email:a@x.nl"}, {"customer:c2", "email:b@x.nl"}, {"customer:c3", "email:c@x.nl"}, {"device:kiosk"}}
	lend := func() { w.add("crm", cdp.Row{day(2), "c2", nil, "kiosk"}, cdp.Row{day(2), "c3", "c@x.nl", "kiosk"}) }
	lend()
	keep(w.run(), 1, 0, alone...)
	for _, full := range []bool{true, false} {
		w.full = full
		keep(w.run(), 1, 0, alone...)
		w.clear("crm")
		w.add("crm", own...)
		keep(w.run(), 0, 1, []string{"customer:c1", "email:a@x.nl", "device:kiosk"}, []string{"customer:c2", "email:b@x.nl"})
		lend()
		keep(w.run(), 1, 0, alone...)
	}
}

// TestMergedIDStaysMerged: an entity follows its customer into another one and is merged; what a max
// tears off it has not the id that leads to the other from then on.
func TestMergedIDStaysMerged(t *testing.T) { bothDialects(t, testMergedIDStaysMergedOn) }

func testMergedIDStaysMergedOn(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, shopEntity(func(e *cdp.Entity) { e.Identifiers[0].Max = 1 }), d)
	w.add("web", cdp.Row{day(0), nil, "d7"}, cdp.Row{day(1), nil, "d1"})
	w.run()
	w.add("crm", cdp.Row{day(2), "c1", "a@x.nl", "d1"})
	w.run()
	w.add("crm", cdp.Row{day(3), "c1", "a@x.nl", "d7"})
	for range 3 {
		w.add("crm", cdp.Row{day(3), "c2", "b@x.nl", "d1"})
	}
	w.merges(mintedID(testSalt, "device", "d1"), mintedID(testSalt, "device", "d7"), []string{"customer:c1", "email:a@x.nl", "device:d7"}, []string{"customer:c2", "email:b@x.nl", "device:d1"})

	w = newWorldOf(t, shopEntity(func(e *cdp.Entity) { e.Identifiers[1].Max = 1 }), d)
	w.add("web", cdp.Row{day(0), "a@x.nl", "d1"}, cdp.Row{day(1), "b@x.nl", nil})
	w.add("crm", cdp.Row{day(2), "c1", "b@x.nl", nil})
	w.run()
	for range 3 {
		w.add("crm", cdp.Row{day(3), "c1", "a@x.nl", nil})
	}
	w.merges(mintedID(testSalt, "email", "b@x.nl"), mintedID(testSalt, "email", "a@x.nl"), []string{"customer:c1", "email:a@x.nl", "device:d1"}, []string{"email:b@x.nl"})
}

// merges asserts that the next build merges one id into that of the first group, whose id no
// other group gets, and that a build that reads everything gives the same ids.
func (w *world) merges(id, into string, groups ...[]string) {
	w.t.Helper()
	before := w.build
	w.full = true
	w.unpublished()
	full := w.ids()
	w.dropBuild(w.build)
	w.build, w.full = before, false
	if r := w.run(); r.Merged != 1 || r.Full != "" {
		w.t.Errorf("%+v", r)
	}
	ids := w.same(groups...)
	for v, got := range ids {
		if got == id {
			w.t.Errorf("%s has the id that was merged away", v)
		}
	}
	if ids[groups[0][0]] != into {
		w.t.Errorf("%s is %s, want %s", groups[0][0], ids[groups[0][0]], into)
	}
	if d := cmp.Diff(map[string]string{id: into}, w.aliases()); d != "" {
		w.t.Error(d)
	}
	if d := cmp.Diff(full, ids); d != "" {
		w.t.Errorf("a build that reads everything gives other ids: %s", d)
	}
}
