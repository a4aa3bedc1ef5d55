package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// queue is a clerk whose jobs end one after another: the first when it is asked about every times, the
// next one after as many more.
type queue struct {
	*clerk
	mu    sync.Mutex
	every int
	first int // the number of the first of them
	asked map[string]int
}

func (q *queue) Open(context.Context, *cdp.DestinationConfig) (cdp.Destination, error) { return q, nil }

func (q *queue) Poll(_ context.Context, _ cdp.Delivery, job string) (cdp.JobState, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked[job]++
	n := 0
	_, _ = fmt.Sscanf(job, "job-%d", &n)
	return cdp.JobState{Done: q.asked[job] >= q.every*(n-q.first)}, nil
}

// TestJobsEndOneByOne: on BigQuery jobs that end one after another are closed together, when none is
// open any more or the run waits no longer, but no job that has ended waits for long. A run that
// dies meanwhile leaves those that have ended to the next one, which asks about them again.
func TestJobsEndOneByOne(t *testing.T) {
	t.Parallel()
	u := newPeople(t, dialect.BigQuery{})
	w := &counted{Warehouse: u.w}
	u.w = w
	e := u.kith("{a: a}", compile.FirstHash)
	e.Clock = &fastClock{now: time.Now()}
	q := &queue{clerk: &clerk{inbox: u.box}, asked: map[string]int{}}
	e.Remotes = q
	run := func(step string, wait time.Duration, every int) (r *SyncReport, merges int) {
		t.Helper()
		u.box.tune = func(r *Remote) { r.Limits.MaxRows, r.Limits.PollFor = 1, wait }
		u.set("a = '"+step+"'", strings.Join(people14, " "))
		q.every, q.first, w.names = every, q.jobs, nil
		r, _ = u.run(e, "people", Request{})
		gathered := 0
		for _, name := range w.names {
			switch name {
			case "fold_merge":
				merges++
			case "job_rows_gather":
				gathered++
			}
		}
		if merges--; merges != gathered { // and that of the end
			t.Errorf("%s: %d merges, jobs were gathered %d times", step, merges, gathered)
		}
		return r, merges
	}
	if r, n := run("all", 10*time.Minute, 1); r.Status != Succeeded || r.Delivered != 14 || n != 1 {
		t.Errorf("%d times closed: %+v", n, r)
	}
	if r, n := run("slow", time.Hour, 10); r.Status != Succeeded || r.Delivered != 14 || n != 3 {
		t.Errorf("slow: %d times closed: %+v", n, r)
	}
	if r, n := run("deadline", 2*time.Second, 1); r.Status != Partial || r.Delivered != 4 || r.Pending != 10 || n != 1 {
		t.Errorf("until the deadline: %d times closed: %+v", n, r)
	}
	u.box.tune = func(r *Remote) { r.Limits.MaxRows, r.Limits.PollFor = 1, time.Hour }
	if r := u.sends("after the deadline", e, Request{}, Succeeded, 0, ""); r.Delivered != 10 {
		t.Errorf("%+v", r)
	}

	u.set("a = 'killed'", strings.Join(people14, " "))
	u.box.pushed = func() { u.box.got = nil }
	q.every, q.first = 1, q.jobs
	u.dies(e, Request{}, "after poll", 14+13+12+11)
	const ended = "SELECT COUNT(DISTINCT job) - COUNT(DISTINCT IF(state = 'done', job, NULL)) FROM kith.jobs"
	if got := u.query(strings.ReplaceAll(ended, "kith.", u.schema+".")); got != "[[14]]" {
		t.Errorf("%s jobs are open", got)
	}
	if r := u.sends("after a kill", e, Request{}, Succeeded, 0, ""); r.Delivered != 14 {
		t.Errorf("%+v", r)
	}
	if got := u.query(strings.ReplaceAll(ended, "kith.", u.schema+".")); got != "[[0]]" {
		t.Errorf("%s jobs are open", got)
	}
	if got := u.query("SELECT COUNT(*), COUNTIF(h != 0) FROM " + u.schema + ".baseline_people"); got != "[[14 14]]" {
		t.Errorf("the baseline: %s", got)
	}
}
