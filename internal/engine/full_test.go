package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
)

// TestAltered: of what goes on with a full run only rows count as changed of which a field differs.
func TestAltered(t *testing.T) {
	rows := []cdp.Row{
		{uint64(cdp.Change), uint64(0), "", uint64(50), uint64(3)},
		{uint64(cdp.Rekey), uint64(0), "", uint64(2), uint64(0)},
		{uint64(cdp.Add), uint64(0), "", uint64(9), uint64(0)},
	}
	for full, want := range map[uint64]uint64{0: 52, 7 << 32: 5} {
		cs := &changeset{full: full, ops: map[cdp.Op]uint64{}, reasons: map[cdp.Reason]uint64{}, ignored: map[cdp.Reason]uint64{}}
		cs.count(rows)
		if got := cs.altered(); got != want {
			t.Errorf("full since %d: %d, want %d", full, got, want)
		}
	}
}

// TestUnendedFull: a full run is looked for among what ran under the name that a sync has and
// under the one that it had, however long ago it began and whatever a guard stopped since; not
// beyond a run that ended.
func TestUnendedFull(t *testing.T) { bothDialects(t, testUnendedFull) }

func testUnendedFull(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))), d)
	l := w.e.Ledger
	began := time.Now().UTC().AddDate(0, 0, -30)
	var rows []cdp.Row
	run := func(sync string, epoch uint64, full bool, status Status) {
		rows = append(rows, cdp.Row{sync, epoch, sync, "", uint64(0), map[bool]uint64{true: 1}[full], began, string(status), uint64(0), uint64(0), "", uint64(2)})
	}
	look := func(names ...string) uint64 {
		t.Helper()
		last, err := w.e.pastUnder(t.Context(), names...)
		if err != nil {
			t.Fatal(err)
		}
		epoch, err := w.e.unendedFull(t.Context(), last)
		if err != nil {
			t.Fatal(err)
		}
		return epoch
	}
	run("a", 1, true, Succeeded)
	run("a", 2, true, Failed)
	run("a", 3, true, Interrupted)
	for epoch := range uint64(ledger.KeptRuns + 5) {
		run("b", 4+epoch, epoch%2 == 0, Blocked)
	}
	run("c", 9, true, Failed)
	run("c", 10, false, Succeeded)
	run("f", 4, true, Succeeded)
	run("g", 7, true, Failed)
	run("e", 1, false, Failed)
	for epoch := range uint64(ledger.KeptRuns + 10) {
		run("e", 2+epoch, true, Failed)
	}
	if err := w.w.Append(t.Context(), cdp.Table{Schema: w.p.State, Name: "sync_runs"}, strings.Fields("sync epoch run_id changeset first full started_at status rows changed report ver"), rows); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"then", "when old runs are forgotten"} {
		for name, x := range map[string]struct{ got, want uint64 }{
			"of a name":                {look("a"), 2},
			"after a rename":           {look("b", "a"), 2},
			"the name is another's":    {look("b"), 0},
			"before one that ended":    {look("c"), 0},
			"of a sync that never ran": {look("d"), 0},
			"renamed back":             {look("f", "g"), 7},
			"of more runs than stay":   {look("e"), 2},
		} {
			if x.got != x.want {
				t.Errorf("%s, %s: %d, want %d", name, when, x.got, x.want)
			}
		}
		if err := l.WriteRunRow(t.Context(), ledger.Run{ID: "old", AsOf: began, StartedAt: began}); err != nil {
			t.Fatal(err)
		}
		now, err := l.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r, err := l.Residue(t.Context(), now, cdp.Retention{Runs: 24 * time.Hour}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got := w.query("SELECT sync, COUNT(*) FROM " + w.p.State + ".sync_runs GROUP BY 1 ORDER BY 1")
	if fmt.Sprint(got) != fmt.Sprintf("[[a 3] [b %d] [c 2] [e %d] [f 1] [g 1]]", ledger.KeptRuns, ledger.KeptRuns+11) {
		t.Errorf("kept: %v", got)
	}
}

// TestFullStoppedWhileItWaits: a full run that is stopped when all its rows are read, and wait for
// the rate, has not ended, and the next run sends the rest.
func TestFullStoppedWhileItWaits(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	e := u.kith("{a: a}", compile.FirstHash)
	u.run(e, "people", Request{})
	u.box.tune = func(r *Remote) { r.Limits.MaxRows, r.Limits.Rates = 7, []cdp.Rate{{Calls: 1, Per: time.Minute}} }
	soft, stop := context.WithCancel(t.Context())
	u.box.got, u.box.pushed = nil, stop
	full := e.sync(soft, t.Context(), u.request(e, Request{Full: true}), syncNamed(e, "people"))
	if full.Status != Interrupted || full.Delivered != 7 || len(u.box.got) != 7 {
		t.Errorf("%s (%s), delivered %d, sent %v", full.Status, full.Error, full.Delivered, u.box.got)
	}
	before := u.box.got
	u.box.tune, u.box.pushed = nil, nil
	report, got := u.run(e, "people", Request{})
	if again := slices.ContainsFunc(before, func(row string) bool { return strings.Contains(got, row) }); again || report.Status != Succeeded || report.Delivered != 7 {
		t.Errorf("the rest: %s (%s), sent %s; before: %s", report.Status, report.Error, got, before)
	}
	if report, got := u.run(e, "people", Request{}); got != "" || report.Full {
		t.Errorf("again: %+v, sent %s", report.Status, got)
	}
}

// TestFullLeft: what was refused in a full run that has ended is no change that a guard counts when
// it is sent again; what has changed of it since is one.
func TestFullLeft(t *testing.T) { bothDialects(t, testFullLeft) }

func testFullLeft(t *testing.T, d cdp.Dialect) {
	u := newPeople(t, d)
	e := u.kith("{a: a}", compile.FirstHash)
	u.run(e, "people", Request{})
	syncNamed(e, "people").Guards.MaxChanged = cdp.Guard{Set: true, Rows: 2}
	left := func() {
		t.Helper()
		u.box.reject = map[string]bool{"p01@example.com": true, "p02@example.com": true, "p03@example.com": true, "p04@example.com": true}
		if report, _ := u.run(e, "people", Request{Full: true}); report.Status != Partial || report.Rejected != 4 {
			t.Fatalf("%s (%s), %d rejected", report.Status, report.Error, report.Rejected)
		}
		u.box.reject = nil
	}
	left()
	u.set("a = 'new'", "p04 p05")
	u.sends("again", e, Request{RetryRejected: true}, Succeeded, 0, "change p01, change p02, change p03, change p04, change p05")
	left()
	u.set("a = 'newer'", "p02 p04 p05")
	if report := u.sends("three have changed", e, Request{RetryRejected: true}, Blocked, 0, ""); report.Guard != "max_changed" {
		t.Errorf("%+v", report)
	}
}
