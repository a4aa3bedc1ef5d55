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
	sent := r.Delivered + r.Rejected + r.Unknown + r.Deferred + r.Pending
	switch share := 100 * float64(r.Rejected) / float64(max(1, sent)); {
	case share > t.alerts.Rejected:
		open = append(open, trouble{kind: cdp.AlertRejected, text: fmt.Sprintf("%d of %d rows rejected (%.1f%%, more than %g%%): %s", r.Rejected, sent, share, t.alerts.Rejected, reasons(r.Codes))})
	case sent > 0:
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

// reasons is "invalid_value 12, permission 3": reasons of ours, no values.
func reasons(m map[string]uint64) string {
	var parts []string
	for code, n := range m {
		parts = append(parts, fmt.Sprintf("%s %d", code, n))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
