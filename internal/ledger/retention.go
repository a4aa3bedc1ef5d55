package ledger

import (
	"context"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// keepFirings is how long the daemon's firings are kept at most; the last ones of
// every task are always kept, since ticks count from them.
const keepFirings = 35 * 24 * time.Hour

// Retain drops whole days of what is older than a project keeps. own are the syncs
// that keep their log for another time than the rest.
func (l *Ledger) Retain(ctx context.Context, keep cdp.Retention, own map[string]time.Duration) error {
	now, err := l.Now(ctx)
	if err != nil {
		return err
	}
	before := func(d time.Duration) string {
		return l.w.Dialect().Time(now.Add(-d).Truncate(24 * time.Hour))
	}
	var names []string
	for name := range own {
		names = append(names, name)
	}
	slices.Sort(names)
	drop := func(what string, data map[string]any) error {
		row, err := One(ctx, l.w, l.c.Ledger(what+"_old", data))
		if err != nil || Uint(row[0]) == 0 {
			return err
		}
		return l.exec(ctx, what+"_drop", data)
	}
	if keep.Log > 0 {
		if err := drop("log", map[string]any{"Before": before(keep.Log), "Sync": "", "Except": names}); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := drop("log", map[string]any{"Before": before(own[name]), "Sync": name, "Except": nil}); err != nil {
			return err
		}
	}
	if keep.Runs == 0 {
		return nil
	}
	return drop("runs", map[string]any{"Before": before(keep.Runs)})
}

// SweepFirings drops old firings, as of a moment of the daemon's clock.
func (l *Ledger) SweepFirings(ctx context.Context, keep time.Duration, now time.Time) error {
	if keep <= 0 || keep > keepFirings {
		keep = keepFirings
	}
	return l.exec(ctx, "firings_sweep", map[string]any{"Before": l.w.Dialect().Time(now.Add(-keep))})
}
