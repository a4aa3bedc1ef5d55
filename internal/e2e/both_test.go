package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/testkit"
)

// onBoth runs a scenario of the main job on each warehouse, with the same code.
func onBoth(t *testing.T, scenario func(t *testing.T, warehouse string)) {
	t.Helper()
	t.Parallel()
	for _, warehouse := range []string{"clickhouse", "bigquery"} {
		t.Run(warehouse, func(t *testing.T) {
			t.Parallel()
			scenario(t, warehouse)
		})
	}
}

// inSoak runs a scenario on ClickHouse, and on BigQuery where KITH_EVERYWHERE is set, as
// `make soak` does: what it shows of the warehouse other tests show on both in less time.
func inSoak(t *testing.T, scenario func(t *testing.T, warehouse string)) {
	t.Helper()
	if os.Getenv("KITH_EVERYWHERE") != "" {
		onBoth(t, scenario)
		return
	}
	t.Parallel()
	t.Run("clickhouse", func(t *testing.T) { scenario(t, "clickhouse") })
}

// sized is how many rows a scenario has: the emulator takes a hundred times as long for each.
func sized(warehouse string, clickhouse, bigquery int) int {
	if warehouse == "bigquery" {
		return bigquery
	}
	return clickhouse
}

// embeddedTarget is how the projects of these tests write their target, emulatedTarget
// how they do on BigQuery.
const (
	embeddedTarget = "type: clickhouse, embedded: {path: .kith/warehouse}"
	emulatedTarget = "type: bigquery, emulator: true"
)

// newProjectOn writes the files of a project with an embedded target, for a warehouse,
// and makes the schema of its sources.
func newProjectOn(t *testing.T, warehouse string, files map[string]string) *testkit.Project {
	t.Helper()
	if warehouse == "clickhouse" {
		p := testkit.NewProject(t, files)
		p.SQL("CREATE DATABASE IF NOT EXISTS raw")
		return p
	}
	own := map[string]string{}
	for name, text := range files {
		own[name] = strings.Replace(text, embeddedTarget, emulatedTarget, 1)
	}
	p := testkit.NewEmulated(t, own)
	p.SQL("CREATE SCHEMA IF NOT EXISTS raw")
	return p
}

// onClickHouse reports which warehouse a project is on.
func onClickHouse(p *testkit.Project) bool { return p.Warehouse().Dialect().Name() == "clickhouse" }

// fewFields leaves out of a sync of people the fields that its test does not look at: on the
// emulator a statement takes the longer the more it says.
func fewFields(syncs string) string {
	return strings.Replace(syncs, ", seen: seen, tags: tags, ok: ok", "", 1)
}

// update changes rows of a table of sources; set and where are of both dialects.
func update(p *testkit.Project, table, set, where string) {
	p.T.Helper()
	if onClickHouse(p) {
		p.SQL("ALTER TABLE raw." + table + " UPDATE " + set + " WHERE " + where + " SETTINGS mutations_sync = 2")
		return
	}
	p.SQL("UPDATE raw." + table + " SET " + set + " WHERE " + where)
}

// remove deletes rows of a table of sources.
func remove(p *testkit.Project, table, where string) {
	p.T.Helper()
	if onClickHouse(p) {
		p.SQL("ALTER TABLE raw." + table + " DELETE WHERE " + where + " SETTINGS mutations_sync = 2")
		return
	}
	p.SQL("DELETE FROM raw." + table + " WHERE " + where)
}

const (
	createPeople   = `CREATE TABLE raw.people (id UInt64, email Nullable(String), amount Nullable(Decimal(12,2)), seen DateTime64(3), tags Array(String), ok Nullable(UInt8)) ENGINE = MergeTree ORDER BY id`
	createPeopleBQ = `CREATE TABLE raw.people (id INT64, email STRING, amount NUMERIC, seen TIMESTAMP, tags ARRAY<STRING>, ok BOOL)`
)

// fillPeople is the statement that adds the people from 0 to n on ClickHouse.
func fillPeople(n int) string { return fillPeopleFrom(0, n) }

func fillPeopleFrom(from, to int) string {
	return fmt.Sprintf(`INSERT INTO raw.people SELECT number, concat('p', toString(number), '@example.com'), if(number %% 7 = 0, NULL, number / 100), toDateTime64('2026-01-01 00:00:00', 3) + number, [concat('t', toString(number %% 3))], if(number %% 5 = 0, NULL, number %% 2) FROM numbers(%d, %d)`, from, to-from)
}

// addPeople adds the people from one number up to another.
func addPeople(p *testkit.Project, from, to int) {
	p.T.Helper()
	if onClickHouse(p) {
		p.SQL(fillPeopleFrom(from, to))
		return
	}
	p.SQL(fmt.Sprintf(`INSERT INTO raw.people (id, email, amount, seen, tags, ok) SELECT n, CONCAT('p', CAST(n AS STRING), '@example.com'), IF(MOD(n, 7) = 0, NULL, CAST(n AS NUMERIC) / 100), TIMESTAMP_ADD(TIMESTAMP '2026-01-01 00:00:00+00', INTERVAL n SECOND), [CONCAT('t', CAST(MOD(n, 3) AS STRING))], IF(MOD(n, 5) = 0, NULL, MOD(n, 2) = 1) FROM UNNEST(GENERATE_ARRAY(%d, %d)) AS n`, from, to-1))
}

// addPerson adds one of an address of its own.
func addPerson(p *testkit.Project, id int, email string, seen time.Time) {
	p.T.Helper()
	appendPeople(p, personOf(p, id, email, seen))
}

func personOf(p *testkit.Project, id int, email string, seen time.Time) cdp.Row {
	var ok any = true
	if onClickHouse(p) {
		ok = uint64(1)
	}
	return cdp.Row{int64(id), email, "1", seen.UTC().Truncate(time.Millisecond), []any{}, ok}
}

func appendPeople(p *testkit.Project, rows ...cdp.Row) {
	p.T.Helper()
	if err := p.Warehouse().Append(p.T.Context(), cdp.Table{Schema: "raw", Name: "people"}, []string{"id", "email", "amount", "seen", "tags", "ok"}, rows); err != nil {
		p.T.Fatal(err)
	}
}

// makePeople makes the table with people from 0 to n.
func makePeople(p *testkit.Project, n int) {
	p.T.Helper()
	if onClickHouse(p) {
		p.SQL(createPeople)
	} else {
		p.SQL(createPeopleBQ)
	}
	if n > 0 {
		addPeople(p, 0, n)
	}
}

// someone is a row of the people, read by another way than kith; amount and ok are "" for
// null.
type someone struct {
	id, email, amount, ok string
	seen                  time.Time
	tags                  []string
}

func peopleOf(p *testkit.Project) []someone {
	p.T.Helper()
	var out []someone
	for _, r := range p.Query("SELECT id, email, amount, seen, tags, ok FROM raw.people") {
		s := someone{id: fmt.Sprint(r[0]), tags: []string{}}
		s.email, _ = r[1].(string)
		s.seen, _ = r[3].(time.Time)
		if text, ok := r[2].(string); ok {
			if s.amount = text; strings.Contains(text, ".") {
				s.amount = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
			}
		}
		list, _ := r[4].([]any)
		for _, tag := range list {
			s.tags = append(s.tags, fmt.Sprint(tag))
		}
		switch fmt.Sprint(r[5]) {
		case "1", "true":
			s.ok = "true"
		case "0", "false":
			s.ok = "false"
		}
		out = append(out, s)
	}
	return out
}

// desiredPeople is what the file must hold.
func desiredPeople(p *testkit.Project) map[string]fileLine {
	state := map[string]fileLine{}
	for _, s := range peopleOf(p) {
		if s.email == "" {
			continue
		}
		fields := `{"id":` + s.id
		if s.amount != "" {
			fields += `,"amount":` + s.amount
		}
		tags, _ := json.Marshal(s.tags) // strings always marshal
		fields += `,"seen":"` + s.seen.UTC().Format("2006-01-02T15:04:05Z") + `","tags":` + string(tags)
		if s.ok != "" {
			fields += `,"ok":` + s.ok
		}
		state[s.id] = fileLine{RowID: s.id, Key: s.email, Fields: json.RawMessage(fields + "}")}
	}
	return state
}

// peopleAsContacts are the people in the texts of HubSpot, but those that it refuses:
// address, amount, seen, tags, ok.
func peopleAsContacts(p *testkit.Project) []cdp.Row {
	var out []cdp.Row
	for _, s := range peopleOf(p) {
		if s.email != "" && !strings.HasSuffix(s.email, "@rejected.example") {
			out = append(out, cdp.Row{s.email, s.amount, s.seen.UTC().Format("2006-01-02T15:04:05.000Z"), strings.Join(s.tags, ";"), s.ok})
		}
	}
	return out
}

// ledgerTables are the names of the tables of kith's own.
func ledgerTables(p *testkit.Project) []cdp.Row {
	if onClickHouse(p) {
		return p.Query("SELECT name FROM system.tables WHERE database = 'kith' AND engine LIKE '%MergeTree'")
	}
	return p.Query("SELECT table_name FROM kith.INFORMATION_SCHEMA.TABLES")
}

// sourceTable is a table in the schema of sources; its columns are "name type", in the
// types of the language.
type sourceTable struct {
	name    string
	columns []string
}

func (s sourceTable) create(p *testkit.Project) {
	p.T.Helper()
	d := p.Warehouse().Dialect()
	var columns []string
	for _, c := range s.columns {
		name, typ, _ := strings.Cut(c, " ")
		columns = append(columns, d.Ident(name)+" "+d.Type(typeOf(typ)))
	}
	engine := ""
	if onClickHouse(p) {
		engine = " ENGINE = MergeTree ORDER BY tuple()"
	}
	p.SQL("CREATE TABLE " + d.Table(cdp.Table{Schema: "raw", Name: s.name}) + " (" + strings.Join(columns, ", ") + ")" + engine)
}

// add adds rows in the order of the columns.
func (s sourceTable) add(p *testkit.Project, rows ...cdp.Row) {
	p.T.Helper()
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i], _, _ = strings.Cut(c, " ")
	}
	if err := p.Warehouse().Append(p.T.Context(), cdp.Table{Schema: "raw", Name: s.name}, names, rows); err != nil {
		p.T.Fatal(err)
	}
}

func typeOf(name string) cdp.Type {
	if name == "decimal" {
		return cdp.Type{Kind: cdp.Decimal, Precision: 12, Scale: 2}
	}
	return cdp.Type{Kind: cdp.Kind(name)}
}

// buildOf is the current build.
func buildOf(p *testkit.Project) string {
	p.T.Helper()
	return fmt.Sprint(p.Query("SELECT build FROM kith.builds ORDER BY epoch DESC, `at` DESC LIMIT 1")[0][0])
}
