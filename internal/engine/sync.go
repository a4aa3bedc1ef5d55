package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// sync runs one sync under its lease. Its report always says how it ended; the
// error is for the caller's log.
func (e *Engine) sync(ctx, hard context.Context, req *request, s *cdp.Sync) *SyncReport {
	report := &SyncReport{Sync: s.Name, begun: e.Clock.Now(), Full: req.Full}
	remote, _ := e.Remotes.Describe(s.Destination) // else the sync says what is wrong
	report.breaker = breaker(remote, s.Destination)
	err := e.judge(s, report.breaker, e.underLease(ctx, hard, req, s, report))
	report.Seconds = e.Clock.Now().Sub(report.begun).Seconds()
	report.conclude(ctx, err)
	report.again = again(err)
	e.observe(Event{Item: "sync " + s.Name, Step: string(report.Status), End: true})
	return report
}

func (e *Engine) underLease(ctx, hard context.Context, req *request, s *cdp.Sync, report *SyncReport) error {
	was, err := e.leaseOfFormer(ctx, s)
	if err != nil {
		return err
	}
	after := uint64(0)
	if was != nil {
		defer e.keep(hard, was)()
		after = was.Epoch
	}
	lease, err := e.Ledger.AcquireAfter(ctx, s.Name, after)
	if err != nil {
		return err
	}
	lease.Was = was
	defer e.keep(hard, lease)()
	return e.withLease(ctx, hard, req, s, lease, report)
}

func (e *Engine) withLease(ctx, hard context.Context, req *request, s *cdp.Sync, lease *ledger.Lease, report *SyncReport) error {
	var cs *changeset
	defer func() {
		names := lease.Former()
		if cs != nil {
			names = append(names, cs.scratch...)
		}
		e.drop(hard, s, names)
	}()
	last, err := e.recoverDead(ctx, s, lease)
	if err != nil {
		return err
	}
	if report.owing, err = e.unended(ctx, last); err != nil {
		return err
	}
	probe, err := e.Circuit.enter(report.breaker, e.Clock.Now())
	if err != nil {
		return err
	}
	line := &line{e: e, sync: s, probe: probe}
	defer line.close()
	if err := e.fetch(ctx, s, last, lease); err != nil {
		return err
	}
	if err := e.pollJobs(ctx, hard, req, s, last, lease, line, report); err != nil {
		return err
	}
	if req, err = e.onNewest(ctx, req, s); err != nil {
		return err
	}
	if err := e.followMerges(ctx, req, s, last, lease); err != nil {
		return err
	}
	if err := e.takeOver(ctx, s, last, lease, report.owing); err != nil {
		return err
	}
	e.fail("before diff")
	end, err := req.turn(ctx)
	if err != nil {
		return err
	}
	cs, err = e.prepare(ctx, req, s, last, lease)
	end()
	if err != nil {
		return err
	}
	e.fail("after diff")
	report.fill(cs)
	run := ledger.SyncRun{
		Sync: s.Name, Epoch: lease.Epoch, Run: req.id, Changeset: cs.table, First: cs.first, Full: cs.recordedFull(),
		StartedAt: e.Clock.Now(), Status: ledger.Started, Rows: cs.rows, Changed: cs.changes(),
	}
	// From here on a later run must look at this changeset.
	if err := e.begin(hard, cs, run, req.Rebaseline, lease); err != nil {
		return err
	}
	if req.Rebaseline {
		err = e.rebaseline(hard, req, cs, lease)
	} else {
		err = e.deliverAll(ctx, hard, req, cs, run, lease, line, report)
	}
	if err = e.end(ctx, hard, cs, run, lease, report, err); err == nil {
		e.compact(ctx, req, cs, report)
	}
	return err
}

// followMerges moves the baseline rows of entities that have merged, so that a
// survivor whose fields agree with what was sent for another needs no call.
func (e *Engine) followMerges(ctx context.Context, req *request, s *cdp.Sync, last past, lease *ledger.Lease) error {
	if s.Entity == nil || s.Source != nil {
		return nil
	}
	states, err := e.statesOf(ctx, s, last)
	if err != nil {
		return err
	}
	name, own := present(s, lease)
	baseline := states[name].Baseline
	if !states[name].There {
		return nil
	}
	remote, err := e.Remotes.Describe(s.Destination)
	if err != nil {
		return err
	}
	state, err := e.endHandover(ctx, req, placed(states[name], remote, s), place(remote, s), own)
	if err != nil || state.Endpoint != place(remote, s) {
		return err // what another place has is no row of this one, whoever it is of now
	}
	d, ver := req.compiler.Diff(s, remote.Spec, compile.DiffInput{Baseline: baseline, Name: name, Build: req.build}), own.Ver(0)
	// Most often nobody has. Whoever has is in the baseline until the last of these statements is folded.
	merged, err := e.one(ctx, req.id, d.CountMerged())
	if err != nil || ledger.Uint(merged[0]) == 0 {
		return err
	}
	// Before the rows: a run that dies in between says the same of them again.
	if s.LeavesFound() {
		if _, err := e.exec(ctx, req.id, "sync "+s.Name, d.ForeignMerged(ver)); err != nil {
			return err
		}
	}
	e.fail("before merges")
	return e.writeBaseline(ctx, req, s, baseline, ver, d.Merged(ver), d.FollowMerged(ver))
}

// writeBaseline runs statements that write a baseline, each of which reads what the
// ones before it have written.
func (e *Engine) writeBaseline(ctx context.Context, req *request, s *cdp.Sync, baseline string, since uint64, list ...cdp.Statement) error {
	for _, x := range list {
		if _, err := e.exec(ctx, req.id, "sync "+s.Name, x); err != nil {
			return err
		}
		if err := e.Ledger.Fold(ctx, baseline, since); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) recover(ctx context.Context, dead *ledger.SyncRun, own *ledger.Lease) error {
	states, err := e.Ledger.States(ctx)
	if err != nil {
		return err
	}
	mapping, err := e.Ledger.LastMapping(ctx, dead.Sync)
	if err != nil {
		return err
	}
	baseline := states[dead.Sync].Baseline
	if ok, err := e.Ledger.Exists(ctx, baseline); err != nil || !ok {
		return err
	}
	if h, ok := states[dead.Sync].Handover(); ok && dead.Epoch >= h.Since {
		dead.Former = h.UpTo()
	}
	e.fail("before recover")
	if err := e.Ledger.Recover(ctx, *dead, baseline, mapping.Version, own.Ver(0)); err != nil {
		return err
	}
	dead.Status = string(Failed)
	if err := e.Ledger.WriteRun(ctx, *dead, 2); err != nil {
		return err
	}
	e.fail("after recover")
	return nil
}

// begin writes everything that a later run needs to go on from this one.
func (e *Engine) begin(ctx context.Context, cs *changeset, run ledger.SyncRun, rebaseline bool, lease *ledger.Lease) error {
	l := e.Ledger
	state := cs.state
	if cs.full == 0 && !rebaseline { // else it is handed over when the guards have let it pass, or when the rows are taken as delivered there
		state.Endpoint = cs.place
	}
	var err error
	switch {
	case cs.moved:
		err = e.moveState(ctx, state, lease)
	case state.Same(cs.read) && follows(lease, cs.sync, cs.last):
	default: // also as it was: a holder that lost the lease may write later
		err = l.SetState(ctx, state, lease.Ver(0))
	}
	if err != nil {
		return err
	}
	cs.moved = false
	if err := l.WriteRun(ctx, run, 1); err != nil {
		return err
	}
	e.fail("after begin run")
	return nil
}

// deliverAll checks the guards and pushes what they allow.
func (e *Engine) deliverAll(ctx, hard context.Context, req *request, cs *changeset, run ledger.SyncRun, lease *ledger.Lease, line *line, report *SyncReport) error {
	if err := e.asPlanned(ctx, req, cs); err != nil {
		return err
	}
	blocked, stop := e.stopped(ctx, req, cs, run, report)
	if blocked != nil {
		stop = blocked
	}
	only := cdp.NoReason
	if stop != nil {
		if cs.reasons[cdp.Withdrawn] == 0 || ctx.Err() != nil || errors.Is(stop, cdp.ErrUnreachable) {
			return stop
		}
		only = cdp.Withdrawn // consent and suppression never wait, nor where it cannot be told or written what does
	}
	if stop == nil {
		if err := e.handOver(hard, cs, &run, lease); err != nil {
			return err
		}
	}
	if cs.foreign > 0 && stop == nil && cs.ops[cdp.Add] > 0 {
		// Of a row that comes back the destination says anew whose it is. Before it is sent, or
		// takes over a key that is kith's: else that would pass for a record of somebody else.
		if err := e.Ledger.ClearForeign(hard, cs.sync.Name, cs.baseline, run.Former, lease.Ver(0)); err != nil {
			return err
		}
	}
	// Not before the guards have let it pass: who takes back what they stopped finds all as it was.
	// And before any row is written under it, so that of each the ledger says what wrote it.
	if stop == nil {
		if err := e.writeMapping(hard, req, cs, lease); err != nil {
			return err
		}
	}
	// Before who is forgotten because of what is spared: else nothing might tell of that any more.
	if cs.spared > 0 {
		if _, err := e.exec(hard, req.id, "sync "+cs.sync.Name, cs.diff.Spared(lease.Ver(0))); err != nil {
			return err
		}
	}
	if cs.ops[cdp.Silent] > 0 && stop == nil {
		if err := e.writeSilent(hard, req, cs, lease.Ver(0)); err != nil {
			return err
		}
	}
	if cs.changes() == 0 {
		return nil
	}
	return cmp.Or(e.open(ctx, hard, req, cs, run, lease, line, report, only), stop)
}

// writeSilent writes what changes without a call. Where records from before kith are left
// alone the baseline itself must have it: what is in it is not asked about.
func (e *Engine) writeSilent(ctx context.Context, req *request, cs *changeset, ver uint64) error {
	silent := cs.diff.Silent(ver)
	if cs.sync.LeavesFound() {
		return e.writeBaseline(ctx, req, cs.sync, cs.baseline, ver, silent)
	}
	_, err := e.exec(ctx, req.id, "sync "+cs.sync.Name, silent)
	return err
}

func (e *Engine) open(ctx, hard context.Context, req *request, cs *changeset, run ledger.SyncRun, lease *ledger.Lease, line *line, report *SyncReport, only cdp.Reason) error {
	dest, err := line.open(ctx)
	if err != nil {
		return fmt.Errorf("open destination %s: %w", cs.sync.Destination.Name, err)
	}
	lane, err := e.join(ctx, cs.remote, cs.sync.Priority)
	if err != nil {
		return err
	}
	d := &delivery{
		e: e, req: req, cs: cs, lease: lease, alive: lease.Alive, run: run, dest: dest, limits: cs.remote.Limits, report: report,
		lane: lane, target: target(cs.sync, cs.remote.Spec, req.id, lease.Epoch), moved: map[uint64]bool{}, only: only, spans: e.Ledger.Spans(cs.baseline), probe: line.probe,
	}
	defer d.leave()
	if _, ok := dest.(cdp.Session); ok {
		if err := e.ensureFix(hard, req, cs); err != nil {
			return err
		}
	}
	// A check costs calls: it is made when something is new, or went wrong before.
	if settled := !cs.first && !cs.changed && cs.former == 0 && len(cs.last) > 0 && (cs.last[0].Status == string(Succeeded) || cs.last[0].Status == string(Partial)); !settled {
		if err := d.check(ctx); err != nil {
			return err
		}
	}
	if cs.sync.Existing == cdp.SkipExisting && only == cdp.NoReason && cs.ops[cdp.Add] > 0 {
		if err := d.leaveExisting(ctx, hard); err != nil {
			return err
		}
	}
	if err := d.deliver(ctx, hard); err != nil {
		return err
	}
	return d.settleJobs(ctx, hard, line)
}

// checkCalls is what a check of a destination takes at most, as far as is known
// before it: what it takes beyond is counted as it is made.
const checkCalls = 3

// check verifies that the delivery can work.
func (d *delivery) check(ctx context.Context) error {
	return d.ask(ctx, ctx, checkCalls, d.retries(), func(ctx context.Context) error { return d.dest.Check(ctx, d.target) }, nil)
}

// ensureFix makes the table of verdicts when the diff had no use for it.
func (e *Engine) ensureFix(ctx context.Context, req *request, cs *changeset) error {
	exists, err := e.Ledger.Exists(ctx, cs.diff.FixTable())
	if err != nil || exists {
		return err
	}
	cs.makes(cs.in.Fix)
	_, err = e.exec(ctx, req.id, "sync "+cs.sync.Name, cs.diff.CreateFix())
	return err
}

// target is what a destination is told about the sync.
func target(s *cdp.Sync, spec cdp.DestinationSpec, run string, epoch uint64) cdp.Delivery {
	d := cdp.Delivery{Sync: s.Name, Run: run, Epoch: epoch, Kind: s.Kind, Remote: s.Remote, ID: s.RemoteID, Mode: s.Mode, Leaves: s.LeavesFound()}
	if s.Key != nil {
		d.Key = s.Key.Remote
	}
	d.Match, d.Set = s.Identifiers(spec), s.SetOnly()
	for _, f := range s.Fields {
		d.Fields = append(d.Fields, cdp.RemoteField{Name: f.Remote, Type: f.Type})
	}
	return d
}
