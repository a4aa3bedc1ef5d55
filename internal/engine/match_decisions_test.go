package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
)

// decide records what somebody says of two records.
func (w *world) decide(a, b, says string) {
	w.t.Helper()
	var nodes []uint64
	for _, r := range w.query("SELECT node FROM " + w.table("map") + " WHERE type = 1 AND value IN ('" + a + "', '" + b + "') ORDER BY node") {
		nodes = append(nodes, ledger.Uint(r[0]))
	}
	at, err := w.e.Ledger.Now(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.e.Ledger.WriteDecisions(w.t.Context(), []ledger.Decision{{Entity: "person", A: nodes[0], B: nodes[1], Says: says}}, at); err != nil {
		w.t.Fatal(err)
	}
}

// TestMatchDecisions: what somebody decides holds for every build to come, and can be
// taken back. An identifier ties what somebody keeps apart; a refusal that a chain
// would go around holds.
func TestMatchDecisions(t *testing.T) {
	t.Parallel()
	w := matchWorld(t, nil)
	// A boy of the same name, at the same address.
	son := []any{"john", "smithson", "20010417", "johnny@example.net", "0612345678", "high street 5", "1234", "delft"}
	w.smiths(150, row(nil, "j1", john), row(nil, "j2", john), row(nil, "j3", son))
	w.entity.Match.Review = .5
	w.run()
	before := w.johns()
	if d := cmp.Diff([]string{"1+2", "3"}, before); d != "" {
		t.Fatal(d)
	}
	ids := w.ids()
	expect := func(want ...string) {
		t.Helper()
		w.run()
		if d := cmp.Diff(want, w.johns()); d != "" {
			t.Error(d)
		}
	}
	w.decide("j1", "j3", "accepted")
	expect("1+2+3")
	expect("1+2+3") // rebuilds keep it
	if now := w.ids(); now["id:j1"] != ids["id:j1"] && now["id:j1"] != ids["id:j3"] {
		t.Error("an accepted pair has a new id")
	}
	w.decide("j1", "j3", "undecided")
	expect("1+2", "3")
	w.decide("j1", "j2", "refused")
	expect("1", "2", "3")
	// j2 is accepted as j3, and j3 as j1: the last one would go around the refusal.
	w.decide("j2", "j3", "accepted")
	w.decide("j1", "j3", "accepted")
	w.run()
	if got := w.johns(); len(got) != 2 {
		t.Errorf("a chain around a refusal: %v", got)
	}
	w.add("people", append(cdp.Row{day(3), "n9", "j1"}, john...), append(cdp.Row{day(3), "n9", "j2"}, john...))
	w.run()
	if now := w.ids(); now["id:j1"] != now["id:j2"] {
		t.Error("a refusal cuts what an identifier ties")
	}
	list, err := w.e.Decisions(t.Context(), w.entity, 10)
	if err != nil || len(list) != 3 {
		t.Errorf("%v %v", list, err)
	}
	if err := w.e.Decide(t.Context(), []*cdp.Entity{w.entity}, map[string]string{list[0].Pair: "undecided", "0000000000000000": "accepted"}); err == nil {
		t.Error("an unknown pair was decided")
	}
	if again, _ := w.e.Decisions(t.Context(), w.entity, 10); len(again) != 3 {
		t.Errorf("a refused request was recorded in part: %v", again)
	}
}

// TestMatchDecisionsGoogle: what somebody accepts, refuses and takes back holds on the
// emulator too, and pairs to decide are listed there.
func TestMatchDecisionsGoogle(t *testing.T) {
	t.Parallel()
	w := matchWorldOf(t, dialect.BigQuery{}, func(e *cdp.Entity) {
		e.Match.Random, e.Match.Review, e.Match.Compare = 100, .5, e.Match.Compare[:4] // what a statement takes there grows with what it says
	})
	son := []any{"john", "smithson", "20010417", "johnny@example.net", "0612345678", "high street 5", "1234", "delft"}
	w.smiths(10, row(nil, "j1", john), row(nil, "j2", john), row(nil, "j3", son))
	w.unchecked = true // it costs there as much as the builds
	expect := func(want ...string) {
		t.Helper()
		w.run()
		if d := cmp.Diff(want, w.johns()); d != "" {
			t.Error(d)
		}
	}
	expect("1+2", "3")
	w.decide("j1", "j3", "accepted")
	expect("1+2+3")
	w.decide("j1", "j3", "undecided")
	w.decide("j1", "j2", "refused")
	w.unchecked = false
	expect("1", "2", "3")
	list, err := w.e.Decisions(t.Context(), w.entity, 10)
	if err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
}
