package e2e

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

// confirmed is a project that subscribes people to a list with double opt-in, how many are on
// it, and how somebody confirms.
func confirmed(t *testing.T) (p *testkit.Project, members func() int, confirm func(who string)) {
	t.Helper()
	p, box := newKlaviyoAudience(t)
	p.Write("kith.yml", strings.Replace(p.Read("kith.yml"), "burst: 10000", "subscribe: email, burst: 10000", 1))
	account := box.Klaviyo(klaviyoKey)
	members = func() int {
		t.Helper()
		lists, err := account.Lists()
		if err != nil {
			t.Fatal(err)
		}
		return len(lists["VIP"])
	}
	confirm = func(who string) {
		t.Helper()
		if n, err := account.Confirm(who); err != nil || n != 1 {
			t.Fatal(who, n, err)
		}
	}
	return p, members, confirm
}

// TestConfirmedAfterLeaving: of a list with double opt-in a person who leaves, or withdraws,
// before the subscription is confirmed is taken out when it is.
func TestConfirmedAfterLeaving(t *testing.T) {
	t.Parallel()
	p, members, confirm := confirmed(t)
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
	if s := parse(t, r.Out).Syncs[0]; r.Code != 0 || s.Removed != 3 || s.Delivered != 1 || s.Rejected != 0 || s.Held != 2 || members() != 0 {
		t.Fatalf("exit %d, %+v, %d on the list", r.Code, s, members())
	}
	confirm("p2@example.com")
	confirm("p3@example.com")
	if s := parse(t, p.Kith("sync", "--json", "--select", "vip")).Syncs[0]; s.Held != 2 || s.Requests != 0 {
		t.Errorf("before it is time: %+v", s)
	}
	if s := parse(t, p.Kith("sync", "--json", "--select", "vip", "--retry-rejected")).Syncs[0]; s.Delivered != 2 || members() != 0 {
		t.Errorf("%+v, %d on the list", s, members())
	}
}

// TestReturnAfterLeaving: who was not taken out whole, because an address was not confirmed, is
// added anew by every address when they return, and whoever confirmed none is asked again.
func TestReturnAfterLeaving(t *testing.T) {
	t.Parallel()
	p, members, confirm := confirmed(t)
	p.SQL("INSERT INTO raw.crm VALUES ('c1', 'second@example.com', 10, true, '2026-01-01 00:00:00')")
	p.Kith("run", "--json", "--select", "vip")
	confirm("p1@example.com")
	p.SQL("INSERT INTO raw.crm SELECT id, email, 1, true, '2026-03-01 00:00:00' FROM raw.crm WHERE id IN ('c1', 'c2')")
	if s := parse(t, p.Kith("run", "--json", "--select", "vip")).Syncs[0]; s.Held != 2 || members() != 0 {
		t.Fatalf("%+v, %d on the list", s, members())
	}
	if s := parse(t, p.Kith("sync", "--json", "--select", "vip")).Syncs[0]; s.Held != 2 || s.Requests != 0 {
		t.Errorf("before it is time: %+v", s)
	}
	if s := parse(t, p.Kith("sync", "--json", "--select", "vip", "--retry-rejected")).Syncs[0]; s.Held != 2 || s.Requests == 0 {
		t.Errorf("looked for again: %+v", s)
	}
	for _, row := range p.Query("SELECT attempts FROM kith.rejections FINAL") {
		if row[0] != uint64(2) {
			t.Errorf("%v attempts", row[0])
		}
	}
	p.SQL("INSERT INTO raw.crm SELECT id, email, 20, true, '2026-04-01 00:00:00' FROM raw.crm WHERE id IN ('c1', 'c2') AND at < '2026-03-01 00:00:00'")
	if s := parse(t, p.Kith("run", "--json", "--select", "vip")).Syncs[0]; s.Added != 2 || s.Delivered != 2 {
		t.Errorf("they return: %+v", s)
	}
	confirm("p1@example.com")
	confirm("second@example.com")
	confirm("p2@example.com")
	if n := members(); n != 3 {
		t.Errorf("%d on the list", n)
	}
	if n := p.Query("SELECT count() FROM kith.rejections FINAL")[0][0]; n != uint64(0) {
		t.Errorf("%v rejections", n)
	}
}
