package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

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

// clerk is a destination that makes a job of each batch, and will not be asked about it.
type clerk struct {
	*inbox
	jobs int
}

func (c *clerk) Describe(d *cdp.DestinationConfig) (Remote, error) {
	r, err := c.inbox.Describe(d)
	r.Limits.JobAge = 48 * time.Hour
	return r, err
}

func (c *clerk) Open(context.Context, *cdp.DestinationConfig) (cdp.Destination, error) { return c, nil }

func (c *clerk) Push(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	out, err := c.inbox.Push(ctx, b)
	c.jobs++
	for i := range out {
		out[i] = cdp.Result{Fate: cdp.Pending, Job: fmt.Sprint("job-", c.jobs), Place: i, Places: 1}
	}
	return out, err
}

func (c *clerk) Poll(context.Context, cdp.Delivery, string) (cdp.JobState, error) {
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
	if r := u.sends("old", e, Request{}, Partial, 0, every); r.Unknown != 14 {
		t.Errorf("%+v", r)
	}
	if jobs := u.query("SELECT state, count() FROM " + u.schema + ".jobs FINAL GROUP BY state ORDER BY state"); jobs != "[[failed 1] [open 1]]" {
		t.Errorf("%s", jobs)
	}
}
