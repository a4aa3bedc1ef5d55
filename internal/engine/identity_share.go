package engine

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// share labels the parts that break the max of an identifier where weaker ones
// share. What a value joins must not depend on other values that join nothing: so
// first nothing passes through a value that may be shared, and those next to two
// labels are; then the others pass labels on, until no more are found.
func (b *identityBuild) share(ctx context.Context, split *compile.Split, id *cdp.Identifier) error {
	find, count := split.FindShared(id)
	for before, all := uint64(0), true; ; all = false {
		if err := b.exec(ctx, split.Free(id, all), split.Seeds(id)); err != nil {
			return err
		}
		if err := b.assign(ctx, split); err != nil {
			return err
		}
		if err := b.exec(ctx, find); err != nil {
			return err
		}
		n, err := b.count(ctx, count)
		if err != nil {
			return err
		}
		if n == before && !all {
			return b.exec(ctx, split.RejectShared(id))
		}
		before = n
	}
}

// knows reports whether the previous build has one of the tables that builds may lack:
// the project may not have said share or caps then, or another kith may have made it.
func (b *identityBuild) knows(ctx context.Context, table string) (bool, error) {
	if b.input.Previous == "" {
		return false, nil
	}
	return b.e.Ledger.Exists(ctx, table)
}
