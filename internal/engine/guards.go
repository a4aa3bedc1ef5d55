package engine

import (
	"fmt"
	"math"

	"github.com/kithdata/kith/internal/cdp"
)

// Default guards (LANGUAGE section 8).
const (
	defaultMaxRemoved = 10.0 // per cent
	defaultMinRows    = 1
	guardFloor        = 20 // rows: a smaller change is never blocked
)

// guard compares the changeset with the guards of the sync; nil lets it pass.
func (cs *changeset) guard() *BlockedError {
	g := cs.sync.Guards
	name := "sync " + cs.sync.Name
	minRows := g.MinRows
	if minRows < 0 {
		minRows = defaultMinRows
		if cs.diff.Event() {
			minRows = 0
		}
	}
	if cs.rows < uint64(minRows) {
		return &BlockedError{
			Guard: "min_rows", Text: fmt.Sprintf("%s has %d rows, fewer than min_rows: %d", name, cs.rows, minRows),
			Help: "look at " + cs.origin() + "; if this is right, lower `guards: {min_rows: ...}` of the sync",
		}
	}
	if cs.first {
		return nil
	}
	var removed uint64
	for reason, n := range cs.reasons {
		if reason != cdp.Withdrawn {
			removed += n
		}
	}
	if limit, on := limitOf(g.MaxRemoved, defaultMaxRemoved, cs.known); on && removed > limit {
		return &BlockedError{
			Guard: "max_removed", Text: fmt.Sprintf("%s would remove %d of %d rows, more than max_removed allows (%d)", name, removed, cs.known, limit),
			Help: fmt.Sprintf("`kith plan` shows them; if this is right, raise `guards: {max_removed: %d}` of the sync for this run", removed),
		}
	}
	if cs.full > 0 {
		return nil // every row is sent because somebody asked for it
	}
	changed := cs.ops[cdp.Change] + cs.ops[cdp.Rekey]
	if limit, on := limitOf(g.MaxChanged, -1, cs.known); on && changed > limit {
		return &BlockedError{
			Guard: "max_changed", Text: fmt.Sprintf("%s would change %d of %d rows, more than max_changed allows (%d)", name, changed, cs.known, limit),
			Help: fmt.Sprintf("`kith plan` shows which fields; if this is right, raise `guards: {max_changed: %d}` of the sync for this run", changed),
		}
	}
	return nil
}

// limitOf is the guard in rows; never less than guardFloor unless given in rows.
func limitOf(g cdp.Guard, percent float64, of uint64) (rows uint64, on bool) {
	switch {
	case g.Off:
		return 0, false
	case g.Set && !g.IsPercent:
		return uint64(g.Rows), true
	case g.Set:
		percent = g.Percent
	}
	if percent < 0 {
		return 0, false
	}
	return max(guardFloor, uint64(math.Floor(float64(of)*percent/100))), true
}
