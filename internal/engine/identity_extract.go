package engine

import (
	"context"
	"errors"

	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// maxCollisions bounds how often nodes are made anew because two values had one
// hash: with 64 bits once is already unlikely among a billion values.
const maxCollisions = 100

// extract reads the sources into nodes, until no two values share one.
func (b *identityBuild) extract(ctx context.Context) error {
	for range maxCollisions {
		if err := b.prepare(ctx); err != nil {
			return err
		}
		if err := b.exec(ctx, append(b.id.Extract(), b.id.Values(), b.id.Nodes())...); err != nil {
			return err
		}
		collisions, hashes, err := b.collisions(ctx)
		if err != nil || len(collisions) == 0 {
			return err
		}
		if err := b.e.Ledger.WriteCollisions(ctx, collisions, b.e.Clock.Now()); err != nil {
			return err
		}
		for i, x := range collisions {
			if err := b.exec(ctx, b.id.AuditCollision(hashes[i], x.Node)); err != nil {
				return err
			}
		}
		if err := b.e.Ledger.DropAll(ctx, b.id.ScratchPrefix()); err != nil {
			return err
		}
	}
	return errors.New("node ids collide again and again: the hash of the dialect is broken")
}

// collisions are the values that have to move, with the node they had: of those
// that share a node the one that is known, or the oldest, stays; the others get the
// next ids. A next id that another value has is a collision of the next round.
func (b *identityBuild) collisions(ctx context.Context) (moved []compile.Collision, from []uint64, err error) {
	rows, err := b.e.all(ctx, b.req.id, b.id.Clashes(10_000))
	if err != nil {
		return nil, nil, err
	}
	var last, next uint64
	greatest := b.e.Compiler.Dialect().MaxHash()
	taken := map[uint64]bool{}
	for _, r := range rows {
		node, rank, value := ledger.Uint(r[0]), ledger.Uint(r[1]), ledger.Text(r[2])
		if node != last {
			last, next = node, node
			continue
		}
		for next = after(next, greatest); taken[next]; next = after(next, greatest) {
		}
		taken[next] = true
		moved = append(moved, compile.Collision{Entity: b.entity.Name, Identifier: b.entity.Identifiers[rank].Name, Value: value, Node: next})
		from = append(from, node)
	}
	return moved, from, nil
}

// after is the next id; 0 is none.
func after(node, greatest uint64) uint64 {
	if node == greatest {
		return 1
	}
	return node + 1
}
