package e2e

import (
	"strings"
	"testing"
)

// TestConfirmedAfterLeaving: of a list with double opt-in a person who leaves, or withdraws,
// before the subscription is confirmed is taken out when it is.
func TestConfirmedAfterLeaving(t *testing.T) {
	t.Parallel()
	p, box := newKlaviyoAudience(t)
	p.Write("kith.yml", strings.Replace(p.Read("kith.yml"), "burst: 10000", "subscribe: email, burst: 10000", 1))
	account := box.Klaviyo(klaviyoKey)
	members := func() int {
		t.Helper()
		lists, err := account.Lists()
		if err != nil {
			t.Fatal(err)
		}
		return len(lists["VIP"])
	}
	confirm := func(who string) {
		t.Helper()
		if n, err := account.Confirm(who); err != nil || n != 1 {
			t.Fatal(n, err)
		}
	}
	p.Kith("run", "--json", "--select", "vip")
	if n := members(); n != 0 {
		t.Fatalf("%d on the list before anybody has confirmed", n)
	}
	confirm("p1@example.com")
	p.SQL(
		"INSERT INTO raw.crm SELECT id, email, 1, true, '2026-03-01 00:00:00' FROM raw.crm WHERE id IN ('c1', 'c2')",
		"INSERT INTO raw.crm SELECT id, email, 20, false, '2026-03-01 00:00:00' FROM raw.crm WHERE id = 'c3'",
	)
	r := p.Run(nil, "run", "--json", "--select", "vip")
	if s := parse(t, r.Out).Syncs[0]; r.Code != 3 || s.Removed != 3 || s.Delivered != 1 || s.Rejected != 2 || members() != 0 {
		t.Fatalf("exit %d, %+v, %d on the list", r.Code, s, members())
	}
	confirm("p2@example.com")
	confirm("p3@example.com")
	if s := parse(t, p.Run(nil, "sync", "--json", "--select", "vip").Out).Syncs[0]; s.Held != 2 || s.Requests != 0 {
		t.Errorf("before it is time: %+v", s)
	}
	if s := parse(t, p.Kith("sync", "--json", "--select", "vip", "--retry-rejected")).Syncs[0]; s.Delivered != 2 || members() != 0 {
		t.Errorf("%+v, %d on the list", s, members())
	}
}
