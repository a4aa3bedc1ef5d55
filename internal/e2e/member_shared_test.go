package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/datamanager"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/testkit"
)

// sharing is a project whose people may have an address, or a number, in common: neither
// says who somebody is.
func sharing(t *testing.T, warehouse, destination, match string) *testkit.Project {
	t.Helper()
	traits := ""
	for _, name := range strings.Split(strings.Trim(match, "[]"), ", ") {
		traits += fmt.Sprintf("  - {name: %[1]s, entity: person, from: crm.%[1]s, pick: latest}\n", name)
	}
	p := newProjectOn(t, warehouse, map[string]string{
		"kith.yml": fmt.Sprintf("version: 1\nname: sharing\ndefault_target: local\ntargets: {local: {%s, deliver: live}}\ndestinations: [%s]\n", embeddedTarget, destination),
		"models/people.yml": `sources:
  - {name: crm, table: raw.crm, key: id, columns: {id: string, email: {type: string, pii: email}, phone: {type: string, pii: phone}, name: {type: string, pii: first_name}, family: {type: string, pii: last_name}, postcode: {type: string, pii: postcode}, country: {type: string, pii: country}, score: int, ok: bool, at: timestamp}, timestamp: at}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id}], links: [{source: crm, identifiers: {customer_id: id}}]}}
traits:
` + traits + `  - {name: score, entity: person, from: crm.score, pick: latest}
consents:
  - {name: ads, entity: person, from: [crm.ok], pick: latest}
segments:
  - {name: vip, entity: person, where: {trait: score, gte: 10}}
`,
		"syncs/vip.yml": "syncs:\n  - {name: vip, from: {segment: vip}, to: {destination: out, audience: VIP}, match: " + match + ", consent: ads, guards: {max_removed: 100%, min_rows: 0}}\n",
	})
	p.Env = []string{"KITH_TEST_RATE=alone"}
	crmOfSharing.create(p)
	return p
}

var crmOfSharing = sourceTable{"crm", []string{"id string", "email string", "phone string", "name string", "family string", "postcode string", "country string", "score int", "ok bool", "at timestamp"}}

// addMember adds somebody; an address, a phone or a first name of "" is none.
func addMember(p *testkit.Project, id, email, phone, name string) {
	p.T.Helper()
	row := cdp.Row{id, nil, nil, nil, "Doe", "1011AA", "NL", int64(10), true, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if email != "" {
		row[1] = email
	}
	if phone != "" {
		row[2] = phone
	}
	if name != "" {
		row[3] = name
	}
	crmOfSharing.add(p, row)
}

// sharingGoogle is such a project with an audience of a Google account, and what tells who
// is in it, by the values in clear of those that the tests use.
func sharingGoogle(t *testing.T, warehouse, match string) (*testkit.Project, *sandbox.Sandbox, func(when string, want ...string)) {
	t.Helper()
	box, base := served(t, sandbox.Options{Google: datamanager.Config{PerMinute: -1, JobTime: time.Millisecond}})
	p := sharing(t, warehouse, fmt.Sprintf(`{name: out, type: google_data_manager, account: 123-456-7890, credentials: "${GOOGLE}", base_url: "%[1]s/google", token_url: "%[1]s/google/token", allow_private: true, rate: 100000, wait: 20s, ad_user_data: granted}`, base), match)
	credentials, err := json.Marshal(map[string]string{"client_id": "c", "client_secret": "s", "refresh_token": googleToken})
	if err != nil {
		t.Fatal(err)
	}
	p.Env = append(p.Env, "GOOGLE="+string(credentials))
	hash := func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) }
	names := map[string]string{"phone:" + hash("+31612345678"): "+31612345678"}
	for _, s := range []string{"a@example.com", "b@example.com", "both@example.com", "e@example.com", "new@example.com"} {
		names["email:"+hash(s)] = s
	}
	for _, s := range []string{"ann", "cas"} {
		names["address:"+hash(s)+hash("doe")+"NL1011AA"] = s
	}
	return p, box, func(when string, want ...string) {
		t.Helper()
		lists, err := box.Google(googleToken).Lists()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range slices.Sorted(maps.Keys(lists["VIP"])) {
			if got = append(got, names[m]); names[m] == "" {
				t.Errorf("%s: who is %s?", when, m)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got): %s", when, diff)
		}
	}
}

// TestSparedBeforeAKill: who leaves is forgotten, because somebody new has their address, and
// kith dies before that one is sent and leaves too. The address must not stay.
func TestSparedBeforeAKill(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, _, has := sharingGoogle(t, warehouse, "[email]")
		addMember(p, "a", "both@example.com", "", "")
		addMember(p, "e", "e@example.com", "", "")
		p.Kith("run", "--json")
		update(p, "crm", "score = 1", "id = 'a'")
		addMember(p, "b", "both@example.com", "", "")
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=after silent rows"}, "run", "--json"); !r.Killed {
			t.Fatalf("not killed: exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		update(p, "crm", "score = 1", "id = 'b'")
		p.Kith("run", "--json")
		has("both have left", "e@example.com")
	})
}

// TestSparedAndApproved: a guard stops all but the removal of who withdrew consent, which spares
// addresses of others who are yet to be added, or moved. What the stopped run names for approval is
// what the next one has left to send.
func TestSparedAndApproved(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, _, has := sharingGoogle(t, warehouse, "[email, phone]")
		p.Write("syncs/vip.yml", strings.Replace(p.Read("syncs/vip.yml"), "max_removed: 100%", "max_removed: 1", 1))
		for id, email := range map[string]string{"a": "a@example.com", "b": "b@example.com", "e": "e@example.com"} {
			addMember(p, id, email, "", "")
		}
		addMember(p, "v", "new@example.com", "+31612345678", "")
		addMember(p, "w", "both@example.com", "+31612345678", "")
		p.Kith("run", "--json")
		update(p, "crm", "score = 1", "id IN ('a', 'b')")
		update(p, "crm", "ok = false", "id IN ('v', 'w')")
		update(p, "crm", "email = 'new@example.com'", "id = 'e'")
		addMember(p, "n", "both@example.com", "", "")
		s := stopped(t, p, nil, 4, "run")
		has("stopped", "a@example.com", "b@example.com", "both@example.com", "e@example.com", "new@example.com")
		p.Kith("approve", s.Plan, "--yes", "--by", "ada")
		if s := stopped(t, p, nil, 3, "run"); s.Approved != "ada" { // the new address waits until the old one is out
			t.Errorf("approved: %+v", s)
		}
		p.Kith("run", "--json")
		has("approved", "both@example.com", "new@example.com")
	})
}

// TestSharedMember: who leaves an audience takes nothing out of it by which another is in
// it, neither an address that two share nor a number beside an address of their own, nor the
// name and street of two accounts of one person; and
// the last who has it takes it out, also one who was never delivered.
func TestSharedMember(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box, has := sharingGoogle(t, warehouse, "[email, phone, name, family, postcode, country]")
		addMember(p, "a", "a@example.com", "+31612345678", "Ann")
		addMember(p, "b", "b@example.com", "+31612345678", "")
		addMember(p, "c", "both@example.com", "", "Cas")
		addMember(p, "d", "both@example.com", "", "Cas")
		addMember(p, "e", "e@example.com", "", "")
		p.Kith("run", "--json")
		has("at first", "+31612345678", "a@example.com", "ann", "b@example.com", "both@example.com", "cas", "e@example.com")
		update(p, "crm", "score = 1", "id = 'a'") // alone: what is left of a row is all that there is to say of the changeset
		p.Kith("run", "--json")
		has("one has left", "+31612345678", "b@example.com", "both@example.com", "cas", "e@example.com")
		update(p, "crm", "ok = false", "id = 'c'")
		p.Kith("run", "--json")
		has("one of each two has left", "+31612345678", "b@example.com", "both@example.com", "cas", "e@example.com")
		// Somebody takes the address of e, and is not delivered; then b, d and they leave.
		update(p, "crm", "score = 1", "id IN ('b', 'd', 'e')")
		addMember(p, "f", "e@example.com", "", "")
		if err := box.SetFaults([]sandbox.Fault{{PathRegex: ".*:ingest", Do: sandbox.Answer, Status: 403, Every: 1}}); err != nil {
			t.Fatal(err)
		}
		if r := p.Run(nil, "run", "--json"); r.Code != 1 {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		has("all but one who was not delivered have left", "e@example.com")
		if err := box.SetFaults(nil); err != nil {
			t.Fatal(err)
		}
		update(p, "crm", "score = 1", "id = 'f'")
		p.Kith("run", "--json")
		has("all have left")
	})
}

// TestSharedContact: the same where the vendor has told which contact a member is: who
// leaves, and who moves to another address, leaves the contact of the other in the list.
func TestSharedContact(t *testing.T) {
	t.Parallel()
	box, base := newSandbox(t)
	p := sharing(t, "clickhouse", fmt.Sprintf(`{name: out, type: hubspot, token: made-up-token, base_url: "%s/hubspot", allow_private: true}`, base), "[email]")
	has := func(when string, want ...string) {
		t.Helper()
		got, err := box.HubSpot("made-up-token").Members("VIP")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got): %s", when, diff)
		}
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		addMember(p, id, "both@example.com", "", "")
	}
	addMember(p, "e", "e@example.com", "", "")
	p.Kith("run", "--json")
	has("at first", "both@example.com", "e@example.com")
	update(p, "crm", "score = 1", "id IN ('a', 'e')")
	update(p, "crm", "email = 'b@example.com'", "id = 'b'")
	p.Kith("run", "--json")
	has("one has left, one has moved", "b@example.com", "both@example.com")
	update(p, "crm", "score = 1", "id IN ('c', 'd')")
	p.Kith("run", "--json")
	has("the last two have left", "b@example.com")
}

// TestSharedProfile: the same where a member is known by the first thing that there is of
// them. Who has the number of another beside an address of their own is in by the address,
// and keeps nobody in who is there by the number.
func TestSharedProfile(t *testing.T) {
	t.Parallel()
	box, base := served(t, sandbox.Options{Klaviyo: klaviyo.Config{JobTime: time.Millisecond, Limits: klaviyo.Limits{Burst: -1, Steady: -1}}})
	p := sharing(t, "clickhouse", fmt.Sprintf(`{name: out, type: klaviyo, token: %s, base_url: "%s/klaviyo", allow_private: true, burst: 10000, steady: 100000}`, klaviyoKey, base), "[email, phone]")
	has := func(when string, want ...string) {
		t.Helper()
		lists, err := box.Klaviyo(klaviyoKey).Lists()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, lists["VIP"], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got): %s", when, diff)
		}
	}
	addMember(p, "a", "a@example.com", "+31612345678", "")
	addMember(p, "b", "", "+31612345678", "")
	addMember(p, "c", "both@example.com", "", "")
	addMember(p, "d", "both@example.com", "+31687654321", "")
	p.Kith("run", "--json")
	has("at first", "+31612345678", "a@example.com", "both@example.com")
	update(p, "crm", "score = 1", "id IN ('b', 'd')")
	p.Kith("run", "--json")
	has("one of each two has left", "a@example.com", "both@example.com")
}
