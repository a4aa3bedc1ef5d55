package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestContactGone: contacts by which people are in a HubSpot list are gone, others have taken
// their places over. Who leaves is found by their address, unless somebody else is in by it.
func TestContactGone(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		box, base := newSandbox(t)
		p := sharing(t, warehouse, fmt.Sprintf(`{name: out, type: hubspot, token: made-up-token, base_url: "%s/hubspot", allow_private: true}`, base), "[email]")
		call := func(method, path, body string) (id string) {
			t.Helper()
			q, err := http.NewRequestWithContext(t.Context(), method, base+"/hubspot/crm/v3/"+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("Authorization", "Bearer made-up-token")
			q.Header.Set("Content-Type", "application/json")
			a, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = a.Body.Close() }()
			raw, err := io.ReadAll(a.Body)
			if err != nil || a.StatusCode > 299 {
				t.Fatalf("%s %s: %s %v", method, path, raw, err)
			}
			var got struct {
				ID   string
				List struct{ ListID string }
			}
			if len(raw) > 0 {
				if err := json.Unmarshal(raw, &got); err != nil {
					t.Fatal(err)
				}
			}
			return got.ID + got.List.ListID
		}
		has := func(when string, want ...string) {
			t.Helper()
			p.Kith("run", "--json")
			if got, err := box.HubSpot("made-up-token").Members("VIP"); err != nil || !slices.Equal(got, want) {
				t.Fatalf("%s: %v, want %v (%v)", when, got, want, err)
			}
		}
		addMember(p, "a", "both@example.com", "", "")
		addMember(p, "b", "b@example.com", "", "")
		has("at first", "b@example.com", "both@example.com")

		list := call("GET", "lists/object-type-id/0-1/name/VIP", "")
		records, err := box.HubSpot("made-up-token").Objects("contacts")
		if err != nil || len(records) != 2 {
			t.Fatal(records, err)
		}
		for _, r := range records {
			call("DELETE", "objects/contacts/"+r.ID, "")
			id := call("POST", "objects/contacts", fmt.Sprintf(`{"properties": {"email": %q}, "associations": []}`, r.Properties["email"]))
			call("PUT", "lists/"+list+"/memberships/add", fmt.Sprintf(`[%q]`, id))
		}
		addMember(p, "c", "both@example.com", "", "")
		has("one more is in by an address of another", "b@example.com", "both@example.com")
		update(p, "crm", "ok = false", "id IN ('a', 'b')")
		has("two have left", "both@example.com")
		update(p, "crm", "ok = false", "id = 'c'")
		has("all have left")
	})
}
