package ledger

import (
	"context"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// Collisions are the values of an entity's identifiers that have another node than
// their hash.
func (l *Ledger) Collisions(ctx context.Context, e *cdp.Entity) ([]compile.Collision, error) {
	rows, err := All(ctx, l.w, l.c.Collisions(e))
	if err != nil {
		return nil, err
	}
	out := make([]compile.Collision, len(rows))
	for i, r := range rows {
		out[i] = compile.Collision{Entity: e.Name, Identifier: Text(r[0]), Value: Text(r[1]), Node: Uint(r[2])}
	}
	return out, nil
}

// WriteCollisions gives values their nodes; a later one of the same value wins.
func (l *Ledger) WriteCollisions(ctx context.Context, list []compile.Collision, at time.Time) error {
	rows := make([]cdp.Row, len(list))
	for i, c := range list {
		rows[i] = cdp.Row{c.Entity, c.Identifier, c.Value, c.Node, at}
	}
	return l.append(ctx, "identity_collisions", []string{"entity", "identifier", "value", "node", "at"}, rows)
}

// DropAll drops the tables of the state schema whose names begin with a prefix.
func (l *Ledger) DropAll(ctx context.Context, prefix string) error {
	rows, err := All(ctx, l.w, l.c.Ledger("tables_like", map[string]any{"Schema": l.c.State("").Schema, "Prefix": prefix}))
	if err != nil {
		return err
	}
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = Text(r[0])
	}
	return l.Drop(ctx, names...)
}
