package engine

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// TestIdentitySpillsBelowServer: where nothing but the server's own memory is limited the
// hungriest statement of a build, which would take 450 MB, goes on on disk above half of
// it. The server does so by itself; without that it fails.
func TestIdentitySpillsBelowServer(t *testing.T) {
	t.Parallel()
	const limit, events = 380_000_000, 1_000_000
	engine := enginetest.StartAt(t, embedded.Config{MaxMemory: limit})
	on := func(settings map[string]string) cdp.Warehouse {
		settings["max_threads"] = "2"
		w, err := engine.Warehouse(t.Context(), embedded.Full, clickhouse.Config{Settings: settings}, dialect.ClickHouse{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.Close() })
		return w
	}
	w := newWorldOn(t, eventsEntity(), on(map[string]string{}))
	visits(w, events)
	rows := func(settings map[string]string) error {
		c, err := w.e.keyed(t.Context(), w.request())
		if err != nil {
			t.Fatal(err)
		}
		_, err = on(settings).Exec(t.Context(), c.Identity(w.entity, compile.IdentityInput{Build: "b", Run: "r"}).Extract()[0])
		return err
	}
	if err := rows(map[string]string{"max_bytes_ratio_before_external_group_by": "0"}); !errors.Is(err, cdp.ErrMemory) {
		t.Errorf("without spilling: got %v, want out of memory", err)
	}
	if err := rows(map[string]string{}); err != nil {
		t.Error(err)
	}
	w.sql("SYSTEM FLUSH LOGS")
	var files []uint64 // that each wrote
	for _, r := range w.query("SELECT ProfileEvents['ExternalAggregationWritePart'] FROM system.query_log WHERE type != 'QueryStart' AND JSONExtractString(log_comment, 'statement') LIKE 'identity person rows%' ORDER BY event_time_microseconds") {
		files = append(files, ledger.Uint(r[0]))
	}
	if len(files) != 2 || files[0] != 0 || files[1] == 0 {
		t.Errorf("the two wrote %v files", files)
	}
}

// spillLimit is less than the reading of the events below takes in memory (some 150
// MB), and more than what cannot be written to disk.
const spillLimit = 130_000_000

// TestIdentitySpills: a build for which the memory of a statement does not suffice
// goes on on disk, and its result is that of a build with plenty.
func TestIdentitySpills(t *testing.T) {
	w := newWorld(t, eventsEntity())
	w.unchecked = true
	visits(w, 300_000)
	plenty := w.run()
	want := w.query("SELECT count(), groupBitXor(cityHash64(node, value, entity_id, first_seen, last_seen, n)) FROM " + w.table("map"))

	again := func(settings map[string]string) (EntityReport, error) {
		settings["max_memory_usage"], settings["max_threads"] = fmt.Sprint(spillLimit), "2" // threads have buffers of their own
		w.w = enginetest.Warehouse(t, clickhouse.Config{Settings: settings}, dialect.ClickHouse{})
		w.forget()
		w.builds++
		w.build = fmt.Sprintf("b%d", w.builds)
		return w.e.stitch(t.Context(), w.request(), w.entity, w.build, "", w.finish)
	}
	if _, err := again(map[string]string{"max_bytes_before_external_group_by": "0"}); !errors.Is(err, cdp.ErrMemory) {
		t.Fatalf("without spilling: got %v, want out of memory", err)
	}
	// Joins are small beside the reading of events: a lower limit makes them spill too.
	got, err := again(map[string]string{"max_bytes_before_external_join": "4000000"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Entities != plenty.Entities || got.Rejected != plenty.Rejected {
		t.Errorf("got %+v, want %+v", got, plenty)
	}
	if have := w.query("SELECT count(), groupBitXor(cityHash64(node, value, entity_id, first_seen, last_seen, n)) FROM " + w.table("map")); fmt.Sprint(have) != fmt.Sprint(want) {
		t.Errorf("identifiers: got %v, want %v", have, want)
	}
	w.sql("SYSTEM FLUSH LOGS")
	spilled := w.query(`SELECT sum(ProfileEvents['ExternalAggregationWritePart']), sum(ProfileEvents['ExternalJoinWritePart']) FROM system.query_log
WHERE type = 'QueryFinish' AND query LIKE '%` + w.p.State + `%' AND JSONExtractString(log_comment, 'run') = '` + w.request().id + `'`)[0]
	if ledger.Uint(spilled[0]) == 0 || ledger.Uint(spilled[1]) == 0 {
		t.Errorf("group-bys and joins wrote %v and %v files", spilled[0], spilled[1])
	}
}
