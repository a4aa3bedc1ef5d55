package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/testkit"
)

// fileProject is one source to one file sync.
var fileProject = map[string]string{
	"kith.yml": `version: 1
name: first
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
destinations:
  - {name: out, type: file, dir: exports}
`,
	"models/people.yml": `sources:
  - name: people
    table: raw.people
    key: id
    columns: {id: int, email: string, amount: "decimal(12,2)", seen: timestamp, tags: list(string), ok: bool}
`,
	"syncs/people.yml": `syncs:
  - name: people_file
    from: {source: people}
    to: {destination: out, object: people}
    key: {email: email}
    fields: {id: id, amount: amount, seen: seen, tags: tags, ok: ok}
    on_removed: delete
`,
}

func newFileProject(t *testing.T, rows int) *testkit.Project {
	return newFileProjectOn(t, "clickhouse", rows)
}

func newFileProjectOn(t *testing.T, warehouse string, rows int) *testkit.Project {
	t.Helper()
	p := newProjectOn(t, warehouse, fileProject)
	makePeople(p, rows)
	return p
}

type fileLine struct {
	Op     string          `json:"op"`
	RowID  string          `json:"row_id"`
	Key    string          `json:"key"`
	Fields json.RawMessage `json:"fields"`
	Match  json.RawMessage `json:"match"`
}

// replay reads the files of an object in epoch order: the state of the destination.
func replay(t *testing.T, dir, object string) map[string]fileLine {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, object+"-*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(names)
	state := map[string]fileLine{}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		s := bufio.NewScanner(f)
		s.Buffer(nil, 1<<24)
		for s.Scan() {
			var l fileLine
			if err := json.Unmarshal(s.Bytes(), &l); err != nil {
				t.Fatalf("%s: %v: %s", name, err, s.Text())
			}
			if l.Op == "remove" {
				delete(state, l.RowID)
				continue
			}
			l.Op = ""
			state[l.RowID] = l
		}
		_ = f.Close()
	}
	return state
}

func checkFile(t *testing.T, p *testkit.Project) {
	t.Helper()
	got, want := replay(t, filepath.Join(p.Dir, "exports"), "people"), desiredPeople(p)
	if len(got) != len(want) {
		t.Errorf("%d rows at the destination, want %d", len(got), len(want))
	}
	shown := 0
	for id, w := range want {
		if d := cmp.Diff(w, got[id]); d != "" && shown < 3 {
			shown++
			t.Errorf("row %s: %s", id, d)
		}
	}
	for id := range got {
		if _, ok := want[id]; !ok && shown < 3 {
			shown++
			t.Errorf("row %s is stale", id)
		}
	}
}

type report struct {
	RunID  string       `json:"run_id"`
	Status string       `json:"status"`
	Syncs  []syncReport `json:"syncs"`
}

type syncReport struct {
	Sync, Status, Error, Guard                                    string
	Added, Changed, Removed, Delivered, Rejected, Held, Pending   uint64
	Deferred, Unknown, Skipped, Expired, Requests, Rows, Baseline uint64
	Seconds                                                       float64
	Reasons                                                       map[string]uint64
	Full                                                          bool
}

func parse(t *testing.T, out string) report {
	t.Helper()
	var r report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return r
}

func TestFileSync(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newFileProjectOn(t, warehouse, 40)
		first := parse(t, p.Kith("sync", "--json")).Syncs[0]
		if first.Added != 40 || first.Delivered != 40 {
			t.Fatalf("first sync: %+v", first)
		}
		checkFile(t, p)
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Added+r.Changed+r.Removed+r.Requests != 0 {
			t.Fatalf("second sync without a change: %+v", r)
		}
		update(p, "people", "amount = 7.5", "id = 3")
		update(p, "people", "email = 'new4@example.com'", "id = 4")
		remove(p, "people", "id IN (5, 6)")
		addPerson(p, 5000, "p5000@example.com", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		r := parse(t, p.Kith("sync", "--json")).Syncs[0]
		if r.Added != 1 || r.Changed != 2 || r.Removed != 2 || r.Delivered != 5 {
			t.Fatalf("after changes: %+v", r)
		}
		checkFile(t, p)
		full := parse(t, p.Kith("sync", "--json", "--full")).Syncs[0]
		if full.Delivered != 39 {
			t.Fatalf("full: %+v", full)
		}
		checkFile(t, p)
		// A saved plan is applied as it is, once, or not at all.
		remove(p, "people", "id = 8")
		p.Kith("plan", "--out", "a.plan")
		if text := p.Read("a.plan"); strings.Contains(text, "@example") || !strings.Contains(text, `"plan_id"`) {
			t.Errorf("the file holds a value, or no id:\n%s", text)
		}
		update(p, "people", "amount = 4", "id = 9")
		if moved := stopped(t, p, nil, 4, "sync", "--plan", "a.plan"); moved.Guard != "plan" || moved.Delivered != 0 {
			t.Errorf("after the world moved: %+v", moved)
		}
		p.Kith("plan", "--out", "b.plan")
		if done := stopped(t, p, nil, 0, "sync", "--plan", "b.plan"); done.Delivered != 2 {
			t.Errorf("applied: %+v", done)
		}
		checkFile(t, p)
		if again := stopped(t, p, nil, 4, "sync", "--plan", "b.plan"); again.Guard != "plan" || again.Requests != 0 {
			t.Errorf("applied twice: %+v", again)
		}
	})
}

// TestFileKilled kills kith at random moments and the engine too, while the source
// changes; in the end the files hold exactly the desired rows.
func TestFileKilled(t *testing.T) {
	t.Parallel()
	const rows = 3_000
	p := newFileProject(t, rows)
	rng := rand.New(rand.NewPCG(1, 2))
	kills := 0
	for i := range 12 {
		after := time.Duration(50+rng.IntN(250)) * time.Millisecond
		if r := p.RunKilled(after, nil, "sync", "--json"); r.Killed {
			kills++
		} else if r.Code != 0 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		id := rng.IntN(rows)
		p.SQL(fmt.Sprintf(`ALTER TABLE raw.people UPDATE amount = %d WHERE id = %d SETTINGS mutations_sync = 2`, i, id))
		if i%4 == 3 {
			p.SQL(fmt.Sprintf(`ALTER TABLE raw.people DELETE WHERE id = %d SETTINGS mutations_sync = 2`, id+1))
		}
	}
	p.Kith("sync", "--json")
	checkFile(t, p)
	t.Logf("kills=%d", kills)
	if kills < 5 {
		t.Errorf("only %d runs were killed", kills)
	}
}

// TestFileKilledBigQuery kills kith around the rename that makes a file count, while the
// source changes: rows of a file that was not committed are sent again, those of one that
// was are not taken back.
func TestFileKilledBigQuery(t *testing.T) {
	t.Parallel()
	p := newFileProjectOn(t, "bigquery", 20)
	for i, point := range []string{"after begin", "before commit", "after commit", "done commit"} {
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=" + point}, "sync", "--json"); !r.Killed {
			t.Fatalf("%q did not kill: exit %d\n%s%s", point, r.Code, r.Out, r.Err)
		}
		update(p, "people", fmt.Sprintf("amount = %d", i), fmt.Sprintf("id IN (3, %d)", 4+i))
		remove(p, "people", fmt.Sprintf("id = %d", 10+i))
	}
	p.Kith("sync", "--json")
	checkFile(t, p)
	if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Requests != 0 {
		t.Errorf("a run without a change: %+v", r)
	}
}
