package ledger

import (
	"context"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// StoppedPlan is what a guard stopped: what a sync would have done.
type StoppedPlan struct {
	ID    string
	Sync  string
	Run   string
	Guard string
	Saved string // JSON; it holds counts and no row
	At    time.Time
}

// WritePlan records a plan that a guard stopped, so that it can be approved.
func (l *Ledger) WritePlan(ctx context.Context, p StoppedPlan) error {
	return l.append(ctx, "plans", []string{"plan_id", "sync", "run_id", "guard", "saved", "at"},
		[]cdp.Row{{p.ID, p.Sync, p.Run, p.Guard, p.Saved, p.At}})
}

// Plans are the plans that guards stopped, newest first; id narrows to those whose id
// begins so, sync to those of a sync.
func (l *Ledger) Plans(ctx context.Context, id, sync string, limit int) ([]StoppedPlan, error) {
	rows, err := All(ctx, l.w, l.c.Ledger("plans_list", map[string]any{"ID": id, "Sync": sync, "Limit": limit}))
	if err != nil {
		return nil, err
	}
	out := make([]StoppedPlan, len(rows))
	for i, r := range rows {
		out[i] = StoppedPlan{ID: Text(r[0]), Sync: Text(r[1]), Run: Text(r[2]), Guard: Text(r[3]), Saved: Text(r[4])}
		out[i].At, _ = r[5].(time.Time)
	}
	return out, nil
}

// Approval says that somebody allowed one plan of one sync.
type Approval struct {
	ID      string
	By      string
	At      time.Time
	Expires time.Time
	UsedBy  string // the run that went by it, "" while none has
	Live    bool   // not expired, by the warehouse's clock
}

// Approve records an approval, of a moment by the warehouse's clock that was taken before: an
// answer that is lost must not make a second approval of it, after the first has been used.
func (l *Ledger) Approve(ctx context.Context, id, sync, by string, now time.Time, lasts time.Duration) error {
	d := l.c.Dialect()
	return l.exec(ctx, "approve", map[string]any{
		"ID": id, "Sync": sync, "By": by, "When": d.Time(now), "Until": d.Time(now.Add(lasts)), "Ver": uint64(now.UnixMilli()),
	})
}

// Approval is the approval of a plan of a sync; false when there is none.
func (l *Ledger) Approval(ctx context.Context, sync, id string) (Approval, bool, error) {
	return l.approval(ctx, map[string]any{"Sync": sync, "ID": id, "Run": ""})
}

// ApprovalUsed is the approval that a run of a sync went by; false when it had none.
func (l *Ledger) ApprovalUsed(ctx context.Context, sync, run string) (Approval, bool, error) {
	return l.approval(ctx, map[string]any{"Sync": sync, "ID": "", "Run": run})
}

func (l *Ledger) approval(ctx context.Context, data map[string]any) (a Approval, ok bool, err error) {
	rows, err := All(ctx, l.w, l.c.Ledger("approvals_of", data))
	if err != nil || len(rows) == 0 {
		return a, false, err
	}
	r := rows[0]
	a = Approval{ID: Text(r[0]), By: Text(r[1]), UsedBy: Text(r[4]), Live: Uint(r[5]) != 0}
	a.At, _ = r[2].(time.Time)
	a.Expires, _ = r[3].(time.Time)
	return a, true, nil
}

// UseApproval records, before the first row is sent, which run goes by an approval:
// it is good for that run and for one that goes on where that one stopped.
func (l *Ledger) UseApproval(ctx context.Context, sync, id, run string) error {
	return l.exec(ctx, "approval_use", map[string]any{"ID": id, "Sync": sync, "Run": run})
}
