package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// written is what an earlier mapping has left.
type written struct {
	compile.Earlier
	rows     uint64 // of the baseline, with a hash
	rejected uint64 // rejections
}

// outdated is how many rows of the baseline are to be rehashed.
func (cs *changeset) outdated() (rows uint64) {
	for _, w := range cs.earlier {
		rows += w.rows
	}
	return rows
}

// readMappings chooses the version of the mapping, and finds what is left of versions under
// an earlier hash function. The version of a row says under which it was written, so that
// a rehash that was interrupted leaves no doubt. A full run sends every row as it is. was is the
// name under which an older kith may have left some. No version is given twice.
func (e *Engine) readMappings(ctx context.Context, req *request, cs *changeset, was string) error {
	s, c := cs.sync, e.Compiler
	list, newest, err := e.Ledger.Mappings(ctx, cs.name, was)
	if err != nil {
		return err
	}
	cs.mappings = list
	if len(list) > 0 {
		cs.before = list[len(list)-1]
	}
	fields := compile.MappingFields(s)
	cs.mapping, cs.changed = cs.before, cs.before.Version == 0 || !slices.Equal(cs.before.Fields, fields)
	if cs.changed || cs.before.Hash != c.HashName() {
		written := uint32(0)
		if !cs.first { // a rebaseline writes rows before their mapping
			if written, err = e.Ledger.NewestWritten(ctx, cs.baseline); err != nil {
				return err
			}
		}
		cs.mapping = ledger.Mapping{Version: max(newest, written) + 1, Hash: c.HashName(), Fields: fields}
	}
	for _, m := range append(slices.Clone(list), cs.mapping) {
		if m.Sync != cs.name && !slices.ContainsFunc(cs.unwritten, func(x ledger.Mapping) bool { return x.Version == m.Version }) {
			m.Sync = cs.name
			cs.unwritten = append(cs.unwritten, m)
		}
	}
	if cs.first || req.Full || s.Kind == cdp.EventTo { // an event is sent by existence
		return nil
	}
	if !c.KnowsHash(cs.before.Hash) && cs.before.Version > 0 && !req.Rebaseline {
		return &BlockedError{
			Guard: "hash", Text: fmt.Sprintf("the baseline of sync %s was written under the hash function %s, which this kith does not know: it cannot tell which rows have changed", s.Name, cs.before.Hash),
			Help: "use the kith that wrote it; --rebaseline takes the desired rows as delivered and sends nothing; --full sends every row again",
		}
	}
	return e.findEarlier(ctx, cs)
}

// findEarlier asks what is left of mappings under another hash function than the current
// one, if there has been one.
func (e *Engine) findEarlier(ctx context.Context, cs *changeset) error {
	list := slices.DeleteFunc(slices.Clone(cs.mappings), func(m ledger.Mapping) bool { return m.Hash == e.Compiler.HashName() || !e.Compiler.KnowsHash(m.Hash) })
	if len(list) == 0 {
		return nil
	}
	versions := versionsOf(list)
	rows, err := e.Ledger.Written(ctx, cs.baseline, versions)
	if err != nil {
		return err
	}
	rejected, err := e.Ledger.Rejected(ctx, cs.name, versions)
	if err != nil {
		return err
	}
	for _, m := range list {
		if w := (written{earlier(m), rows[m.Version], rejected[m.Version]}); w.rows+w.rejected > 0 {
			cs.earlier = append(cs.earlier, w)
		}
	}
	return nil
}

func versionsOf(list []ledger.Mapping) (out []uint32) {
	for _, m := range list {
		out = append(out, m.Version)
	}
	return out
}

func earlier(m ledger.Mapping) compile.Earlier {
	return compile.Earlier{Version: m.Version, Hash: m.Hash, Fields: m.Fields}
}

// mapped is the diff that knows of rows which another mapping wrote what that is: in the run
// that changes the mapping of nearly all, later of those that it has not come to, because it
// died or they were in a job. What it does not know is sent: it may have meant other fields.
func (e *Engine) mapped(ctx context.Context, cs *changeset, d *compile.Diff) (*compile.Diff, error) {
	list := slices.DeleteFunc(slices.Clone(cs.mappings), func(m ledger.Mapping) bool { return m.Version == cs.mapping.Version || m.Hash != cs.mapping.Hash })
	if cs.remapped == 0 || d.Event() {
		return d, nil
	}
	var rows map[uint32]uint64
	if len(list) > 0 {
		var err error
		if rows, err = e.Ledger.Written(ctx, cs.baseline, versionsOf(list)); err != nil {
			return nil, err
		}
	}
	var before []compile.Earlier
	for _, m := range list {
		if rows[m.Version] > 0 {
			before = append(before, earlier(m))
		}
	}
	return d.Before(before), nil
}

// rehash writes the hashes of the baseline anew where an earlier function made them, so
// that what is compared then is what has changed. The mapping is recorded before: of
// every row, rehashed or not, the ledger says how it was written, whenever a run dies.
func (e *Engine) rehash(ctx context.Context, req *request, cs *changeset, lease *ledger.Lease) error {
	outdated := cs.outdated()
	if outdated == 0 {
		return nil
	}
	if lease != nil {
		if err := e.writeMapping(ctx, req, cs, lease); err != nil {
			return err
		}
	}
	parts := e.Compiler.Dialect().Statements(wide * outdated)
	if cs.diff.Materialise() || parts > 2 {
		d, err := e.store(ctx, req, cs, cs.diff)
		if err != nil {
			return err
		}
		cs.diff = d
	}
	cs.makes(cs.in.Rehash)
	var versions []uint32
	for _, w := range cs.earlier {
		versions = append(versions, w.Version)
		if w.rows == 0 {
			continue
		}
		for _, slice := range cs.diff.Slices(parts) {
			if err := e.runAll(ctx, req, "sync "+cs.sync.Name, cs.diff.Rehash(w.Earlier, slice)); err != nil {
				return err
			}
		}
	}
	left, err := e.Ledger.Written(ctx, cs.baseline, versions)
	if err != nil {
		return err
	}
	for _, w := range cs.earlier { // what is not desired stays as it was
		cs.rehashed += w.rows - min(w.rows, left[w.Version])
	}
	return nil
}

// writeMapping records the mapping of a run, once. The number under which it does is that of
// no lease: of a holder that was paused since it chose it, another may have recorded other fields.
func (e *Engine) writeMapping(ctx context.Context, req *request, cs *changeset, lease *ledger.Lease) error {
	list := cs.unwritten
	if len(list) == 0 {
		return nil
	}
	cs.unwritten = nil
	if cs.moved { // a run that goes no further leaves a sync of the former name
		for _, m := range list {
			m.Sync = cs.state.Was
			list = append(list, m)
		}
	}
	e.fail("before mapping")
	if err := held(lease.Alive); err != nil {
		return err
	}
	if err := e.Ledger.WriteMappings(ctx, req.now, list...); err != nil {
		return err
	}
	e.fail("after mapping")
	return nil
}

// backoffs hold what was rejected as it is now, also under an earlier hash function.
func (cs *changeset) backoffs(raw *compile.Diff, now string) []cdp.Statement {
	list := []cdp.Statement{raw.Backoff(now)}
	for _, w := range cs.earlier {
		if s, ok := raw.BackoffEarlier(w.Earlier, now); ok && w.rejected > 0 {
			list = append(list, s)
		}
	}
	return list
}
