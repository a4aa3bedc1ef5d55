package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/destination/webhook"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/project"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
	"github.com/kithdata/kith/internal/warehouse/clickhouse/embedded/enginetest"
)

// sliced is ClickHouse where a statement joins few rows at once.
type sliced struct{ dialect.ClickHouse }

func (sliced) Statements(rows uint64) int { return int(rows/50) + 1 }

// upgrade is a project whose kith is replaced by others, which hash otherwise.
type upgrade struct {
	t      *testing.T
	w      cdp.Warehouse
	dir    string
	schema string
	box    *inbox
	runs   int
}

// inbox is a destination that keeps what it was sent, and refuses some keys, or has them.
type inbox struct {
	mu     sync.Mutex
	got    []string
	reject map[string]bool
	during func()          // the first push
	there  map[string]bool // keys that were there before kith
	tune   func(*Remote)   // nil leaves it as it is
	pushed func()          // called after each batch, if there is one
}

func (b *inbox) Describe(*cdp.DestinationConfig) (Remote, error) {
	spec := webhook.Spec()
	r := Remote{Spec: spec, Limits: spec.Limits, Endpoint: "inbox", Account: "inbox"}
	if b.tune != nil {
		b.tune(&r)
	}
	return r, nil
}

func (b *inbox) Open(context.Context, *cdp.DestinationConfig) (cdp.Destination, error) { return b, nil }

func (b *inbox) Check(context.Context, cdp.Delivery) error { return nil }

func (b *inbox) Close() error { return nil }

func (b *inbox) Push(_ context.Context, batch cdp.Batch) ([]cdp.Result, error) {
	b.mu.Lock()
	during := b.during
	b.during = nil
	b.mu.Unlock()
	if during != nil {
		during()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]cdp.Result, len(batch.Rows))
	for i, r := range batch.Rows {
		out[i] = cdp.Result{Fate: cdp.Delivered}
		if b.reject[r.Key] {
			out[i] = cdp.Result{Fate: cdp.Rejected, Code: cdp.InvalidValue}
		}
		if batch.Op == cdp.Add && b.there[r.Key] {
			out[i] = cdp.Result{Fate: cdp.Skipped, Code: cdp.Exists}
		}
		b.got = append(b.got, batch.Op.String()+" "+r.RowID)
	}
	if b.pushed != nil {
		b.pushed()
	}
	return out, nil
}

// newUpgrade makes the warehouse.
func newUpgrade(t *testing.T, d cdp.Dialect) *upgrade {
	t.Helper()
	var b [6]byte
	_, _ = rand.Read(b[:])
	u := &upgrade{t: t, dir: t.TempDir(), schema: "test_" + hex.EncodeToString(b[:]), box: &inbox{}}
	create := "CREATE SCHEMA "
	if d.Name() == "bigquery" {
		u.w = emulatortest.Own(t)
	} else {
		u.w, create = enginetest.Warehouse(t, clickhouse.Config{}, d), "CREATE DATABASE "
		t.Cleanup(func() { u.sql("DROP DATABASE " + u.schema) })
	}
	u.sql(create + u.schema)
	return u
}

// newPeople makes people p01 to p14, and two events.
func newPeople(t *testing.T, d cdp.Dialect) *upgrade {
	t.Helper()
	u := newUpgrade(t, d)
	types := map[string][]string{"clickhouse": {"Nullable(String)", "DateTime", " ENGINE = MergeTree ORDER BY tuple()"}, "bigquery": {"STRING", "TIMESTAMP", ""}}[d.Name()]
	u.sql(strings.NewReplacer("TEXT", types[0]).Replace("CREATE TABLE " + u.schema + ".people (id TEXT, email TEXT, active TEXT, a TEXT, b TEXT, c TEXT, d TEXT)" + types[2]))
	u.sql(strings.NewReplacer("TEXT", types[0], "TIME", types[1]).Replace("CREATE TABLE " + u.schema + ".orders (id TEXT, ordered TIME)" + types[2]))
	var people []cdp.Row
	for i := range 14 {
		id := fmt.Sprintf("p%02d", i+1)
		people = append(people, cdp.Row{id, id + "@example.com", "yes", "a", "b", nil, nil})
	}
	u.append("people", []string{"id", "email", "active", "a", "b", "c", "d"}, people...)
	u.order("o1", "o2")
	return u
}

func (u *upgrade) append(table string, columns []string, rows ...cdp.Row) {
	u.t.Helper()
	if err := u.w.Append(u.t.Context(), cdp.Table{Schema: u.schema, Name: table}, columns, rows); err != nil {
		u.t.Fatal(err)
	}
}

func (u *upgrade) order(ids ...string) {
	u.t.Helper()
	for _, id := range ids {
		u.append("orders", []string{"id", "ordered"}, cdp.Row{id, time.Now().UTC().Truncate(time.Second).Add(-time.Minute)})
	}
}

func (u *upgrade) sql(s string) {
	u.t.Helper()
	if _, err := u.w.Exec(context.WithoutCancel(u.t.Context()), cdp.Statement{Name: "test", SQL: s}); err != nil {
		u.t.Fatalf("%v\n%s", err, s)
	}
}

func (u *upgrade) query(s string) string { return fmt.Sprint(u.rows(s)) }

func (u *upgrade) rows(s string) []cdp.Row {
	u.t.Helper()
	rows, err := ledger.All(u.t.Context(), u.w, cdp.Statement{Name: "test", SQL: s})
	if err != nil {
		u.t.Fatalf("%v\n%s", err, s)
	}
	return rows
}

// set changes columns of some people.
func (u *upgrade) set(what, ids string) {
	u.t.Helper()
	list := "id IN ('" + strings.ReplaceAll(ids, " ", "', '") + "')"
	if u.w.Dialect().Name() == "bigquery" {
		u.sql("UPDATE " + u.schema + ".people SET " + what + " WHERE " + list)
		return
	}
	u.sql("ALTER TABLE " + u.schema + ".people UPDATE " + what + " WHERE " + list + " SETTINGS mutations_sync = 2")
}

// other is a hash function that gives every value another hash than the first does.
func other(name string) func(d cdp.Dialect) compile.HashFunction {
	return func(d cdp.Dialect) compile.HashFunction {
		salt := cdp.Operand{Expr: d.Quote(name), Type: cdp.Type{Kind: cdp.String}}
		return compile.HashFunction{
			Name: name,
			Row:  func(values ...cdp.Operand) string { return d.Hash(append([]cdp.Operand{salt}, values...)...) },
			Field: func(v cdp.Operand) string {
				return d.Hash32(cdp.Operand{Expr: d.Hash(salt, v), Type: cdp.Type{Kind: cdp.Int}})
			},
		}
	}
}

// kith is one of the syncs of people and orders, see kithOf.
func (u *upgrade) kith(fields string, hashes ...func(cdp.Dialect) compile.HashFunction) *Engine {
	u.t.Helper()
	return u.kithOf(
		"sources:\n  - {name: people, table: "+u.schema+".people, key: id, columns: {id: string, email: string, active: string, a: string, b: string, c: string, d: string}}\n"+
			"  - {name: orders, table: "+u.schema+".orders, key: id, timestamp: ordered, columns: {id: string, ordered: timestamp}}\n"+
			"syncs:\n  - {name: people, from: {source: people, where: {column: active, eq: \"yes\"}}, to: {destination: hook, object: people}, key: {email: email}, fields: "+fields+", on_removed: {left: ignore, gone: delete}, guards: {max_removed: 100%}}\n"+
			"  - {name: orders, from: {source: orders, start: 2026-01-01}, to: {destination: hook, event: order}, key: {id: id}, fields: {ordered: ordered}}\n", hashes...)
}

// kithOf is a kith with models that hashes by the first function and knows the others.
func (u *upgrade) kithOf(models string, hashes ...func(cdp.Dialect) compile.HashFunction) *Engine {
	u.t.Helper()
	for name, text := range map[string]string{
		"kith.yml":     "version: 1\nname: upgrade\ndefault_target: local\nstate: {schema: " + u.schema + "}\ntargets: {local: {type: clickhouse, embedded: {path: w}}, bq: {type: bigquery, project: p, dataset: d}}\ndestinations: [{name: hook, type: webhook, base_url: \"http://127.0.0.1:1/\", allow_private: true}]\n",
		"models/m.yml": models,
	} {
		path := filepath.Join(u.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			u.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			u.t.Fatal(err)
		}
	}
	target := map[string]string{"clickhouse": "local", "bigquery": "bq"}[u.w.Dialect().Name()]
	p, problems := project.Load(u.dir, project.Options{Target: target, Specs: map[string]cdp.DestinationSpec{"webhook": webhook.Spec()}})
	if problems.HasErrors() {
		u.t.Fatal(problems)
	}
	c, err := compile.New(p, u.w.Dialect())
	if err != nil {
		u.t.Fatal(err)
	}
	var list []compile.HashFunction
	for _, h := range hashes {
		list = append(list, h(u.w.Dialect()))
	}
	c = c.Hashing(list[0], list[1:]...)
	l, err := ledger.Open(u.t.Context(), u.w, c, ledger.Options{Salt: testSalt, Holder: ledger.Self()})
	if err != nil {
		u.t.Fatal(err)
	}
	return &Engine{Project: p, Warehouse: u.w, Compiler: c, Ledger: l, Remotes: u.box, Clock: SystemClock{}, Log: slog.New(slog.DiscardHandler)}
}

func (u *upgrade) request(e *Engine, r Request) *request {
	u.t.Helper()
	u.runs++
	now := time.Now().UTC()
	req := &request{Request: r, id: fmt.Sprintf("%s-%d", u.schema, u.runs), asOf: now, now: now, asked: new(sync.Mutex), newest: map[string]time.Time{}}
	if err := e.compilerOf(u.t.Context(), req); err != nil {
		u.t.Fatal(err)
	}
	return req
}

// run runs a sync and returns what it has sent, in order.
func (u *upgrade) run(e *Engine, name string, r Request) (*SyncReport, string) {
	u.t.Helper()
	u.box.got = nil
	report := e.sync(u.t.Context(), u.t.Context(), u.request(e, r), syncNamed(e, name))
	slices.Sort(u.box.got)
	return report, strings.Join(u.box.got, ", ")
}

func syncNamed(e *Engine, name string) *cdp.Sync {
	return e.Project.Syncs[slices.IndexFunc(e.Project.Syncs, func(s *cdp.Sync) bool { return s.Name == name })]
}

// sends checks what a run of the sync of people sends, how it ends and how many rows of the
// baseline it rehashes before.
func (u *upgrade) sends(step string, e *Engine, r Request, status Status, rehashed uint64, want string) *SyncReport {
	u.t.Helper()
	report, got := u.run(e, "people", r)
	if got != want || report.Status != status || report.Rehashed != rehashed {
		u.t.Errorf("%s: %s (%s), rehashed %d, sent %q, want %q", step, report.Status, report.Error, report.Rehashed, got, want)
	}
	return report
}

// dies runs the sync of people until the nth time that it is at a point, from where on nothing
// works.
func (u *upgrade) dies(e *Engine, r Request, point string, nth int) {
	u.t.Helper()
	u.diesAs("people", e, r, point, nth)
}

func (u *upgrade) diesAs(name string, e *Engine, r Request, point string, nth int) {
	u.t.Helper()
	ctx, kill := context.WithCancel(u.t.Context())
	defer kill()
	e.Fail = func(at string) {
		if at == point {
			if nth--; nth == 0 {
				kill()
			}
		}
	}
	u.box.got = nil
	report := e.sync(ctx, ctx, u.request(e, r), syncNamed(e, name))
	e.Fail = nil
	if report.Status != Interrupted || nth > 0 || len(u.box.got) > 0 {
		u.t.Errorf("killed %s: %s (%s), sent %v", point, report.Status, report.Error, u.box.got)
	}
}

// plans checks what a plan says, and that it writes nothing but its own scratch.
func (u *upgrade) plans(step string, e *Engine, want SyncPlan) {
	u.t.Helper()
	state := "SELECT row_id, h, mapping FROM " + u.schema + ".baseline_people ORDER BY row_id, ver, h, mapping"
	before, mappings := u.query(state), u.query("SELECT version, fields FROM "+u.schema+".mappings WHERE sync = 'people' ORDER BY 1")
	got := e.planSync(u.t.Context(), u.t.Context(), u.request(e, Request{}), syncNamed(e, "people"))
	fields := slices.DeleteFunc(slices.Clone(got.Fields), func(f FieldChange) bool { return f.Rows == 0 })
	seen := SyncPlan{
		Status: got.Status, Guard: got.Guard, Added: got.Added, Changed: got.Changed, Rekeyed: got.Rekeyed, Removed: got.Removed, Reasons: got.Reasons, Ignored: got.Ignored,
		Held: got.Held, Fields: fields, Rehash: got.Rehash, MappingChanged: got.MappingChanged,
	}
	for _, m := range []*map[string]uint64{&seen.Reasons, &seen.Ignored, &seen.Held} {
		if len(*m) == 0 {
			*m = nil
		}
	}
	if d := cmp.Diff(fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", seen)); d != "" || got.Error != "" {
		u.t.Errorf("%s: plan %s\n%s", step, got.Error, d)
	}
	if u.query(state) != before || u.query("SELECT version, fields FROM "+u.schema+".mappings WHERE sync = 'people' ORDER BY 1") != mappings {
		u.t.Errorf("%s: the plan has written the baseline, or a mapping", step)
	}
}
