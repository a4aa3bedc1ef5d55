package compile_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
)

// googleSQL is the real analyzer as a child.
type googleSQL struct {
	t        *testing.T
	in       *json.Encoder
	out      *json.Decoder
	declared map[string]bool
}

type analyzed struct {
	Columns []struct{ Name, Type string } `json:"columns"`
	Error   string                        `json:"error"`
	Line    int                           `json:"line"`
	Column  int                           `json:"column"`
}

func startAnalyzer(t *testing.T) *googleSQL {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = ""
	}
	program, err := bigquery.Tool(os.Getenv("KITH_BIGQUERY_TOOLS"), cache, "analyzer")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	c := exec.Command(program)
	c.Stderr = os.Stderr
	in, err1 := c.StdinPipe()
	out, err2 := c.StdoutPipe()
	if err1 != nil || err2 != nil || c.Start() != nil {
		t.Fatal("the analyzer does not start:", err1, err2)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &googleSQL{t, json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out)), map[string]bool{}}
}

func (g *googleSQL) ask(request map[string]any) analyzed {
	g.t.Helper()
	var a analyzed
	if err := g.in.Encode(request); err != nil {
		g.t.Fatal(err)
	}
	if err := g.out.Decode(&a); err != nil {
		g.t.Fatal(err)
	}
	return a
}

// declare adds a table once; columns are "name TYPE".
func (g *googleSQL) declare(path string, columns []string) {
	g.t.Helper()
	if g.declared[path] {
		return
	}
	g.declared[path] = true
	var list []map[string]string
	for _, c := range columns {
		name, typ, _ := strings.Cut(strings.TrimSpace(c), " ")
		if strings.HasPrefix(c, "`") {
			name, typ, _ = strings.Cut(c[1:], "` ")
		}
		list = append(list, map[string]string{"name": strings.Trim(name, "`"), "type": regexp.MustCompile(` (DEFAULT|NOT NULL).*`).ReplaceAllString(typ, "")})
	}
	if a := g.ask(map[string]any{"tables": []any{map[string]any{"path": strings.Split(strings.ReplaceAll(path, "`", ""), "."), "columns": list}}}); a.Error != "" {
		g.t.Fatalf("%s %v: %s", path, list, a.Error)
	}
}

var (
	created = regexp.MustCompile("(?s)^CREATE (?:OR REPLACE )?TABLE (?:IF NOT EXISTS )?(`[^ ]*`)(.*)$")
	schema  = regexp.MustCompile(`(?s)^ \((.*?)\n?\)(?: PARTITION| CLUSTER| OPTIONS|\s*$)`)
	query   = regexp.MustCompile(`(?s)^[^\n]*? AS\n(.*)$|^ \(.*?\n\)[^\n]* AS\n(.*)$`)
)

// check analyzes a statement; the table that it makes is there for those that follow.
func (g *googleSQL) check(s cdp.Statement) {
	g.t.Helper()
	if s.Name == "drop_tables" { // a script; the analyzer takes one statement at a time
		for _, one := range strings.Split(s.SQL, ";\n") {
			g.check(cdp.Statement{Name: "one of drop_tables", SQL: one})
		}
		return
	}
	// The service's own name of the day of arrival, of which the analyzer alone does not know.
	s.SQL = strings.ReplaceAll(s.SQL, "PARTITION BY _PARTITIONDATE", "PARTITION BY DATE(`at`)")
	if a := g.ask(map[string]any{"sql": s.SQL}); a.Error != "" {
		lines := strings.Split(s.SQL, "\n")
		at := ""
		if a.Line > 0 && a.Line <= len(lines) {
			at = lines[a.Line-1]
			at = at[max(0, min(len(at), a.Column-60)):min(len(at), a.Column+60)]
		}
		g.t.Errorf("%s: %s [%d:%d] ...%s...", s.Name, a.Error, a.Line, a.Column, at)
		return
	}
	m := created.FindStringSubmatch(s.SQL)
	if m == nil {
		return
	}
	// What a run needs for itself goes by itself when the run dies; what is kept does not.
	if scratch, goes := strings.Contains(m[1], "`scratch_"), strings.Contains(m[2], " OPTIONS (expiration_timestamp = "); scratch != goes {
		g.t.Errorf("%s makes %s: that it expires is %v", s.Name, m[1], goes)
	}
	if c := schema.FindStringSubmatch(m[2]); c != nil {
		g.declare(m[1], regexp.MustCompile(`,\s+`).Split(strings.TrimSpace(c[1]), -1))
		return
	}
	q := query.FindStringSubmatch(m[2])
	if q == nil {
		g.t.Fatalf("%s makes a table that this test cannot read:\n%s", s.Name, s.SQL)
	}
	var columns []string
	for _, c := range g.ask(map[string]any{"sql": q[1] + q[2]}).Columns {
		columns = append(columns, "`"+c.Name+"` "+c.Type)
	}
	g.declare(m[1], columns)
}

// TestGoogleSQLAnalyzes: the analyzer of which BigQuery's SQL is made takes every
// golden statement.
func TestGoogleSQLAnalyzes(t *testing.T) {
	g := startAnalyzer(t)
	c := oddProject(t, "bq")
	g.declare("raw.odd", []string{
		"k STRING", "h INT64", "p STRING", "op INT64", "select STRING", "__x BOOL", "`it's quoted` STRING", "j JSON", "tags ARRAY<STRING>", "at TIMESTAMP", "seen TIMESTAMP", "day DATE",
		"row_id STRING", "key STRING", "value FLOAT64",
	})
	g.declare("raw.days", []string{"id STRING", "day DATE"})
	g.declare("raw.contacts", []string{"id INT64", "mail STRING", "mobile STRING", "day DATE", "loaded_at TIMESTAMP"})
	g.declare("raw.events", []string{"email STRING", "phone STRING", "bot BOOL", "at TIMESTAMP"})
	g.declare("raw.list", []string{"email STRING", "phone STRING"})
	g.declare("kith.identity_person_hubs_build", []string{"node INT64", "type INT64", "degree INT64", "cap INT64"})
	g.declare("kith.INFORMATION_SCHEMA.TABLES", []string{"table_name STRING", "creation_time TIMESTAMP"})
	g.declare("kith.INFORMATION_SCHEMA.TABLE_OPTIONS", []string{"table_name STRING", "option_name STRING", "option_value STRING"})
	ledger := everyLedger(t, c, "bigquery")
	var later []cdp.Statement
	for _, s := range ledger {
		m := created.FindStringSubmatch(s.SQL)
		if m != nil && !strings.Contains(m[1], "`scratch_") || strings.HasPrefix(s.SQL, "ALTER TABLE") { // what is made of other tables comes after those
			g.check(s)
		} else {
			later = append(later, s)
		}
	}
	statements := c.All(specsOf(c))
	statements = append(statements, identityOf(t, dialect.BigQuery{}, compile.IdentityInput{Build: "b1", Run: "r1"}).All()...)
	statements = append(statements, identityOf(t, dialect.BigQuery{}, compile.IdentityInput{Build: "b2", Previous: "b1", Run: "r2"}).All()...)
	increment := anIncrement
	increment.Build, increment.Run = "b3", "r3" // a table is declared once
	statements = append(statements, identityOf(t, dialect.BigQuery{}, increment).All()...)
	for _, s := range c.Project().Syncs {
		statements = append(statements, everyDiff(t, c, s.Name)...)
	}
	statements = append(statements, everyLookup(c)...)
	for _, s := range append(statements, later...) {
		g.check(s)
	}
	if len(statements) < 150 {
		t.Errorf("only %d statements", len(statements))
	}
}

// TestGuardsRunOnGoogleSQL: identity with caps, tables of blocked values and shared
// values is analyzed, and what a build would run runs on the emulator.
func TestGuardsRunOnGoogleSQL(t *testing.T) {
	g, w := startAnalyzer(t), emulatortest.Warehouse(t)
	p := identityProject()
	e := p.Entities[0]
	table := &cdp.BlockTable{Table: cdp.Table{Schema: "raw", Name: "nobody"}, Column: "v"}
	for _, id := range e.Identifiers[1:] {
		id.Share, id.BlockIn = true, table
	}
	e.Identifiers[0].Max, e.Identifiers[1].Caps = 1, []cdp.Cap{{To: e.Identifiers[2], Max: 2}, {Max: 50}}
	c, err := compile.New(p, dialect.BigQuery{})
	if err != nil {
		t.Fatal(err)
	}
	run := func(s cdp.Statement) (rows []cdp.Row) {
		t.Helper()
		var err error
		if strings.HasPrefix(s.SQL, "SELECT") || strings.HasPrefix(s.SQL, "WITH") {
			var row cdp.Row
			for row, err = range w.Query(t.Context(), s) {
				if err != nil {
					break
				}
				rows = append(rows, slices.Clone(row))
			}
		} else {
			_, err = w.Exec(t.Context(), s)
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", s.Name, err, s.SQL)
		}
		return rows
	}
	run(cdp.Statement{Name: "test", SQL: "CREATE SCHEMA IF NOT EXISTS raw"})
	for name, columns := range map[string][]string{
		"contacts": {"id INT64", "mail STRING", "mobile STRING", "day DATE", "loaded_at TIMESTAMP"},
		"events":   {"email STRING", "phone STRING", "bot BOOL", "`at` TIMESTAMP"},
		"list":     {"email STRING", "phone STRING"},
		"nobody":   {"v STRING"},
	} {
		g.declare("raw."+name, columns)
		run(cdp.Statement{Name: "test", SQL: "CREATE TABLE raw." + name + " (" + strings.Join(columns, ", ") + ")"})
	}
	for _, sql := range []string{
		"INSERT INTO raw.nobody VALUES ('0612345699')",
		"INSERT INTO raw.contacts (id, mail, mobile) VALUES (1, 'a@x.nl', '0612345678'), (2, 'b@x.nl', '0612345678'), (3, 'not valid', '0612345679'), (4, 'test@test.com', '0612345699')",
		"INSERT INTO raw.events (email, phone, bot) VALUES ('c@x.nl', '0612345671', FALSE), ('c@x.nl', '0612345672', FALSE), ('c@x.nl', '0612345673', FALSE)",
	} {
		run(cdp.Statement{Name: "test", SQL: sql})
	}
	for _, s := range everyLedger(t, c, "bigquery") {
		if strings.Contains(s.SQL, "CREATE TABLE IF NOT EXISTS") || strings.HasPrefix(s.SQL, "ALTER TABLE") {
			g.check(s)
			run(s)
		}
	}
	in := compile.IdentityInput{Build: "b1", Run: "r1"}
	id := c.At(compile.Epoch).Keyed(compile.Keys{Salt: "salt"}).On(compile.Build{ID: in.Build, Run: in.Run}).Identity(e, in)
	hubs, _ := id.HubCount()
	for _, s := range append(id.All(), id.SnapshotMix(), hubs) {
		g.check(s)
		run(s)
	}
	for _, s := range c.At(compile.Epoch).Keyed(compile.Keys{Salt: "salt"}).On(compile.Build{ID: anIncrement.Build, Run: anIncrement.Run}).Identity(e, anIncrement).All() {
		g.check(s)
	}
	refused := run(cdp.Statement{Name: "links", SQL: "SELECT COUNT(*), (SELECT COUNT(*) FROM kith.identity_person_edges_b1) FROM kith.identity_person_refused_b1 WHERE why = 3"})[0]
	if n, of := fmt.Sprint(refused[0]), fmt.Sprint(refused[1]); n == "0" || n == of {
		t.Errorf("%s of %s links are refused", n, of)
	}
	if n := run(hubs)[0][0]; fmt.Sprint(n) != "1" {
		t.Errorf("%v values are demoted", n)
	}
	text := fmt.Sprint(run(id.Samples()))
	for _, s := range []string{"+*********** (1 rows)", "c@*.** (3 neighbours, cap 2)", "n** ***** (1 rows)"} {
		if !strings.Contains(text, s) {
			t.Errorf("no %q in %s", s, text)
		}
	}
}

// TestNobodyKnowsTheEmulator: SQL is written for the service. What the emulator
// cannot do is the emulator's to mend, or both speak another form.
func TestNobodyKnowsTheEmulator(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.go", "../dialect/*.go", "../../sql/*.go", "../../sql/*/*.sql"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`(?i)emulator|sqlite`).Match(text) {
			t.Errorf("%s knows of the emulator", f)
		}
	}
	if len(files) < 30 {
		t.Errorf("only %d files", len(files))
	}
}
