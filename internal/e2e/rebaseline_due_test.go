package e2e

import "testing"

// TestRebaselineKeepsWhoIsToGo: of who is not wanted a rebaseline forgets nothing: who was left
// goes when they withdraw consent, and who withdrew it, or left, before it does so in the next run.
func TestRebaselineKeepsWhoIsToGo(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := leftRecordsOf(t, warehouse, "a", "b")
		for _, id := range []string{"x", "y", "z"} {
			addMember(p, id, id+"@example.com", "", "")
		}
		p.Kith("run", "--json")
		update(p, "crm", "ok = false", "id = 'y'")
		update(p, "crm", "score = 1", "id = 'x'")
		p.Kith("run", "--json", "--rebaseline")
		have("nothing is sent", "a@example.com 10", "b@example.com 10", "x@example.com 10", "y@example.com 10", "z@example.com 10")
		update(p, "crm", "ok = false", "id = 'a'")
		p.Kith("run", "--json")
		have("a and y withdrew consent", "b@example.com 10", "x@example.com 10", "z@example.com 10")
		update(p, "crm", "ok = false", "id = 'x'")
		p.Kith("run", "--json")
		have("so did x, who was left after it", "b@example.com 10", "z@example.com 10")
	})
}
