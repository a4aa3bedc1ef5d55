package e2e

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

// recordsOf sends the people of a segment to records by their address, and leaves whoever
// leaves: to a webhook, and to HubSpot. It tells the keys that are there.
func recordsOf(t *testing.T, warehouse string) (*testkit.Project, map[string]func(when string, want ...string)) {
	t.Helper()
	box, base := newSandbox(t)
	p := sharing(t, warehouse, fmt.Sprintf("{name: hook, type: webhook, base_url: \"%[1]s/webhook/default\", allow_private: true}, {name: crm, type: hubspot, token: made-up-token, base_url: \"%[1]s/hubspot\", allow_private: true, rate: 50000}", base), "[email]")
	const rest = "key: {email: email}, fields: {firstname: score}, consent: ads, on_removed: {left: ignore, withdrawn: delete}, guards: {max_removed: 100%, min_rows: 0}}\n"
	p.Write("syncs/vip.yml", "syncs:\n"+
		"  - {name: hook, from: {segment: vip}, to: {destination: hook, object: people}, "+rest+
		"  - {name: crm, from: {segment: vip}, to: {destination: crm, object: contacts}, "+rest)
	check := func(where string, got, want []string, when string) {
		t.Helper()
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %s has %v, want %v", when, where, got, want)
		}
	}
	return p, map[string]func(string, ...string){
		"hook": func(when string, want ...string) {
			t.Helper()
			rows, err := box.Webhook("default").Rows("people")
			if err != nil {
				t.Fatal(err)
			}
			check("the webhook", slices.Collect(maps.Keys(rows)), want, when)
		},
		"crm": func(when string, want ...string) {
			t.Helper()
			list, err := box.HubSpot("made-up-token").Objects("contacts")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range list {
				if !r.Archived {
					got = append(got, r.Properties["email"])
				}
			}
			check("HubSpot", got, want, when)
		},
	}
}

// TestReturnedUnderAnotherKey: who left and was left comes back under another key. They have
// the one record that they had, renamed; unless somebody else has its key by now, whose it is then.
func TestReturnedUnderAnotherKey(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, has := recordsOf(t, warehouse)
		have := func(when string, want ...string) {
			t.Helper()
			for _, f := range has {
				f(when, want...)
			}
		}
		for _, id := range []string{"a", "b"} {
			addMember(p, id, id+"@example.com", "", "")
		}
		p.Kith("run", "--json")
		update(p, "crm", "score = 1", "id IN ('a', 'b')")
		p.Kith("run", "--json")
		have("who left is left", "a@example.com", "b@example.com")
		update(p, "crm", "score = 20, email = concat('new-', email)", "id IN ('a', 'b')")
		addMember(p, "c", "b@example.com", "", "")
		p.Kith("run", "--json")
		have("both are back, and the key of one is another's", "b@example.com", "new-a@example.com", "new-b@example.com")
		for _, s := range parse(t, p.Kith("sync", "--json")).Syncs {
			if s.Added+s.Changed+s.Removed != 0 {
				t.Errorf("not silent: %+v", s)
			}
		}
		update(p, "crm", "ok = false", "id IN ('a', 'b')")
		p.Kith("run", "--json")
		have("they withdrew consent", "b@example.com")
		update(p, "crm", "ok = false", "id = 'c'")
		p.Kith("run", "--json")
		have("so did whoever had the key", []string{}...)
	})
}
