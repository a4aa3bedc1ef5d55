package e2e

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/kithdata/kith/internal/sandbox/webhook"
)

// TestWithdrawnKeyIsWanted: consent that is withdrawn waits for nobody who wants the key: neither for
// two who have it both, nor for who has another record and is to be renamed to it.
func TestWithdrawnKeyIsWanted(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := recordsOf(t, warehouse)
		for _, id := range []string{"a", "b", "z"} {
			addMember(p, id, id+"@example.com", "", "")
		}
		p.Kith("run", "--json")
		update(p, "crm", "ok = false", "id IN ('a', 'z')")
		update(p, "crm", "email = 'a@example.com', score = 20", "id = 'b'")
		addMember(p, "x", "z@example.com", "", "")
		addMember(p, "y", "z@example.com", "", "")
		if r := p.Run(nil, "run", "--json"); r.Code != 3 {
			t.Errorf("exit %d: of x and y neither can be sent\n%s%s", r.Code, r.Out, r.Err)
		}
		have("b has the key of a by now, x and y have that of z", "a@example.com 20")
		update(p, "crm", "email = concat(id, '-new@example.com')", "id IN ('x', 'y')")
		p.Kith("run", "--json")
		have("x and y have keys of their own", "a@example.com 20", "x-new@example.com 10", "y-new@example.com 10")
	})
}

// TestWithdrawnKeyIsRefused: who is added under the key of somebody who withdrew consent takes their
// record over. Where the destination refuses the one who is added, the record is removed after all.
func TestWithdrawnKeyIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		box, base := newSandbox(t)
		p := sharing(t, warehouse, fmt.Sprintf(`{name: hook, type: webhook, base_url: "%s/webhook/default", allow_private: true}`, base), "[email]")
		p.Write("syncs/vip.yml", "syncs:\n  - {name: vip, from: {segment: vip}, to: {destination: hook, object: people}, key: {email: email}, fields: {score: score}, consent: ads, on_removed: {left: ignore, withdrawn: delete}, guards: {max_removed: 100%, min_rows: 0}}\n")
		for _, id := range []string{"a", "b"} {
			addMember(p, id, id+"@example.com", "", "")
		}
		p.Kith("run", "--json")
		if err := box.ConfigureWebhook("default", webhook.Config{Reject: []string{"a@example.com"}}); err != nil {
			t.Fatal(err)
		}
		update(p, "crm", "ok = false", "id IN ('a', 'b')")
		for _, id := range []string{"a", "b"} {
			addMember(p, "of-"+id, id+"@example.com", "", "")
			update(p, "crm", "score = 50", "id = 'of-"+id+"'")
		}
		for range 2 { // the first hears what becomes of those who are added; then of-a waits for another try
			if r := p.Run(nil, "run", "--json"); r.Code != 3 {
				t.Errorf("exit %d: of-a is refused\n%s%s", r.Code, r.Out, r.Err)
			}
			if err := box.ConfigureWebhook("default", webhook.Config{}); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := box.Webhook("default").Rows("people")
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Collect(maps.Keys(rows)); len(got) != 1 || rows["b@example.com"].RowID == "b" {
			t.Errorf("%v: %+v", got, rows)
		}
		final := ""
		if onClickHouse(p) {
			final = " FINAL"
		}
		if n := len(p.Query("SELECT row_id FROM kith.baseline_vip" + final + " WHERE gone = 0 AND h != 0")); n != 1 {
			t.Errorf("%d rows are taken as being there", n)
		}
	})
}

// TestWithdrawnKeyIsSkipped: where records from before kith are left alone, nobody takes a record over:
// that of who withdrew consent goes, and who is wanted under the key is added then.
func TestWithdrawnKeyIsSkipped(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := skipping(t, warehouse)
		for _, id := range []string{"a", "z"} {
			addMember(p, id, id+"@example.com", "", "")
		}
		p.Kith("run", "--json")
		update(p, "crm", "ok = false", "id = 'a'")
		addMember(p, "b", "a@example.com", "", "")
		update(p, "crm", "score = 20", "id = 'b'")
		p.Run(nil, "run", "--json")
		p.Kith("run", "--json")
		have("b is wanted under the key of a", "a@example.com 20", "z@example.com 10")
		update(p, "crm", "ok = false", "id = 'b'")
		p.Kith("run", "--json")
		have("b withdrew consent", "z@example.com 10")
	})
}
