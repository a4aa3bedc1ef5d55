package engine

import (
	"context"
	"hash/maphash"
	"sync"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// raws are the rows of a raw changeset, by what has to be looked into.
type raws struct {
	sends, removes, doubtful uint64
	renames                  uint64
	returned                 uint64 // of those, rows that had been left under their former key
	otherKeys                uint64 // removals under a key that is not the row's id
	distinct                 int64  // desired rows, if each stands once
}

// sum adds up what a raw changeset counts; known are the rows of the baseline.
func sum(counts []cdp.Row, known uint64) raws {
	n := raws{distinct: int64(known)}
	for _, r := range counts {
		op, reason, rows := cdp.Op(ledger.Uint(r[0])), cdp.Reason(ledger.Uint(r[1])), ledger.Uint(r[3])
		n.returned += ledger.Uint(r[5])
		n.otherKeys += ledger.Uint(r[6])
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
			if op == cdp.Rekey {
				n.renames += rows
			}
		case op == cdp.Silent && reason != cdp.NoReason: // ignored, unless the reason is another
			n.removes += rows
			n.distinct -= int64(rows)
		}
	}
	return n
}

// keys finds the rows whose remote key another desired row has.
func (e *Engine) keys(cs *changeset, raw *compile.Diff, of raws, run func(cdp.Statement) error) error {
	removes := taken(cs, of)
	var list []cdp.Statement
	if of.returned > 0 || removes && raw.Stronger() {
		list = append(list, raw.Passed())
	}
	if of.returned > 0 {
		list = append(list, raw.Returned()...)
	}
	if raw.Keyed() && of.sends > 0 {
		parts := e.Compiler.Dialect().Statements(of.sends)
		for part := range parts {
			list = append(list, raw.Duplicates(part, parts))
		}
	}
	if removes {
		list = append(list, raw.Taken())
	}
	for _, s := range list {
		if err := run(s); err != nil {
			return err
		}
	}
	return nil
}

// taken reports whether somebody may want the key of who is removed. Where each key is an id, who
// is removed has one that nobody else has, unless the ids were others before.
func taken(cs *changeset, of raws) bool {
	return cs.sync.Kind == cdp.Object && of.removes > 0 && (of.otherKeys > 0 || !compile.KeyIsID(cs.sync, cs.remote.Spec.Write(cs.sync.Kind)))
}

// inUse is how often it is looked who waits for who waits; the last time whoever could is held.
const inUse = 8

// held finds who waits for a key, and who gets the record of another, counts the rows that
// wait, and says whether there is any verdict at all.
func (e *Engine) held(ctx context.Context, req *request, cs *changeset, raw *compile.Diff, of raws, run func(cdp.Statement) error) (any bool, err error) {
	before, any, err := e.countHeld(ctx, req, cs, raw)
	if err != nil || of.renames == 0 || of.renames == 1 && before == 0 {
		return any, err
	}
	for n := range inUse {
		if err := run(raw.InUse(n == inUse-1)); err != nil {
			return false, err
		}
		rows, some, err := e.countHeld(ctx, req, cs, raw)
		if err != nil {
			return false, err
		}
		settled := rows == before
		if before, any = rows, some; settled {
			break
		}
	}
	if of.renames < 2 {
		return any, nil
	}
	for _, s := range raw.Rings() {
		if err := run(s); err != nil {
			return false, err
		}
	}
	_, any, err = e.countHeld(ctx, req, cs, raw)
	return any, err
}

func (e *Engine) countHeld(ctx context.Context, req *request, cs *changeset, raw *compile.Diff) (rows uint64, any bool, err error) {
	list, err := e.all(ctx, req.id, raw.FixCounts())
	for _, r := range list {
		n := ledger.Uint(r[1])
		rows += n
		switch code := cdp.Code(ledger.Text(r[0])); code {
		case cdp.NoCode:
		case "pending":
			cs.pending = n
		default:
			cs.held[code] = n
		}
	}
	return rows, len(list) > 0, err
}

// keySet are remote keys by a hash of them, so that many take little memory: what is not in it
// may seem to be, once in a very long while. Its zero is empty; any goroutine may use it.
type keySet struct {
	mu     sync.Mutex
	seed   maphash.Seed
	hashes map[uint64]bool
}

func (s *keySet) add(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hashes == nil {
		s.seed, s.hashes = maphash.MakeSeed(), map[uint64]bool{}
	}
	s.hashes[maphash.String(s.seed, key)] = true
}

func (s *keySet) has(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.hashes) > 0 && s.hashes[maphash.String(s.seed, key)]
}

func (s *keySet) none() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.hashes) == 0
}

// keyKept is the fate of a row under whose key the record of another still stands.
var keyKept = cdp.Result{Fate: cdp.Deferred, Code: cdp.Conflict, Reason: "the record of another row has its remote key and is not renamed yet"}

// keep notes the key of a record that was to be renamed and, as far as is known, is not.
func (d *delivery) keep(a ledger.Ack) {
	if a.Row.Op == cdp.Rekey && a.Result.Fate != cdp.Delivered && a.Result.Fate != cdp.Skipped {
		d.kept.add(a.Row.OldKey)
	}
}
