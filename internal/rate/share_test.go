package rate

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// TestClaimOfCallsNotMade: what a claim counted while it was under way, and was then not
// made, is no number below zero in the next, which no INT64 holds.
func TestClaimOfCallsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(SystemClock{}, cdp.Limits{Rates: []cdp.Rate{{Calls: 100, Per: 10 * time.Second}}})
		claims := &board{slow: time.Millisecond, rng: rand.New(rand.NewPCG(1, 1))}
		s := newSharer(claims, SystemClock{}, b, "crm", "me", 20*time.Second, 4*time.Second)
		claim := func(round uint64) {
			if err := s.claim(t.Context(), round, false); err != nil {
				t.Fatal(err)
			}
		}
		b.begin(5)
		claim(1)
		b.settle(5, 3)
		claim(2)
		b.begin(4)
		claim(3)
		var told []uint64
		for _, c := range claims.claims {
			told = append(told, c.Calls)
		}
		if len(told) != 3 || told[0] != 5 || told[1] != 0 || told[2] != 2 {
			t.Errorf("the claims are of %v calls, want 5, 0 and 2: 7 were made", told)
		}
	})
}
