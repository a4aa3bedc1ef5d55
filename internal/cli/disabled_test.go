package cli

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
)

// TestDisabledSync: of a sync with enabled: false it is said that it is disabled, not that
// there is none.
func TestDisabledSync(t *testing.T) {
	p := &cdp.Project{Syncs: []*cdp.Sync{{Item: cdp.Item{Name: "on"}}}, Paused: []*cdp.Sync{{Item: cdp.Item{Name: "off"}}}}
	for _, f := range []pauseFlags{{}, {selection: selection{selects: []string{"on off"}}}} {
		var args []string
		if f.selection.empty() {
			args = []string{"off"}
		}
		if _, err := f.tasks(p, args); err == nil || !strings.Contains(err.Error(), "sync off is disabled (enabled: false") {
			t.Errorf("%v %v: %v", f.selects, args, err)
		}
	}
}
