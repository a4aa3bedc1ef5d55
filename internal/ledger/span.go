package ledger

import (
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Span is the answer to a whole batch that says no more than that each of its rows was
// delivered, at the first try: the rows of one operation and action of a changeset from
// one position to another, both included. What it leads to is what [Ack.BaselineRow]
// says of each of them.
type Span struct {
	Op       cdp.Op
	Action   cdp.Action
	Only     cdp.Reason // NoReason, or that of the rows that were read
	From, To Place
	Batch    uint32
	Ver      uint64
	Mapping  uint32
	At       time.Time
}

// Spans reports whether a baseline takes spans: it does where what is acknowledged goes
// into the baseline itself.
func (l *Ledger) Spans(baseline string) bool { return !l.Folds(baseline) }

// Folds reports whether what is acknowledged for a baseline goes into a table of its own, and
// from there into the baseline by a [Ledger.Fold].
func (l *Ledger) Folds(baseline string) bool { return l.c.Acks(baseline) != baseline }

// spanGroup is spans of one kind, in order: one statement writes them.
type spanGroup []Span

// groupSpans puts together what one statement can write.
func groupSpans(spans []Span) []spanGroup {
	type kind struct {
		op      cdp.Op
		action  cdp.Action
		only    cdp.Reason
		mapping uint32
	}
	var order []kind
	by := map[kind]spanGroup{}
	for _, s := range spans {
		k := kind{s.Op, s.Action, s.Only, s.Mapping}
		if by[k] == nil {
			order = append(order, k)
		}
		by[k] = append(by[k], s)
	}
	out := make([]spanGroup, 0, len(order))
	for _, k := range order {
		g := by[k]
		slices.SortFunc(g, func(a, b Span) int { return a.To.Compare(b.To) })
		out = append(out, g)
	}
	return out
}

// data is what the templates read. Batches that follow each other are one stretch of
// rows: every row of their kind that lies between is in one of them.
func (l *Ledger) data(g spanGroup, run SyncRun, baseline, destination string) map[string]any {
	type stretch struct{ From, To Place }
	var stretches []stretch
	at := g[0].At
	for i, s := range g {
		if i > 0 && s.Batch == g[i-1].Batch+1 {
			stretches[len(stretches)-1].To = s.To
		} else {
			stretches = append(stretches, stretch{s.From, s.To})
		}
		if s.At.After(at) {
			at = s.At
		}
	}
	first := g[0]
	return map[string]any{
		"Sync": run.Sync, "Run": run.Run, "Destination": destination, "Changeset": run.Changeset, "Baseline": baseline,
		"Op": uint8(first.Op), "OpName": first.Op.String(), "Action": string(first.Action), "Only": uint8(first.Only),
		"Removed": first.Op == cdp.Remove, "Kept": first.Action.KeepsRecord(), "Mapping": first.Mapping, "When": l.c.Dialect().Time(at),
		"Stretches": stretches, "Earlier": []Span(g[:len(g)-1]), "Last": g[len(g)-1],
	}
}
