package engine

import (
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// raws are the rows of a raw changeset, by what has to be looked into.
type raws struct {
	sends, removes, doubtful uint64
	returned                 uint64 // under another key than the one under which they were left
	distinct                 int64  // desired rows, if each stands once
}

// sum adds up what a raw changeset counts; known are the rows of the baseline.
func sum(counts []cdp.Row, known uint64) raws {
	n := raws{distinct: int64(known)}
	for _, r := range counts {
		op, reason, rows := cdp.Op(ledger.Uint(r[0])), cdp.Reason(ledger.Uint(r[1])), ledger.Uint(r[3])
		n.returned += ledger.Uint(r[5])
		switch {
		case op == cdp.Remove:
			n.removes += rows
			if reason == cdp.Doubtful {
				n.doubtful += rows
			}
			n.distinct -= int64(rows) // of a move the add takes it back
		case op == cdp.Add:
			n.sends += rows
			n.distinct += int64(rows)
		case op == cdp.Change || op == cdp.Rekey:
			n.sends += rows
		case op == cdp.Silent && reason != cdp.NoReason: // ignored, unless the reason is another
			n.removes += rows
			n.distinct -= int64(rows)
		}
	}
	return n
}

// keys finds the rows whose remote key another desired row has.
func (e *Engine) keys(cs *changeset, raw *compile.Diff, of raws, run func(cdp.Statement) error) error {
	var list []cdp.Statement
	if of.returned > 0 {
		list = raw.Returned()
	}
	if raw.Keyed() && of.sends > 0 {
		parts := e.Compiler.Dialect().Statements(of.sends)
		for part := range parts {
			list = append(list, raw.Duplicates(part, parts))
		}
	}
	if cs.sync.Kind == cdp.Object && of.removes > 0 && !compile.KeyIsID(cs.sync, cs.remote.Spec.Write(cs.sync.Kind)) {
		list = append(list, raw.Taken())
	}
	for _, s := range list {
		if err := run(s); err != nil {
			return err
		}
	}
	return nil
}
