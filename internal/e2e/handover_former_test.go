package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox/hubspot"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/sandbox/webhook"
	"github.com/kithdata/kith/internal/testkit"
)

// killed runs kith until it kills itself at a point.
func killed(t *testing.T, p *testkit.Project, point string, args ...string) {
	t.Helper()
	if r := p.Run([]string{"KITH_TEST_FAILPOINT=" + point}, append(args, "--json")...); !r.Killed {
		t.Fatalf("not killed %s: exit %d\n%s%s", point, r.Code, r.Out, r.Err)
	}
}

// TestFormerStaysForgotten: what was acknowledged by the former endpoint in a run that nobody
// ended does not come back into the baseline after a handover that died at its end.
func TestFormerStaysForgotten(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 5)
		p.Write("models/people.yml", strings.Replace(p.Read("models/people.yml"), "email: string}", `email: string, amount: "decimal(12,2)"}`, 1))
		p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "fields: {id: id}", "fields: {amount: amount}", 1))
		makePeople(p, 6)
		p.Kith("sync", "--json")
		update(p, "people", "amount = 5", "id = 3")
		killed(t, p, "before end run", "sync")
		elsewhere(p)
		if err := box.ConfigureWebhook("other", webhook.Config{Reject: []string{"p3@example.com"}}); err != nil {
			t.Fatal(err)
		}
		killed(t, p, "after end handover", "sync", "--full")
		p.Run(nil, "sync", "--json")
		if err := box.ConfigureWebhook("other", webhook.Config{}); err != nil {
			t.Fatal(err)
		}
		p.Kith("sync", "--retry-rejected", "--json")
		got, err := box.Webhook("other").Rows("people")
		if err != nil || len(got) != 6 {
			t.Errorf("%d rows at the other endpoint, %v", len(got), err)
		}
	})
}

// TestFormerMayBeThere: what a dead run may have sent to the former endpoint is not taken for
// sent to the new one, once the handover has ended: neither when the run that ended it died
// there, nor when a job of it is closed later.
func TestFormerMayBeThere(t *testing.T) {
	check := func(t *testing.T, p *testkit.Project, s syncReport, rows int) {
		t.Helper()
		if s.Removed != 0 {
			t.Errorf("what only the former endpoint has is removed at the other one: %+v", s)
		}
		table := "kith.baseline_" + s.Sync
		if onClickHouse(p) {
			table += " FINAL"
		}
		if got := fmt.Sprint(p.Query("SELECT COUNT(*) FROM " + table)); got != fmt.Sprintf("[[%d]]", rows) {
			t.Errorf("the baseline has %s rows, want %d", got, rows)
		}
	}
	t.Run("killed", func(t *testing.T) {
		onBoth(t, func(t *testing.T, warehouse string) {
			p, _ := newHookOn(t, warehouse, 6)
			makePeople(p, 6)
			killed(t, p, "after push", "sync")
			remove(p, "people", "id = 3")
			elsewhere(p)
			killed(t, p, "after end handover", "sync", "--full")
			check(t, p, parse(t, p.Kith("sync", "--json")).Syncs[0], 5)
		})
	})
	t.Run("jobs", func(t *testing.T) {
		onBoth(t, func(t *testing.T, warehouse string) {
			const other = "pk_other"
			w := newKlaviyoOn(t, warehouse, 10, "0s", klaviyo.Config{JobTime: time.Hour})
			w.noNulls()
			killed(t, w.Project, "after push", "sync")
			remove(w.Project, "people", "id = 3")
			w.Write("kith.yml", strings.Replace(w.Read("kith.yml"), "type: klaviyo,", fmt.Sprintf("type: klaviyo, account: %q,", klaviyo.Account(other)), 1))
			w.Env = []string{"KLAVIYO_KEY=" + other, "KITH_TEST_RATE=alone"}
			w.Run(nil, "sync", "--full", "--json")
			w.ahead.Store(int64(2 * time.Hour))
			check(t, w.Project, parse(t, w.Kith("sync", "--json")).Syncs[0], 9)
		})
	})
}

// TestFormerRefused: what the former endpoint refused is not held back at the new one, by the
// full run that goes there or by the plain one after it died, and is not listed any more.
func TestFormerRefused(t *testing.T) {
	for name, point := range map[string]string{"ended": "", "died": "after handover"} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, warehouse string) {
				p, box := newHookOn(t, warehouse, 5)
				makePeople(p, 6)
				if err := box.ConfigureWebhook("default", webhook.Config{Reject: []string{"p3@example.com"}}); err != nil {
					t.Fatal(err)
				}
				p.Run(nil, "sync", "--json")
				listed(t, p, "hook add 3")
				elsewhere(p)
				args := []string{"sync", "--full"}
				if point != "" {
					killed(t, p, point, args...)
					args = []string{"sync"}
				}
				if s := parse(t, p.Run(nil, append(args, "--json")...).Out).Syncs[0]; s.Delivered != 6 || s.Held != 0 {
					t.Errorf("%+v", s)
				}
				listed(t, p)
			})
		})
	}
}

// TestFormerContact: who leaves an audience at the new account, while the handover to it goes
// on, is not taken for a member of the former one whose contact there had the same id.
func TestFormerContact(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		box, base := newSandbox(t)
		account := func(token string) string {
			return fmt.Sprintf(`{name: out, type: hubspot, token: %s, portal: "%s", base_url: "%s/hubspot", allow_private: true}`, token, hubspot.Account(token), base)
		}
		p := sharing(t, warehouse, account("first"), "[email]")
		addMember(p, "a", "a@example.com", "", "")
		p.Kith("run", "--json")
		update(p, "crm", "score = 1", "id = 'a'")
		addMember(p, "b", "b@example.com", "", "")
		addMember(p, "c", "c@example.com", "", "")
		p.Write("kith.yml", strings.Replace(p.Read("kith.yml"), account("first"), account("second"), 1))
		p.Kith("build")
		killed(t, p, "before end run", "sync", "--full")
		records, err := box.HubSpot("second").Objects("contacts")
		if err != nil || len(records) != 2 {
			t.Fatal(records, err)
		}
		for _, r := range records {
			if r.Properties["email"] != "b@example.com" {
				continue
			}
			of := fmt.Sprintf("UPDATE kith.baseline_vip SET remote_id = '%s' WHERE ver < %d", r.ID, uint64(2)<<32)
			if onClickHouse(p) {
				of = fmt.Sprintf("ALTER TABLE kith.baseline_vip UPDATE remote_id = '%s' WHERE ver < %d SETTINGS mutations_sync = 2", r.ID, uint64(2)<<32)
			}
			p.SQL(of)
		}
		update(p, "crm", "ok = false", "id = 'b'")
		p.Kith("run", "--full", "--json")
		if got, err := box.HubSpot("second").Members("VIP"); err != nil || !slices.Equal(got, []string{"c@example.com"}) {
			t.Errorf("%v are in the list, %v", got, err)
		}
	})
}

// TestFormerTakesOver: who takes a key over at the new place, before it has the rest, goes
// with it, though the former place had them under another.
func TestFormerTakesOver(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHookOn(t, warehouse, 5)
		makePeople(p, 3)
		p.Kith("sync", "--json")
		elsewhere(p)
		refuse := func(email string) {
			t.Helper()
			if err := box.ConfigureWebhook("other", webhook.Config{Reject: []string{email}}); err != nil {
				t.Fatal(err)
			}
		}
		refuse("p2@example.com")
		killed(t, p, "before end run", "sync", "--full")
		remove(p, "people", "id = 1")
		update(p, "people", "email = 'p1@example.com'", "id = 2")
		refuse("p1@example.com")
		p.Run(nil, "sync", "--full", "--json")
		remove(p, "people", "id = 2")
		refuse("")
		p.Kith("sync", "--json")
		got, err := box.Webhook("other").Rows("people")
		if _, there := got["p0@example.com"]; err != nil || len(got) != 1 || !there {
			t.Errorf("%v at the new place, %v", got, err)
		}
	})
}
