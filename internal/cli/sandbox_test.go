package cli

import (
	"strings"
	"testing"
)

// TestSandboxEnd: what a sandbox in memory holds does not stay.
func TestSandboxEnd(t *testing.T) {
	for dir, end := range map[string]string{"": "; what it holds goes with it\n", "x": "; what it holds stays\n"} {
		var out strings.Builder
		a := &app{out: printer{w: &out}}
		if err := a.sandboxOpen("http://127.0.0.1:1", dir, ""); err != nil || !strings.HasSuffix(out.String(), end) {
			t.Errorf("%q: %v\n%s", dir, err, out.String())
		}
	}
}
