package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/datamanager"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
)

// vendorFaults are the ways in which a network and a vendor fail, each met once or
// twice: what is left of them is that the destination holds what it should, and that
// kith says what it left over.
func vendorFaults(path string) []sandbox.Fault {
	return []sandbox.Fault{
		{Name: "429 with Retry-After", Path: path, Nth: 1, Do: sandbox.Answer, Status: 429, Header: map[string]string{"Retry-After": "1"}},
		{Name: "503", Path: path, Nth: 2, Do: sandbox.Answer, Status: 503},
		{Name: "500 after commit", Path: path, Nth: 3, Do: sandbox.AnswerAfter, Status: 500},
		{Name: "reset before", Path: path, Nth: 4, Do: sandbox.Reset},
		{Name: "reset after commit", Path: path, Nth: 6, Do: sandbox.ResetAfter},
		{Name: "half a body", Path: path, Nth: 8, Do: sandbox.Cut},
		{Name: "slow drip", Path: path, Nth: 10, Do: sandbox.Drip, Delay: sandbox.Duration(300 * time.Millisecond)},
		{Name: "late", Path: path, Nth: 11, Do: sandbox.Late, Delay: sandbox.Duration(200 * time.Millisecond)},
		{Name: "nonsense", Path: path, Nth: 12, Do: sandbox.AnswerAfter, Status: 200, Body: "<html>"},
	}
}

// TestKlaviyoUnderFaults: every fault before and after a job was made, and while it is
// asked about; profiles are imports of the same values, so a repeat does no harm.
func TestKlaviyoUnderFaults(t *testing.T) { inSoak(t, klaviyoUnderFaults) }

func klaviyoUnderFaults(t *testing.T, warehouse string) {
	w := newKlaviyoOn(t, warehouse, sized(warehouse, 300, 100), "30s", klaviyo.Config{JobTime: 20 * time.Millisecond})
	single := "/klaviyo/api/profile-import"
	if err := w.box.SetFaults(append(vendorFaults("/klaviyo/api/profile-bulk-import-jobs"),
		sandbox.Fault{Name: "single: busy", Path: single, Nth: 5, Do: sandbox.Answer, Status: 429, Header: map[string]string{"Retry-After": "1"}},
		sandbox.Fault{Name: "single: answer lost", Path: single, Nth: 12, Do: sandbox.AnswerAfter, Status: 502},
	)); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		update(w.Project, "people", fmt.Sprintf("amount = %d", 10+i), fmt.Sprintf("MOD(id, 5) = %d", i))
		if r := w.Run(nil, "sync", "--json"); r.Code != 0 && r.Code != 3 {
			t.Errorf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
	}
	met(t, w.box)
	if r := w.Run(nil, "sync", "--json"); r.Code != 0 {
		t.Errorf("exit %d: %+v", r.Code, parse(t, r.Out).Syncs[0])
	}
	w.check(t)
	if s := parse(t, w.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 {
		t.Errorf("a run without a change: %+v", s)
	}
}

// TestGoogleUnderFaults: the same, with tokens that are refused in the middle.
func TestGoogleUnderFaults(t *testing.T) { inSoak(t, googleUnderFaults) }

func googleUnderFaults(t *testing.T, warehouse string) {
	w := newGoogle(t, warehouse, 40, "30s", datamanager.Config{JobTime: 20 * time.Millisecond, Anonymous: true})
	w.add("bad", "no@rejected.example", 20, true, "2026-01-01")
	if err := w.box.SetFaults(append(vendorFaults("/google/v1/audienceMembers"),
		sandbox.Fault{Name: "expired", Path: "/google/v1/", Nth: 9, Do: sandbox.Expired},
		sandbox.Fault{Name: "token endpoint down", Path: "/google/token", Nth: 2, Do: sandbox.Answer, Status: 503},
		sandbox.Fault{Name: "status not told", Path: "/google/v1/requestStatus", Nth: 2, Do: sandbox.Answer, Status: 500},
	)); err != nil {
		t.Fatal(err)
	}
	// The poison row is refused without a name: the engine finds it among the others.
	s, code := w.sync(t)
	if code != 3 || s.Rejected != 1 || s.Delivered != 40 {
		t.Errorf("exit %d, %+v", code, s)
	}
	for i := range 3 {
		w.add(fmt.Sprintf("n%d", i), fmt.Sprintf("n%d@example.com", i), 20, true, "2026-01-01")
		w.add(fmt.Sprintf("c%d", i), adsEmail(i), 1, true, "2026-01-02")
		if _, code := w.sync(t); code != 3 { // the rejected row waits
			t.Errorf("exit %d", code)
		}
	}
	remove(w.Project, "crm", "id = 'bad'")
	w.sync(t)
	for range 3 {
		if s, code = w.on(t, "sync"); code == 0 && s.Requests == 0 {
			break
		}
	}
	if code != 0 {
		t.Errorf("it does not come to rest: exit %d, %+v", code, s)
	}
	w.check(t)
}

// met checks that every fault of the script was met.
func met(t *testing.T, box *sandbox.Sandbox) {
	t.Helper()
	list, err := box.Faults()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.Fired == 0 {
			t.Errorf("the fault %q was never met (%d requests agreed)", f.Name, f.Seen)
		}
	}
}

// TestDeadDestinationSlowsNobody: one destination takes connections and never answers,
// one has no address, one works. What works is done while the dead are waited for, and
// the second sync to a dead one is not tried: it says until when.
func TestDeadDestinationSlowsNobody(t *testing.T) { inSoak(t, deadDestinationSlowsNobody) }

func deadDestinationSlowsNobody(t *testing.T, warehouse string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }() // nobody accepts
	box, base := served(t, sandbox.Options{})
	p := newProjectOn(t, warehouse, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: dead
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - {name: silent, type: webhook, base_url: "http://%s/x", timeout: 1s, allow_private: true}
  - {name: nameless, type: klaviyo, token: pk_x, base_url: "http://no-such-host.invalid/", allow_private: true}
  - {name: alive, type: webhook, base_url: "%s/webhook/alive", allow_private: true}
`, listener.Addr(), base),
		"models/people.yml": fileProject["models/people.yml"],
		"syncs/people.yml": `syncs:
  - {name: a_silent, from: {source: people}, to: {destination: silent, object: people}, key: {email: email}, fields: {amount: amount}}
  - {name: b_silent, from: {source: people}, to: {destination: silent, object: others}, key: {email: email}, fields: {amount: amount}}
  - {name: c_nameless, from: {source: people}, to: {destination: nameless, object: profiles}, key: {email: email}, fields: {amount: amount}}
  - {name: d_nameless, from: {source: people}, to: {destination: nameless, object: profiles}, key: {email: email}, fields: {seen: seen}}
  - {name: e_alive, from: {source: people}, to: {destination: alive, object: people}, key: {email: email}, fields: {amount: amount}}
`,
	})
	makePeople(p, 200)
	r := p.Run(nil, "sync", "--json")
	if r.Code != 1 {
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	byName := map[string]syncReport{}
	for _, s := range parse(t, r.Out).Syncs {
		byName[s.Sync] = s
	}
	for _, dead := range []string{"silent", "nameless"} {
		first, second := byName["a_"+dead], byName["b_"+dead]
		if dead == "nameless" {
			first, second = byName["c_"+dead], byName["d_"+dead]
		}
		if first.Status != map[string]string{"silent": "partial", "nameless": "failed"}[dead] || !strings.Contains(r.Out, "paused until") {
			t.Errorf("%s, first: %+v", dead, first)
		}
		if second.Status != "waited" || second.Requests != 0 || !strings.Contains(second.Error, "is paused until") || second.Seconds > first.Seconds {
			t.Errorf("%s, second: %+v", dead, second)
		}
	}
	alive, silent := byName["e_alive"], byName["a_silent"]
	if alive.Delivered != 200 || alive.Status != "succeeded" {
		t.Errorf("alive: %+v", alive)
	}
	if silent.Seconds < 3 || alive.Seconds >= silent.Seconds {
		t.Errorf("alive took %.1f s beside a dead one that took %.1f s", alive.Seconds, silent.Seconds)
	}
	t.Logf("seconds: alive %.1f, silent %.1f, nameless %.1f", alive.Seconds, silent.Seconds, byName["c_nameless"].Seconds)
	rows, err := box.Webhook("alive").Rows("people")
	if err != nil || len(rows) != 200 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}
