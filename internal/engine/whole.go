package engine

import (
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// answers is what became of the rows of a batch.
type answers struct {
	acks   []ledger.Ack
	unsent int        // the first of them, which could not be sent
	whole  *cdp.Batch // each of its rows was delivered, at the first try, and there is no more to say
	silent bool       // the last call got no answer, nor did another batch since
	moot   bool       // nothing is said of the destination: no row could be sent, or the last call failed at one alone
}

// plain reports an answer that says of every row that it was delivered, and no more.
func plain(b cdp.Batch, results []cdp.Result, err error) bool {
	if err != nil || len(results) != len(b.Rows) {
		return false
	}
	for i := range results {
		if results[i] != (cdp.Result{Fate: cdp.Delivered}) {
			return false
		}
	}
	return true
}

func (a answers) rows() int {
	if a.whole != nil {
		return len(a.acks) + len(a.whole.Rows)
	}
	return len(a.acks)
}

// counted is the rows of the whole batch that count: one half of a move does not.
func (a answers) counted() (n uint64) {
	if a.whole == nil {
		return 0
	}
	for i := range a.whole.Rows {
		if r := &a.whole.Rows[i]; r.Op != cdp.Remove || r.Reason != cdp.NoReason {
			n++
		}
	}
	return n
}

// spanBytes bounds the ids of a span: they go into the text of a statement, of which
// ClickHouse takes 256 KiB unless told otherwise, with those of all batches of a flush.
const spanBytes = 1_000

// spanned reports whether a whole batch is acknowledged as a span: not where rows go
// apart, of which others may stand between.
func (d *delivery) spanned(b *cdp.Batch) bool {
	return d.spans && d.cs.remote.Spec.Write(d.target.Kind).Clearing == nil && len(b.Rows[0].RowID)+len(b.Rows[len(b.Rows)-1].RowID) <= spanBytes
}

// span is the answer to a whole batch. A batch is all rows of its operation and action
// from its first to its last: they are read in the order of the changeset.
func (d *delivery) span(b *cdp.Batch) ledger.Span {
	first, last := &b.Rows[0], &b.Rows[len(b.Rows)-1]
	return ledger.Span{
		Op: b.Op, Action: b.Action, Only: d.only, Batch: b.Number, Ver: version(d.lease, b.Number), Mapping: d.cs.mapping.Version, At: d.e.Clock.Now(),
		From: ledger.Place{KH: first.KH, RowID: first.RowID}, To: ledger.Place{KH: last.KH, RowID: last.RowID},
	}
}

// each is the same, row by row.
func (d *delivery) each(b *cdp.Batch) []ledger.Ack {
	acks := make([]ledger.Ack, len(b.Rows))
	for i, row := range b.Rows {
		acks[i] = d.ack(*b, row, cdp.Result{Fate: cdp.Delivered}, 1)
	}
	return acks
}
