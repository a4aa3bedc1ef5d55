package ledger

import "context"

// Standing counts what earlier runs of a sync left behind that may hold rows of the
// next one back.
type Standing struct {
	Foreign  uint64 // rows that the destination had before kith
	Rejected uint64 // rows of rejections, until they are delivered
	Jobs     uint64 // open jobs
}

// Standing reads all three at once, so that what is not there costs no statement of
// its own.
func (l *Ledger) Standing(ctx context.Context, sync string) (Standing, error) {
	row, err := One(ctx, l.w, l.c.Ledger("standing", map[string]any{"Sync": sync}))
	if err != nil {
		return Standing{}, err
	}
	return Standing{Foreign: Uint(row[0]), Rejected: Uint(row[1]), Jobs: Uint(row[2])}, nil
}
