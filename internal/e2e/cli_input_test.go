package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/testkit"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded"
)

// needs fails the test unless a result has an exit code and texts.
func needs(t *testing.T, r testkit.Result, code int, texts ...string) {
	t.Helper()
	all := r.Out + r.Err
	if r.Code != code {
		t.Errorf("exit %d, want %d\n%s", r.Code, code, all)
	}
	for _, text := range texts {
		if ok, err := regexp.MatchString(text, all); err != nil || !ok {
			t.Errorf("%q is not in the output (%v):\n%s", text, err, all)
		}
	}
}

// TestKeysOfSources: a key that is not one stops the sync before anything is sent,
// and what was delivered before stays as it is.
func TestKeysOfSources(t *testing.T) {
	t.Parallel()
	p := newFileProject(t, 100)
	p.SQL(`INSERT INTO raw.people SELECT * FROM raw.people WHERE id = 7`)
	needs(t, p.Run(nil, "sync", "--json"), 1, `the key of source people is not unique`, `dedupe: true`)
	if names, err := filepath.Glob(filepath.Join(p.Dir, "exports", "people*")); err != nil || len(names) > 0 {
		t.Errorf("something was sent: %v, %v", names, err)
	}
	p.SQL(`ALTER TABLE raw.people DELETE WHERE id = 7 SETTINGS mutations_sync = 2`)
	needs(t, p.Run(nil, "sync"), 0, `99 delivered`)
	checkFile(t, p)

	p.SQL(
		`CREATE TABLE raw.nulls (id Nullable(UInt64), email Nullable(String), amount Nullable(Decimal(12,2)), seen DateTime64(3), tags Array(String), ok Nullable(UInt8)) ENGINE = MergeTree ORDER BY tuple()`,
		`INSERT INTO raw.nulls SELECT * FROM raw.people`,
		`INSERT INTO raw.nulls SELECT NULL, 'x@example.com', 1, seen, tags, ok FROM raw.people LIMIT 3`,
		`RENAME TABLE raw.people TO raw.people_without, raw.nulls TO raw.people`,
	)
	before := replay(t, filepath.Join(p.Dir, "exports"), "people")
	needs(t, p.Run(nil, "sync", "--json"), 1, `3 rows of source people have no key`, `where: \{column: id, exists: true\}`)
	if after := replay(t, filepath.Join(p.Dir, "exports"), "people"); len(after) != len(before) {
		t.Errorf("%d rows at the destination, %d before", len(after), len(before))
	}
}

// TestServer: the same project on a server by address, and what a wrong password, a
// user without rights and a server that is gone get.
func TestServer(t *testing.T) {
	t.Parallel()
	p := newFileProject(t, 100)
	engine := p.Engine()
	user, password := engine.Password(embedded.Full)
	reader, readerPassword := engine.Password(embedded.Fragment)
	target := func(more string) string {
		return strings.Replace(fileProject["kith.yml"], "embedded: {path: .kith/warehouse}", `addr: "`+engine.Addr().TCP+`", username: "${CH_USER}", password: "${CH_PASSWORD}"`+more, 1)
	}
	login := func(user, password string) []string { return []string{"CH_USER=" + user, "CH_PASSWORD=" + password} }
	p.Write("kith.yml", target(""))
	needs(t, p.Run(login(user, password), "sync"), 0, `100 delivered`)
	checkFile(t, p)
	needs(t, p.Run(login(user, password), "doctor"), 0, `ok   warehouse: clickhouse`, `all is well`)

	// Leases are tables: on several nodes that do not share them they keep nobody out.
	p.Write("kith.yml", strings.Replace(target(""), `addr: "`+engine.Addr().TCP+`"`, `addr: ["`+engine.Addr().TCP+`", "`+strings.Replace(engine.Addr().TCP, "127.0.0.1", "localhost", 1)+`"]`, 1))
	needs(t, p.Run(login(user, password), "doctor"), 1, `fail nodes: .*state schema kith \(database engine Atomic\) is on each node for itself`, `name one address`)
	needs(t, p.Run(login(user, password), "sync"), 1, `state schema kith \(database engine Atomic\) is on each node for itself`, `help: name one address in target local`)

	p.Write("kith.yml", target("")+"state: {schema: elsewhere}\n")
	needs(t, p.Run(login(reader, readerPassword), "run"), 1, "help: `kith grants` prints the rights that target local needs")

	p.Write("kith.yml", target(""))
	r := p.Run(login(user, "wrong-Password-1"), "run")
	needs(t, r, 1, `target local: `, `help: check username and password of target local \(kith\.yml:\d+:\d+\); the password comes from \$\{CH_PASSWORD\}`)
	if strings.Contains(r.Out+r.Err, "wrong-Password-1") || strings.Contains(r.Out+r.Err, password) {
		t.Errorf("it shows a password:\n%s%s", r.Out, r.Err)
	}

	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	p.Write("kith.yml", target(", dial_timeout: 1s"))
	needs(t, p.Run(login(user, password), "run"), 1, `target local: cannot reach `+regexp.QuoteMeta(engine.Addr().TCP), `help: is the warehouse up\?`)
}

// interrupt runs kith and sends SIGINT after a delay, n times.
func interrupt(t *testing.T, p *testkit.Project, after time.Duration, n int, args ...string) testkit.Result {
	t.Helper()
	c := p.Command(nil, args...)
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		for i := range n {
			select {
			case <-done:
				return
			case <-time.After(after):
				_ = c.Process.Signal(syscall.SIGINT)
			}
			after = time.Duration(i+1) * 20 * time.Millisecond
		}
	}()
	err := c.Wait()
	close(done)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return testkit.Result{Code: c.ProcessState.ExitCode(), Out: out.String(), Err: errs.String()}
}

// TestInterrupted presses Ctrl-C at every stage: kith finishes and records what is
// in flight, says so, exits with 130, and the next run goes on; nothing is lost.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	p := newFileProject(t, 30_000)
	rng := rand.New(rand.NewPCG(3, 4))
	stopped := 0
	for i := range 12 {
		twice := 1 + i%3/2 // every third time twice
		r := interrupt(t, p, time.Duration(20+rng.IntN(500))*time.Millisecond, twice, "sync", "--json")
		switch r.Code {
		case 0:
		case -1: // before kith listens for signals
		case 130:
			stopped++
			if !strings.Contains(r.Err, "stopping: ") {
				t.Errorf("it does not say that it stops: %s", r.Err)
			}
			var doc struct{ Status string }
			if err := json.Unmarshal([]byte(r.Out), &doc); err != nil || doc.Status != "interrupted" {
				t.Errorf("the document: %v\n%s", err, r.Out)
			}
		default:
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		p.SQL(fmt.Sprintf(`ALTER TABLE raw.people UPDATE amount = %d WHERE id = %d SETTINGS mutations_sync = 2`, i, rng.IntN(30_000)))
	}
	if stopped == 0 {
		t.Error("no run was interrupted")
	}
	p.Kith("sync")
	checkFile(t, p)
	for _, row := range p.Query(`SELECT DISTINCT toString(status) FROM kith.runs FINAL`) {
		if s, _ := row[0].(string); s == "failed" {
			t.Error("an interrupted run is recorded as failed")
		}
	}
	t.Logf("interrupted: %d", stopped)
}

// TestInterruptedElsewhere: commands that send nothing end at once, too.
func TestInterruptedElsewhere(t *testing.T) {
	t.Parallel()
	p := newFileProject(t, 200_000)
	for _, args := range [][]string{{"plan"}, {"doctor"}, {"status"}, {"validate"}} {
		for _, after := range []time.Duration{60, 200} {
			r := interrupt(t, p, after*time.Millisecond, 1, args...)
			if r.Code != 0 && r.Code != 130 && r.Code != -1 {
				t.Errorf("kith %v after %v: exit %d\n%s%s", args, after, r.Code, r.Out, r.Err)
			}
		}
	}
}

// TestSeedInterrupted: a seed that is stopped leaves the table as it was.
func TestSeedInterrupted(t *testing.T) {
	t.Parallel()
	p := newFileProject(t, 10)
	var b strings.Builder
	b.WriteString("id,email,amount,seen,tags,ok\n")
	for i := range 400_000 {
		fmt.Fprintf(&b, "%d,p%d@example.com,1.50,2026-01-01,\"[\"\"a\"\"]\",true\n", 1000+i, i)
	}
	p.Write("people.csv", b.String())
	r := interrupt(t, p, 500*time.Millisecond, 1, "seed", "people.csv")
	rows := fmt.Sprint(p.Query(`SELECT count() FROM raw.people`)[0][0])
	switch {
	case r.Code == 130 && rows != "10":
		t.Errorf("interrupted, and the table has %s rows", rows)
	case r.Code == 0 && rows != "400010":
		t.Errorf("done, and the table has %s rows", rows)
	case r.Code != 0 && r.Code != 130:
		t.Errorf("exit %d: %s%s", r.Code, r.Out, r.Err)
	}
	if left := p.Query(`SELECT name FROM system.tables WHERE database = 'raw' AND name LIKE '%seed%'`); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestSeedRealData loads the files that the examples use.
func TestSeedRealData(t *testing.T) {
	t.Parallel()
	shared := filepath.Join(testkit.Shared(t), "data")
	p := testkit.NewProject(t, map[string]string{
		"kith.yml": fileProject["kith.yml"],
		"models/m.yml": `sources:
  - name: purchases
    table: raw.purchases
    key: line
    columns: {line: int, customer_id: string, date: date, number_of_cds: int, dollar_value: "decimal(12,2)"}
  - name: fake
    table: raw.fake
    key: unique_id
    columns: {unique_id: int, first_name: string, surname: string, dob: string, city: string, email: string, cluster: int}
  - name: febrl
    table: raw.febrl
    key: rec_id
    columns: {rec_id: string, given_name: string, surname: string, street_number: string, suburb: string, postcode: string, date_of_birth: string, soc_sec_id: string}
`,
	})
	for _, test := range []struct {
		file, source string
		args         []string
		query, want  string
	}{
		{
			"cdnow/CDNOW_master.txt", "purchases",
			[]string{"--row-number", "line"},
			`SELECT concat(toString(count()), ' ', toString(uniqExact(customer_id)), ' ', toString(min(date)), ' ', toString(max(line)), ' ', toString(sum(dollar_value))) FROM raw.purchases`,
			"69659 23570 1997-01-01 69659 2500315.63",
		},
		{"fake_1000/fake_1000.csv", "fake", nil, `SELECT concat(toString(count()), ' ', toString(countIf(email IS NULL)), ' ', any(first_name)) FROM raw.fake WHERE unique_id < 1000`, ""},
		{"febrl/dataset3.csv", "febrl", nil, `SELECT concat(toString(count()), ' ', toString(countIf(startsWith(given_name, ' ')))) FROM raw.febrl`, "5000 0"},
	} {
		args := append([]string{"seed", filepath.Join(shared, test.file), "--source", test.source}, test.args...)
		start := time.Now()
		p.Kith(args...)
		got, _ := p.Query(test.query)[0][0].(string)
		if test.want != "" && got != test.want {
			t.Errorf("%s: %s, want %s", test.file, got, test.want)
		}
		t.Logf("%s: %s (%v)", test.file, got, time.Since(start).Round(time.Millisecond))
	}
	if _, err := os.Stat(filepath.Join(p.Dir, "exports")); err == nil {
		t.Error("seed wrote to the destination")
	}
}

// TestGrants: what kith prints for an administrator is SQL that ClickHouse reads.
// The embedded engine keeps no users, so it is parsed and not run.
func TestGrants(t *testing.T) {
	t.Parallel()
	p := newFileProject(t, 1)
	var doc struct{ Statements []string }
	if err := json.Unmarshal([]byte(p.Kith("grants", "--json", "--user", "o'brien`s robot")), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Statements) < 4 {
		t.Errorf("statements: %q", doc.Statements)
	}
	for _, s := range doc.Statements {
		if rows := p.Query("EXPLAIN AST " + s); len(rows) == 0 {
			t.Errorf("%s: no tree", s)
		}
	}
}
