package compile_test

import (
	"fmt"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// TestMemoryOfWholeBaselines: what reads or writes all rows of a sync takes memory for a
// slice or a block of them. A block of the usual 1,048,576 rows took 543 MB to sort.
func TestMemoryOfWholeBaselines(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	do := func(s cdp.Statement) uint64 {
		t.Helper()
		st, err := w.Exec(t.Context(), s)
		if err != nil {
			t.Fatalf("%v\n%s", err, s.SQL)
		}
		return uint64(st.Peak) >> 20
	}
	sql := func(format string, args ...any) { t.Helper(); do(cdp.Statement{SQL: fmt.Sprintf(format, args...)}) }
	sql("CREATE DATABASE IF NOT EXISTS kith")
	sql("CREATE DATABASE IF NOT EXISTS raw_diff")
	c, s := diffProject(t, "string")
	d := c.Diff(s, specs()["file"], compile.DiffInput{Baseline: "whole", Changeset: "whole_set", Fix: "whole_fix", Mapping: 1})
	sql("DROP TABLE IF EXISTS raw_diff.string SYNC") // of another test
	sql("CREATE TABLE raw_diff.string ENGINE = MergeTree ORDER BY id AS SELECT concat('key-', leftPad(toString(number), 28, '0')) AS id, 'a' AS a, number::Nullable(Int64) AS b FROM numbers(1200000)")
	for _, x := range append(d.CreateBaseline(), d.CreateChangeset("whole_set"), d.CreateFix()) {
		do(x)
	}
	most := map[string]uint64{"adopt": do(d.Adopt(1 << 32)), "repeated": 0}
	for _, slice := range d.Slices(2) {
		x := d.DesiredRepeated(slice)
		x.SQL += " FORMAT Null"
		most["repeated"] = max(most["repeated"], do(x))
	}
	sql("INSERT INTO kith.whole_set SELECT 4, kh, row_id, '', 0, key, '', h, fh, [], '', '', '', '', NULL, 0, 0 FROM kith.whole SETTINGS min_insert_block_size_rows = 65536")
	most["commit"] = do(d.Commit(2<<32, cdp.NoReason))
	// As the engine cuts it: ten times as many slices as statements for what is joined by its ids alone.
	earlier := compile.Earlier{Version: 1, Hash: compile.HashName, Fields: d.MappingFields()}
	again := c.Hashing(otherHash(c.Dialect()), compile.FirstHash(c.Dialect())).Diff(s, specs()["file"], compile.DiffInput{Baseline: "whole", Desired: "whole_desired", Mapping: 2, Earlier: []compile.Earlier{earlier}})
	do(c.Ledger("ledger_1_jobs", nil))
	do(c.Ledger("ledger_1_job_rows", nil))
	most["desired"] = do(again.CreateDesired())
	for _, slice := range again.Slices(c.Dialect().Statements(10 * 1_200_000)) {
		for _, x := range again.Stored().Rehash(earlier, slice) {
			most["rehash"] = max(most["rehash"], do(x))
		}
	}
	for row, err := range w.Query(t.Context(), cdp.Statement{SQL: "SELECT count(), countIf(mapping = 2), sum(h) = (SELECT sum(h) FROM kith.whole_desired) FROM kith.whole FINAL"}) {
		if err != nil || fmt.Sprint(row) != "[1200000 1200000 1]" {
			t.Errorf("%v rows are rehashed: %v", row, err)
		}
	}
	for name, mb := range most {
		t.Logf("%s: %d MB", name, mb)
		if mb == 0 || mb > 150 {
			t.Errorf("%s: %d MB", name, mb)
		}
	}
}
