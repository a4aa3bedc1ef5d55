package e2e

import (
	"testing"
)

// TestKeysExchanged: two have each the key of the other, and three each that of the next, while a
// fourth wants that of a fifth who is renamed. The records keep their keys, and have the values of
// whoever has the key by now; so too when the run dies, and somebody leaves before the next.
func TestKeysExchanged(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := recordsOf(t, warehouse)
		for _, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
			addMember(p, id, id+"@example.com", "", "")
		}
		p.Kith("run", "--json")
		update(p, "crm", "score = 20, email = 'b@example.com'", "id = 'a'")
		update(p, "crm", "email = 'a@example.com'", "id = 'b'")
		update(p, "crm", "score = 30, email = 'd@example.com'", "id = 'c'")
		update(p, "crm", "score = 31, email = 'e@example.com'", "id = 'd'")
		update(p, "crm", "score = 32, email = 'c@example.com'", "id = 'e'")
		update(p, "crm", "score = 40, email = 'g@example.com'", "id = 'f'")
		update(p, "crm", "score = 41, email = 'new@example.com'", "id = 'g'")
		r := p.Run(nil, "run", "--json")
		have("the keys went round", "a@example.com 10", "b@example.com 20", "c@example.com 32", "d@example.com 30", "e@example.com 31", "f@example.com 10", "new@example.com 41")
		for _, s := range parse(t, r.Out).Syncs {
			if r.Code != 3 || s.Held != 1 || s.Rejected != 0 || s.Delivered != 6 {
				t.Errorf("exit %d: %+v", r.Code, s)
			}
		}
		p.Kith("run", "--json")
		for _, s := range parse(t, p.Kith("sync", "--json")).Syncs {
			if s.Added+s.Changed+s.Removed != 0 {
				t.Errorf("not silent: %+v", s)
			}
		}
		update(p, "crm", "email = 'a@example.com', score = 50", "id = 'a'")
		update(p, "crm", "email = 'b@example.com', score = 51", "id = 'b'")
		p.Kith("build")
		for sync, when := range map[string]string{"hook": "before push", "crm": "after push"} {
			if r := p.Run([]string{"KITH_TEST_FAILPOINT=" + when}, "sync", "--select", sync, "--json"); !r.Killed {
				t.Errorf("%s: exit %d\n%s", sync, r.Code, r.Err)
			}
		}
		update(p, "crm", "ok = false", "id IN ('b', 'c')")
		p.Kith("run", "--json")
		have("back again", "a@example.com 50", "c@example.com 32", "e@example.com 31", "g@example.com 40", "new@example.com 41")
		update(p, "crm", "ok = false", "1 = 1")
		p.Kith("run", "--json")
		have("all withdraw consent", []string{}...)
	})
}
