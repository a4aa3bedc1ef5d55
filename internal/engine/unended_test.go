package engine

import (
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestUnended: only runs after the last one that has an end are owed anything, under
// whichever name that was.
func TestUnended(t *testing.T) {
	t.Parallel()
	dead := func(epoch uint64) ledger.SyncRun { return ledger.SyncRun{Epoch: epoch} }
	ended := func(epoch uint64) ledger.SyncRun { return ledger.SyncRun{Epoch: epoch, Report: "{}"} }
	s := &cdp.Sync{Item: cdp.Item{Name: "new"}, Was: "old"}
	for name, test := range map[string]struct {
		past past
		want uint64
	}{
		"none":                  {past{}, 0},
		"ended":                 {past{"new": {ended(7)}}, 0},
		"two":                   {past{"new": {dead(9), dead(8), ended(7), dead(6)}}, 8},
		"under the former name": {past{"new": {dead(9)}, "old": {dead(5), ended(4)}}, 5},
		"renamed long ago":      {past{"new": {ended(9)}, "old": {dead(5)}}, 0},
	} {
		if got := test.past.unended(s); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
