package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/testkit"
)

// TestManySegmentsInOneScan: 50 segments read no more rows than one.
func TestManySegmentsInOneScan(t *testing.T) {
	t.Parallel()
	read := func(segments int) float64 {
		var b strings.Builder
		b.WriteString("segments:\n")
		for i := range segments {
			fmt.Fprintf(&b, "  - {name: s%d, entity: person, where: {all: [{trait: total, gte: %d}, {event: orders, where: {column: n, eq: %d}, within: 90d}]}}\n", i, i, i)
		}
		p := testkit.NewProject(t, map[string]string{
			"kith.yml": "version: 1\nname: scan\ndefault_target: local\ntargets:\n  local: {type: clickhouse, embedded: {path: .kith/warehouse}}\n",
			"models/a.yml": `sources:
  - {name: orders, table: raw.orders, key: id, timestamp: at, columns: {id: int, email: string, n: int, at: timestamp}}
entities:
  - {name: person, identity: {identifiers: [{name: email, normalize: email}], links: [{source: orders, identifiers: [email]}]}}
traits:
  - {name: total, entity: person, from: orders, aggregate: sum(n), default: 0}
`,
			"models/segments.yml": b.String(),
		})
		p.SQL("CREATE DATABASE IF NOT EXISTS raw", "CREATE TABLE raw.orders (id UInt64, email String, n Int64, at DateTime) ENGINE = MergeTree ORDER BY id",
			"INSERT INTO raw.orders SELECT number, concat('p', toString(number % 5000), '@example.com'), number % 60, toDateTime('2026-10-01 00:00:00') FROM numbers(50000)")
		run := parse(t, p.Kith("build", "--json", "--as-of", asOf)).RunID
		for range 40 { // an entry is queued a moment after its statement has answered
			p.SQL("SYSTEM FLUSH LOGS")
			if n := scanned(p, run); n > 0 {
				return n
			}
			time.Sleep(250 * time.Millisecond)
		}
		return 0
	}
	one, fifty := read(1), read(50)
	t.Logf("rows read: one segment %.0f, fifty %.0f", one, fifty)
	if one == 0 || fifty > 1.05*one {
		t.Errorf("50 segments read %.0f rows, one reads %.0f", fifty, one)
	}
}

// scanned is how many rows the statements of the profile read in a run.
func scanned(p *testkit.Project, run string) float64 {
	rows := p.Query("SELECT sum(read_rows) FROM system.query_log WHERE type = 'QueryFinish' AND JSONExtractString(log_comment, 'run') = '" + run + "' AND startsWith(JSONExtractString(log_comment, 'statement'), 'profile person')")
	n, _ := rows[0][0].(uint64)
	return float64(n)
}
