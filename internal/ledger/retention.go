package ledger

import (
	"context"
	"errors"
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

// Residue is what the end of a run looks at, by one statement: what may be forgotten, and when.
type Residue struct {
	At time.Time // the warehouse's clock

	l    *Ledger
	old  []string // tables that may be of dead runs
	due  Forgotten
	data map[string]any // of the statements that forget
	idle uint64         // shares of rates that nobody looks at any more
}

// Residue looks for what dead runs left behind a day ago, and for what is older than declared, of
// syncs, by name, and of everything else. begun is the warehouse's clock of when the run began:
// whole days go, so that a day's worth is dropped at once and not row by row.
func (l *Ledger) Residue(ctx context.Context, begun time.Time, rest cdp.Retention, syncs map[string]cdp.Retention) (*Residue, error) {
	rest = rest.Or(cdp.DefaultRetention())
	r := &Residue{l: l, data: map[string]any{
		"Log":        l.older(begun, rest.Log, rest, syncs, func(r cdp.Retention) time.Duration { return r.Log }),
		"Rejections": l.older(begun, max(rest.Rejections, leastRejections), rest, syncs, func(r cdp.Retention) time.Duration { return max(r.Rejections, leastRejections) }),
		"Runs":       "started_at < " + l.before(begun, rest.Runs),
		"Before":     l.before(begun, rest.Runs), "Keep": KeptRuns,
		"Schema": l.c.State("").Schema, "Prefix": "",
	}}
	rows, err := All(ctx, l.w, l.c.Ledger("run_end", r.data))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 { // there is the table of the ledger's own version at least
		return nil, errors.New("the state schema has no tables")
	}
	first := rows[0][3:]
	r.old, r.due, r.idle = passing(rows), Forgotten{Log: Uint(first[1]), Rejections: Uint(first[2]), Runs: Uint(first[3])}, Uint(first[4])
	r.At, err = l.took(first[0])
	return r, err
}

// Sweep drops what dead runs left behind a day ago.
func (r *Residue) Sweep(ctx context.Context) error {
	old, err := r.l.stale(ctx, r.old)
	if err != nil {
		return err
	}
	return r.l.Drop(ctx, old...)
}

// Retain forgets what is older than declared, and says what that was.
func (r *Residue) Retain(ctx context.Context) (Forgotten, error) {
	for _, x := range []struct {
		due        uint64
		statements []string
	}{
		{r.due.Log, []string{"retention_log"}},
		{r.due.Rejections, []string{"retention_rejections"}},
		{r.due.Runs, []string{"retention_runs", "retention_sync_runs", "retention_plans", "retention_approvals"}},
		{r.idle, []string{"budget_sweep"}}, // the longest rate is of a day
	} {
		if x.due == 0 {
			continue
		}
		for _, name := range x.statements {
			if err := r.l.exec(ctx, name, r.data); err != nil {
				return r.due, err
			}
		}
	}
	return r.due, nil
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
