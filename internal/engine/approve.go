package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// ApprovalLasts is how long an approval is good when nobody says otherwise.
const ApprovalLasts = 24 * time.Hour

// stopped is the guard that stops a sync; nil lets it pass, and so does an approval
// of exactly what it would send. What is stopped is recorded, so that it can be
// approved.
func (e *Engine) stopped(ctx context.Context, req *request, cs *changeset, run ledger.SyncRun, report *SyncReport) (*BlockedError, error) {
	blocked, err := e.guard(ctx, req, cs, report)
	if blocked == nil || err != nil {
		return nil, err
	}
	plan, err := e.saved(ctx, req, cs)
	if err != nil {
		return nil, err
	}
	by, err := e.approved(ctx, req, cs, plan, run)
	if err != nil {
		return nil, err
	}
	if by != "" {
		report.Approved = by
		return nil, nil
	}
	if cs.reasons[cdp.Withdrawn] > 0 { // they are sent all the same: what is approved is the rest
		if plan, err = e.waiting(ctx, req, cs); err != nil {
			return nil, err
		}
		if by, err = e.approved(ctx, req, cs, plan, run); err != nil {
			return nil, err
		}
		if by != "" {
			report.Approved = by
			return nil, nil
		}
	}
	plan.Guard, plan.Text = blocked.Guard, blocked.Text
	if err := e.record(ctx, req, plan); err != nil {
		return nil, err
	}
	report.Plan = plan.ID
	blocked.Help = approveHelp(plan.ID, blocked.Help)
	return blocked, nil
}

func approveHelp(id, rest string) string {
	return fmt.Sprintf("`kith approve %s` allows exactly this, once; %s", id, rest)
}

// record keeps a plan that was stopped.
func (e *Engine) record(ctx context.Context, req *request, plan SavedSync) error {
	b, err := json.Marshal(plan)
	if err != nil {
		return err
	}
	e.fail("before plan")
	return e.Ledger.WritePlan(ctx, ledger.StoppedPlan{ID: plan.ID, Sync: plan.Sync, Run: req.id, Guard: plan.Guard, Saved: string(b), At: req.now})
}

// approved says who allowed exactly this, "" for nobody. An approval is used before
// the first row is sent, by one run, and by the run after it when that one did not
// come to its end: as long as it removes and changes no row that was not approved.
func (e *Engine) approved(ctx context.Context, req *request, cs *changeset, plan SavedSync, run ledger.SyncRun) (string, error) {
	a, ok, err := e.Ledger.Approval(ctx, plan.Sync, plan.ID)
	if err != nil {
		return "", err
	}
	if !ok || !a.Live || a.UsedBy != "" {
		if a, ok, err = e.interrupted(ctx, req, cs); err != nil || !ok {
			return "", err
		}
	}
	if err := e.Ledger.UseApproval(ctx, plan.Sync, a.ID, run.Run); err != nil {
		return "", err
	}
	e.fail("after approval")
	return a.By, nil
}

// interrupted is the approval that the last run of the sync went by, when that run
// did not finish and this one only goes on with it.
func (e *Engine) interrupted(ctx context.Context, req *request, cs *changeset) (ledger.Approval, bool, error) {
	a, ok, err := e.unfinished(ctx, cs.sync.Name, cs.last)
	if err != nil || !ok {
		return a, false, err
	}
	row, err := e.one(ctx, req.id, cs.diff.Beyond(cs.last[0].Changeset))
	if err != nil {
		return a, false, err
	}
	return a, ledger.Uint(row[0]) == 0, nil
}

// unfinished is the approval that the last run of a sync went by, when that run has not come
// to its end and another may go on with it; false when there is none.
func (e *Engine) unfinished(ctx context.Context, sync string, runs []ledger.SyncRun) (a ledger.Approval, ok bool, err error) {
	if len(runs) == 0 {
		return a, false, nil
	}
	last := runs[0]
	if last.Status == string(Succeeded) || last.Status == string(Partial) || last.Status == string(Blocked) {
		return a, false, nil
	}
	if a, ok, err = e.Ledger.ApprovalUsed(ctx, sync, last.Run); err != nil || !ok {
		return a, false, err
	}
	there, err := e.Ledger.Exists(ctx, last.Changeset)
	return a, there, err
}

// ErrNoPlan says that no plan of that id waits for an approval.
var ErrNoPlan = errors.New("no plan of that id was stopped by a guard")

// StaleError says that another plan of a sync was stopped after the one that was named.
type StaleError struct{ ID, Sync, Newest string }

func (e *StaleError) Error() string {
	return fmt.Sprintf("plan %s is not the last of sync %s that a guard stopped: that is plan %s", e.ID, e.Sync, e.Newest)
}

// Stopped finds the plan that an id names: a blocked sync has one, and an id may be
// shortened as long as it is plain which is meant. One in whose place another was stopped
// is a *StaleError: to approve it would let nothing pass.
func (e *Engine) Stopped(ctx context.Context, id string) (*SavedSync, error) {
	plans, err := e.Ledger.Plans(ctx, id, "", 2)
	if err != nil {
		return nil, err
	}
	switch {
	case len(plans) == 0:
		return nil, fmt.Errorf("%w: %s", ErrNoPlan, id)
	case len(plans) > 1:
		return nil, fmt.Errorf("%s is the beginning of several plan ids", id)
	}
	newest, err := e.LastStopped(ctx, plans[0].Sync)
	if err == nil && newest.ID != plans[0].ID {
		return nil, &StaleError{ID: plans[0].ID, Sync: plans[0].Sync, Newest: newest.ID}
	}
	return newest, err
}

// LastStopped is the plan of a sync that a guard stopped last; [ErrNoPlan] when there is none.
func (e *Engine) LastStopped(ctx context.Context, sync string) (*SavedSync, error) {
	plans, err := e.Ledger.Plans(ctx, "", sync, 1)
	if err != nil {
		return nil, err
	}
	if len(plans) == 0 {
		return nil, fmt.Errorf("%w: sync %s", ErrNoPlan, sync)
	}
	s := &SavedSync{}
	if err := json.Unmarshal([]byte(plans[0].Saved), s); err != nil {
		return nil, fmt.Errorf("plan %s: %w", plans[0].ID, err)
	}
	return s, nil
}

// Approve allows a run to do what a plan says and a guard stops. The id is checked
// against the content, so that nobody approves other counts than those shown. Of a plan by
// which a run goes that has not come to its end nothing is recorded, since another approval
// would take that one from who goes on with it: that run is returned, else "".
func (e *Engine) Approve(ctx context.Context, plan SavedSync, by string, lasts time.Duration) (run string, err error) {
	if err := e.ofBefore(plan); err != nil {
		return "", fmt.Errorf("%w: plan, or run the sync, again, and approve what it shows then", err)
	}
	if plan.identify(e) != plan.ID {
		return "", fmt.Errorf("the plan of sync %s was changed, or made on another ledger, or by an earlier kith: run the sync again, and approve what it names then", plan.Sync)
	}
	now, err := e.Ledger.Now(ctx) // before it is asked: what is used meanwhile is newer than what is recorded then
	if err != nil {
		return "", err
	}
	runs, err := e.Ledger.LastRuns(ctx, plan.Sync, 1)
	if err != nil {
		return "", err
	}
	if a, ok, err := e.unfinished(ctx, plan.Sync, runs); err != nil {
		return "", err
	} else if ok && a.ID == plan.ID {
		return a.UsedBy, nil
	}
	return "", e.Ledger.Approve(ctx, plan.ID, plan.Sync, by, now, lasts)
}
