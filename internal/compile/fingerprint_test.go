package compile_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// TestFingerprint: two changesets have one fingerprint only when they send the same, also
// where the hash of a row does not tell: that of an event is of its id, and none is of
// which nulls clear.
func TestFingerprint(t *testing.T) {
	t.Run("clickhouse", func(t *testing.T) {
		t.Parallel()
		w := enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{})
		fingerprints(t, w, oddProject(t, "local"), "CREATE DATABASE IF NOT EXISTS kith")
	})
	t.Run("bigquery", func(t *testing.T) {
		t.Parallel()
		fingerprints(t, emulatortest.Warehouse(t), oddProject(t, "bq"), "CREATE SCHEMA IF NOT EXISTS kith")
	})
}

func fingerprints(t *testing.T, w cdp.Warehouse, c *compile.Compiler, schema string) {
	do := func(s cdp.Statement) {
		t.Helper()
		if _, err := w.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v\n%s", s.Name, err, s.SQL)
		}
	}
	do(cdp.Statement{SQL: schema})
	diff := func(name, table string) *compile.Diff {
		i := slices.IndexFunc(c.Project().Syncs, func(s *cdp.Sync) bool { return s.Name == name })
		s := c.Project().Syncs[i]
		return c.Diff(s, specs()[s.Destination.Type], compile.DiffInput{Changeset: table})
	}
	rows := diff("rows_out", "fingerprint_rows")
	do(rows.CreateChangeset("fingerprint_rows"))
	of := func(d *compile.Diff, row string) string {
		t.Helper()
		do(cdp.Statement{SQL: "TRUNCATE TABLE kith.fingerprint_rows"})
		do(cdp.Statement{SQL: "INSERT INTO kith.fingerprint_rows (op, fields, match, `at`, kh, row_id, action, reason, key, old_key, h, fh, changed, old_match, remote_id, gone, del) VALUES (" + row + ", 1, 'r', '', 0, 'k', '', 1, [], [], '', '', 0, 0)"})
		for row, err := range w.Query(t.Context(), d.Fingerprint(false)) {
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(row)
		}
		return ""
	}
	events := diff("day_events", "fingerprint_rows")
	const (
		event = `4, '{"v":1}', '', '2026-03-01 00:00:00.000001'`
		add   = `4, '{"v":null}', '', NULL`
	)
	for _, x := range []struct {
		what     string
		d        *compile.Diff
		row, now string
		same     bool
	}{
		{"an event", events, event, event, true},
		{"another value of an event", events, event, `4, '{"v":2}', '', '2026-03-01 00:00:00.000001'`, false},
		{"another time of an event", events, event, `4, '{"v":1}', '', '2026-03-01 00:00:00.000002'`, false},
		{"no time of an event", events, event, `4, '{"v":1}', '', NULL`, false},
		{"a null that clears no more", rows, add, `4, '{}', '', NULL`, false},
		{"other match values", rows, add, `4, '{"v":null}', 'm', NULL`, false},
		{"the time of a record, which is not sent", rows, add, `4, '{"v":null}', '', '2026-03-01 00:00:00.000001'`, true},
	} {
		if same := of(x.d, x.row) == of(x.d, x.now); same != x.same {
			t.Errorf("%s: the same fingerprint: %v", x.what, same)
		}
	}
}
