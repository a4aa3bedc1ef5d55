package cli

import (
	"testing"

	"github.com/kithdata/kith/internal/engine"
)

// TestPlanTitle: what is special about a sync stands in its title, and nothing else does.
func TestPlanTitle(t *testing.T) {
	for _, x := range []struct {
		plan engine.SyncPlan
		want string
	}{
		{engine.SyncPlan{Rows: 7}, ""},
		{engine.SyncPlan{MappingChanged: true}, "  mapping changed"},
		{engine.SyncPlan{MappingChanged: true, Rehash: 1200}, "  mapping changed; rehash: the next sync first writes the hashes of 1,200 baseline rows anew, as another hash function made them; nothing is sent for that"},
		{engine.SyncPlan{Full: true}, "  full: every row is sent that a full run has not sent yet"},
	} {
		if got := planTitle(&x.plan); got != x.want {
			t.Errorf("%q, want %q", got, x.want)
		}
	}
}
