package compile_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
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
	g.declare("raw.contacts", []string{"id INT64", "mail STRING", "mobile STRING", "day DATE", "loaded_at TIMESTAMP"})
	g.declare("raw.events", []string{"email STRING", "phone STRING", "bot BOOL", "at TIMESTAMP"})
	g.declare("raw.list", []string{"email STRING", "phone STRING"})
	g.declare("kith.INFORMATION_SCHEMA.TABLES", []string{"table_name STRING", "creation_time TIMESTAMP"})
	g.declare("kith.INFORMATION_SCHEMA.TABLE_OPTIONS", []string{"table_name STRING", "option_name STRING", "option_value STRING"})
	ledger := everyLedger(t, c, "bigquery")
	var later []cdp.Statement
	for _, s := range ledger {
		if created.MatchString(s.SQL) || strings.HasPrefix(s.SQL, "ALTER TABLE") {
			g.check(s)
		} else {
			later = append(later, s)
		}
	}
	statements := c.All(specs())
	statements = append(statements, identityOf(t, dialect.BigQuery{}, compile.IdentityInput{Build: "b1", Run: "r1"}).All()...)
	statements = append(statements, identityOf(t, dialect.BigQuery{}, compile.IdentityInput{Build: "b2", Previous: "b1", Run: "r2"}).All()...)
	for _, s := range c.Project().Syncs {
		statements = append(statements, everyDiff(t, c, s.Name)...)
	}
	for _, s := range append(statements, later...) {
		g.check(s)
	}
	if len(statements) < 150 {
		t.Errorf("only %d statements", len(statements))
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
