package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

// bothDialects runs a test on the real ClickHouse and on the emulator of BigQuery. The
// emulator runs one statement at a time: keep what it builds few and small.
func bothDialects(t *testing.T, test func(t *testing.T, d cdp.Dialect)) {
	for _, d := range []cdp.Dialect{dialect.ClickHouse{}, dialect.BigQuery{}} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			test(t, d)
		})
	}
}

const testSalt = "00112233445566778899aabbccddeeff"

// testNow is the moment of every run of these tests.
var testNow = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// day is a time n days into 2026.
func day(n int) time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

// world is a warehouse with one entity, in a database of its own.
type world struct {
	t      testing.TB
	w      cdp.Warehouse
	p      *cdp.Project
	e      *Engine
	entity *cdp.Entity
	finish uint64

	unchecked bool          // leave out what check asks
	build     string        // the last one
	full      bool          // read everything
	later     time.Duration // the moment of the next run, after testNow
	builds    int
}

// newWorld makes the database, the tables of the entity's sources and the ledger.
func newWorld(t testing.TB, entity *cdp.Entity) *world {
	return newWorldOf(t, entity, dialect.ClickHouse{})
}

func newWorldOf(t testing.TB, entity *cdp.Entity, d cdp.Dialect) *world {
	t.Helper()
	return newWorldOn(t, entity, warehouseOf(t, d))
}

// newWorldOn is a world in a warehouse that is there.
func newWorldOn(t testing.TB, entity *cdp.Entity, warehouse cdp.Warehouse) *world {
	t.Helper()
	var b [6]byte
	_, _ = rand.Read(b[:])
	schema := "test_" + hex.EncodeToString(b[:])
	w := &world{t: t, entity: entity, w: warehouse}
	d, source := warehouse.Dialect(), "CREATE TABLE %s (%s)"
	if d.Name() == "bigquery" {
		w.sql("CREATE SCHEMA " + schema)
	} else {
		source = "CREATE TABLE %s (%s) ENGINE = MergeTree ORDER BY tuple()"
		w.sql("CREATE DATABASE " + schema)
		t.Cleanup(func() { w.sql("DROP DATABASE " + schema) })
	}
	w.p = &cdp.Project{Name: "test", State: schema, Timezone: "UTC", Entities: []*cdp.Entity{entity}}
	for _, l := range entity.Links {
		w.p.Sources = append(w.p.Sources, l.Source)
		l.Source.Table.Schema = schema
		var columns []string
		for _, c := range l.Source.Columns {
			columns = append(columns, d.Ident(c.Name)+" "+d.Type(c.Type))
		}
		w.sql(fmt.Sprintf(source, d.Table(*l.Source.Table), strings.Join(columns, ", ")))
	}
	w.open(testSalt)
	return w
}

// open opens the ledger of the database.
func (w *world) open(salt string) {
	w.t.Helper()
	c, err := compile.New(w.p, w.w.Dialect())
	if err != nil {
		w.t.Fatal(err)
	}
	l, err := ledger.Open(w.t.Context(), w.w, c, ledger.Options{Salt: salt, Holder: ledger.Self()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.e = &Engine{Project: w.p, Warehouse: w.w, Compiler: c, Ledger: l, Clock: SystemClock{}, Log: slog.New(slog.DiscardHandler)}
}

// forget drops the ledger and all builds; the sources stay.
func (w *world) forget() {
	w.t.Helper()
	for _, name := range w.tables("") {
		if !strings.HasPrefix(name, "src_") {
			w.sql("DROP TABLE " + w.p.State + ".`" + name + "`")
		}
	}
	w.build = ""
	w.open(testSalt)
}

func (w *world) sql(s string) {
	w.t.Helper()
	if _, err := w.w.Exec(w.t.Context(), cdp.Statement{Name: "test", SQL: s}); err != nil && w.t.Context().Err() == nil {
		w.t.Fatalf("%v\n%s", err, s)
	}
}

func (w *world) query(s string) []cdp.Row {
	w.t.Helper()
	rows, err := ledger.All(w.t.Context(), w.w, cdp.Statement{Name: "test", SQL: s})
	if err != nil {
		w.t.Fatalf("%v\n%s", err, s)
	}
	return rows
}

// tables are those of the database whose names begin so.
func (w *world) tables(prefix string) (names []string) {
	w.t.Helper()
	for _, r := range w.query(w.e.Compiler.Ledger("tables_like", map[string]any{"Schema": w.p.State, "Prefix": prefix}).SQL) {
		names = append(names, ledger.Text(r[0]))
	}
	return names
}

// table is the name of a table of the last build.
func (w *world) table(kind string) string {
	t := compile.IdentityTablesOf(w.entity, w.build)
	return w.p.State + "." + map[string]string{"map": t.Map, "edges": t.Edges, "refused": t.Refused, "entity": t.Entity, "hubs": t.Hubs, "values": t.Values, "reads": t.Reads}[kind]
}

// add inserts rows into a source, all its columns in order.
func (w *world) add(source string, rows ...cdp.Row) {
	w.t.Helper()
	for _, l := range w.entity.Links {
		if l.Source.Name != source {
			continue
		}
		var names []string
		for _, c := range l.Source.Columns {
			names = append(names, c.Name)
		}
		if err := w.w.Append(w.t.Context(), *l.Source.Table, names, rows); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	w.t.Fatalf("no source %s", source)
}

func (w *world) clear(source string) { w.sql("TRUNCATE TABLE " + w.p.State + ".src_" + source) }

// run builds and publishes.
func (w *world) run() EntityReport {
	w.t.Helper()
	r := w.unpublished()
	if err := w.e.Ledger.Publish(w.t.Context(), ledger.Build{ID: w.build, Epoch: uint64(w.builds), AsOf: testNow, At: testNow.Add(time.Duration(w.builds))}); err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) request() *request {
	return &request{id: "test-" + fmt.Sprint(w.builds), asOf: testNow.Add(w.later), now: testNow.Add(w.later), Request: Request{Full: w.full}}
}

func (w *world) unpublished() EntityReport {
	w.t.Helper()
	previous := w.build
	w.builds++
	w.build = fmt.Sprintf("b%d", w.builds)
	r, err := w.e.stitch(w.t.Context(), w.request(), w.entity, w.build, previous, w.finish)
	if err != nil {
		w.t.Fatal(err)
	}
	if left := w.tables("scratch_"); len(left) > 0 {
		w.t.Errorf("scratch tables left: %v", left)
	}
	if !w.unchecked {
		w.check(r)
	}
	return r
}

// check asserts what holds for every build.
func (w *world) check(r EntityReport) {
	w.t.Helper()
	m, e := w.table("map"), w.table("entity")
	whys := "(SELECT a, b, CAST(why AS " + map[string]string{"clickhouse": "Nullable(UInt8)", "bigquery": "INT64"}[w.w.Dialect().Name()] + ") AS why FROM " + w.table("refused") + ")" // null where there is none, on both
	refused := "r.why IS NOT NULL"
	if slices.ContainsFunc(w.entity.Identifiers, func(i *cdp.Identifier) bool { return len(i.Caps) > 0 }) {
		hubs := "(SELECT node FROM " + w.table("hubs") + ")"
		refused = "(r.why IS NOT NULL OR e.a IN " + hubs + " OR e.b IN " + hubs + ")"
	}
	for what, query := range map[string]string{
		"nodes twice":                      "SELECT COUNT(*) - COUNT(DISTINCT node) FROM " + m,
		"values twice":                     "SELECT COUNT(*) FROM (SELECT type, value FROM " + m + " GROUP BY type, value HAVING COUNT(*) > 1) AS x",
		"node 0":                           "SELECT COUNT(*) FROM " + m + " WHERE node = 0",
		"an id of two entities":            "SELECT COUNT(*) - COUNT(DISTINCT entity_id) FROM " + e,
		"entities that differ":             "SELECT COUNT(*) FROM " + e + " AS e LEFT JOIN (SELECT entity_id, COUNT(*) AS n FROM " + m + " GROUP BY entity_id) AS m ON m.entity_id = e.entity_id WHERE m.entity_id IS NULL OR m.n != e.identifiers",
		"ids that live and are merged":     "SELECT COUNT(*) FROM " + w.e.Compiler.Aliases(w.entity, w.build) + " AS a JOIN " + e + " AS e ON a.old_id = e.entity_id",
		"anchors of others":                "SELECT COUNT(*) - (SELECT COUNT(*) FROM " + e + " AS e JOIN " + m + " AS m ON e.anchor = m.node WHERE e.entity_id = m.entity_id) FROM " + e,
		"applied links between two":        "SELECT COUNT(*) FROM " + w.table("edges") + " AS e JOIN " + m + " AS a ON e.a = a.node JOIN " + m + " AS b ON e.b = b.node LEFT JOIN " + whys + " AS r ON e.a = r.a AND e.b = r.b WHERE CASE WHEN a.entity_id = b.entity_id THEN 0 ELSE 1 END != CASE WHEN " + refused + " THEN 1 ELSE 0 END",
		"links to nowhere":                 "SELECT COUNT(*) FROM " + w.table("edges") + " AS e LEFT JOIN " + whys + " AS r ON e.a = r.a AND e.b = r.b WHERE e.a >= e.b OR COALESCE(r.why, 0) != 3 AND (e.a NOT IN (SELECT node FROM " + m + ") OR e.b NOT IN (SELECT node FROM " + m + "))",
		"refused links that are none":      "SELECT COUNT(*) FROM " + w.table("refused") + " AS r LEFT JOIN (SELECT DISTINCT a, b, 1 AS n FROM " + w.table("edges") + ") AS e ON e.a = r.a AND e.b = r.b WHERE COALESCE(e.n, 0) = 0",
		"refused links twice":              "SELECT COUNT(*) FROM (SELECT a, b FROM " + w.table("refused") + " GROUP BY a, b HAVING COUNT(*) > 1) AS x",
		"evidence that does not add up":    "SELECT COUNT(*) FROM " + m + " AS m LEFT JOIN (SELECT node, SUM(n) AS n, MIN(first_seen) AS f, MAX(last_seen) AS l FROM " + w.table("values") + " WHERE node != 0 GROUP BY node) AS v ON v.node = m.node WHERE v.node IS NULL OR v.n != m.n OR v.f != m.first_seen OR v.l != m.last_seen",
		"identifiers that are not counted": fmt.Sprintf("SELECT COUNT(*) - %d FROM %s", r.Identifiers-r.Shared, m),
		"entities that are not counted":    fmt.Sprintf("SELECT COUNT(*) - %d FROM %s", r.Entities, e),
	} {
		if n := ledger.Uint(w.query(query)[0][0]); n != 0 {
			w.t.Errorf("%s: %d", what, int64(n))
		}
	}
	w.checkNodes()
	for _, r := range w.query("SELECT CAST(event AS String), build, run_id, entity, entity_id, other_id, source, sample FROM " + w.p.State + ".identity_audit") {
		sample := []rune(ledger.Text(r[7]))
		if strings.Contains(fmt.Sprint(r[:7]), "@") || len(sample) > 0 && regexp.MustCompile(`[a-zA-Z0-9]`).MatchString(string(sample[1:])) {
			w.t.Errorf("personal data in the audit: %v", r)
		}
	}
}

// checkNodes asserts that every entity lists its identifiers.
func (w *world) checkNodes() {
	w.t.Helper()
	want := map[string][]uint64{}
	for _, r := range w.query("SELECT entity_id, node FROM " + w.table("map")) {
		want[ledger.Text(r[0])] = append(want[ledger.Text(r[0])], ledger.Uint(r[1]))
	}
	for _, r := range w.query("SELECT entity_id, nodes FROM " + w.table("entity")) {
		id := ledger.Text(r[0])
		slices.Sort(want[id])
		if !slices.Equal(want[id], nodesOf(r[1])) {
			w.t.Errorf("entity %s does not list its identifiers", id)
		}
		delete(want, id)
	}
	if len(want) > 0 {
		w.t.Errorf("identifiers of entities that are not there: %d", len(want))
	}
}

// nodesOf is a list of nodes in their order.
func nodesOf(v any) (out []uint64) {
	list, _ := v.([]any)
	for _, x := range list {
		out = append(out, ledger.Uint(x))
	}
	slices.Sort(out)
	return out
}

// ids leads from "identifier:value" to the entity.
func (w *world) ids() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for _, r := range w.query("SELECT type, value, entity_id FROM " + w.table("map")) {
		out[w.entity.Identifiers[ledger.Uint(r[0])].Name+":"+ledger.Text(r[1])] = ledger.Text(r[2])
	}
	return out
}

// same asserts which identifiers share an entity: each group is one entity, and the
// groups are all there is.
func (w *world) same(groups ...[]string) map[string]string {
	w.t.Helper()
	ids := w.ids()
	of := map[string]int{}
	n := 0
	for i, g := range groups {
		for _, v := range g {
			n++
			id, ok := ids[v]
			if !ok {
				w.t.Errorf("%s has no entity", v)
				continue
			}
			if ids[g[0]] != id {
				w.t.Errorf("%s and %s are not one entity", g[0], v)
			}
			if j, ok := of[id]; ok && j != i {
				w.t.Errorf("%s and %s are one entity", groups[j][0], v)
			}
			of[id] = i
		}
	}
	if n != len(ids) {
		w.t.Errorf("%d identifiers, want %d: %v", len(ids), n, ids)
	}
	return ids
}

// audit counts the events of published builds and the last one.
func (w *world) audit() map[string]uint64 {
	w.t.Helper()
	out := map[string]uint64{}
	for _, r := range w.query("SELECT CAST(event AS String), COUNT(*) FROM " + w.p.State + ".identity_audit GROUP BY 1") {
		out[ledger.Text(r[0])] = ledger.Uint(r[1])
	}
	return out
}

func (w *world) aliases() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for _, r := range w.query("SELECT old_id, new_id FROM " + w.e.Compiler.Aliases(w.entity, "")) {
		out[ledger.Text(r[0])] = ledger.Text(r[1])
	}
	return out
}

// person is an entity with links to sources that have the columns at and those of
// their identifiers.
func person(ids []*cdp.Identifier, links ...*cdp.Link) *cdp.Entity {
	e := &cdp.Entity{Item: cdp.Item{Name: "person"}, Identifiers: ids, Links: links, MaxSize: 200}
	for i, id := range ids {
		id.Rank = i
	}
	return e
}

func ident(name string) *cdp.Identifier { return &cdp.Identifier{Name: name} }

func linkTo(source string, ids ...*cdp.Identifier) *cdp.Link {
	str, at := cdp.Type{Kind: cdp.String}, cdp.Type{Kind: cdp.Timestamp}
	s := &cdp.Source{Item: cdp.Item{Name: source}, Table: &cdp.Table{Name: "src_" + source}, Timestamp: "at", LoadedAt: "at", Stamped: true}
	s.Columns = append(s.Columns, &cdp.SourceColumn{Name: "at", Type: at})
	l := &cdp.Link{Source: s, Merge: true}
	for _, id := range ids {
		s.Columns = append(s.Columns, &cdp.SourceColumn{Name: id.Name, Type: str})
		l.Columns = append(l.Columns, cdp.LinkColumn{Identifier: id, Column: id.Name})
	}
	return l
}

// unpublishedAgain builds what is thrown away.
func (w *world) unpublishedAgain() {
	w.t.Helper()
	keep := w.build
	w.unpublished()
	w.dropBuild(w.build)
	w.build = keep
}

func (w *world) dropBuild(build string) {
	w.t.Helper()
	for _, name := range compile.IdentityTablesOf(w.entity, build).List() {
		w.sql("DROP TABLE IF EXISTS " + w.p.State + "." + name)
	}
}

var errBroken = errors.New("broken")

// failAt is a warehouse whose nth statement fails after it has run.
type failAt struct {
	cdp.Warehouse
	n int
}

func (f *failAt) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	stats, err := f.Warehouse.Exec(ctx, s)
	if f.n--; f.n == 0 && err == nil {
		return stats, errBroken
	}
	return stats, err
}
