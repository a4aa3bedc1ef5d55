package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/engine"
)

// TestBlockedDocument: where a guard stops a command before it has a result, what --json
// prints says what the exit code says.
func TestBlockedDocument(t *testing.T) {
	for _, test := range []struct {
		err    error
		code   int
		status string
	}{
		{&engine.BlockedError{Guard: "max_bytes_billed", Text: "too much", Help: "less"}, 4, "blocked"},
		{fmt.Errorf("sync x: %w", &engine.BlockedError{Guard: "plan", Text: "moved", Help: "again"}), 4, "blocked"},
		{fmt.Errorf("another"), 1, "failed"},
	} {
		var out, errs strings.Builder
		a := &app{streams: Streams{Out: &out, Err: &errs}, json: true, soft: t.Context(), hard: t.Context()}
		a.out, a.err = printer{w: &out}, printer{w: &errs}
		code := a.exit(test.err)
		var doc errorDocument
		if err := json.Unmarshal([]byte(out.String()), &doc); err != nil || code != test.code || doc.Status != test.status || doc.Error != test.err.Error() {
			t.Errorf("%v: exit %d, %v\n%s", test.err, code, err, out.String())
		}
	}
}
