package e2e

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

// TestPropertyDeleted: an administrator deletes a mapped property after a good run. The next run
// says which, with few calls, and holds no row; when it is there again all is sent.
func TestPropertyDeleted(t *testing.T) {
	t.Parallel()
	box, base := served(t, sandbox.Options{HubSpot: hubspot.Config{Strict: true, Limits: hubspot.Limits{TenSecondly: -1, Daily: -1, Search: -1}}})
	properties := []hubspot.Property{{Name: "amount", Type: "number"}, {Name: "seen", Type: "datetime"}, {Name: "tags", Type: "string"}, {Name: "ok", Type: "bool"}}
	if err := box.HubSpot("made-up-token").Define("contacts", properties); err != nil {
		t.Fatal(err)
	}
	p := newProjectOn(t, "clickhouse", hubspotProject(base))
	p.Env = []string{"HUBSPOT_TOKEN=made-up-token", "KITH_TEST_RATE=alone"}
	makePeople(p, 210)
	p.Kith("sync", "--json")
	checkHubSpot(t, p, box)

	inHubSpot(t, p, "DELETE", "properties/contacts/tags", "")
	update(p, "people", "amount = 1234", "id < 200")
	before, err := box.Counters()
	if err != nil {
		t.Fatal(err)
	}
	r := p.Run(nil, "sync", "--json")
	after, err := box.Counters()
	if err != nil {
		t.Fatal(err)
	}
	s := parse(t, r.Out).Syncs[0]
	if r.Code != 1 || s.Status != "failed" || !strings.Contains(s.Error, "tags does not exist") || s.Changed != 200 || s.Rejected != 0 {
		t.Errorf("exit %d, %+v", r.Code, s)
	}
	if n := after.Requests - before.Requests; n > 5 {
		t.Errorf("%d calls", n)
	}
	if n := p.Query("SELECT count(*) FROM kith.rejections")[0][0]; n != uint64(0) {
		t.Errorf("%v rejections", n)
	}

	if err := box.HubSpot("made-up-token").Define("contacts", properties); err != nil {
		t.Fatal(err)
	}
	if s = parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Delivered != 200 {
		t.Errorf("%+v", s)
	}
}
