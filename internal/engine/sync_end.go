package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/rate"
)

// conclude turns an error into a status.
func (r *SyncReport) conclude(ctx context.Context, err error) {
	var (
		held    *ledger.HeldError
		blocked *BlockedError
		fatal   *cdp.Fatal
		down    *DownError
		paused  *PausedError
		limited *rate.LimitedError
	)
	switch {
	case err == nil && r.silence != nil:
		r.Status, r.Unanswered, r.Error = Partial, true, r.silence.Error()
		r.Help = "`kith doctor` checks the destination; nothing is lost, what was not acknowledged still differs"
	case err == nil && r.left() > 0:
		r.Status = Partial
	case err == nil:
		r.Status = Succeeded
	case errors.As(err, &held):
		r.Status, r.Error = Waited, err.Error()
	case errors.As(err, &paused):
		r.Status, r.Error, r.until = Waited, paused.Error(), paused.Until
	case errors.As(err, &blocked):
		r.Status, r.Guard, r.Error, r.Help = Blocked, blocked.Guard, blocked.Text, blocked.Help
	case ctx.Err() != nil:
		r.Status, r.Error = Interrupted, interruption(ctx, "interrupted: what was sent is recorded, the rest is sent by the next run")
	case errors.As(err, &fatal):
		r.Status, r.Error, r.Help = Failed, fatal.Reason, fatal.Help
	case errors.As(err, &down):
		r.Status, r.Error = Failed, down.Error()
		r.Help = "run it again when the destination answers; nothing is lost, what was not acknowledged still differs"
		if !down.Until.IsZero() {
			r.Help = "syncs to it are paused until " + down.Until.UTC().Format("15:04:05 UTC") + ", then one batch tries whether it answers; nothing is lost, what was not acknowledged still differs"
		}
	case errors.As(err, &limited):
		r.Status, r.Error = Failed, limited.Error()
		r.Help = "run it again then, or have the vendor allow more calls; nothing is lost, what was not acknowledged still differs"
	default:
		r.Status, r.Error, r.Help = Failed, err.Error(), helpOf(err)
	}
}

// end records how the run ended. A run whose end is written has no open intents.
func (e *Engine) end(ctx, hard context.Context, cs *changeset, run ledger.SyncRun, lease *ledger.Lease, report *SyncReport, err error) error {
	if errors.Is(err, errOpen) || errors.Is(err, ErrLeaseLost) || errors.Is(err, cdp.ErrUnreachable) || hard.Err() != nil {
		return cmp.Or(err, hard.Err()) // the end is not ours to write: the next run recovers
	}
	write, cancel := e.ending(hard)
	defer cancel()
	var over *rate.LimitedError
	if errors.As(err, &over) {
		over.Destination = cs.sync.Destination.Name
	}
	final := report.copy()
	final.Seconds = e.Clock.Now().Sub(report.begun).Seconds()
	final.conclude(ctx, err)
	run.Status, run.Full = string(final.Status), cs.recordedFull()
	if b, jsonErr := json.Marshal(final); jsonErr == nil {
		run.Report = string(b)
	}
	e.fail("before end run")
	since := lease.Ver(0) // what was delivered by a job carries the version under which it was sent
	if report.since > 0 {
		since = min(since, report.since<<32)
	}
	if lease.Was != nil { // and what was written before the state moved, that of the former name
		since = min(since, lease.Was.Ver(0))
	}
	// What is written after it reads the baseline; and a run that has an end is folded. After one that
	// has, there is nothing to fold of a run that has acknowledged nothing, nor found a row there already.
	nothing := run.Changed == 0 && cs.still() && report.since == 0 && follows(lease, cs.sync, cs.last)
	if !cs.folded && !nothing {
		if fErr := e.Ledger.Fold(write, cs.baseline, since); fErr != nil {
			return errors.Join(err, fErr)
		}
	}
	e.fail("after fold")
	if report.owing > 0 { // its answers are folded
		since = min(since, report.owing<<32)
	}
	settled := final.Delivered > 0 || final.Skipped > cs.noKey || report.owing > 0 // what was not found any more is settled, too
	rejected := !cs.spotless || final.Rejected+final.Codes[string(cdp.Unconfirmed)] > 0 || report.owing > 0
	if settled && rejected {
		if cErr := e.Ledger.ClearRejections(write, cs.sync.Name, cs.baseline, since); cErr != nil {
			return errors.Join(err, cErr)
		}
	}
	if report.Delivered > 0 || report.owing > 0 {
		if xErr := e.runAll(write, &request{id: run.Run}, "sync "+run.Sync, cs.diff.Exposures(since)); xErr != nil {
			return errors.Join(err, xErr)
		}
	}
	if cs.handover.Since > 0 && (final.Status == Succeeded || final.Status == Partial) {
		if _, hErr := e.Ledger.EndHandover(write, cs.state, cs.handover, lease, lease.Ver(2)); hErr != nil {
			return errors.Join(err, hErr)
		}
		e.fail("after end handover")
	}
	if wErr := e.Ledger.WriteRun(write, run, 2); wErr != nil {
		return errors.Join(err, wErr)
	}
	e.fail("after end run")
	e.forget(write, cs, run, lease, final)
	return err
}

// forget drops what no later run looks at, tables with the others of the run. The run is
// recorded: what is left behind is dropped by the next one, or by a sweep.
func (e *Engine) forget(ctx context.Context, cs *changeset, run ledger.SyncRun, lease *ledger.Lease, final *SyncReport) {
	if run.Changed > 0 || cs.read.Baseline == "" || cs.read.Intents { // else there is none
		if err := e.Ledger.SweepIntents(ctx, cs.sync.Name, lease.Epoch); err != nil {
			e.Log.WarnContext(ctx, "intents of ended runs left behind", "sync", cs.sync.Name, "err", err)
		}
	}
	for _, r := range append(cs.last, run) {
		own, ended := r.Epoch == run.Epoch, r.Status == string(Succeeded) || r.Status == string(Partial)
		switch {
		case own && final.Approved != "" && !ended: // the run that goes on from here is held against it
		case own && !cs.listed, !own && ended && r.Changed == 0: // there is none
		case r.Changeset != "":
			cs.makes(r.Changeset)
		}
	}
}

// still reports whether a run that sends nothing writes nothing else about any row: none that is
// forgotten, spared or hashed anew.
func (cs *changeset) still() bool {
	return cs.ops[cdp.Silent] == 0 && cs.spared == 0 && cs.handover.Since == 0 && cs.former == 0 && cs.outdated() == 0 && cs.rehashed == 0
}

// ending is the context of what a run writes at its end: however long that takes, as the
// warehouse bounds each statement, but no longer than a while after hard has ended.
func (e *Engine) ending(hard context.Context) (context.Context, context.CancelFunc) {
	left := e.Ending
	if left == 0 {
		left = 30 * time.Second
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(hard))
	stop := context.AfterFunc(hard, func() { time.AfterFunc(left, cancel) })
	return ctx, func() { stop(); cancel() }
}

// fill copies the numbers of a changeset into the report.
func (r *SyncReport) fill(cs *changeset) {
	r.Rows, r.Baseline, r.First, r.Full, r.Expired, r.Rehashed = cs.rows, cs.known, cs.first, cs.full > 0, cs.expired, cs.rehashed
	r.Added = cs.ops[cdp.Add] - cs.moves
	r.Changed = cs.ops[cdp.Change] + cs.ops[cdp.Rekey] + cs.moves
	r.Removed = cs.ops[cdp.Remove] - cs.moves
	r.Reasons = map[string]uint64{}
	for reason, n := range cs.reasons {
		r.Reasons[reason.String()] += n
	}
	for code, n := range cs.held {
		r.count(cdp.Held, code, n)
	}
	r.count(cdp.Pending, cdp.NoCode, cs.pending)
	r.count(cdp.Skipped, cdp.NoKey, cs.noKey)
}
