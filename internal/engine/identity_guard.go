package engine

import (
	"context"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// maxHops bounds how far from a value that is set apart its neighbours are looked
// for. What is farther away stays with none of them.
const maxHops = 256

// guard splits the components that break a max, then puts into quarantine what is
// too large still.
func (b *identityBuild) guard(ctx context.Context, over bool) error {
	if err := b.exec(ctx, b.id.CreateRejected()...); err != nil {
		return err
	}
	var split *compile.Split
	if over {
		var err error
		if split, err = b.split(ctx); err != nil {
			return err
		}
	}
	create, count := b.id.Large(split)
	if err := b.exec(ctx, create); err != nil {
		return err
	}
	large, err := b.count(ctx, count)
	if err != nil {
		return err
	}
	if err := b.exec(ctx, b.id.Move(split, large > 0)...); err != nil {
		return err
	}
	n, err := b.counts(ctx, b.id.RejectedCounts())
	if err != nil {
		return err
	}
	b.rejected, b.quarantined = n[0], large
	if b.id.Shares() {
		if b.report.Shared, err = b.count(ctx, b.id.SharedCount()); err != nil {
			return err
		}
	}
	return nil
}

// split goes through the identifiers with a max, strongest first. A pass sets
// values apart, gives every other identifier to the nearest of them, and takes the
// connected rest as parts: so later passes only make parts smaller.
func (b *identityBuild) split(ctx context.Context) (*compile.Split, error) {
	split, begin := b.id.BeginSplit()
	if err := b.exec(ctx, begin...); err != nil {
		return nil, err
	}
	for _, id := range b.id.Limits() {
		create, count := split.Over(id)
		if err := b.exec(ctx, create); err != nil {
			return nil, err
		}
		over, err := b.count(ctx, count)
		if err != nil {
			return nil, err
		}
		if over == 0 {
			continue
		}
		if err := b.label(ctx, split, id); err != nil {
			return nil, err
		}
		reject, c := split.Reject()
		if err := b.exec(ctx, reject...); err != nil {
			return nil, err
		}
		live, err := b.count(ctx, c.Live(1))
		if err != nil {
			return nil, err
		}
		labels, _, err := b.contract(ctx, c, live)
		if err != nil {
			return nil, err
		}
		if err := b.exec(ctx, split.Next(labels)); err != nil {
			return nil, err
		}
	}
	return split, nil
}

// label sets the values of an identifier apart and gives the others to them.
func (b *identityBuild) label(ctx context.Context, split *compile.Split, id *cdp.Identifier) error {
	if split.Shares(id) {
		return b.share(ctx, split, id)
	}
	if err := b.exec(ctx, split.Seeds(id)); err != nil {
		return err
	}
	return b.assign(ctx, split)
}

// assign labels neighbours hop by hop until there are no more.
func (b *identityBuild) assign(ctx context.Context, split *compile.Split) error {
	for hop := 1; hop <= maxHops; hop++ {
		label, count := split.Hop(hop)
		if err := b.exec(ctx, label); err != nil {
			return err
		}
		n, err := b.count(ctx, count)
		if err != nil || n == 0 {
			return err
		}
	}
	return nil
}
