package e2e

import (
	"strings"
	"testing"
)

// TestSeedLive: what is advised for a target with deliver: live can be done there.
func TestSeedLive(t *testing.T) {
	t.Parallel()
	_, base := newSandbox(t)
	p := newProjectOn(t, "clickhouse", hubspotProject(base))
	p.Env = []string{"HUBSPOT_TOKEN=made-up-token", "KITH_TEST_RATE=alone"}
	p.Write("people.csv", "id\n1\n")
	needs(t, p.Run(nil, "seed", "people.csv"), 1, "help: add a target without deliver: live")
	r := p.Run(nil, "doctor")
	needs(t, r, 1, "fail source people", "help: correct `table:`")
	if strings.Contains(r.Out, "kith seed") {
		t.Error(r.Out)
	}
}
