package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// later is a clock that is ahead.
type later struct {
	SystemClock
	by time.Duration
}

func (c later) Now() time.Time { return c.SystemClock.Now().Add(c.by) }

// clerk is a destination that makes a job of each batch, and will not be asked about it, unless
// there is a state of all.
type clerk struct {
	*inbox
	mu    sync.Mutex
	jobs  int
	state *cdp.JobState
}

func (c *clerk) Describe(d *cdp.DestinationConfig) (Remote, error) {
	r, err := c.inbox.Describe(d)
	r.Limits.JobAge, r.Limits.JobKnown = 48*time.Hour, time.Hour
	return r, err
}

func (c *clerk) Open(context.Context, *cdp.DestinationConfig) (cdp.Destination, error) { return c, nil }

func (c *clerk) Push(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	out, err := c.inbox.Push(ctx, b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs++
	for i := range out {
		out[i] = cdp.Result{Fate: cdp.Pending, Job: fmt.Sprint("job-", c.jobs), Place: i, Places: 1}
	}
	return out, err
}

func (c *clerk) Poll(context.Context, cdp.Delivery, string) (cdp.JobState, error) {
	if c.state != nil {
		return *c.state, nil
	}
	return cdp.JobState{}, &cdp.Fatal{Reason: "PERMISSION_DENIED"}
}

// TestJobOfWhichNobodySpeaks: a vendor that refuses to say what became of a job, since it does
// not know it any more or for whatever reason, stops the sync, but not for ever: when the job is
// of an age at which it is taken as lost, its rows are unknown and go again.
func TestJobOfWhichNobodySpeaks(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	e := u.kith("{a: a}", compile.FirstHash)
	e.Remotes = &clerk{inbox: u.box}
	const every = "add p01, add p02, add p03, add p04, add p05, add p06, add p07, add p08, add p09, add p10, add p11, add p12, add p13, add p14"
	first := u.sends("first", e, Request{}, Partial, 0, every)
	if first.Pending != 14 {
		t.Fatalf("%+v", first)
	}
	e.Clock = later{by: 47 * time.Hour}
	if r := u.sends("young", e, Request{}, Failed, 0, ""); !strings.Contains(r.Error, "PERMISSION_DENIED") {
		t.Errorf("%+v", r)
	}
	e.Clock = later{by: 49 * time.Hour}
	if r := u.sends("old", e, Request{}, Partial, 0, every); r.Unknown != 14 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "has not ended in 48h") {
		t.Errorf("%+v", r)
	}
	if jobs := u.query("SELECT state, count() FROM " + u.schema + ".jobs FINAL GROUP BY state ORDER BY state"); jobs != "[[failed 1] [open 1]]" {
		t.Errorf("%s", jobs)
	}
}

// TestJobNotKnownYet: a vendor that does not know a job that it has taken may know it later: the
// rows are not sent again before the job is of an age at which it would.
func TestJobNotKnownYet(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.ClickHouse{})
	e := u.kith("{a: a}", compile.FirstHash)
	c := &clerk{inbox: u.box, state: &cdp.JobState{Done: true, Failed: true, Gone: true, Reason: "not known"}}
	e.Remotes = c
	const every = "add p01, add p02, add p03, add p04, add p05, add p06, add p07, add p08, add p09, add p10, add p11, add p12, add p13, add p14"
	u.sends("first", e, Request{}, Partial, 0, every)
	for _, by := range []time.Duration{5 * time.Minute, 55 * time.Minute} {
		e.Clock = later{by: by}
		u.sends("not known yet", e, Request{}, Partial, 0, "")
	}
	e.Clock = later{by: 61 * time.Minute}
	if r := u.sends("not known", e, Request{}, Partial, 0, every); r.Unknown != 14 {
		t.Errorf("%+v", r)
	}
}

// counted is a warehouse that keeps the names of the statements that it was told to run.
type counted struct {
	cdp.Warehouse
	mu    sync.Mutex
	names []string
}

func (c *counted) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	if s.Name != "lease_beat" {
		c.mu.Lock()
		c.names = append(c.names, s.Name)
		c.mu.Unlock()
	}
	return c.Warehouse.Exec(ctx, s)
}

// TestManyJobsOneFold: on BigQuery fourteen jobs that have ended are closed by the statements
// that close one, each of which reads the whole baseline, and a run that dies meanwhile, when some of
// them have been answered or all but their end is written, leaves the rest to the next.
func TestManyJobsOneFold(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.BigQuery{})
	w := &counted{Warehouse: u.w}
	u.w = w
	e := u.kith("{a: a}", compile.FirstHash)
	c := &clerk{inbox: u.box, state: &cdp.JobState{Done: true}}
	e.Remotes = c
	var one []string
	for i, rows := range []int{100, 1} {
		u.box.tune = func(r *Remote) { r.Limits.MaxRows = rows }
		u.set(fmt.Sprintf("a = 'v%d'", i), strings.Join(people14, " "))
		before := c.jobs
		u.run(e, "people", Request{})
		if n := c.jobs - before; n != 1 && rows > 1 || n != 14 && rows == 1 {
			t.Fatalf("%d jobs", n)
		}
		if rows == 1 {
			u.dies(e, Request{}, "after job", 3)
			u.dies(e, Request{}, "before jobs", 1)
		}
		w.names = nil
		if r := u.sends("closed", e, Request{}, Succeeded, 0, ""); r.Delivered != 14 {
			t.Errorf("%+v", r)
		}
		slices.Sort(w.names)
		if one == nil {
			one = w.names
		} else if d := cmp.Diff(one, w.names); d != "" {
			t.Errorf("the statements for fourteen jobs differ from those for one:\n%s", d)
		}
	}
	if !slices.Contains(one, "fold_merge") || !slices.Contains(one, "job_rows_gather") {
		t.Errorf("%v", one)
	}
	const left = "SELECT (SELECT COUNT(*) FROM kith.baseline_people WHERE h != 0), (SELECT COUNT(DISTINCT job) FROM kith.jobs), (SELECT COUNT(DISTINCT job) FROM kith.jobs WHERE state = 'done')"
	if got := u.query(strings.ReplaceAll(left, "kith.", u.schema+".")); got != "[[14 15 15]]" {
		t.Errorf("rows in the baseline, jobs, those that have ended: %s", got)
	}
}

var people14 = strings.Fields("p01 p02 p03 p04 p05 p06 p07 p08 p09 p10 p11 p12 p13 p14")
