package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/sandbox"
)

// TestAnswerInAnyLanguage: a fault of the moment is one whatever alphabet it is told in, and
// the log has what was told: wherever a text is cut, it stays text.
func TestAnswerInAnyLanguage(t *testing.T) {
	t.Parallel()
	p, box := newHubSpotProjectOn(t, "bigquery", 5)
	told := strings.Repeat("Ошибка сервера. ", 20)
	for i, prefix := range []string{"", "a"} { // else the cut may fall between two letters
		update(p, "people", fmt.Sprintf("amount = %d", 7+i), "id < 3")
		if err := box.SetFaults([]sandbox.Fault{{
			PathRegex: ".*/contacts/batch/.*", Times: 1, Do: sandbox.Answer, Status: 500, Body: `{"category":"INTERNAL_ERROR","message":"` + prefix + told + `"}`,
		}}); err != nil {
			t.Fatal(err)
		}
		r := p.Run(nil, "sync", "--json")
		if r.Code != 0 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		met(t, box)
	}
	checkHubSpot(t, p, box)
}
