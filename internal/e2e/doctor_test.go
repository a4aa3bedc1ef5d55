package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/testkit"
)

// TestStrangers: doctor tells of what a destination holds of nobody. TestLookUpOnBigQuery
// has the same there.
func TestStrangers(t *testing.T) {
	t.Parallel()
	files := shopOn("", peopleAndVisits)
	files["kith.yml"] = strings.Replace(files["kith.yml"], emulatedTarget, embeddedTarget, 1)
	p := testkit.NewProject(t, files)
	p.SQL("CREATE DATABASE IF NOT EXISTS raw",
		"CREATE TABLE raw.visits (email Nullable(String), device Nullable(String), at DateTime64(3)) ENGINE = MergeTree ORDER BY at",
		"INSERT INTO raw.visits VALUES ('z@example.nl', 'd9', '2026-02-06 00:00:00')")
	p.Kith("seed", "people.csv", "--source", "people")
	p.Kith("run")
	needs(t, p.Run(nil, "doctor"), 0, "identity person: every identifier is in one entity")
	pictured(t, p, "z@example.nl", "d9")
	remove(p, "people", "id = 1")
	p.Kith("build")
	strangers(t, p)
}

// strangers: the one person that sync persons_out has delivered and that is gone is told
// of. A doubtful key of such a row is no row, and is not counted.
func strangers(t *testing.T, p *testkit.Project) {
	t.Helper()
	final := ""
	if onClickHouse(p) {
		final = " FINAL"
	}
	held := fmt.Sprint(p.Query("SELECT COUNT(*) FROM kith.baseline_persons_out" + final + " WHERE del = 0 AND gone = 0")[0][0])
	want := "1 of " + held + " rows that sync persons_out has delivered are of nobody any more"
	needs(t, p.Run(nil, "doctor"), 0, want)
	doubtful := p.Warehouse().Dialect().Quote(cdp.DoubtfulMark + "0123456789abcdef")
	p.SQL("INSERT INTO kith.baseline_persons_out SELECT * REPLACE (CONCAT(row_id, " + doubtful + ") AS row_id) FROM kith.baseline_persons_out" + final)
	if n := fmt.Sprint(p.Query("SELECT COUNT(*) FROM kith.baseline_persons_out" + final + " WHERE del = 0 AND gone = 0")[0][0]); n == held {
		t.Fatal("there are no doubtful keys")
	}
	needs(t, p.Run(nil, "doctor"), 0, want)
}

// pictured: an explanation is drawn, for Graphviz and as a picture, without values.
func pictured(t *testing.T, p *testkit.Project, a, b string) {
	t.Helper()
	needs(t, p.Run(nil, "explain", a, b, "--svg", "why.svg", "--dot", "-"), 0, `(?m)^graph explain`, ` -- `)
	if svg := p.Read("why.svg"); !strings.Contains(svg, "<svg xmlns") || !strings.Contains(svg, "<path") || strings.Contains(svg, "@example") {
		t.Errorf("the picture: %s", svg)
	}
}
