package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/testkit"
)

// recordsOf sends the people of a segment to records by their address, and leaves whoever
// leaves: to a webhook, and to HubSpot. It tells the keys that are there, and whose they are by their score.
func recordsOf(t *testing.T, warehouse string) (p *testkit.Project, have func(when string, want ...string)) {
	t.Helper()
	box, base := newSandbox(t)
	p = sharing(t, warehouse, fmt.Sprintf("{name: hook, type: webhook, base_url: \"%[1]s/webhook/default\", allow_private: true}, {name: crm, type: hubspot, token: made-up-token, base_url: \"%[1]s/hubspot\", allow_private: true, rate: 50000}", base), "[email]")
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
	return p, func(when string, want ...string) {
		t.Helper()
		rows, err := box.Webhook("default").Rows("people")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for key, r := range rows {
			got = append(got, fmt.Sprint(key, " ", r.Fields["firstname"]))
		}
		check("the webhook", got, want, when)
		list, err := box.HubSpot("made-up-token").Objects("contacts")
		if err != nil {
			t.Fatal(err)
		}
		got = nil
		for _, r := range list {
			if !r.Archived {
				got = append(got, r.Properties["email"]+" "+r.Properties["firstname"])
			}
		}
		check("HubSpot", got, want, when)
	}
}

// leftRecordsOf is recordsOf with people who were sent, each with a score of 10, and then left.
func leftRecordsOf(t *testing.T, warehouse string, ids ...string) (p *testkit.Project, have func(when string, want ...string)) {
	t.Helper()
	p, have = recordsOf(t, warehouse)
	for _, id := range ids {
		addMember(p, id, id+"@example.com", "", "")
	}
	p.Kith("run", "--json")
	update(p, "crm", "score = 1", "1 = 1")
	p.Kith("run", "--json")
	return p, have
}

// TestReturnedUnderAnotherKey: who left and was left comes back under another key. They have
// the one record that they had, renamed; unless somebody else has its key by now, whose it is then.
func TestReturnedUnderAnotherKey(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := leftRecordsOf(t, warehouse, "a", "b")
		have("who left is left", "a@example.com 10", "b@example.com 10")
		update(p, "crm", "score = 20, email = concat('new-', email)", "id IN ('a', 'b')")
		addMember(p, "c", "b@example.com", "", "")
		update(p, "crm", "score = 30", "id = 'c'")
		p.Kith("run", "--json")
		have("both are back, and the key of one is another's", "b@example.com 30", "new-a@example.com 20", "new-b@example.com 20")
		for _, s := range parse(t, p.Kith("sync", "--json")).Syncs {
			if s.Added+s.Changed+s.Removed != 0 {
				t.Errorf("not silent: %+v", s)
			}
		}
		update(p, "crm", "ok = false", "id IN ('a', 'b')")
		p.Kith("run", "--json")
		have("they withdrew consent", "b@example.com 30")
		update(p, "crm", "ok = false", "id = 'c'")
		p.Kith("run", "--json")
		have("so did whoever had the key", []string{}...)
	})
}

// TestRecordPassedOn: somebody has the key of who was left, and so their record, and is renamed or
// left as well. The record stays theirs when who had it first returns, or withdraws consent.
func TestRecordPassedOn(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := leftRecordsOf(t, warehouse, "a", "b", "c", "d")
		for i, id := range []string{"a", "b", "c", "d"} {
			addMember(p, "of-"+id, id+"@example.com", "", "")
			update(p, "crm", fmt.Sprint("score = ", 30+i), "id = 'of-"+id+"'")
		}
		p.Kith("run", "--json")
		have("others have the keys", "a@example.com 30", "b@example.com 31", "c@example.com 32", "d@example.com 33")
		update(p, "crm", "email = concat('of-', email)", "id IN ('of-a', 'of-d')")
		update(p, "crm", "score = 1", "id = 'of-c'")
		p.Kith("run", "--json")
		have("two have another, and one is left", "b@example.com 31", "c@example.com 32", "of-a@example.com 30", "of-d@example.com 33")
		update(p, "crm", "score = 20, email = concat('new-', email)", "id IN ('a', 'b', 'c')")
		update(p, "crm", "email = concat('of-', email)", "id = 'of-b'")
		update(p, "crm", "ok = false", "id = 'd'")
		p.Kith("run", "--json")
		have("three return, and one withdraws consent", "c@example.com 32", "new-a@example.com 20", "new-b@example.com 20", "new-c@example.com 20",
			"of-a@example.com 30", "of-b@example.com 31", "of-d@example.com 33")
		update(p, "crm", "score = 32, email = concat('of-', email)", "id = 'of-c'")
		p.Kith("run", "--json")
		have("so does who was left last", "new-a@example.com 20", "new-b@example.com 20", "new-c@example.com 20",
			"of-a@example.com 30", "of-b@example.com 31", "of-c@example.com 32", "of-d@example.com 33")
		update(p, "crm", "ok = false", "1 = 1")
		p.Kith("run", "--json")
		have("all withdraw consent", []string{}...)
	})
}

// TestRecordNotPassedOn: of somebody under the key of who was left nobody knows that they were
// sent, or what is under it is from before kith by what the ledger says of them. The record is
// still that of who was left, and goes when they withdraw consent.
func TestRecordNotPassedOn(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := leftRecordsOf(t, warehouse, "a", "b")
		addMember(p, "of-b", "b@example.com", "", "")
		p.Kith("run", "--json")
		for _, sync := range []string{"hook", "crm"} {
			p.SQL("INSERT INTO kith.foreign_rows (sync, kh, row_id, remote_id, `at`, ver, del) SELECT DISTINCT '" + sync + "', kh, row_id, remote_id, CURRENT_TIMESTAMP(), ver, 0 FROM kith.baseline_" + sync + " WHERE key = 'b@example.com' AND gone = 0 AND h != 0 AND row_id NOT IN (SELECT row_id FROM kith.baseline_" + sync + " WHERE gone != 0)")
		}
		update(p, "crm", "email = 'of-b@example.com'", "id = 'of-b'")
		addMember(p, "of-a", "a@example.com", "", "")
		p.Kith("build")
		for _, sync := range []string{"hook", "crm"} {
			if r := p.Run([]string{"KITH_TEST_FAILPOINT=before push"}, "sync", "--select", sync, "--json"); !r.Killed {
				t.Errorf("%s: exit %d\n%s", sync, r.Code, r.Err)
			}
		}
		update(p, "crm", "score = 1", "id = 'of-a'")
		p.Kith("run", "--json")
		have("nobody was sent since", "a@example.com 10", "b@example.com 10")
		update(p, "crm", "ok = false", "id IN ('a', 'b')")
		p.Kith("run", "--json")
		have("who was left withdrew consent", []string{}...)
	})
}

// TestReturnedCrossed: two who were left return, each under the key of the other.
func TestReturnedCrossed(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := leftRecordsOf(t, warehouse, "a", "b")
		update(p, "crm", "score = 20, email = 'b@example.com'", "id = 'a'")
		update(p, "crm", "score = 30, email = 'a@example.com'", "id = 'b'")
		p.Kith("run", "--json")
		have("both are back", "a@example.com 30", "b@example.com 20")
	})
}

// TestReturnedForWhoIsRenamed: who was left returns under another key, and somebody who has a
// record is to be renamed to the key that they had. Both are renamed, one after the other.
func TestReturnedForWhoIsRenamed(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := recordsOf(t, warehouse)
		addMember(p, "a", "a@example.com", "", "")
		addMember(p, "b", "b@example.com", "", "")
		p.Kith("run", "--json")
		update(p, "crm", "score = 1", "id = 'a'")
		p.Kith("run", "--json")
		update(p, "crm", "score = 20, email = 'new@example.com'", "id = 'a'")
		update(p, "crm", "score = 30, email = 'a@example.com'", "id = 'b'")
		r := p.Run(nil, "run", "--json")
		have("the first is renamed", "b@example.com 10", "new@example.com 20")
		for _, s := range parse(t, r.Out).Syncs {
			if r.Code != 3 || s.Held != 1 || s.Rejected != 0 {
				t.Errorf("exit %d: %+v", r.Code, s)
			}
		}
		p.Kith("run", "--json")
		have("so is the second", "a@example.com 30", "new@example.com 20")
	})
}

// TestReturnedOfOthers: who was left, and whose record is not kith's, returns under another key.
// Nothing is sent, and the baseline has them as there.
func TestReturnedOfOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := leftRecordsOf(t, warehouse, "a")
		final := ""
		if onClickHouse(p) {
			final = " FINAL"
		}
		for _, sync := range []string{"hook", "crm"} {
			p.SQL("INSERT INTO kith.foreign_rows (sync, kh, row_id, remote_id, `at`, ver, del) SELECT '" + sync + "', kh, row_id, remote_id, CURRENT_TIMESTAMP(), ver, 0 FROM kith.baseline_" + sync + final)
		}
		update(p, "crm", "score = 20, email = 'new@example.com'", "id = 'a'")
		for _, s := range parse(t, p.Kith("run", "--json")).Syncs {
			if s.Requests != 0 {
				t.Errorf("%+v", s)
			}
			if got := fmt.Sprint(p.Query("SELECT key, gone FROM kith.baseline_" + s.Sync + final + " WHERE del = 0 AND h != 0")); got != "[[new@example.com 0]]" {
				t.Errorf("the baseline of %s: %s", s.Sync, got)
			}
		}
		have("theirs", "a@example.com 10")
	})
}

// TestReturnedFromTheBin: whose record was moved to the recycle bin when they left comes back
// under another key: there is one record of it, and none when they leave again.
func TestReturnedFromTheBin(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box := newHubSpotProjectOn(t, warehouse, 3)
		p.Kith("sync", "--json")
		remove(p, "people", "id = 1")
		p.Kith("sync", "--json")
		checkHubSpot(t, p, box)
		addPerson(p, 1, "back@example.com", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		if r := parse(t, p.Kith("sync", "--json")).Syncs[0]; r.Delivered != 1 {
			t.Errorf("%+v", r)
		}
		checkHubSpot(t, p, box)
		remove(p, "people", "id = 1")
		p.Kith("sync", "--json")
		checkHubSpot(t, p, box)
	})
}

// TestKeyOfWhoWaits: somebody has a key of which another's record is not rid yet, as that one
// cannot be renamed: because two want the new key, or because it is refused. They wait, or they
// would write over the record, and lose it when it is renamed in the end.
func TestKeyOfWhoWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, have := recordsOf(t, warehouse)
		addMember(p, "a", "a@example.com", "", "")
		addMember(p, "z", "z@example.com", "", "")
		p.Kith("run", "--json")
		update(p, "crm", "score = 20, email = 'c@example.com'", "id = 'a'")
		update(p, "crm", "score = 50, email = 'a@example.com'", "id = 'z'") // who waits for who waits
		for i, email := range []string{"c@example.com", "z@example.com"} {
			id := fmt.Sprint("n", i)
			addMember(p, id, email, "", "")
			update(p, "crm", fmt.Sprint("score = ", 30+i), "id = '"+id+"'")
		}
		r := p.Run(nil, "run", "--json")
		have("two want one key", "a@example.com 10", "z@example.com 10")
		for _, s := range parse(t, r.Out).Syncs {
			if r.Code != 3 || s.Held != 4 {
				t.Errorf("exit %d: %+v", r.Code, s)
			}
		}
		update(p, "crm", "email = 'd@example.com'", "id = 'n0'")
		if r := p.Run(nil, "run", "--json"); r.Code != 3 {
			t.Errorf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		have("one after the other", "c@example.com 20", "d@example.com 30", "z@example.com 10")
		p.Kith("run", "--json")
		have("each has a key of their own", "a@example.com 50", "c@example.com 20", "d@example.com 30", "z@example.com 31")

		update(p, "crm", "email = 'd@rejected.example'", "id = 'n0'")
		addMember(p, "n3", "d@example.com", "", "")
		for _, when := range []string{"the new key is refused", "it waits for its next try"} {
			if r := p.Run(nil, "run", "--json"); r.Code != 3 {
				t.Errorf("%s: exit %d\n%s%s", when, r.Code, r.Out, r.Err)
			}
			have(when, "a@example.com 50", "c@example.com 20", "d@example.com 30", "z@example.com 31")
		}
		update(p, "crm", "email = 'e@example.com'", "id = 'n0'")
		p.Kith("run", "--json")
		have("it is another", "a@example.com 50", "c@example.com 20", "d@example.com 10", "e@example.com 30", "z@example.com 31")
	})
}
