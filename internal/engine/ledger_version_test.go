package engine

import (
	"testing"

	"github.com/kithdata/kith/internal/ledger"
)

// TestLedgerOfVersion1: a ledger from before decisions gets their table, and keeps
// its salt, on which all nodes depend.
func TestLedgerOfVersion1(t *testing.T) {
	t.Parallel()
	w := matchWorld(t, nil)
	w.sql("DROP TABLE " + w.p.State + ".match_decisions")
	w.sql("DELETE FROM " + w.p.State + ".kith_meta WHERE version > 1")
	w.open("another")
	if w.e.Ledger.Salt() != testSalt {
		t.Errorf("salt %q", w.e.Ledger.Salt())
	}
	if list, err := w.e.Decisions(t.Context(), w.entity, 1); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	if v := w.query("SELECT max(version), count() FROM " + w.p.State + ".kith_meta")[0]; ledger.Uint(v[0]) != ledger.Version || ledger.Uint(v[1]) != ledger.Version {
		t.Errorf("versions %v", v)
	}
}
