package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestRejectedAndGone: kith status counts a row that was refused while it is wanted, and says when it
// is tried again; of one that has left its source it says nothing.
func TestRejectedAndGone(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, _ := newHubSpotProjectOn(t, warehouse, 12)
		update(p, "people", "email = 'x@rejected.example'", "id = 5")
		said := func(when string, want uint64) {
			t.Helper()
			var status struct {
				Syncs []struct{ Held, Rejected uint64 }
			}
			if err := json.Unmarshal([]byte(p.Kith("status", "--json")), &status); err != nil {
				t.Fatal(err)
			}
			if s := status.Syncs[0]; s.Held != want || s.Rejected != want {
				t.Errorf("%s: %+v, want %d", when, s, want)
			}
			out := p.Kith("status")
			for _, text := range []string{"tried again from", "kith log --rejected"} {
				if strings.Contains(out, text) != (want > 0) {
					t.Errorf("%s:\n%s", when, out)
				}
			}
		}
		if r := p.Run(nil, "sync", "--json"); parse(t, r.Out).Syncs[0].Rejected != 1 {
			t.Fatalf("%s%s", r.Out, r.Err)
		}
		said("refused", 1)
		if r := p.Run(nil, "sync", "--json"); parse(t, r.Out).Syncs[0].Held != 1 {
			t.Fatalf("%s%s", r.Out, r.Err)
		}
		said("held", 1)
		remove(p, "people", "id = 5")
		p.Kith("sync", "--json")
		said("gone", 0)
	})
}
