package daemon

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
	"github.com/kithdata/kith/internal/ledger"
)

// historyRuns is how many runs make the history of a sync; enoughRuns how many there
// must be.
const (
	historyRuns = 14
	enoughRuns  = 5
	fewRows     = 20 // a smaller difference is never told, as with guards
)

// measured compares the numbers of a run with their limits.
func (d *Daemon) measured(ctx context.Context, s *Session, t task, id string, r *engine.SyncReport) (open []trouble, over []ending, err error) {
	if r.Status != engine.Succeeded && r.Status != engine.Partial {
		return nil, nil, nil
	}
	if !r.Unanswered { // else nobody has said anything of its rows
		open, over = t.refused(r, s.Engine.Ledger)
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
		over = append(over, ending{kind: cdp.AlertRows})
	}
	return open, over, nil
}

// refused compares how many of the rows that a run sent were refused with the limit. It is not
// over while those are held that were refused before. Who may confirm later was not. A vendor that does not name what it
// refused has them among the delivered, or the unknown.
func (t *task) refused(r *engine.SyncReport, l *ledger.Ledger) (open []trouble, over []ending) {
	sent, held := r.Delivered+r.Rejected+r.Unknown+r.Deferred+r.Pending, r.Codes[string(cdp.Backoff)]
	bad := min(r.Rejected+r.Remote, sent)
	share := func(more uint64) float64 { return 100 * float64(bad+more) / float64(max(1, sent+more)) }
	switch {
	case share(0) > t.alerts.Rejected:
		why := reasons(r.Codes)
		if r.Remote > 0 {
			why = strings.TrimPrefix(fmt.Sprintf("%s, %d that the vendor does not name", why, r.Remote), ", ")
		}
		text := fmt.Sprintf("%d of %d rows rejected (%.1f%%, more than %g%%): %s", bad, sent, share(0), t.alerts.Rejected, why)
		return []trouble{{kind: cdp.AlertRejected, text: text}}, nil
	case share(held) > t.alerts.Rejected:
		return nil, nil
	case sent > 0:
		return nil, []ending{{kind: cdp.AlertRejected}}
	}
	return nil, []ending{{cdp.AlertRejected, func(ctx context.Context, e ledger.Episode) (bool, error) {
		more, err := unnamed(ctx, l, e.Run)
		return !more, err
	}}}
}

// unnamed reports whether the vendor refused rows of a run without a name: those are not held,
// so that nothing is known of them until others are sent.
func unnamed(ctx context.Context, l *ledger.Ledger, run string) (bool, error) {
	runs, err := l.Runs(ctx, run, 1)
	if err != nil || len(runs) == 0 {
		return false, err
	}
	return slices.ContainsFunc(reportOf(runs[0]).Syncs, func(r *engine.SyncReport) bool { return r.Remote > 0 }), nil
}

// reasons is "invalid_value 12, permission 3": reasons of ours, no values.
func reasons(m map[string]uint64) string {
	var parts []string
	for code, n := range m {
		if code == string(cdp.Unconfirmed) {
			continue // waits, and was not refused
		}
		parts = append(parts, fmt.Sprintf("%s %d", code, n))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
