package engine

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
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

// TestLedgerOfVersion2: a ledger whose rows say less than this kith writes gets the version that
// keeps an older kith from it, while a process that has opened it goes on.
func TestLedgerOfVersion2(t *testing.T) {
	t.Parallel()
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		w := matchWorldOf(t, d, nil)
		w.sql("DELETE FROM " + w.p.State + ".kith_meta WHERE version > 2")
		older := w.e.Ledger
		lease, err := older.Acquire(t.Context(), "build")
		if err != nil {
			t.Fatal(err)
		}
		w.open("another")
		if v := w.query("SELECT max(version), count(*) FROM " + w.p.State + ".kith_meta")[0]; fmt.Sprint(v) != "[3 3]" || w.e.Ledger.Salt() != testSalt {
			t.Errorf("versions %v, salt %q", v, w.e.Ledger.Salt())
		}
		if err := lease.Release(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestLedgerOfNewer: a ledger that a newer kith has migrated is refused, by its version and that of this kith.
func TestLedgerOfNewer(t *testing.T) {
	t.Parallel()
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		w := matchWorldOf(t, d, nil)
		w.sql(fmt.Sprintf("INSERT INTO %s.kith_meta (version, salt, `at`) SELECT %d, salt, `at` FROM %[1]s.kith_meta WHERE version = %[3]d", w.p.State, ledger.Version+1, ledger.Version))
		c, err := compile.New(w.p, w.w.Dialect())
		if err != nil {
			t.Fatal(err)
		}
		var newer *ledger.NewerError
		if _, err := ledger.Open(t.Context(), w.w, c, ledger.Options{Holder: ledger.Self()}); !errors.As(err, &newer) || newer.Ledger != ledger.Version+1 || newer.Kith != ledger.Version {
			t.Error(err)
		}
	})
}
