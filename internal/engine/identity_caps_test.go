package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestCaps: an address that many customers share links nothing, and the others are
// stitched as if it was not there; with fewer customers it links again.
func TestCaps(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) {
		e.Identifiers[1].Caps = []cdp.Cap{{To: e.Identifiers[0], Max: 2}, {Max: 50}}
		e.MaxSize = 0
	})
	for i := range 4 {
		w.add("crm", cdp.Row{day(i), fmt.Sprintf("c%d", i), "info@x.nl", nil}, cdp.Row{day(i), fmt.Sprintf("c%d", i), fmt.Sprintf("p%d@x.nl", i), nil})
	}
	w.add("crm", cdp.Row{day(9), "c0", "two@x.nl", nil}, cdp.Row{day(9), "c1", "two@x.nl", nil}, cdp.Row{day(9), nil, "info@x.nl", "kiosk"})
	w.sql("INSERT INTO " + w.p.State + ".src_web (at, email, device) SELECT toDateTime64('2026-02-01 00:00:00', 6, 'UTC'), 'hub@x.nl', concat('d', toString(number)) FROM numbers(60)")
	r := w.run()
	if r.Demoted != 2 {
		t.Errorf("%+v", r)
	}
	var demoted []GuardReport
	for _, g := range r.Guards {
		if g.Guard == "demoted" {
			demoted = append(demoted, g)
		}
	}
	if d := cmp.Diff([]GuardReport{{Guard: "demoted", Identifier: "email", Count: 2, Samples: []string{"h**@*.** (60 neighbours, cap 50)", "i***@*.** (4 neighbours, cap 2)"}}}, demoted); d != "" {
		t.Error(d)
	}
	groups := [][]string{{"customer:c0", "email:p0@x.nl", "email:two@x.nl", "customer:c1", "email:p1@x.nl"}, {"email:info@x.nl"}, {"device:kiosk"}, {"email:hub@x.nl"}}
	for i := 2; i < 4; i++ {
		groups = append(groups, []string{fmt.Sprintf("customer:c%d", i), fmt.Sprintf("email:p%d@x.nl", i)})
	}
	for i := range 60 {
		groups = append(groups, []string{fmt.Sprintf("device:d%d", i)})
	}
	w.same(groups...)
	if a := w.audit(); a["demoted"] != 2 || a["demoted_values"] != 1 {
		t.Errorf("%v", a)
	}
	w.run() // nothing new is recorded
	if a := w.audit(); a["demoted"] != 2 {
		t.Errorf("%v", a)
	}
	w.sql("DELETE FROM " + w.p.State + ".src_crm WHERE email = 'info@x.nl' AND customer IN ('c2', 'c3')")
	if r := w.run(); r.Demoted != 1 || r.Full != "" {
		t.Errorf("%+v", r)
	}
	ids := w.ids()
	if ids["email:info@x.nl"] != ids["customer:c0"] || ids["device:kiosk"] != ids["customer:c1"] {
		t.Error("a value under its cap links nothing")
	}
}

// TestBlockTable: values of a table identify nobody, in the form in which values are
// compared; another table's content asks for a full build.
func TestBlockTable(t *testing.T) {
	t.Parallel()
	w := shop(t, func(e *cdp.Entity) { e.Identifiers[1].Block = []string{"q@x.nl"} })
	w.sql("CREATE TABLE " + w.p.State + ".src_blocked (address Nullable(String)) ENGINE = MergeTree ORDER BY tuple()")
	w.sql("INSERT INTO " + w.p.State + ".src_blocked VALUES (' Desk@X.nl '), (NULL), ('nonsense')")
	w.entity.Identifiers[1].BlockIn = &cdp.BlockTable{Table: cdp.Table{Schema: w.p.State, Name: "src_blocked"}, Column: "address"}
	w.add("web", cdp.Row{day(1), "desk@x.nl", "d1"}, cdp.Row{day(1), "DESK@x.nl", "d2"}, cdp.Row{day(1), "a@x.nl", "d3"}, cdp.Row{day(1), "q@x.nl", "d4"})
	r := w.run()
	if r.Blocked != 2 {
		t.Errorf("%+v", r)
	}
	w.same([]string{"device:d1"}, []string{"device:d2"}, []string{"email:a@x.nl", "device:d3"}, []string{"device:d4"})
	for _, g := range r.Guards {
		if g.Guard == "blocked" && (g.Count != 2 || strings.Join(g.Samples, ", ") != "d***@*.** (2 rows), q@*.** (1 rows)") {
			t.Errorf("%+v", g)
		}
	}
	if r := w.run(); r.Full != "" {
		t.Errorf("%+v", r)
	}
	w.sql("INSERT INTO " + w.p.State + ".src_blocked VALUES ('a@x.nl')")
	if r := w.run(); r.Full != "the rules have changed" || r.Blocked != 3 {
		t.Errorf("%+v", r)
	}
	// Whoever reads rows blocks what the build has blocked.
	req := w.request()
	req.build.ID = w.build
	c, err := w.e.keyed(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	rows := w.query("SELECT device, " + c.Owner(w.entity.Links[1]) + " AS node FROM " + w.p.State + ".src_web AS __kith_s ORDER BY device")
	for _, x := range rows {
		got := w.query(fmt.Sprintf("SELECT value FROM %s WHERE node = %d", w.table("map"), ledger.Uint(x[1])))
		if len(got) != 1 || got[0][0] != x[0] {
			t.Errorf("the row of %v belongs to %v", x[0], got)
		}
	}
}

// TestJump: a build that changes more than a guard allows is stopped before it is
// published, and a plan says so.
func TestJump(t *testing.T) { bothDialects(t, testJumpOn) }

func testJumpOn(t *testing.T, d cdp.Dialect) {
	n, many := 400, 100 // entities, and those that change: more than 10 % and than 20
	if d.Name() == "bigquery" {
		n, many = 30, 21
	}
	w := newWorldOf(t, shopEntity(func(e *cdp.Entity) { e.MaxSize = 0 }), d)
	w.unchecked = d.Name() == "bigquery"
	var rows []cdp.Row
	for i := range n { // what falls apart has three parts
		rows = append(rows, cdp.Row{day(i), fmt.Sprintf("p%03d@x.nl", i), fmt.Sprintf("d%03d", i)}, cdp.Row{day(i), fmt.Sprintf("p%03d@x.nl", i), fmt.Sprintf("e%03d", i)})
	}
	w.add("web", rows...)
	w.run()
	published := fmt.Sprint(w.ids())
	for _, x := range []struct {
		guard        string
		change, undo func()
		n, of        int
	}{
		{"max_quarantined", func() { w.entity.MaxSize = 1 }, func() { w.entity.MaxSize = 0 }, 3 * n, 3 * n},
		{"max_split", func() { w.entity.Identifiers[1].Block = []string{`/@x\.nl$/`} }, func() { w.entity.Identifiers[1].Block = nil }, n, n},
		{"max_gone", func() {
			w.sql(fmt.Sprintf("DELETE FROM %s.src_web WHERE email < 'p%03d'", w.p.State, many))
		}, nil, many, n},
		{"max_merged", func() {
			var rows []cdp.Row
			for i := range many {
				rows = append(rows, cdp.Row{day(500), "all@x.nl", fmt.Sprintf("d%03d", many+i)})
			}
			w.add("web", rows...)
		}, nil, many - 1, n},
	} {
		if x.guard == "max_merged" && d.Name() == "bigquery" { // TestLookUpOnBigQuery has it
			break
		}
		x.change()
		w.builds++
		build := fmt.Sprintf("b%d", w.builds)
		_, err := w.e.stitch(t.Context(), w.request(), w.entity, build, w.build, 0)
		var blocked *BlockedError
		if !errors.As(err, &blocked) || blocked.Guard != x.guard || !strings.Contains(blocked.Text, fmt.Sprintf("%d of %d ", x.n, x.of)) || !strings.Contains(blocked.Help, "guards: {"+x.guard) || !strings.Contains(blocked.Help, withdrawnWaits) {
			t.Fatalf("%s: %v: %+v", x.guard, err, blocked)
		}
		for _, name := range w.tables("") {
			if strings.HasSuffix(name, "_"+build) {
				t.Errorf("%s: %s is left", x.guard, name)
			}
		}
		req := w.request()
		req.Command = "plan"
		r, err := w.e.stitch(t.Context(), req, w.entity, build, w.build, 0)
		if err != nil || r.Stopped == nil || r.Stopped.Guard != x.guard {
			t.Errorf("%s: %v %+v", x.guard, err, r.Stopped)
		}
		w.dropBuild(build)
		if x.undo != nil {
			x.undo()
		}
	}
	if fmt.Sprint(w.ids()) != published {
		t.Error("what was published has changed")
	}
	if d.Name() == "bigquery" {
		return
	}
	off := cdp.Guard{Set: true, Off: true}
	w.entity.Guards = cdp.IdentityGuards{MaxMerged: off, MaxSplit: off, MaxGone: off, MaxQuarantined: off}
	if r := w.run(); r.Merged != uint64(many-1) {
		t.Errorf("without guards: %+v", r)
	}
}

// TestLedgerOne: a ledger of version 1 gets what the guards write.
func TestLedgerOne(t *testing.T) {
	t.Parallel()
	w := shop(t, nil)
	w.add("web", cdp.Row{day(1), "a@x.nl", "d1"})
	w.run()
	w.sql("ALTER TABLE " + w.p.State + ".identity_audit DROP COLUMN sample")
	w.sql("ALTER TABLE " + w.p.State + ".kith_meta DELETE WHERE version > 1 SETTINGS mutations_sync = 2")
	salt := w.e.Ledger.Salt()
	w.open("another")
	if w.e.Ledger.Salt() != salt {
		t.Error("the salt has changed")
	}
	w.add("web", cdp.Row{day(1), "test@test.com", "d1"})
	w.run()
	if a := w.audit(); a["blocked"] != 1 {
		t.Errorf("%v", a)
	}
	if v := w.query("SELECT max(version) FROM " + w.p.State + ".kith_meta")[0][0]; ledger.Uint(v) != ledger.Version {
		t.Errorf("version %v", v)
	}
}
