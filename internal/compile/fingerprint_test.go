package compile_test

import (
	"fmt"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// TestFingerprint: two changesets have one fingerprint only when they send the same, also
// where the hash of a row does not tell: that of an event is of its id, and none is of
// which nulls clear.
func TestFingerprint(t *testing.T) { onOdd(t, fingerprints) }

func fingerprints(t *testing.T, w odd) {
	rows := w.diff("rows_out", "fingerprint_rows")
	w.do(t, rows.CreateChangeset("fingerprint_rows"))
	of := func(d *compile.Diff, row string) string {
		t.Helper()
		w.do(t, cdp.Statement{SQL: "TRUNCATE TABLE kith.fingerprint_rows"})
		w.do(t, cdp.Statement{SQL: "INSERT INTO kith.fingerprint_rows (op, fields, match, `at`, kh, row_id, action, reason, key, old_key, h, fh, changed, old_match, remote_id, gone, del) VALUES (" + row + ", 1, 'r', '', 0, 'k', '', 1, [], [], '', '', 0, 0)"})
		for row, err := range w.Query(t.Context(), d.Fingerprint(false)) {
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(row)
		}
		return ""
	}
	events := w.diff("day_events", "fingerprint_rows")
	const (
		event = `4, '{"v":1}', '', '2026-03-01 00:00:00.000001'`
		add   = `4, '{"v":null}', '', NULL`
	)
	for _, x := range []struct {
		what     string
		d        *compile.Diff
		row, now string
		same     bool
	}{
		{"an event", events, event, event, true},
		{"another value of an event", events, event, `4, '{"v":2}', '', '2026-03-01 00:00:00.000001'`, false},
		{"another time of an event", events, event, `4, '{"v":1}', '', '2026-03-01 00:00:00.000002'`, false},
		{"no time of an event", events, event, `4, '{"v":1}', '', NULL`, false},
		{"a null that clears no more", rows, add, `4, '{}', '', NULL`, false},
		{"other match values", rows, add, `4, '{"v":null}', 'm', NULL`, false},
		{"the time of a record, which is not sent", rows, add, `4, '{"v":null}', '', '2026-03-01 00:00:00.000001'`, true},
	} {
		if same := of(x.d, x.row) == of(x.d, x.now); same != x.same {
			t.Errorf("%s: the same fingerprint: %v", x.what, same)
		}
	}
}
