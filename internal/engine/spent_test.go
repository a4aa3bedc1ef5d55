package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestSpent: the ledger says what all processes have called, and of each that has not given
// everything back what it may still call, by its last claim: also when one that hung is written
// after that, and when what it told of is so long ago that it does not count.
func TestSpent(t *testing.T) {
	bothDialects(t, func(t *testing.T, d cdp.Dialect) {
		w := newWorldOf(t, person([]*cdp.Identifier{ident("email")}, linkTo("crm", ident("email"))), d)
		claim := func(holder string, round, calls, ahead uint64, released bool) {
			t.Helper()
			if err := w.e.Ledger.Claim(t.Context(), "a", ledger.Claim{Holder: holder, Round: round, Calls: calls, Ahead: ahead, Released: released}); err != nil {
				t.Fatal(err)
			}
		}
		read := func(account string, within time.Duration) string {
			t.Helper()
			s, err := w.e.Ledger.Spent(t.Context(), account, within, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			out := []string{fmt.Sprint(s.Calls)}
			for _, h := range s.Holders {
				out = append(out, fmt.Sprintf("%s %d %d", h.Holder, h.Round, h.Ahead))
			}
			slices.Sort(out)
			return strings.Join(out, ", ")
		}
		claim("one", 7, 3, 50, false)
		claim("one", 8, 40, 10, false)
		claim("one", 7, 3, 50, false) // hung
		claim("two", 7, 20, 80, false)
		claim("two", 8, 0, 80, false)
		claim("two", 7, 5, 0, true)
		claim("three", 8, 0, 0, true)
		claim("four", 8, 0, 0, false)
		for _, x := range []struct {
			account string
			within  time.Duration
			want    string
		}{{"a", time.Hour, "71, four 8 0, one 8 10"}, {"a", 0, "0, four 8 0, one 8 10"}, {"b", time.Hour, "0"}} {
			if got := read(x.account, x.within); got != x.want {
				t.Errorf("%s within %s: %s, want %s", x.account, x.within, got, x.want)
			}
		}
	})
}
