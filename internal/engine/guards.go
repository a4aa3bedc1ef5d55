package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Default guards (LANGUAGE section 8).
const (
	defaultMaxRemoved = 10.0 // per cent
	defaultMinRows    = 1
	guardFloor        = 20 // rows: a smaller change is never blocked
)

// guard compares a sync with its guards; nil lets it pass. Sources that are getting
// old are noted in the report.
func (e *Engine) guard(ctx context.Context, req *request, cs *changeset, report *SyncReport) (*BlockedError, error) {
	if blocked, err := e.freshness(ctx, req, cs, report); blocked != nil || err != nil {
		return blocked, err
	}
	if err := e.countAgain(ctx, req, cs); err != nil {
		return nil, err
	}
	if blocked := cs.limits(); blocked != nil {
		return blocked, nil
	}
	return e.anomaly(ctx, cs)
}

// limits compares the changeset with the limits of the sync.
func (cs *changeset) limits() *BlockedError {
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
			Help: "look at " + cs.origin() + ", and at `guards: {min_rows: ...}` of the sync",
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
			Help: "`kith plan` shows them",
		}
	}
	if cs.asked {
		return nil // every row is sent because somebody asked for it
	}
	changed := cs.altered()
	if limit, on := limitOf(g.MaxChanged, -1, cs.known); on && changed > limit {
		return &BlockedError{
			Guard: "max_changed", Text: fmt.Sprintf("%s would change %d of %d rows, more than max_changed allows (%d)", name, changed, cs.known, limit),
			Help: "`kith plan` shows which fields",
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

// freshness refuses rows that are made of sources that have grown too old.
func (e *Engine) freshness(ctx context.Context, req *request, cs *changeset, report *SyncReport) (*BlockedError, error) {
	for _, s := range cs.sync.Upstream(e.Project.Suppress) {
		if s.Freshness == nil {
			continue
		}
		newest, err := e.newest(ctx, req, s)
		if err != nil {
			return nil, err
		}
		text := fmt.Sprintf("source %s has no rows, or they are all dated in the future", s.Name)
		age := time.Duration(math.MaxInt64)
		if !newest.IsZero() && newest.Year() > 1970 {
			age = req.moment().Sub(newest)
			text = fmt.Sprintf("the newest row of source %s is %s old", s.Name, age.Round(time.Second))
		}
		switch f := s.Freshness; {
		case f.Error > 0 && age > f.Error:
			return &BlockedError{
				Guard: "freshness", Text: fmt.Sprintf("%s, and freshness of it ends at %s", text, f.Error),
				Help: "look at what loads it (" + s.Pos.String() + ")",
			}, nil
		case f.Warn > 0 && age > f.Warn:
			report.Warnings = append(report.Warnings, fmt.Sprintf("%s (warn: %s)", text, f.Warn))
		}
	}
	return nil, nil
}

// moment is when rows are judged fresh or old: the run's moment, so that a run as of
// another day is that day's. A saved plan may have grown old on the shelf, and its
// rows with it.
func (r *request) moment() time.Time {
	if r.Apply != nil {
		return r.now
	}
	return r.asOf
}

// newest is the moment of a source's newest row, read once in a run.
func (e *Engine) newest(ctx context.Context, req *request, s *cdp.Source) (time.Time, error) {
	req.asked.Lock()
	at, known := req.newest[s.Name]
	req.asked.Unlock()
	if known {
		return at, nil
	}
	row, err := e.one(ctx, req.id, req.compiler.Newest(s, req.moment()))
	if err != nil {
		return time.Time{}, err
	}
	at, _ = row[0].(time.Time)
	req.asked.Lock()
	defer req.asked.Unlock()
	req.newest[s.Name] = at
	return at, nil
}

// What an anomaly is measured against.
const (
	historyRuns  = 30
	historyLeast = 7
	sigma        = 1.4826 // of a normal distribution, over its median absolute deviation
	spreadLeast  = 0.05   // of the median: a sync that never varies may begin to
)

// anomaly compares the rows wanted, and the rows sent, with the last runs: the
// median and the spread around it, which one odd run does not move.
func (e *Engine) anomaly(ctx context.Context, cs *changeset) (*BlockedError, error) {
	times := cs.sync.Guards.Anomaly
	if times == 0 || cs.first || cs.asked {
		return nil, nil
	}
	last, err := e.Ledger.LastUsual(ctx, cs.sync.Name, historyRuns)
	if err != nil {
		return nil, err
	}
	var rows, sent []float64
	for _, r := range last {
		rows, sent = append(rows, float64(r.Rows)), append(sent, float64(r.Changed))
	}
	if len(rows) < historyLeast {
		return nil, nil
	}
	// Of a move the history has both halves, as changes has.
	sends := cs.changes() - cs.ops[cdp.Change] - cs.ops[cdp.Rekey] - cs.moves + cs.altered()
	for _, x := range []struct {
		what    string
		is      uint64
		history []float64
		low     bool // too few are odd, too
	}{{"wants", cs.rows, rows, true}, {"would send", sends, sent, false}} {
		middle, spread := usual(x.history)
		off := times * max(spread, spreadLeast*middle)
		lo, hi := middle-max(off, guardFloor), middle+max(off, guardFloor)
		if is := float64(x.is); is > hi || x.low && is < lo {
			return &BlockedError{
				Guard: "anomaly", Text: fmt.Sprintf("sync %s %s %d rows; the last %d runs had about %.0f, and anomaly: %g allows %.0f to %.0f", cs.sync.Name, x.what, x.is, len(rows), middle, times, max(0, lo), hi),
				Help: "look at " + cs.origin(),
			}, nil
		}
	}
	return nil, nil
}

// usual is the median and the spread around it.
func usual(list []float64) (middle, spread float64) {
	middle = medianOf(list)
	off := make([]float64, len(list))
	for i, x := range list {
		off[i] = math.Abs(x - middle)
	}
	return middle, sigma * medianOf(off)
}

func medianOf(list []float64) float64 {
	s := slices.Sorted(slices.Values(list))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}
