package ledger

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
)

// foreign records which rows the destination had before kith sent anything for them.
// They get a baseline row, so that nothing is sent for them again, and this one, so
// that nothing of them is changed or removed: only what kith sent is. A row that may
// have been sent before is kith's own, and one that may have been given its key by a rename.
func (l *Ledger) foreign(ctx context.Context, run SyncRun, baseline string, acks []Ack) error {
	var found []Ack
	var khs []uint64
	for _, a := range acks {
		if a.Result.Fate == cdp.Skipped && a.Result.Code == cdp.Exists && a.Row.Op == cdp.Add && !a.Doubt {
			found, khs = append(found, a), append(khs, a.Row.KH)
		}
	}
	if len(found) == 0 {
		return nil
	}
	known, err := l.ofHashes(ctx, "foreign_known", khs, map[string]any{"Baseline": baseline, "Acks": l.c.Acks(baseline), "Former": run.Former, "Since": run.Epoch << 32})
	if err != nil {
		return err
	}
	ours := map[string]bool{}
	for _, r := range known {
		ours[Text(r[0])] = true
	}
	var rows []cdp.Row
	for _, a := range found {
		if !ours[a.Row.RowID] && !ours[cdp.DoubtfulID(a.Row.RowID, a.Row.Key)] {
			rows = append(rows, cdp.Row{run.Sync, a.Row.KH, a.Row.RowID, a.Result.RemoteID, a.At, a.Ver, uint64(0)})
		}
	}
	return l.append(ctx, "foreign_rows", []string{"sync", "kh", "row_id", "remote_id", "at", "ver", "del"}, rows)
}

// ClearForeign forgets the rows that the sync does not have any more: should they come
// back, the destination is asked anew. Versions up to former are of another place.
func (l *Ledger) ClearForeign(ctx context.Context, sync, baseline string, former, ver uint64) error {
	return l.exec(ctx, "foreign_clear", map[string]any{"Sync": sync, "Baseline": baseline, "Former": former, "Ver": ver})
}
