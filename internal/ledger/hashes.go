package ledger

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// mostHashes is how many hashes a statement names: of 20 digits each they are less than half of
// the 256 KiB that ClickHouse reads of a statement by default (max_query_size).
const mostHashes = 5000

// ofHashes reads what a statement says of rows by their hashes, some of them at a time. A row
// whose hash stands there more than once may come more than once.
func (l *Ledger) ofHashes(ctx context.Context, name string, hashes []uint64, data map[string]any) ([]cdp.Row, error) {
	var all []cdp.Row
	for some := range slices.Chunk(hashes, mostHashes) {
		data["KHs"] = joinUints(some)
		rows, err := All(ctx, l.w, l.c.Ledger(name, data))
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

func joinUints(list []uint64) string {
	var b strings.Builder
	for i, n := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.FormatUint(n, 10))
	}
	return b.String()
}
