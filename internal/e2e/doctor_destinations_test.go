package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestDoctorDestinations: what keeps the next run from delivering is a failure of doctor: a
// token that is not set, an address at which nobody listens, a second sync to a destination.
func TestDoctorDestinations(t *testing.T) {
	t.Parallel()
	_, base := newSandbox(t)
	files := hubspotProject(base)
	files["kith.yml"] += fmt.Sprintf(`  - {name: hook, type: webhook, token: "${HOOKTOK}", base_url: "%s/webhook/hook", allow_private: true}
  - {name: gone, type: webhook, base_url: "http://127.0.0.1:1/", allow_private: true}
`, base)
	files["syncs/people.yml"] = `syncs:
  - {name: good, from: {source: people}, to: {destination: crm, object: contacts}, key: {email: email}, fields: {firstname: email}}
  - {name: bad, from: {source: people}, to: {destination: crm, object: contacts}, key: {email: email}, fields: {nosuch: email}}
  - {name: too, from: {source: people}, to: {destination: crm, object: contacts}, key: {email: email}, fields: {lastname: email}}
  - {name: hook, from: {source: people}, to: {destination: hook, object: people}, key: {id: id}, fields: {email: email}}
  - {name: gone, from: {source: people}, to: {destination: gone, object: people}, key: {id: id}, fields: {email: email}}
`
	p := newProjectOn(t, "clickhouse", files)
	p.Env = []string{"HUBSPOT_TOKEN=made-up-token", "KITH_TEST_RATE=alone"}
	makePeople(p, 3)
	r := p.Run(nil, "doctor")
	needs(t, r, 1, `(?m)^ok   destination crm: .* takes what syncs good, too send`,
		`fail destination crm: sync bad: .*nosuch`, `fail destination hook: .*HOOKTOK is not set`, `help: set HOOKTOK, or give it a default`,
		`fail destination gone: .*not reached`, `help: check its options \(kith.yml:9:`)
	if strings.Contains(r.Out, "all is well") {
		t.Error(r.Out)
	}
	needs(t, p.Run([]string{"HOOKTOK=x"}, "doctor"), 1, `ok   destination hook: `)
}
