package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// Request is what a command asks for.
type Request struct {
	Command       string
	ID            string // of the run; "" makes one
	Syncs         []*cdp.Sync
	Build         bool // build the entities first
	Entities      []*cdp.Entity
	History       bool // write the history of members; false in a plan
	Full          bool // send everything, removals included
	Rebaseline    bool // take everything as sent
	RetryRejected bool
	Save          bool       // of a plan: give every sync an id by which it can be applied
	Apply         *SavedPlan // send exactly this, or nothing
	AsOf          time.Time  // zero: the warehouse's clock
}

// request is a Request on its way, with what one run has in common.
type request struct {
	Request
	id    string
	asOf  time.Time // the run's one moment, for the models
	now   time.Time // the warehouse's clock, for backoff
	build compile.Build

	diffing  chan struct{}        // held by a sync that computes its changeset
	compiler *compile.Compiler    // at asOf, with the ledger's keys
	asked    *sync.Mutex          // guards newest
	newest   map[string]time.Time // of sources, as far as they were asked

	inputs map[string]compile.IdentityInput // of a plan: how it has built, by entity
}

// Run builds and syncs. ctx ends the run gently: what is in flight is finished and
// recorded. hard ends it at once; what was sent is then found by the next run.
func (e *Engine) Run(ctx, hard context.Context, r Request) (*Report, error) {
	r.History = true
	req, run, err := e.start(ctx, r)
	if err != nil {
		return nil, err
	}
	if e.MaxBytes > 0 {
		if _, err := e.affordable(ctx, req); err != nil {
			return nil, err
		}
	}
	report := &Report{RunID: req.id, Entities: []EntityReport{}, Segments: []SegmentReport{}, Syncs: []*SyncReport{}, Planned: req.Apply != nil}
	if err := e.Ledger.WriteRunRow(hard, run); err != nil {
		return nil, err
	}
	err = e.steps(ctx, hard, req, report)
	e.Rates.Release()
	report.conclude(ctx, err)
	return report, e.finish(hard, run, report)
}

func (e *Engine) start(ctx context.Context, r Request) (*request, ledger.Run, error) {
	now, err := e.Ledger.Moment(ctx)
	if err != nil {
		return nil, ledger.Run{}, err
	}
	if r.Build && len(r.Entities) == 0 {
		r.Entities = e.Project.Entities
	}
	if r.ID == "" {
		r.ID = ledger.NewRunID(now)
	}
	req := &request{Request: r, id: r.ID, asOf: r.AsOf, now: now, asked: new(sync.Mutex), newest: map[string]time.Time{}}
	if req.asOf.IsZero() {
		req.asOf = now
	}
	return req, ledger.Run{
		ID: req.id, Command: r.Command, Project: e.Project.Name, Target: e.Project.Target.Name, Commit: e.Commit, Kith: e.Version,
		AsOf: req.asOf, StartedAt: now, Status: ledger.Started,
	}, nil
}

func (e *Engine) steps(ctx, hard context.Context, req *request, report *Report) error {
	if err := e.behind(ctx, req); err != nil {
		return err
	}
	if req.Build && len(req.Entities) > 0 {
		if err := e.build(ctx, hard, req, report); err != nil {
			return err
		}
	} else if err := e.currentBuild(ctx, req); err != nil {
		return err
	}
	if err := e.compilerOf(ctx, req); err != nil {
		return err
	}
	syncs := slices.Clone(req.Syncs)
	slices.SortStableFunc(syncs, func(a, b *cdp.Sync) int { return cmp.Compare(b.Priority.Weight(), a.Priority.Weight()) })
	return e.syncs(ctx, hard, req, syncs, report)
}

// diffs is how many syncs may compute their changesets at once: each takes the
// warehouse's memory.
const diffs = 2

// syncs runs syncs: those of one destination one after the other, destinations side
// by side, so that one that does not answer holds up none but its own.
func (e *Engine) syncs(ctx, hard context.Context, req *request, list []*cdp.Sync, report *Report) error {
	req.diffing = make(chan struct{}, diffs)
	done := make([]*SyncReport, len(list))
	lanes := map[string][]int{}
	for i, s := range list {
		lanes[s.Destination.Name] = append(lanes[s.Destination.Name], i)
	}
	var group errgroup.Group
	for _, lane := range lanes {
		group.Go(func() error {
			for _, i := range lane {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				done[i] = e.sync(ctx, hard, req, list[i])
			}
			return nil
		})
	}
	err := group.Wait()
	for _, s := range done {
		if s != nil {
			report.Syncs = append(report.Syncs, s)
		}
	}
	return err
}

// turn waits for a turn to compute a changeset; the returned func ends it.
func (r *request) turn(ctx context.Context) (func(), error) {
	if r.diffing == nil {
		return func() {}, nil
	}
	select {
	case r.diffing <- struct{}{}:
		return func() { <-r.diffing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// compilerOf takes the keys of the ledger once for all syncs of a run.
func (e *Engine) compilerOf(ctx context.Context, req *request) (err error) {
	req.compiler, err = e.keyed(ctx, req)
	return err
}

func (r *Report) conclude(ctx context.Context, err error) {
	var list []Status
	for _, s := range r.Syncs {
		list = append(list, s.Status)
	}
	r.Status, r.Again = worst(list), again(err)
	for _, s := range r.Syncs {
		r.Again = r.Again || s.again
		if s.until.After(r.Until) {
			r.Until = s.until
		}
	}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		r.Status, r.Error = Interrupted, interruption(ctx, "interrupted")
	default:
		r.Status, r.Error, r.Help, r.Err = statusOf(err), err.Error(), helpOf(err), err
	}
}

func (e *Engine) finish(hard context.Context, run ledger.Run, report *Report) error {
	ctx, cancel := e.ending(hard)
	defer cancel()
	b, err := json.Marshal(report)
	if err != nil {
		return err
	}
	// What is left to be forgotten is looked at before the end is written, as the same statement
	// says when that is; where it cannot be looked at, the clock alone is asked.
	residue, unseen := e.residue(ctx, run)
	var at time.Time
	switch {
	case residue != nil:
		at = residue.At
	case errors.Is(unseen, cdp.ErrUnreachable):
		return unseen
	default:
		if at, err = e.Ledger.Now(ctx); err != nil {
			return err
		}
	}
	run.FinishedAt, run.Status, run.Report = &at, string(report.Status), string(b)
	if err := e.Ledger.WriteRunRow(ctx, run); err != nil {
		return err
	}
	if residue == nil {
		e.Log.WarnContext(ctx, "what dead runs left, and what is older than retention says, left behind", "run", run.ID, "err", unseen)
		return nil
	}
	// The run is recorded; the end of the next one sweeps what is left behind.
	if err := residue.Sweep(ctx); err != nil {
		e.Log.WarnContext(ctx, "tables of dead runs left behind", "run", run.ID, "err", err)
	}
	if _, err := residue.Retain(ctx); err != nil {
		e.Log.WarnContext(ctx, "what is older than retention says left behind", "run", run.ID, "err", err)
	}
	return nil
}

// residue looks for what the ledger need not keep any longer. Every run does so at its end.
func (e *Engine) residue(ctx context.Context, run ledger.Run) (*ledger.Residue, error) {
	syncs := map[string]cdp.Retention{}
	for _, s := range e.Project.Syncs {
		syncs[s.Name] = s.Retention
	}
	return e.Ledger.Residue(ctx, run.StartedAt, e.Project.Retention, syncs)
}

// interruption says why a run was ended before its time.
func interruption(ctx context.Context, otherwise string) string {
	if errors.Is(context.Cause(ctx), ErrHours) {
		return ErrHours.Error()
	}
	return otherwise
}
