package engine

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/ledger"
)

// gathering is a warehouse at which something happens when the rows of jobs have been gathered.
type gathering struct {
	cdp.Warehouse
	tables []string
	then   func(table string)
}

func (g *gathering) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	stats, err := g.Warehouse.Exec(ctx, s)
	if s.Name == "job_rows_gather" {
		_, rest, _ := strings.Cut(s.SQL, ".`")
		table, _, _ := strings.Cut(rest, "`")
		g.tables = append(g.tables, table)
		if g.then != nil {
			g.then(table)
		}
	}
	return stats, err
}

// TestGatheredApart: on BigQuery a statement that a dead process began to gather the rows of jobs
// may end while the next process reads what it has gathered, and writes to another table than that
// reads. A job is not closed that has rows of which none is there, nor by who may have lost the
// lease; the next run closes it, and the row that the vendor named is rejected.
func TestGatheredApart(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.BigQuery{})
	g := &gathering{Warehouse: u.w}
	u.w = g
	e := u.kith("{a: a}", compile.FirstHash)
	var ahead atomic.Int64
	var err error
	e.Ledger, err = ledger.Open(t.Context(), u.w, e.Compiler, ledger.Options{
		Salt: testSalt, Holder: ledger.Self(), Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	state := &cdp.JobState{Done: true, Names: true, Rejected: []cdp.JobRejection{{Place: 0, Result: cdp.Result{Fate: cdp.Rejected, Code: cdp.InvalidValue}}}}
	e.Remotes = &clerk{inbox: u.box, state: state}
	u.box.tune = func(r *Remote) { r.Limits.MaxRows = 7 }
	if r, _ := u.run(e, "people", Request{}); r.Pending != 14 {
		t.Fatalf("%+v", r)
	}
	// Jobs, those that have ended, rejected rows.
	found := func(want string) {
		t.Helper()
		const q = "SELECT (SELECT COUNT(DISTINCT job) FROM kith.jobs), (SELECT COUNT(*) FROM kith.jobs WHERE state != 'open'), (SELECT COUNT(DISTINCT row_id) FROM kith.rejections)"
		if got := u.query(strings.ReplaceAll(q, "kith.", u.schema+".")); got != want {
			t.Errorf("jobs, ended ones, rejections: %s, want %s", got, want)
		}
	}
	empty := func(table string) {
		u.sql("CREATE OR REPLACE TABLE " + u.schema + "." + table + " AS SELECT *, 0 AS newest FROM " + u.schema + ".job_rows WHERE FALSE")
	}
	g.then = empty
	if r := u.sends("emptied", e, Request{}, Failed, 0, ""); !strings.Contains(r.Error, "has none of the 7 rows of job job-1") {
		t.Errorf("%+v", r)
	}
	found("[[2 0 0]]")
	g.then = func(string) { ahead.Store(int64(time.Hour)) }
	if r := u.sends("suspended", e, Request{}, Failed, 0, ""); !strings.Contains(r.Error, ErrLeaseLost.Error()) {
		t.Errorf("%+v", r)
	}
	found("[[2 0 0]]")
	ahead.Store(0)
	g.then = func(string) { empty("scratch_jobs_baseline_people"); empty(g.tables[0]) }
	if r := u.sends("closed", e, Request{}, Partial, 0, ""); r.Delivered != 12 || r.Rejected != 2 {
		t.Errorf("%+v", r)
	}
	found("[[2 2 2]]")
	if len(g.tables) != 3 {
		t.Errorf("gathered into %v", g.tables)
	}
	if got := u.query("SELECT STRING_AGG(table_name) FROM " + u.schema + ".INFORMATION_SCHEMA.TABLES WHERE table_name LIKE 'scratch_jobs%' AND table_name NOT IN ('scratch_jobs_baseline_people', '" + g.tables[0] + "')"); got != "[[<nil>]]" {
		t.Errorf("left: %s", got)
	}
}

// TestOvertakenByAnAnswer: what was sent of a row while its job was open, and is answered but not
// folded, overtakes the job: nobody knows which of the two the vendor applied last, and the row is
// sent again.
func TestOvertakenByAnAnswer(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.BigQuery{})
	e := u.kith("{a: a}", compile.FirstHash)
	c := &clerk{inbox: u.box, state: &cdp.JobState{}}
	e.Remotes = c
	if r, _ := u.run(e, "people", Request{}); r.Pending != 14 {
		t.Fatalf("%+v", r)
	}
	row := u.rows("SELECT kh, epoch FROM " + u.schema + ".job_rows AS r JOIN " + u.schema + ".jobs AS j ON r.job = j.job WHERE row_id = 'p01'")[0]
	epoch := ledger.Uint(row[1])
	removed := ledger.Ack{
		Row: cdp.Delta{Op: cdp.Remove, KH: ledger.Uint(row[0]), RowID: "p01", Key: "p01@example.com", Action: "delete", Reason: cdp.Withdrawn}, Ver: epoch<<32 | 101,
		Result: cdp.Result{Fate: cdp.Delivered}, At: time.Now(), Batch: 50, Attempt: 1, Mapping: 1,
	}
	if err := e.Ledger.Acknowledge(t.Context(), ledger.SyncRun{Sync: "people", Run: "r", Epoch: epoch}, "baseline_people", "hook", []ledger.Ack{removed}); err != nil {
		t.Fatal(err)
	}
	c.state = &cdp.JobState{Done: true}
	if r := u.sends("closed", e, Request{}, Partial, 0, "add p01"); r.Delivered != 13 || r.Unknown != 1 {
		t.Errorf("%+v", r)
	}
}
