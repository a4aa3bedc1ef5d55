package engine

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// aged is a warehouse whose tables are all more than a day old.
type aged struct{ cdp.Warehouse }

func (a aged) Query(ctx context.Context, s cdp.Statement) iter.Seq2[cdp.Row, error] {
	older, listed := map[string]int64{"run_end": int64((25 * time.Hour).Seconds()), "tables_like": int64((25 * time.Hour).Seconds()), "lease_current": (25 * time.Hour).Milliseconds()}[s.Name]
	return func(yield func(cdp.Row, error) bool) {
		for row, err := range a.Warehouse.Query(ctx, s) {
			if err == nil && listed {
				row = append(cdp.Row{row[0], int64(ledger.Uint(row[1])) + older}, row[2:]...)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// TestSweepsItsOwn: the end of a run drops what dead runs have left behind, and no table of
// anybody else whose name begins like it, nor what a build or a delivery that is on works with.
func TestSweepsItsOwn(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		w := newWorldOn(t, &cdp.Entity{Item: cdp.Item{Name: "person"}}, aged{warehouseOf(t, d)})
		kinds := map[string]string{"clickhouse": " (a UInt8) ENGINE = MergeTree ORDER BY a", "bigquery": " (a INT64)"}
		table := func(names ...string) {
			t.Helper()
			for _, name := range names {
				w.sql("CREATE TABLE " + d.Table(cdp.Table{Schema: w.p.State, Name: name}) + kinds[d.Name()])
			}
		}
		const dead, before, on, built = "20260101t000000_00000001", "20260101t000000_00000002", "20260101t000000_00000003", "20260101t000000_00000004"
		published := []string{"20260101t000000_0000000a", "20260101t000000_0000000b", "20260101t000000_0000000c", built} // two builds in a row did not drop the first
		theirs := []string{"profile_events", "entity_lookup", "identity_docs", "changeset_log", "scratch_pad", "scratch_check_list", "profile_person_20260101"}
		living := []string{
			"scratch_" + on + "_people_fix", "changeset_people_" + on, "changeset_people_" + before, // the next run looks at it
			"profile_person_" + built, "identity_person_map_" + built, "entity_person_" + built, "entity_person_" + published[1], "entity_person_" + published[2],
		}
		table(theirs...)
		table(living...)
		table("scratch_"+dead+"_people_fix", "scratch_"+dead+"_identity_person_nodes", "scratch_"+before+"_people_fix", "changeset_people_"+dead, "changeset_people_"+dead+"_raw",
			"scratch_fold_baseline_people", "scratch_fold_scratch_"+dead+"_people_baseline", "scratch_jobs_baseline_people_0123456789abcdef", "scratch_check_0a1b2c3d",
			"profile_person_"+dead, "identity_person_map_"+dead, "entity_person_"+dead, "entity_person_"+built+"_replay", "profile_person_"+published[0], "identity_person_map_"+published[0], "entity_person_"+published[0])
		if d.Name() == "clickhouse" { // an engine died while it made another table; and somebody's
			table("_tmp_replace_0b49d83532f82253_qaeubplt3e3a1612", "_tmp_replace_pad")
			theirs = append(theirs, "_tmp_replace_pad")
		}
		run := func(epoch uint64, id, status string) {
			t.Helper()
			r := ledger.SyncRun{Sync: "people", Epoch: epoch, Run: strings.ReplaceAll(id, "_", "-"), Changeset: "changeset_people_" + id, StartedAt: testNow, Status: status, Report: "{}"}
			if err := w.e.Ledger.WriteRun(t.Context(), r, 1); err != nil {
				t.Fatal(err)
			}
		}
		run(1, dead, "failed")
		run(2, before, ledger.Started)
		run(3, on, ledger.Started)
		for i, id := range published {
			if err := w.e.Ledger.Publish(t.Context(), ledger.Build{ID: id, Epoch: uint64(i) + 1, Run: "r", AsOf: testNow, At: testNow, Report: "{}", Models: "m"}); err != nil {
				t.Fatal(err)
			}
		}
		table("lease_people_2024") // of others as well
		for range 2 {
			lease, err := w.e.Ledger.Acquire(t.Context(), "people")
			if err != nil {
				t.Fatal(err)
			}
			if err := lease.Release(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.tables("lease_people_"); !slices.Equal(got, []string{"lease_people_2024", "lease_people_2026"}) {
			t.Errorf("leases: %q", got)
		}
		end := func() {
			t.Helper()
			if r, err := w.e.Run(t.Context(), t.Context(), Request{Command: "sync"}); err != nil || r.Status != Succeeded {
				t.Fatalf("%+v %v", r, err)
			}
		}
		building, err := w.e.Ledger.Acquire(t.Context(), ledger.TaskBuild)
		if err != nil {
			t.Fatal(err)
		}
		end()
		if got := len(w.tables("scratch_"+dead)) + len(w.tables("entity_person_"+dead)); got != 3 {
			t.Errorf("while a build is on %d of its tables are left", got)
		}
		if err := building.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		end()
		var left []string
		for _, prefix := range []string{"scratch_", "changeset_", "profile_", "identity_", "entity_", "_tmp_replace_"} {
			left = append(left, w.tables(prefix)...)
		}
		want := append(append(theirs, living...), "identity_audit", "identity_collisions", "entity_merges")
		slices.Sort(want)
		slices.Sort(left)
		if !slices.Equal(left, want) {
			t.Errorf("left\n%q\nwant\n%q", left, want)
		}
	})
}

// warehouseOf is a warehouse of a dialect, of BigQuery one of its own.
func warehouseOf(t testing.TB, d cdp.Dialect) cdp.Warehouse {
	t.Helper()
	if d.Name() == "bigquery" {
		return emulatortest.Own(t)
	}
	return enginetest.Warehouse(t, clickhouse.Config{}, d)
}
