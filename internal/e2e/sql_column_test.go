package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// sqlColumnProject has one table twice: of the first source one trait is made, so that
// nothing but the column of SQL is read of it.
var sqlColumnProject = map[string]string{
	"kith.yml": `version: 1
name: columns
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
destinations:
  - {name: out, type: file, dir: exports}
`,
	"models/all.yml": strings.ReplaceAll(`sources:
  - name: alone
    table: raw.looks
    columns: &columns
      email: string
      at: timestamp
      doc: json
      net: {type: "decimal(12,2)", json: doc.net}
      day: {type: date, sql: {clickhouse: "toDate(at)", bigquery: "DATE('at')"}}
      gross: {type: "decimal(12,2)", sql: "net + 1"}
  - {name: beside, table: raw.looks, columns: *columns}
  - {name: filtered, table: raw.looks, where: {column: day, gte: 2026-07-02}, columns: *columns}
entities:
  - {name: person, identity: {identifiers: [{name: email}], links: [{source: alone, identifiers: [email]}, {source: beside, identifiers: [email]}, {source: filtered, identifiers: [email]}]}}
traits:
  - {name: days, entity: person, from: alone, aggregate: count_distinct(day)}
  - {name: days_too, entity: person, from: beside, aggregate: count_distinct(day)}
  - {name: last_at, entity: person, from: beside, aggregate: max(at)}
  - {name: gross, entity: person, from: beside, aggregate: sum(gross)}
  - {name: later, entity: person, from: filtered, aggregate: count}
`, "'at'", "`at`"),
}

// TestSQLColumns: a column of SQL reads the others as they are declared, whatever else of
// the source is read, also one of json:. A time zone of the table's column decided on
// ClickHouse, where the column itself was not read.
func TestSQLColumns(t *testing.T) { onBoth(t, sqlColumns) }

func sqlColumns(t *testing.T, warehouse string) {
	t.Helper()
	p := newProjectOn(t, warehouse, sqlColumnProject)
	looks := sourceTable{"looks", []string{"email string", "at timestamp", "doc string"}}
	if onClickHouse(p) {
		p.SQL("CREATE TABLE raw.looks (email String, at DateTime('Europe/Amsterdam'), doc String) ENGINE = MergeTree ORDER BY tuple()")
	} else {
		looks.create(p)
	}
	looks.add(p, cdp.Row{"ann@x.nl", moment("2026-07-01T22:30:00Z"), `{"net": 8.12}`}, cdp.Row{"ann@x.nl", moment("2026-07-02T10:00:00Z"), `{"net": "19.99"}`})
	p.Kith("validate")
	p.Kith("build", "--json", "--as-of", asOf)
	if d := cmp.Diff([]string{"2 | 2 | 2026-07-02T10:00:00Z | 30.11 | 1"}, rowsOf(p, "SELECT days, days_too, last_at, gross, later FROM kith.profile_person_"+buildOf(p))); d != "" {
		t.Error(d)
	}
}
