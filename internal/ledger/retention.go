package ledger

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// KeptRuns are the runs of a sync that stay, however old, and as many of its usual ones: guards
// look at history. So do those of a full run that has not ended.
const KeptRuns = 50

// leastRejections is how long a rejection is kept at least: it holds its row back
// until its next try, at most [MaxBackoff] later.
const leastRejections = 30 * 24 * time.Hour

// Forgotten counts what Retain dropped.
type Forgotten struct{ Log, Rejections, Runs uint64 }

// Retain forgets what is older than declared: of syncs, by name, and of everything
// else. It looks first, so that it may be called after every run: whole days go, so
// that a day's worth is dropped at once and not row by row.
func (l *Ledger) Retain(ctx context.Context, rest cdp.Retention, syncs map[string]cdp.Retention) (Forgotten, error) {
	rest = rest.Or(cdp.DefaultRetention())
	now, err := l.Now(ctx)
	if err != nil {
		return Forgotten{}, err
	}
	data := map[string]any{
		"Log":        l.older(now, rest.Log, rest, syncs, func(r cdp.Retention) time.Duration { return r.Log }),
		"Rejections": l.older(now, max(rest.Rejections, leastRejections), rest, syncs, func(r cdp.Retention) time.Duration { return max(r.Rejections, leastRejections) }),
		"Runs":       "started_at < " + l.before(now, rest.Runs),
		"Before":     l.before(now, rest.Runs), "Keep": KeptRuns,
	}
	row, err := One(ctx, l.w, l.c.Ledger("retention_due", data))
	if err != nil {
		return Forgotten{}, err
	}
	f := Forgotten{Log: Uint(row[0]), Rejections: Uint(row[1]), Runs: Uint(row[2])}
	for _, x := range []struct {
		due        uint64
		statements []string
	}{
		{f.Log, []string{"retention_log"}},
		{f.Rejections, []string{"retention_rejections"}},
		{f.Runs, []string{"retention_runs", "retention_sync_runs", "retention_plans", "retention_approvals"}},
		{Uint(row[3]), []string{"budget_sweep"}}, // the longest rate is of a day
	} {
		if x.due == 0 {
			continue
		}
		for _, name := range x.statements {
			if err := l.exec(ctx, name, data); err != nil {
				return f, err
			}
		}
	}
	return f, nil
}

// before is the first moment that is kept: the beginning of a day.
func (l *Ledger) before(now time.Time, kept time.Duration) string {
	return l.c.Dialect().Time(now.Add(-kept).UTC().Truncate(24 * time.Hour))
}

// older is the condition of rows that are too old, by the sync that they are of.
func (l *Ledger) older(now time.Time, rest time.Duration, whole cdp.Retention, syncs map[string]cdp.Retention, of func(cdp.Retention) time.Duration) string {
	d := l.c.Dialect()
	at := d.Ident("at")
	var cases [][2]string
	for _, name := range slices.Sorted(maps.Keys(syncs)) {
		if kept := of(syncs[name].Or(whole)); kept != rest {
			cases = append(cases, [2]string{"sync = " + d.Quote(name), l.before(now, kept)})
		}
	}
	if len(cases) == 0 {
		return at + " < " + l.before(now, rest)
	}
	var all []string
	for _, c := range cases {
		all = append(all, c[0])
	}
	terms := []string{"(" + at + " < " + l.before(now, rest) + " AND NOT (" + strings.Join(all, " OR ") + "))"}
	for _, c := range cases {
		terms = append(terms, "("+c[0]+" AND "+at+" < "+c[1]+")")
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}
