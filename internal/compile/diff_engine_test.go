package compile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/project"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// diffProject syncs a table of numbers, or one of texts.
func diffProject(t *testing.T, key string) (*compile.Compiler, *cdp.Sync) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"kith.yml":         "version: 1\nname: diff\ndefault_target: local\ntargets:\n  local: {type: clickhouse, embedded: {path: w}}\ndestinations:\n  - {name: out, type: file, dir: exports}\n",
		"models/model.yml": "sources:\n  - {name: rows, table: raw_diff." + key + ", key: id, columns: {id: " + key + ", a: string, b: int}}\n",
		"syncs/sync.yml":   "syncs:\n  - {name: rows, from: {source: rows}, to: {destination: out, object: rows}, key: {id: id}, fields: {a: a, b: b}, on_removed: delete}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, problems := project.Load(dir, project.Options{Target: "local", Specs: specs()})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	c, err := compile.New(p, dialect.ClickHouse{})
	if err != nil {
		t.Fatal(err)
	}
	return c.At(compile.Epoch), p.Syncs[0]
}

// TestDigestMissesNothing: what the buckets of a digest lead to, directly and by way of
// pairs, is what the join of everything finds, over a baseline in one part and in many:
// rows that are equal, changed, new, gone, forgotten and written anew, "maybe there",
// removed for a reason, and ids of one kh.
func TestDigestMissesNothing(t *testing.T) {
	w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
	do := func(s cdp.Statement) {
		t.Helper()
		if _, err := w.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v\n%s", s.Name, err, s.SQL)
		}
	}
	sql := func(format string, args ...any) { t.Helper(); do(cdp.Statement{SQL: fmt.Sprintf(format, args...)}) }
	read := func(s cdp.Statement) (rows [][]any) {
		t.Helper()
		for row, err := range w.Query(t.Context(), s) {
			if err != nil {
				t.Fatalf("%s: %v\n%s", s.Name, err, s.SQL)
			}
			rows = append(rows, slices.Clone(row)) // the next one takes its place
		}
		return rows
	}
	sql("CREATE DATABASE IF NOT EXISTS raw_diff")
	sql("CREATE DATABASE IF NOT EXISTS kith")
	for key, id := range map[string]string{"int": "toInt64(number)", "string": "concat('key-', leftPad(toString(number), 28, '0'))"} {
		c, s := diffProject(t, key)
		in := compile.DiffInput{
			Baseline: "diff_" + key, Changeset: "diff_" + key + "_set", Raw: "diff_" + key + "_raw", Digest: "diff_" + key + "_digest",
			Desired: "diff_" + key + "_desired", Pairs: "diff_" + key + "_pairs", Fix: "diff_" + key + "_fix", Mapping: 1, Remapped: true,
		}
		d := c.Diff(s, specs()["file"], in)
		sql("CREATE TABLE raw_diff.%s ENGINE = MergeTree ORDER BY id AS SELECT %s AS id, toString(number %% 10) AS a, if(number %% 7 = 0, NULL, number)::Nullable(Int64) AS b FROM numbers(20000)", key, id)
		for _, x := range d.CreateBaseline() {
			do(x)
		}
		sql("ALTER TABLE kith.%s MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1", in.Baseline) // no merge unless asked
		do(d.Adopt(1 << 32))
		// The same hashes are found where it is known which columns are never null.
		query, ok := c.Describes(s)
		if !ok {
			t.Fatal("nothing to describe")
		}
		var err error
		if in.Physical, err = w.Describe(t.Context(), query); err != nil {
			t.Fatal(err)
		}
		d = c.Diff(s, specs()["file"], in)
		compare := func(step string, atLeast int) {
			t.Helper()
			if key == "string" && step != "in many parts" && step != "an older part" { // what differs is how an id is read
				return
			}
			var found [4][][]any
			for i := range found {
				sql("DROP TABLE IF EXISTS kith.%s", in.Raw)
				do(d.CreateChangeset(in.Raw))
				bits := []int{0, 10, 17, 17}[i] // grouped and by place
				if i > 0 {
					do(d.CreateDigest(bits))
				}
				for _, slice := range d.Slices(2) {
					switch i {
					case 0:
						do(d.Fill(slice, 16, true))
					case 1:
						do(d.Fill(slice, bits, false))
					case 2, 3:
						if i == 2 {
							do(d.Pair(slice, bits))
						} else {
							for _, x := range d.PairMany(slice, bits) {
								do(x)
							}
						}
						for _, part := range slice.Cut(3) {
							do(d.FillPairs(part, bits))
						}
					}
				}
				found[i] = read(cdp.Statement{SQL: "SELECT * FROM kith." + in.Raw + " ORDER BY ALL"})
				if i == 0 {
					continue
				}
				if x := cmp.Diff(found[0], found[i]); x != "" {
					t.Errorf("%s, %s, way %d (- join of everything):\n%s", key, step, i, x)
				}
				totals := read(d.Totals(bits))[0]
				want := read(cdp.Statement{SQL: fmt.Sprintf("SELECT (SELECT count() FROM raw_diff.%[1]s), (SELECT count() FROM kith.%[2]s FINAL WHERE gone = 0), (SELECT count() FROM kith.%[2]s FINAL WHERE gone = 0 AND mapping != 1)", key, in.Baseline)})[0]
				if x := cmp.Diff([]any{want[0], want[1], uint64(1), want[2]}, []any{totals[1], totals[2], totals[6], totals[7]}); x != "" {
					t.Errorf("%s, %s: totals\n%s", key, step, x)
				}
			}
			if len(found[0]) < atLeast || atLeast == 0 && len(found[0]) != 0 {
				t.Errorf("%s, %s: %d rows differ", key, step, len(found[0]))
			}
		}
		write := func(ver int, row, where string) {
			t.Helper()
			sql("INSERT INTO kith.%[1]s SELECT * REPLACE (%[2]s) FROM kith.%[1]s FINAL WHERE %[3]s", in.Baseline, fmt.Sprintf(row, ver), where)
		}
		compare("equal", 0)
		write(2<<32, "%d AS ver", "kh % 100 = 1") // the same again
		compare("written again", 0)
		sql("ALTER TABLE raw_diff.%s UPDATE a = 'new' WHERE cityHash64(id) %% 100 = 2 SETTINGS mutations_sync = 2", key)
		sql("DELETE FROM raw_diff.%s WHERE cityHash64(id) %% 100 = 3", key)
		compare("changed and gone", 300)
		write(3<<32, "h + 1 AS h, %d AS ver", "kh % 100 = 4")
		write(3<<32+1, "1 AS del, %d AS ver", "kh % 100 = 5")
		write(3<<32+2, "0 AS h, %d AS ver", "kh % 50 = 6")
		write(3<<32+3, "0 AS h, 2 AS gone, %d AS ver", "kh % 50 = 7")
		write(3<<32+4, "concat(row_id, ' too') AS row_id, %d AS ver", "kh % 100 = 8") // another id of the same kh and the same row
		write(3<<32+5, "h + 2 AS h, %d AS ver", "kh % 200 = 4")
		compare("in many parts", 1500)
		compact, ok := d.Compact()
		if !ok {
			t.Fatal("nothing to compact")
		}
		do(compact)
		compare("compacted", 1500)
		write(4<<32, "h - 1 AS h, %d AS ver", "kh % 300 = 9")
		write(4<<32+1, "1 AS del, %d AS ver", "kh % 300 = 10")
		write(4<<32+2, "0 AS del, %d AS ver", "kh % 300 = 11")
		compare("written after", 1500)
		write(5<<32, "2 AS mapping, %d AS ver", "kh % 300 = 13")
		compare("of another mapping", 1500)
		write(7, "h + 7 AS h, %d AS ver", "kh % 100 = 12") // a part of older rows than those of the largest
		compare("an older part", 1500)
	}
}
