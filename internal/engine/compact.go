package engine

import "context"

// A baseline is compacted when it is large and a twentieth of it has been written anew.
const (
	compactRows  = 1_000_000
	compactShare = 20
)

// compact makes the baseline fast to read after a run that has written much of it. That
// it fails hurts nobody: the next diff merges what it reads.
func (e *Engine) compact(ctx context.Context, req *request, cs *changeset, report *SyncReport) {
	written := report.Delivered
	if req.Rebaseline {
		written = cs.rows
	}
	written += cs.rehashed
	s, ok := cs.diff.Compact()
	if !ok || cs.rows < compactRows || written < cs.rows/compactShare {
		return
	}
	if _, err := e.exec(ctx, req.id, "sync "+cs.sync.Name, s); err != nil {
		e.Log.WarnContext(ctx, "the baseline stays in many parts", "sync", cs.sync.Name, "err", err)
	}
}
