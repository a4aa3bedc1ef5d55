package bigquery_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
)

// TestTimeZone: whatever an administrator has made the default of the project's queries, those of
// kith are in UTC: a DATETIME, a DATE and a text would stand for another moment.
func TestTimeZone(t *testing.T) {
	asked := map[string]string{}
	_, w := open(t, bigquery.Config{}, func(_ *fake, _ int, what string, body map[string]any, w http.ResponseWriter, _ *http.Request) {
		text, err := json.Marshal(body)
		if err != nil {
			t.Error(err)
		}
		switch what {
		case "POST jobs":
			asked[what] = string(text)
			send(w, http.StatusOK, job(fmt.Sprint(idOf(body)), "DONE", ""))
		case "POST queries":
			asked[fmt.Sprint(what, " ", body["dryRun"])] = string(text)
			send(w, http.StatusOK, map[string]any{"jobComplete": true, "schema": map[string]any{"fields": []any{}}})
		}
	})
	if _, err := w.Exec(t.Context(), cdp.Statement{SQL: "DELETE FROM x WHERE TRUE"}); err != nil {
		t.Error(err)
	}
	for _, err := range w.Query(t.Context(), cdp.Statement{SQL: "SELECT 2"}) {
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := w.Estimate(t.Context(), cdp.Statement{SQL: "SELECT 2"}); err != nil {
		t.Error(err)
	}
	for what, text := range asked {
		if !strings.Contains(text, `"connectionProperties":[{"key":"time_zone","value":"UTC"}]`) {
			t.Errorf("%s: %s", what, text)
		}
	}
	if len(asked) != 3 {
		t.Errorf("requests %v", asked)
	}
}
