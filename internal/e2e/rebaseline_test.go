package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox/webhook"
)

// TestRebaseline: what a sync wants is taken as delivered and nothing is sent, the first
// time without a changeset; what is counted, held and refused is what a first sync would
// count, hold and refuse. What changes and leaves afterwards is sent.
func TestRebaseline(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		box, base := newSandbox(t)
		const sync = "  - {name: %s, from: {source: people}, to: {destination: hook, object: %[1]s}, key: {email: email}, fields: {amount: amount}, on_removed: delete, guards: {max_removed: 100%%, max_changed: 100%%}}\n"
		p := newProjectOn(t, warehouse, map[string]string{
			"kith.yml":          fmt.Sprintf("version: 1\nname: rebaseline\ndefault_target: local\ntargets: {local: {%s, deliver: live}}\ndestinations: [{name: hook, type: webhook, base_url: \"%s/webhook/default\", allow_private: true}]\n", embeddedTarget, base),
			"models/people.yml": "sources:\n  - {name: people, table: raw.people, key: id, columns: {id: int, email: string, amount: \"decimal(12,2)\"}}\n",
			"syncs/people.yml":  "syncs:\n" + fmt.Sprintf(sync, "hook") + fmt.Sprintf(sync, "again"),
		})
		makePeople(p, 10)
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		addPerson(p, 20, "p3@example.com", at) // the key of another
		addPerson(p, 21, "", at)               // none
		rebaseline := func() syncReport {
			t.Helper()
			r := p.Run(nil, "sync", "--json", "--rebaseline", "--select", "hook", "--debug")
			if r.Code == 1 {
				t.Fatalf("%s%s", r.Out, r.Err)
			}
			s := parse(t, r.Out).Syncs[0]
			if want := map[bool]int{true: 3, false: 0}[s.Held > 0]; r.Code != want || s.Requests != 0 || s.Delivered != 0 {
				t.Fatalf("exit %d: %+v\n%s", r.Code, s, r.Err)
			}
			if s.Baseline == 0 && strings.Contains(r.Err, "INTO") && strings.Contains(strings.ReplaceAll(r.Err, "`", ""), "INTO kith.changeset_") {
				t.Error("a changeset was written that nobody sends")
			}
			if s.Baseline == 0 && !strings.Contains(strings.ReplaceAll(r.Err, "`", ""), "INTO kith.") {
				t.Error("--debug shows no statement")
			}
			return s
		}
		if s := rebaseline(); s.Rows != 11 || s.Added != 9 || s.Changed+s.Removed != 0 || s.Held != 2 || s.Skipped != 1 || s.Status != "partial" {
			t.Errorf("first: %+v", s)
		}
		if s := parse(t, p.Kith("sync", "--json", "--select", "hook")).Syncs[0]; s.Baseline != 11 || s.Requests+s.Held != 0 {
			t.Errorf("a sync without a change: %+v", s)
		}
		remove(p, "people", "id IN (5, 20)")
		update(p, "people", "amount = 7", "id = 6")
		if s := parse(t, p.Kith("sync", "--json", "--select", "hook")).Syncs[0]; s.Changed != 1 || s.Removed != 1 || s.Delivered != 2 { // 20 is forgotten: 3 has its key
			t.Errorf("after changes: %+v", s)
		}
		// Another time, with a row that is refused, one that left and one that changed.
		if err := box.ConfigureWebhook("default", webhook.Config{Reject: []string{"p7@example.com"}}); err != nil {
			t.Fatal(err)
		}
		update(p, "people", "amount = 8", "id = 7")
		if r := p.Run(nil, "sync", "--json", "--select", "hook"); r.Code != 3 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		listed(t, p, "hook change 7")
		remove(p, "people", "id = 8")
		update(p, "people", "amount = 9", "id = 9")
		if s := rebaseline(); s.Rows != 8 || s.Baseline != 9 || s.Changed != 1 || s.Removed != 1 || s.Held != 1 { // the refused one is held
			t.Errorf("second: %+v", s)
		}
		listed(t, p)
		if s := parse(t, p.Kith("sync", "--json", "--select", "hook")).Syncs[0]; s.Baseline != 9 || s.Removed != 1 || s.Added+s.Changed+s.Held != 0 { // who left is not forgotten
			t.Errorf("after it: %+v", s)
		}
		// A baseline that is gone is not taken for one that is empty: nothing is sent unasked.
		p.SQL("DROP TABLE kith.baseline_hook")
		r := p.Run(nil, "sync", "--json", "--select", "hook")
		if s := parse(t, r.Out).Syncs[0]; r.Code != 4 || s.Guard != "baseline" || s.Requests != 0 || !strings.Contains(r.Out, "--rebaseline") || !strings.Contains(r.Out, "--full") {
			t.Errorf("without a baseline: exit %d, %+v", r.Code, s)
		}
		if s := rebaseline(); s.Rows != 8 || s.Added != 8 || s.Held != 0 {
			t.Errorf("third: %+v", s)
		}
		if s := parse(t, p.Kith("sync", "--json", "--select", "hook")).Syncs[0]; s.Baseline != 8 || s.Requests != 0 {
			t.Errorf("a sync without a change: %+v", s)
		}
		// Nor is what a newer kith has written taken for changed.
		p.SQL("INSERT INTO kith.mappings (sync, version, `hash`, fields, `at`) SELECT sync, version + 1, 'kith/9', fields, `at` FROM kith.mappings WHERE sync = 'hook'")
		r = p.Run(nil, "sync", "--json", "--select", "hook")
		if s := parse(t, r.Out).Syncs[0]; r.Code != 4 || s.Guard != "hash" || s.Requests != 0 || !strings.Contains(r.Out, "kith/9") || !strings.Contains(r.Out, "--rebaseline") || !strings.Contains(r.Out, "--full") {
			t.Errorf("under an unknown hash function: exit %d, %+v", r.Code, s)
		}
		if s := rebaseline(); s.Rows != 8 || s.Baseline != 8 || s.Held != 0 {
			t.Errorf("fourth: %+v", s)
		}
		if s := parse(t, p.Kith("sync", "--json", "--select", "hook")).Syncs[0]; s.Baseline != 8 || s.Requests != 0 {
			t.Errorf("a sync without a change: %+v", s)
		}
		// A key that is not one is refused, and nothing is taken as delivered.
		addPerson(p, 1, "other@example.com", at)
		if r := p.Run(nil, "sync", "--json", "--rebaseline", "--select", "again"); r.Code != 1 || !strings.Contains(r.Out, "not unique") {
			t.Errorf("repeated ids: exit %d\n%s", r.Code, r.Out)
		}
		if n := fmt.Sprint(p.Query("SELECT COUNT(*) FROM kith.baseline_again")); n != "[[0]]" {
			t.Errorf("%s rows were taken all the same", n)
		}
	})
}
