package e2e

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

// TestHubSpotKeyRenamed: of a sync that is to find contacts by another property, which none of
// them has, no second contact is made, although the values of its key are as they were.
func TestHubSpotKeyRenamed(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHubSpotProjectOn(t, warehouse, 6)
		if err := box.HubSpot("made-up-token").Define("contacts", []hubspot.Property{{Name: "customer_email", Type: "string", Unique: true}}); err != nil {
			t.Fatal(err)
		}
		p.Kith("sync", "--json")
		checkHubSpot(t, p, box)
		key := func(from, to string) {
			p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "key: {"+from+": email}", "key: {"+to+": email}", 1))
		}
		key("email", "customer_email")
		update(p, "people", "amount = 77.5", "id = 3")
		r := p.Run(nil, "sync")
		if r.Code != 4 || !strings.Contains(r.Out+r.Err, "contacts by email so far") || !strings.Contains(r.Out+r.Err, "second record") {
			t.Errorf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		if got, err := box.HubSpot("made-up-token").Objects("contacts"); err != nil || len(got) != 6 {
			t.Errorf("%d contacts, %v", len(got), err)
		}
		key("customer_email", "email")
		p.Kith("sync", "--json")
		checkHubSpot(t, p, box)
	})
}
