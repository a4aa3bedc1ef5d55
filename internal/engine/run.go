package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// Request is what a command asks for.
type Request struct {
	Command       string
	Syncs         []*cdp.Sync
	Build         bool // build the entities first
	Entities      []*cdp.Entity
	History       bool // write the history of members; false in a plan
	Full          bool // send everything, removals included
	Rebaseline    bool // take everything as sent
	RetryRejected bool
	AsOf          time.Time // zero: the warehouse's clock
}

// request is a Request on its way, with what one run has in common.
type request struct {
	Request
	id    string
	asOf  time.Time // the run's one moment, for the models
	now   time.Time // the warehouse's clock, for backoff
	build compile.Build

	compiler *compile.Compiler // at asOf, with the ledger's keys
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
	report := &Report{RunID: req.id, Entities: []EntityReport{}, Segments: []SegmentReport{}, Syncs: []*SyncReport{}}
	if err := e.Ledger.WriteRunRow(hard, run); err != nil {
		return nil, err
	}
	err = e.steps(ctx, hard, req, report)
	report.conclude(ctx, err)
	return report, e.finish(hard, run, report)
}

func (e *Engine) start(ctx context.Context, r Request) (*request, ledger.Run, error) {
	now, err := e.Ledger.Now(ctx)
	if err != nil {
		return nil, ledger.Run{}, err
	}
	if r.Build && len(r.Entities) == 0 {
		r.Entities = e.Project.Entities
	}
	req := &request{Request: r, id: ledger.NewRunID(now), asOf: r.AsOf, now: now}
	if req.asOf.IsZero() {
		req.asOf = now
	}
	return req, ledger.Run{
		ID: req.id, Command: r.Command, Project: e.Project.Name, Target: e.Project.Target.Name, Commit: e.Commit, Kith: e.Version,
		AsOf: req.asOf, StartedAt: now, Status: ledger.Started,
	}, nil
}

func (e *Engine) steps(ctx, hard context.Context, req *request, report *Report) error {
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
	for _, s := range req.Syncs {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		report.Syncs = append(report.Syncs, e.sync(ctx, hard, req, s))
	}
	return nil
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
	r.Status = worst(list)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		r.Status, r.Error = Interrupted, "interrupted"
	default:
		r.Status, r.Error = statusOf(err), err.Error()
	}
}

func (e *Engine) finish(hard context.Context, run ledger.Run, report *Report) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(hard), 30*time.Second)
	defer cancel()
	b, err := json.Marshal(report)
	if err != nil {
		return err
	}
	at, err := e.Ledger.Now(ctx)
	if err != nil {
		return err
	}
	run.FinishedAt, run.Status, run.Report = &at, string(report.Status), string(b)
	if err := e.Ledger.WriteRunRow(ctx, run); err != nil {
		return err
	}
	return e.Ledger.Sweep(ctx)
}
