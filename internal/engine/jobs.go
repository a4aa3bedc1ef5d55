package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/rate"
)

// Between two questions about the same jobs.
const (
	firstPoll = 250 * time.Millisecond
	lastPoll  = 15 * time.Second
)

// line is the connection of a sync to its destination: opened when it is needed
// first, closed at the end, so that a token is asked for once.
type line struct {
	e    *Engine
	sync *cdp.Sync
	dest cdp.Destination
	// probe says that the destination did not answer a short time ago.
	probe bool
}

func (l *line) open(ctx context.Context) (cdp.Destination, error) {
	if l.dest != nil {
		return l.dest, nil
	}
	dest, err := l.e.Remotes.Open(ctx, l.sync.Destination)
	if err != nil {
		return nil, err
	}
	l.dest = dest
	return dest, nil
}

func (l *line) close() {
	if l.dest != nil {
		_ = l.dest.Close() // what counts has been answered
	}
}

// watch asks about the jobs that a sync left open.
type watch struct {
	e        *Engine
	req      *request
	sync     *cdp.Sync
	line     *line
	remote   Remote
	lane     *rate.Lane
	alive    func() bool // the lease is ours
	target   cdp.Delivery
	baseline string
	run      ledger.SyncRun
	report   *SyncReport
	// ver is newer than everything that the baseline holds when it is called.
	ver func() uint64
	// own says that the rows were counted as pending by this run.
	own bool
	// rejected says whether rows of the sync were, once the first job has ended.
	rejected *bool

	ended  []ledger.Ended // jobs that are yet to be closed
	named  int            // rejections that they name
	first  time.Time      // when the first of them was seen to have ended
	closed bool           // some were
}

// pollJobs asks for the state of the jobs that earlier runs left open, before
// anything is compared: a row in an open job is not sent again.
func (e *Engine) pollJobs(ctx, hard context.Context, req *request, s *cdp.Sync, last past, lease *ledger.Lease, line *line, report *SyncReport) error {
	if state := last.states[s.Name]; s.Was == "" && state.Was == "" && state.Baseline != "" && !state.Jobs {
		return nil // as it was read under the lease
	}
	name, own := present(s, lease)
	jobs, err := e.Ledger.OpenJobs(ctx, name)
	if err != nil || len(jobs) == 0 {
		return err
	}
	remote, err := e.Remotes.Describe(s.Destination)
	if err != nil {
		return err
	}
	states, err := e.statesOf(ctx, s, last)
	if err != nil {
		return err
	}
	state := states[name]
	if !state.There {
		return nil // the diff says what is wrong
	}
	lane, err := e.join(ctx, remote, s.Priority)
	if err != nil {
		return err
	}
	defer lane.Leave()
	w := &watch{
		e: e, req: req, sync: s, line: line, remote: remote, lane: lane, alive: lease.Alive,
		target: target(s, remote.Spec, req.id, lease.Epoch), baseline: state.Baseline, report: report,
		run: ledger.SyncRun{Sync: name, Run: req.id, Epoch: own.Epoch}, ver: func() uint64 { return own.Ver(0) },
	}
	if placed(state, remote, s).Target() != place(remote, s) {
		if !req.Full && !req.Rebaseline {
			return nil // refused when it is compared
		}
		return w.abandon(hard, jobs, "its job went to another endpoint")
	}
	return w.settle(ctx, hard)
}

// settleJobs waits for the jobs of this run, as long as the destination's limits
// say; what is not done then is left to the next run.
func (d *delivery) settleJobs(ctx, hard context.Context, line *line) error {
	if _, ok := d.dest.(cdp.Poller); !ok || d.limits.PollFor <= 0 || d.report.copy().Pending == 0 {
		return nil
	}
	w := &watch{
		e: d.e, req: d.req, sync: d.cs.sync, line: line, remote: d.cs.remote, lane: d.lane, alive: d.alive, target: d.target,
		baseline: d.cs.baseline, run: d.run, report: d.report, ver: d.newVersion, own: true,
	}
	return w.settle(ctx, hard)
}

// newVersion is newer than all that this run has written.
func (d *delivery) newVersion() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.number++
	return version(d.lease, d.number)
}

// settle asks about all open jobs again and again until they have ended, or the
// time that the limits allow is over. What has ended is closed, whatever ends the wait.
func (w *watch) settle(ctx, hard context.Context) error {
	err := w.wait(ctx, hard)
	if endErr := w.close(hard); endErr != nil {
		return endErr
	}
	if over := rate.Limited(err); over != nil {
		w.report.warn(over.Error()) // the jobs are asked about by the next run
		err = nil
	}
	if err == nil && w.closed {
		w.sweep(hard)
	}
	return err
}

func (w *watch) wait(ctx, hard context.Context) error {
	deadline := w.e.Clock.Now().Add(w.remote.Limits.PollFor)
	for wait := firstPoll; ; wait = min(2*wait, lastPoll) {
		open, err := w.ask(ctx, hard)
		if err != nil || open == 0 || !w.e.Clock.Now().Add(wait).Before(deadline) {
			return err
		}
		w.e.observe(Event{Item: "sync " + w.sync.Name, Step: "wait for jobs"})
		if err := w.e.Clock.Sleep(ctx, wait); err != nil {
			return nil //nolint:nilerr // what is open is recorded
		}
	}
}

// sweep drops the rows of jobs that have ended; what it leaves behind, the next one drops.
func (w *watch) sweep(ctx context.Context) {
	if err := w.e.Ledger.SweepJobs(ctx); err != nil {
		w.e.Log.WarnContext(ctx, "rows of ended jobs left behind", "sync", w.sync.Name, "err", err)
	}
}

// How much is closed together: of a run that dies before, the next one asks about the jobs again,
// and of one that dies meanwhile, it writes the answers again.
const (
	closedAtOnce = 100
	namedAtOnce  = 50_000           // rejections that are kept in memory until then
	closedWithin = 10 * time.Minute // of when the first of them was seen to have ended
)

// ask asks once about every job that is not known to have ended. Those that have are closed many
// together: where answers are folded, each time reads the whole baseline.
func (w *watch) ask(ctx, hard context.Context) (open int, err error) {
	jobs, err := w.e.Ledger.OpenJobs(ctx, w.run.Sync)
	if err != nil {
		return 0, err
	}
	for _, job := range jobs {
		if slices.ContainsFunc(w.ended, func(x ledger.Ended) bool { return x.Job.ID == job.ID }) {
			continue
		}
		state, err := w.poll(ctx, hard, job)
		if err != nil {
			return open, err
		}
		if !state.Done {
			open++
			continue
		}
		if len(w.ended) == 0 {
			w.first = w.e.Clock.Now()
		}
		w.ended, w.named = append(w.ended, ledger.Ended{Job: job, State: state}), w.named+len(state.Rejected)
		if len(w.ended) == closedAtOnce || w.named >= namedAtOnce {
			if err := w.close(hard); err != nil {
				return open, err
			}
		}
	}
	if !w.e.Ledger.Folds(w.baseline) || w.e.Clock.Now().Sub(w.first) >= closedWithin {
		return open, w.close(hard)
	}
	return open, nil
}

// close writes what became of the rows of the jobs that have ended.
func (w *watch) close(hard context.Context) error {
	jobs := w.ended
	w.ended, w.named, w.closed = nil, 0, w.closed || len(jobs) > 0
	return w.end(hard, jobs)
}

// poll asks about one job. A destination that does not answer leaves it open: only
// the vendor can say what became of its rows. One that refuses to say ends the sync, until
// the job is of an age at which it is taken as lost: some refuse what they do not know.
func (w *watch) poll(ctx, hard context.Context, job ledger.Job) (cdp.JobState, error) {
	dest, err := w.line.open(ctx)
	if err != nil {
		return cdp.JobState{}, err
	}
	poller, ok := dest.(cdp.Poller)
	if !ok {
		return cdp.JobState{Done: true, Failed: true, Reason: "the destination has no jobs any more"}, nil
	}
	var state cdp.JobState
	made, called, err := w.lane.Call(ctx, hard, 1, func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, timeout(w.remote.Limits))
		defer cancel()
		w.e.fail("before poll")
		state, err = poller.Poll(ctx, w.target, job.ID)
		w.e.fail("after poll")
		return err
	})
	if !called {
		return cdp.JobState{}, err
	}
	w.report.addRequests(uint64(made), 0, 0)
	var (
		fatal     *cdp.Fatal
		throttled *cdp.Throttled
	)
	age, old := w.remote.Limits.JobAge, w.e.Clock.Now().Sub(job.OpenedAt)
	lost := age > 0 && old > age // unless it has ended
	switch {
	case ctx.Err() != nil && err != nil, errors.As(err, &fatal) && !lost:
		return cdp.JobState{}, err
	case errors.As(err, &throttled):
		w.report.addRequests(0, 0, 1)
		if throttled.Code != cdp.RateLimited {
			w.lane.Refused(min(throttled.After, longest(w.remote.Limits)))
		} else if over := w.lane.Told(throttled.After, longest(w.remote.Limits), throttled.Reason); over != nil {
			return cdp.JobState{}, over
		}
	}
	if err != nil {
		w.e.Log.WarnContext(ctx, "job not asked about", "sync", w.sync.Name, "run", w.req.id, "err", brief(err))
		state = cdp.JobState{}
	}
	if state.Gone && old < w.remote.Limits.JobKnown { // it was taken: to send its rows again would be to send them twice
		state = cdp.JobState{}
	}
	if !state.Done && lost {
		return cdp.JobState{Done: true, Failed: true, Reason: "the vendor's job has not ended in " + age.String()}, nil
	}
	return state, nil
}

// end writes what became of the rows of jobs.
func (w *watch) end(hard context.Context, jobs []ledger.Ended) error {
	if len(jobs) == 0 {
		return nil
	}
	if w.rejected == nil {
		standing, err := w.e.Ledger.Standing(hard, w.run.Sync)
		if err != nil {
			return err
		}
		some := standing.Rejected > 0
		w.rejected = &some
	}
	for i := range jobs {
		jobs[i].Ver = w.ver()
	}
	closed, err := w.e.Ledger.CloseJobs(hard, ledger.Closing{
		Run: w.run, Baseline: w.baseline, Destination: w.sync.Destination.Name,
		Recognised: w.remote.Spec.Write(w.sync.Kind).Recognised, At: w.e.Clock.Now(), Settles: *w.rejected, Fail: w.e.fail,
		Held: func() error { return held(w.alive) },
		Delivered: func(ctx context.Context, since uint64) error { // now: the run that hears of it may not come to its end
			exposures := w.req.compiler.Diff(w.sync, w.remote.Spec, compile.DiffInput{Baseline: w.baseline}).Exposures(since << 32)
			return w.e.runAll(ctx, w.req, "sync "+w.sync.Name, exposures)
		},
	}, jobs)
	if err != nil {
		return err
	}
	var told []string
	for i, c := range closed {
		if s := jobs[i].State; s.Failed && s.Reason != "" && !slices.Contains(told, s.Reason) {
			told = append(told, s.Reason)
			w.report.warn("a job at the destination failed, and its rows are sent again: " + s.Reason)
		}
		w.report.closed(c, jobs[i].Job, w.own && jobs[i].Job.Epoch == w.run.Epoch)
	}
	return nil
}

// abandon closes jobs that nobody can be asked about.
func (w *watch) abandon(hard context.Context, jobs []ledger.Job, reason string) error {
	for some := range slices.Chunk(jobs, closedAtOnce) {
		ended := make([]ledger.Ended, len(some))
		for i, job := range some {
			ended[i] = ledger.Ended{Job: job, State: cdp.JobState{Done: true, Failed: true, Reason: reason}}
		}
		if err := w.end(hard, ended); err != nil {
			return err
		}
	}
	w.sweep(hard)
	return nil
}

// closed counts what became of the rows of a job; own rows were pending before.
func (r *SyncReport) closed(c ledger.Closed, job ledger.Job, own bool) {
	rows := uint64(0)
	for fate, codes := range c.Fates {
		for code, n := range codes {
			r.count(fate, code, n)
			rows += n
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Remote += c.Remote
	if own {
		r.Pending -= min(rows, r.Pending)
	}
	if r.since == 0 || job.Epoch < r.since {
		r.since = job.Epoch
	}
}

func longest(l cdp.Limits) time.Duration {
	if l.MaxWait > 0 {
		return l.MaxWait
	}
	return 30 * time.Second
}

func timeout(l cdp.Limits) time.Duration {
	if l.Timeout > 0 {
		return l.Timeout
	}
	return time.Minute
}

// version is that under which the answers of a batch are written; the next one is
// for the end of a job.
func version(lease *ledger.Lease, batch uint32) uint64 { return lease.Ver(2 * batch) }
