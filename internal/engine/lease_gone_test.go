package engine

import (
	"errors"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
)

// TestLeaseTablesGone: lease tables that are gone (they are empty: a backup of what has rows has
// none of them) do not make a sync begin at epoch 1 again, under which nothing that it writes
// counts, and which others take for one that was given back.
func TestLeaseTablesGone(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		u := newPeople(t, d)
		e := u.kith("{a: a}", compile.FirstHash)
		u.sends("first", e, Request{}, Succeeded, 0, allAdded)
		u.sends("unchanged", e, Request{}, Succeeded, 0, "")
		for _, row := range u.rows(e.Compiler.Ledger("tables_like", map[string]any{"Schema": u.schema, "Prefix": "lease_"}).SQL) {
			u.sql("DROP TABLE " + u.schema + "." + ledger.Text(row[0]))
		}
		one, err := e.Ledger.Acquire(t.Context(), "people")
		if err != nil {
			t.Fatal(err)
		}
		if one.Epoch != 3 {
			t.Errorf("epoch %d after 2 of which only the heartbeats are there", one.Epoch)
		}
		var busy *ledger.HeldError
		if two, err := e.Ledger.Acquire(t.Context(), "people"); !errors.As(err, &busy) {
			t.Errorf("epoch %d is held: another gets %+v, %v", one.Epoch, two, err)
		}
		if err := one.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		u.set("a = 'x'", "p03")
		u.sends("without the tables of before", e, Request{}, Succeeded, 0, "change p03")
		u.sends("unchanged", e, Request{}, Succeeded, 0, "")
	})
}
