package engine

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

func TestMain(m *testing.M) {
	code := enginetest.Main(m)
	if err := emulatortest.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// onEngines runs a test on a real ClickHouse and on the BigQuery emulator, which joins
// everything with everything.
func onEngines(t *testing.T, test func(t *testing.T, open func(testing.TB, *cdp.Entity) *world)) {
	t.Run("clickhouse", func(t *testing.T) {
		t.Parallel()
		test(t, newWorld)
	})
	t.Run("bigquery", func(t *testing.T) {
		t.Parallel()
		test(t, newGoogleWorld)
	})
}

// newGoogleWorld is newWorld on the emulator. What ClickHouse's SQL asks after a build
// is read and compared here.
func newGoogleWorld(t testing.TB, entity *cdp.Entity) *world {
	t.Helper()
	var b [6]byte
	_, _ = rand.Read(b[:])
	schema, d := "test_"+hex.EncodeToString(b[:]), dialect.BigQuery{}
	w := &world{t: t, w: emulatortest.Warehouse(t), entity: entity, unchecked: true}
	w.sql("CREATE SCHEMA " + schema)
	w.p = &cdp.Project{Name: "test", State: schema, Timezone: "UTC", Entities: []*cdp.Entity{entity}}
	for _, l := range entity.Links {
		w.p.Sources = append(w.p.Sources, l.Source)
		l.Source.Table.Schema = schema
		var columns []string
		for _, c := range l.Source.Columns {
			columns = append(columns, d.Ident(c.Name)+" "+d.Type(c.Type))
		}
		w.sql("CREATE TABLE " + d.Table(*l.Source.Table) + " (" + strings.Join(columns, ", ") + ")")
	}
	w.open(testSalt)
	return w
}

// tables are the tables of the database whose names begin with a prefix.
func (w *world) tables(prefix string) (names []string) {
	w.t.Helper()
	from := "SELECT name FROM system.tables WHERE database = '" + w.p.State + "'"
	if w.w.Dialect().Name() == "bigquery" {
		from = "SELECT table_name FROM " + w.p.State + ".INFORMATION_SCHEMA.TABLES"
	}
	for _, r := range w.query(from) {
		if name := ledger.Text(r[0]); strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// scratch is a table of the run that is going on.
func (w *world) scratch(kind string) string {
	return fmt.Sprintf("%s.scratch_%s_identity_%s_%s", w.p.State, tableID(w.request().id), w.entity.Name, kind)
}

// sound asserts what holds for every build, with the same reads on every engine.
func (w *world) sound(r EntityReport) {
	w.t.Helper()
	of, sizes := map[uint64]string{}, map[string]uint64{}
	for _, row := range w.query("SELECT node, entity_id FROM " + w.table("map")) {
		node := ledger.Uint(row[0])
		if of[node] != "" || node == 0 {
			w.t.Errorf("node %d is there twice, or is no node", node)
		}
		of[node] = ledger.Text(row[1])
		sizes[of[node]]++
	}
	entities := w.query("SELECT entity_id, identifiers, anchor FROM " + w.table("entity"))
	for _, row := range entities {
		if id := ledger.Text(row[0]); sizes[id] != ledger.Uint(row[1]) || of[ledger.Uint(row[2])] != id {
			w.t.Errorf("entity %s has %d identifiers and anchor %v: %v", id, sizes[id], row[2], row)
		}
	}
	if len(entities) != len(sizes) || r.Entities != uint64(len(entities)) || r.Identifiers-r.Shared != uint64(len(of)) {
		w.t.Errorf("%d entities, %d in the map, %d identifiers; reported %+v", len(entities), len(sizes), len(of), r)
	}
	for _, row := range w.query("SELECT a, b, rejected FROM " + w.table("edges")) {
		a, b := of[ledger.Uint(row[0])], of[ledger.Uint(row[1])]
		if a == "" || b == "" || ledger.Uint(row[0]) >= ledger.Uint(row[1]) || (a != b) != (ledger.Uint(row[2]) != 0) {
			w.t.Errorf("link %v is between %s and %s", row, a, b)
		}
	}
}
