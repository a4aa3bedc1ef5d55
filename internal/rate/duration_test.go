package rate

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestDurationOfAUsedRate: what has been called of a rate over a long time counts in the
// duration that a plan predicts: the calls beyond what is left wait until that is long ago.
func TestDurationOfAUsedRate(t *testing.T) {
	const latency = 100 * time.Millisecond
	limits := cdp.Limits{Rates: []cdp.Rate{{Calls: 100, Per: 10 * time.Second}, {Calls: 500, Per: time.Hour}}, Concurrent: 10}
	for _, x := range []struct {
		calls uint64
		used  []ledger.Used
		least time.Duration
	}{
		{40, []ledger.Used{{Calls: 400, Until: 10 * time.Minute}, {Calls: 50, Until: 50 * time.Minute}}, 0},
		{120, []ledger.Used{{Calls: 400, Until: 10 * time.Minute}, {Calls: 50, Until: 50 * time.Minute}}, 10 * time.Minute},
		{460, []ledger.Used{{Calls: 400, Until: 10 * time.Minute}, {Calls: 50, Until: 50 * time.Minute}}, 50 * time.Minute},
		{30, []ledger.Used{{Calls: 600, Until: 5 * time.Minute}, {Calls: 20, Until: 20 * time.Minute}}, 5 * time.Minute}, // it allowed more
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newCallers(t, limits, 1)
			for i, u := range x.used {
				w.claims = append(w.claims, ledger.Claim{Holder: fmt.Sprint("gone ", i), Calls: u.Calls, Released: true, At: w.start.Add(w.skew + u.Until - time.Hour)})
			}
			b := newBudget(SystemClock{}, limits)
			l := b.join(cdp.Normal)
			s := newSharer(w.board, SystemClock{}, b, "a", w.name(), 20*time.Second, 4*time.Second)
			s.log = func(step string, err error) { t.Error(step, err) }
			if err := s.start(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.begin(t.Context())
			inTurn(t, l, limits.Concurrent, x.calls, latency)
			s.stop()
			<-s.done
			took := time.Since(w.start)
			said := Duration([]uint64{x.calls}, limits, latency, [][]ledger.Used{nil, x.used})
			if off := (said - took).Abs(); took < x.least || off > 25*time.Second || off > took/10 && off > time.Second {
				t.Errorf("%d calls: said %v, took %v, at least %v", x.calls, said, took, x.least)
			}
		})
	}
}
