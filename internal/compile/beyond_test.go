package compile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// TestBeyond: what goes on with an approved run may do to a row what was approved of that
// row, and no more.
func TestBeyond(t *testing.T) { onOdd(t, beyond) }

// odd is a warehouse with the odd project, without its sources.
type odd struct {
	cdp.Warehouse
	c *compile.Compiler
}

// onOdd runs a test on both engines.
func onOdd(t *testing.T, test func(*testing.T, odd)) {
	t.Helper()
	t.Run("clickhouse", func(t *testing.T) {
		t.Parallel()
		w := odd{enginetest.Warehouse(t, clickhouse.Config{}, dialect.ClickHouse{}), oddProject(t, "local")}
		w.do(t, cdp.Statement{SQL: "CREATE DATABASE IF NOT EXISTS kith"})
		test(t, w)
	})
	t.Run("bigquery", func(t *testing.T) {
		t.Parallel()
		w := odd{emulatortest.Warehouse(t), oddProject(t, "bq")}
		w.do(t, cdp.Statement{SQL: "CREATE SCHEMA IF NOT EXISTS kith"})
		test(t, w)
	})
}

func (w odd) do(t *testing.T, s cdp.Statement) {
	t.Helper()
	if _, err := w.Exec(t.Context(), s); err != nil {
		t.Fatalf("%s: %v\n%s", s.Name, err, s.SQL)
	}
}

// diff is that of a sync, into a changeset table.
func (w odd) diff(name, table string) *compile.Diff {
	i := slices.IndexFunc(w.c.Project().Syncs, func(s *cdp.Sync) bool { return s.Name == name })
	s := w.c.Project().Syncs[i]
	return w.c.Diff(s, specs()[s.Destination.Type], compile.DiffInput{Changeset: table})
}

func beyond(t *testing.T, w odd) {
	d := w.diff("rows_out", "beyond_now")
	// op, action, reason, key, fields
	const (
		change  = "3,'',0,'k','f'"
		rekey   = "2,'',0,'new','f'"
		moved   = "1,'delete',0,'k',''"
		left    = "1,'delete',1,'k',''"
		gone    = "1,'delete',2,'k',''"
		archive = "1,'archive',1,'k',''"
		set     = "1,'set',1,'k','{a}'"
		setB    = "1,'set',1,'k','{b}'"
		other   = "1,'delete',1,'k2',''"
		added   = "4,'',0,'k','f'"
	)
	list := []struct {
		approved, now string
		beyond        bool
	}{
		{change, change, false},
		{change, strings.Replace(change, "'f'", "'g'", 1), false}, // other values of the same row
		{change, added, false},
		{rekey, change, false}, // it has its key, and the rest is sent again
		{change, rekey, true},
		{change, left, true},
		{rekey, left, true},
		{added, left, true},
		{moved, moved, false},
		{moved, left, true}, // a new key was approved, not that the row goes
		{left, gone, false}, // for another reason, but the same is done
		{left, moved, true},
		{left, other, true},
		{archive, left, true},
		{set, set, false},
		{set, setB, true},
		{left, change, true},
	}
	want, got := map[string]bool{}, map[string]bool{}
	d0 := d.Named("beyond_was")
	w.do(t, d0.CreateChangeset("beyond_was"))
	w.do(t, d.CreateChangeset("beyond_now"))
	insert := func(table, id, row string) {
		t.Helper()
		f := strings.Split(row, ",")
		w.do(t, cdp.Statement{SQL: fmt.Sprintf("INSERT INTO kith.%s (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del) VALUES (%s, 1, '%s', %s, %s, %s, '', 1, [], [], %s, '', '', '', NULL, 0, 0)", table, f[0], id, f[1], f[2], f[3], f[4])})
	}
	for i, x := range list {
		insert("beyond_was", fmt.Sprintf("r%02d", i), x.approved)
	}
	for i, x := range list {
		w.do(t, cdp.Statement{SQL: "TRUNCATE TABLE kith.beyond_now"})
		insert("beyond_now", fmt.Sprintf("r%02d", i), x.now)
		name := x.approved + " then " + x.now
		want[name] = x.beyond
		for row, err := range w.Query(t.Context(), d.Beyond("beyond_was")) {
			if err != nil {
				t.Fatal(err)
			}
			got[name] = fmt.Sprint(row[0]) != "0"
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("beyond what was approved (-want +got):\n%s", diff)
	}
}
