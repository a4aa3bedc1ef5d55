package bigquery_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
)

// TestRepeatedStatement: a statement that is known to run, and of which the service says no more for
// longer than the driver asks, is not run again beside itself when it is repeated under its
// key: the repeat waits for the job that there is. Without a key it is another one.
func TestRepeatedStatement(t *testing.T) {
	made, away := map[any]bool{}, 0
	f, w := open(t, bigquery.Config{Location: "EU"}, func(_ *fake, _ int, what string, body map[string]any, w http.ResponseWriter, _ *http.Request) {
		id := idOf(body)
		switch {
		case what == "POST jobs" && made[id]:
			refuse(w, http.StatusConflict, "duplicate", "Already Exists: Job acme:EU."+fmt.Sprint(id))
		case what == "POST jobs":
			made[id] = true
			send(w, http.StatusOK, job(id, "RUNNING", ""))
		case strings.HasPrefix(what, "GET queries/"), away < 6:
			if !strings.HasPrefix(what, "GET queries/") {
				away++
			}
			refuse(w, http.StatusServiceUnavailable, "backendError", "not now")
		default:
			send(w, http.StatusOK, job(strings.TrimPrefix(what, "GET jobs/"), "DONE", ""))
		}
	})
	s := createStatement
	s.Key = "k1"
	if _, err := w.Exec(t.Context(), s); !errors.Is(err, cdp.ErrUnreachable) {
		t.Fatalf("while it is away: %v", err)
	}
	if _, err := w.Exec(t.Context(), s); err != nil || len(made) != 1 {
		t.Errorf("repeated: %d jobs, %v\n%v", len(made), err, f.asked())
	}
	s.Key = ""
	if _, err := w.Exec(t.Context(), s); err != nil || len(made) != 2 {
		t.Errorf("without a key: %d jobs, %v", len(made), err)
	}
}
