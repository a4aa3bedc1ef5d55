package compile_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// TestRehashIsAsIfWritten: of a baseline that was rehashed, in slices, one of them twice,
// the diff says what it would say had the other function written it in the first place: of
// rows that are equal, changed, new, gone, forgotten, "maybe there" and removed for a reason.
func TestRehashIsAsIfWritten(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	do := func(list ...cdp.Statement) {
		t.Helper()
		for _, s := range list {
			if _, err := w.Exec(t.Context(), s); err != nil {
				t.Fatalf("%s: %v\n%s", s.Name, err, s.SQL)
			}
		}
	}
	sql := func(format string, args ...any) { t.Helper(); do(cdp.Statement{SQL: fmt.Sprintf(format, args...)}) }
	sql("CREATE DATABASE IF NOT EXISTS raw_diff")
	sql("CREATE DATABASE IF NOT EXISTS kith")
	c, s := diffProject(t, "string")
	do(c.Ledger("ledger_1_jobs", nil), c.Ledger("ledger_1_job_rows", nil))
	sql("DROP TABLE IF EXISTS raw_diff.string SYNC") // of another test
	sql("CREATE TABLE raw_diff.string (id String, a Nullable(String), b Nullable(Int64)) ENGINE = MergeTree ORDER BY id")
	sql("INSERT INTO raw_diff.string SELECT concat('key-', toString(number)), if(number %% 5 = 0, NULL, toString(number %% 10)), if(number %% 7 = 0, NULL, number) FROM numbers(8000)")
	other := c.Hashing(otherHash(c.Dialect()), compile.FirstHash(c.Dialect()))
	earlier := compile.Earlier{Version: 1, Hash: compile.HashName, Fields: compile.MappingFields(s)}
	in := func(name string, mapping uint32) compile.DiffInput {
		return compile.DiffInput{Baseline: name, Raw: name + "_raw", Digest: name + "_digest", Desired: name + "_desired", Mapping: mapping}
	}
	was := c.Diff(s, specs()["file"], in("rehash_was", 1))
	now := other.Diff(s, specs()["file"], in("rehash_now", 2))
	for _, d := range []*compile.Diff{was, now} {
		do(d.CreateBaseline()...)
		do(d.Adopt(1 << 32))
	}
	for _, name := range []string{"rehash_was", "rehash_now"} {
		for i, x := range []string{"0 AS h, [] AS fh", "0 AS h, 2 AS gone", "1 AS del", "'was' AS key"} {
			sql("INSERT INTO kith.%[1]s SELECT * REPLACE (%[2]s, ver + 1 AS ver) FROM kith.%[1]s FINAL WHERE kh %% 40 = %[3]d", name, x, i)
		}
	}
	sql("ALTER TABLE raw_diff.string UPDATE a = 'new' WHERE cityHash64(id) %% 20 IN (0, 1, 2, 9), UPDATE b = NULL WHERE cityHash64(id) %% 20 IN (9, 10) SETTINGS mutations_sync = 2")
	sql("DELETE FROM raw_diff.string WHERE cityHash64(id) %% 80 IN (40, 41, 50)")
	sql("INSERT INTO raw_diff.string SELECT concat('more-', toString(number)), 'a', number FROM numbers(100)")

	rehash := in("rehash_was", 2)
	rehash.Earlier = []compile.Earlier{earlier}
	again := other.Diff(s, specs()["file"], rehash)
	for i, slice := range append(again.Slices(3)[:2], again.Slices(3)...) {
		if i%2 == 0 {
			do(again.CreateDesired())
			do(again.Stored().Rehash(earlier, slice)...)
			sql("DROP TABLE kith.rehash_was_desired")
			continue
		}
		do(again.Rehash(earlier, slice)...)
	}
	var found [2][]cdp.Row
	for i, d := range []*compile.Diff{now, again} {
		raw := []string{"rehash_now_raw", "rehash_was_raw"}[i]
		do(d.CreateChangeset(raw), d.CreateDigest(10), d.Fill(d.Slices(1)[0], 10, false))
		// What is not desired any more keeps its hashes: they are those that were sent.
		for row, err := range w.Query(t.Context(), cdp.Statement{SQL: "SELECT * REPLACE (if(op = 1, 0, h) AS h, if(op = 1, [], fh) AS fh) FROM kith." + raw + " ORDER BY ALL"}) {
			if err != nil {
				t.Fatal(err)
			}
			found[i] = append(found[i], slices.Clone(row)) // the next one takes its place
		}
	}
	if d := cmp.Diff(found[0], found[1]); d != "" {
		t.Errorf("(- had it been written so)\n%s", d)
	}
	if len(found[0]) < 1500 || len(found[0]) > 4000 {
		t.Errorf("%d of 8000 rows differ", len(found[0]))
	}
	sql("DROP TABLE raw_diff.string SYNC")
}
