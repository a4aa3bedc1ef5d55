package engine

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
)

// TestIncrements: whatever grows, shrinks and comes late, an increment makes the
// partition, the ids and the evidence that a rebuild on the same ledger makes.
// KITH_SOAK is how often, with other graphs each time.
func TestIncrements(t *testing.T) {
	t.Parallel()
	times, last := 1, 4
	if n, err := strconv.Atoi(os.Getenv("KITH_SOAK")); err == nil {
		times, last = n, 10
	}
	for seed := range times {
		f := newForest(t, dialect.ClickHouse{}, uint64(seed)+1, 34, 4, 20, last)
		if len(f.graphs) < 200 {
			t.Fatalf("%d graphs", len(f.graphs))
		}
		increments, checked := 0, 0
		for f.step = range last + 1 {
			f.grow()
			if f.step > 2 {
				f.shrink(f.step == 4)
			}
			previous := f.build
			f.unchecked = f.step%2 != 0 && times == 1 // what holds of every build is asked where it is compared
			r := f.run()
			if f.step > 0 {
				if r.Full != "" {
					t.Fatalf("step %d read everything: %s", f.step, r.Full)
				}
				increments++
				if f.step == 2 || f.step == last || times > 1 {
					f.compare(previous)
				}
			}
			if f.step%4 == 0 {
				checked += f.partition()
			}
			t.Logf("step %d: %d entities, %d touched, %d merged, %d links refused, %d in quarantine, %d demoted, whole: %v", f.step, r.Entities, r.Touched, r.Merged, r.Rejected, r.Quarantined, r.Demoted, r.Whole)
		}
		if increments != last || checked < 300 {
			t.Errorf("%d increments, %d components checked", increments, checked)
		}
		f.replay()
	}
}

// TestIncrementsGoogle is the same on the emulator, with fewer and smaller graphs.
func TestIncrementsGoogle(t *testing.T) {
	t.Parallel()
	f := newForest(t, dialect.BigQuery{}, 5, 2, 6, 12, 3)
	f.finish = 30 // what is larger is contracted by rounds in the warehouse first
	for f.step = range 3 {
		f.grow()
		if f.step > 0 {
			f.shrink(f.step == 2)
		}
		previous := f.build
		f.unchecked = f.step != 1
		r := f.run()
		t.Logf("step %d: %d entities, %d identifiers, %d touched, %d merged, %d links refused, %d in quarantine, %d demoted, whole: %v", f.step, r.Entities, r.Identifiers, r.Touched, r.Merged, r.Rejected, r.Quarantined, r.Demoted, r.Whole)
		if f.step > 0 && r.Full != "" {
			t.Fatalf("step %d read everything: %s", f.step, r.Full)
		}
		if f.step == 2 {
			f.compare(previous)
		}
	}
	if n := f.partition(); n < 10 {
		t.Errorf("%d components checked", n)
	}
}

// TestIncrementReads: an increment reads what is new: a row that was changed in
// place stays what it was until everything is read.
func TestIncrementReads(t *testing.T) {
	t.Parallel()
	customer, email, device := &cdp.Identifier{Name: "customer"}, &cdp.Identifier{Name: "email", Normalize: "email"}, ident("device")
	w := newWorld(t, person([]*cdp.Identifier{customer, email, device}, loadedLink("web", customer, email, device)))
	web := w.p.State + ".src_web"
	w.sql("INSERT INTO " + web + " (at, customer, email, device, loaded) SELECT toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + number, NULL, concat('e', toString(number), '@x.nl'), concat('d', toString(number)), toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + number FROM numbers(20000)")
	if r := w.run(); r.Full != "first build" || r.Entities != 20_000 {
		t.Fatalf("%+v", r)
	}
	before := w.ids()
	w.sql("ALTER TABLE " + web + " UPDATE email = 'else@x.nl' WHERE device = 'd77' SETTINGS mutations_sync = 2")
	w.add("web", cdp.Row{day(9), nil, "e5@x.nl", "d6", day(9)}, cdp.Row{day(10), "c", "e6@x.nl", nil, day(10)})
	r := w.run()
	if r.Full != "" || r.Entities != 19_999 || r.Merged != 1 || r.Touched > 5+7200 || len(r.Whole) > 0 {
		t.Errorf("%+v", r)
	}
	ids := w.ids()
	if ids["device:d77"] != before["device:d77"] || ids["email:e77@x.nl"] != ids["device:d77"] {
		t.Error("a row that was not read has changed something")
	}
	if ids["customer:c"] != before["email:e5@x.nl"] || ids["device:d6"] != ids["customer:c"] {
		t.Error("new rows were not stitched")
	}
	w.full = true
	w.run()
	if got := w.ids(); got["email:else@x.nl"] != got["device:d77"] || got["email:e77@x.nl"] != "" {
		t.Error("a full build does not see what was changed in place")
	}
}

// TestIncrementReasons: what makes a build read everything, and a source whole.
func TestIncrementReasons(t *testing.T) { bothDialects(t, testIncrementReasonsOn) }

func testIncrementReasonsOn(t *testing.T, d cdp.Dialect) {
	w := newWorldOf(t, person([]*cdp.Identifier{ident("email"), ident("device")}, loadedLink("web", ident("email"), ident("device"))), d)
	w.unchecked = d.Name() == "bigquery" // it costs there as much as the builds
	e := w.entity
	e.Links[0].Columns[0].Identifier, e.Links[0].Columns[1].Identifier = e.Identifiers[0], e.Identifiers[1]
	w.add("web", cdp.Row{day(1), "a", "d1", day(1)}, cdp.Row{day(2), "b", "d2", day(2)}, cdp.Row{day(3), "c", "d3", day(30)})
	why := func(want, whole string) {
		t.Helper()
		r := w.run()
		if r.Full != want || strings.Join(r.Whole, "; ") != whole {
			t.Errorf("full %q, whole %q, want %q, %q", r.Full, r.Whole, want, whole)
		}
	}
	why("first build", "")
	why("", "")
	w.sql("DELETE FROM " + w.p.State + ".src_web WHERE device = 'd1'")
	why("", "web: rows from before its lookback are gone, or have come late")
	w.same([]string{"email:b", "device:d2"}, []string{"email:c", "device:d3"})
	if d.Name() != "bigquery" { // there TestLookUpOnBigQuery and TestIncrementsGoogle have these
		why("", "")
		w.add("web", cdp.Row{day(3), "b", "d3", day(3)})
		why("", "web: rows from before its lookback are gone, or have come late")
		w.same([]string{"email:b", "device:d2", "email:c", "device:d3"})
		e.Identifiers[0].Max = 1
		why("the rules have changed", "")
		if ids := w.ids(); ids["email:b"] == ids["email:c"] {
			t.Error("b and c are one entity")
		}
		w.full = true
		why("asked for", "")
		w.full = false
		why("", "")
	}
	e.Rebuild = &cdp.Schedule{Cron: "@yearly", Timezone: "UTC"}
	why("", "")
	w.later = 24 * 70 * time.Hour
	why("scheduled", "")
	w.later = 24 * 71 * time.Hour
	why("", "")
	w.sql("DROP TABLE " + w.table("reads"))
	why("the build before kept no account of what it read", "")
}

// TestIncrementFuture: a row that is dated after a build counts as seen last once
// its time has come.
func TestIncrementFuture(t *testing.T) {
	t.Parallel()
	w := newWorld(t, person([]*cdp.Identifier{ident("email")}, loadedLink("web", ident("email"))))
	w.entity.Links[0].Columns[0].Identifier = w.entity.Identifiers[0]
	soon := testNow.Add(time.Hour)
	w.add("web", cdp.Row{day(1), "a", day(1)}, cdp.Row{soon, "a", day(1)}, cdp.Row{nil, "n", nil}, cdp.Row{day(2), "b", day(200)})
	seen := func() []cdp.Row {
		return w.query("SELECT value, last_seen, n FROM " + w.table("map") + " ORDER BY value")
	}
	w.run()
	never := time.Unix(0, 0).UTC()
	if d := cmp.Diff([]cdp.Row{{"a", day(1), uint64(2)}, {"b", day(2), uint64(1)}, {"n", never, uint64(1)}}, seen()); d != "" {
		t.Error(d)
	}
	for _, later := range []time.Duration{0, 2 * time.Hour, 3 * time.Hour} {
		w.later = later
		if r := w.run(); r.Full != "" || len(r.Whole) > 0 {
			t.Errorf("%+v", r)
		}
		last := day(1)
		if later > 0 {
			last = soon
		}
		if d := cmp.Diff([]cdp.Row{{"a", last, uint64(2)}, {"b", day(2), uint64(1)}, {"n", never, uint64(1)}}, seen()); d != "" {
			t.Errorf("%s later: %s", later, d)
		}
	}
}
