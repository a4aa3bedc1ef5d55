package daemon

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// historyRuns is how many runs make the history of a sync; enoughRuns how many there
// must be.
const (
	historyRuns = 14
	enoughRuns  = 5
	fewRows     = 20 // a smaller difference is never told, as with guards
)

// measured compares the numbers of a run with their limits.
func (d *Daemon) measured(ctx context.Context, s *Session, t task, id string, r *engine.SyncReport) (open []trouble, over []cdp.AlertKind, err error) {
	if r.Status != engine.Succeeded && r.Status != engine.Partial {
		return nil, nil, nil
	}
	if x, ok := t.refused(r); ok {
		open = append(open, x)
	} else if sent(r) > 0 {
		over = append(over, cdp.AlertRejected)
	}
	runs, err := s.Engine.Ledger.LastUsual(ctx, t.sync.Name, historyRuns+1)
	if err != nil {
		return open, over, err
	}
	var history []uint64
	for _, run := range runs {
		if run.Run != id && len(history) < historyRuns {
			history = append(history, run.Rows)
		}
	}
	if len(history) < enoughRuns {
		return open, over, nil
	}
	slices.Sort(history)
	median := float64(history[len(history)/2])
	off := math.Abs(float64(r.Rows) - median)
	if off > fewRows && 100*off/math.Max(1, median) > t.alerts.Rows {
		open = append(open, trouble{kind: cdp.AlertRows, text: fmt.Sprintf("%d rows wanted; the median of the last %d runs is %.0f, and more than %g%% off is told", r.Rows, len(history), median, t.alerts.Rows)})
	} else {
		over = append(over, cdp.AlertRows)
	}
	return open, over, nil
}

// sent are the rows that a run sent, or heard of.
func sent(r *engine.SyncReport) uint64 {
	return r.Delivered + r.Rejected + r.Unknown + r.Deferred + r.Pending
}

// refused is the trouble of a run of which too many rows were refused. Those that the vendor
// does not name count as delivered, or unknown, so they are among what was sent.
func (t *task) refused(r *engine.SyncReport) (x trouble, ok bool) {
	all := sent(r)
	bad := min(r.Rejected+r.Remote, all)
	share := 100 * float64(bad) / float64(max(1, all))
	why := reasons(r.Codes)
	if r.Remote > 0 {
		why = strings.TrimPrefix(fmt.Sprintf("%s, %d that the vendor does not name", why, r.Remote), ", ")
	}
	text := fmt.Sprintf("%d of %d rows rejected (%.1f%%, more than %g%%): %s", bad, all, share, t.alerts.Rejected, why)
	return trouble{kind: cdp.AlertRejected, text: text}, share > t.alerts.Rejected
}

// reasons is "invalid_value 12, permission 3": reasons of ours, no values.
func reasons(m map[string]uint64) string {
	var parts []string
	for code, n := range m {
		parts = append(parts, fmt.Sprintf("%s %d", code, n))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
