package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/kithdata/kith/internal/sandbox"
)

// TestFlipBackAfterALaterCall: the first call of a batch takes somebody out of a HubSpot list,
// the second one fails, and before the next run the source takes them back in. They are in then:
// that they were out is not forgotten, whatever the second call met.
func TestFlipBackAfterALaterCall(t *testing.T) {
	t.Parallel()
	box, base := newSandbox(t)
	p := sharing(t, "clickhouse", fmt.Sprintf(`{name: out, type: hubspot, token: made-up-token, base_url: "%s/hubspot", allow_private: true}`, base), "[email]")
	has := func(when string, code int, want ...string) {
		t.Helper()
		r := p.Run(nil, "run", "--json")
		if got, err := box.HubSpot("made-up-token").Members("VIP"); err != nil || !slices.Equal(got, want) || r.Code != code {
			t.Fatalf("%s: exit %d, %v, want %d, %v (%v)\n%s", when, r.Code, got, code, want, err, r.Out)
		}
	}
	people := []string{"a@example.com", "b@example.com"}
	addMember(p, "a", people[0], "", "")
	addMember(p, "b", people[1], "", "")
	has("at first", 0, people...)
	records, err := box.HubSpot("made-up-token").Objects("contacts")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if r.Properties["email"] == people[1] {
			atHubSpot(t, p, http.MethodDelete, r.ID, "")
		}
	}

	busy := sandbox.Fault{PathRegex: ".*/contacts/batch/read", Do: sandbox.Answer, Status: 429, Body: `{"policyName":"DAILY","category":"RATE_LIMITS"}`}
	if err := box.SetFaults([]sandbox.Fault{busy}); err != nil {
		t.Fatal(err)
	}
	update(p, "crm", "ok = false", "id IN ('a', 'b')")
	has("both leave", 1)
	if err := box.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	update(p, "crm", "ok = true", "id = 'a'")
	has("one is back", 0, people[0])
}
