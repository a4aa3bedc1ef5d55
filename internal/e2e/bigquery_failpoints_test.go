package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/datamanager"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/testkit"
)

// newThreeOnBigQuery sends people to a vendor that answers for each row and to one that
// takes jobs, and a segment to one that only counts.
func newThreeOnBigQuery(t *testing.T) (p *testkit.Project, box *sandbox.Sandbox) {
	t.Helper()
	box, base := served(t, sandbox.Options{
		HubSpot: hubspot.Config{Limits: hubspot.Limits{TenSecondly: -1, Daily: -1, Search: -1}},
		Klaviyo: klaviyo.Config{Limits: klaviyo.Limits{Burst: -1, Steady: -1}, JobTime: 30 * time.Millisecond},
		Google:  datamanager.Config{PerMinute: -1, JobTime: 30 * time.Millisecond}, Bodies: 10_000,
	})
	if err := box.HubSpot("made-up-token").Define("contacts", []hubspot.Property{
		{Name: "amount", Type: "number"}, {Name: "seen", Type: "datetime"}, {Name: "tags", Type: "string"}, {Name: "ok", Type: "bool"},
	}); err != nil {
		t.Fatal(err)
	}
	crm := hubspotProject(base)
	p = newProjectOn(t, "bigquery", map[string]string{
		"kith.yml":          strings.TrimSpace(crm["kith.yml"]) + "\n  - " + emailDestination(base, "20s") + "\n  - " + adsDestination(base, "20s") + "\n",
		"models/people.yml": fileProject["models/people.yml"],
		"models/crm.yml":    adsModel,
		"syncs/crm.yml":     crm["syncs/people.yml"],
		"syncs/email.yml":   emailSync,
		"syncs/ads.yml":     adsSync,
	})
	p.Env = []string{"HUBSPOT_TOKEN=made-up-token", "KLAVIYO_KEY=" + klaviyoKey, googleCredentials(t), "KITH_TEST_RATE=alone"}
	makePeople(p, 20)
	makeAds(p, 12)
	return p, box
}

// TestFailpointsBigQuery kills kith at the boundaries of the ledger that a delivery passes
// there: TestFailpoints, TestKlaviyoFailpoints and TestGoogleFailpoints in one project, as
// far as the warehouse is another one.
func TestFailpointsBigQuery(t *testing.T) {
	t.Parallel()
	p, box := newThreeOnBigQuery(t)
	email, ads := &klaviyoWorld{Project: p, box: box}, &googleWorld{Project: p, box: box}
	killed := func(point string, args ...string) {
		t.Helper()
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=" + point}, append(args, "--json")...); !r.Killed {
			t.Errorf("%v was not killed at %q: exit %d\n%s%s", args, point, r.Code, r.Out, r.Err)
		}
	}
	killed("any:20", "sync", "--select", "people_crm") // a fresh ledger
	p.Run(nil, "run", "--json")
	gone := []string{}
	for i, kill := range []struct{ sync, point string }{
		{"people_crm", "done lease_take"},
		{"people_crm", "append intents"},
		{"people", "append job"},
		{"people_crm", "append acks"},
		{"people", "append jobs"},
		{"people_crm", "appended acks"},
		{"people_crm", "done fold_stage"},
		{"people", "done fold_merge"},
	} {
		update(p, "people", fmt.Sprintf("amount = %d", 50+i), fmt.Sprintf("id IN (%d, 15)", i))
		remove(p, "people", fmt.Sprintf("email = 'p%d@example.com'", 19-i/3))
		if i%3 == 0 {
			gone = append(gone, fmt.Sprintf("p%d@example.com", 19-i/3))
		}
		killed(kill.point, "sync", "--select", kill.sync)
	}
	for i, point := range []string{"appended jobs", "appended acks"} {
		ads.add(fmt.Sprintf("n%d", i), fmt.Sprintf("n%d@example.com", i), 20, true, "2026-01-01")
		ads.add(fmt.Sprintf("c%d", i), adsEmail(i), 1, true, "2026-01-02")
		killed(point, "run", "--select", "vip")
	}
	silent := false
	for i := range 8 {
		r := p.Run(nil, []string{"run", "sync"}[min(i, 1)], "--json") // one build is enough
		requests := uint64(0)
		for _, s := range parse(t, r.Out).Syncs {
			requests += s.Requests
		}
		if silent = r.Code == 0 && requests == 0; silent {
			break
		}
	}
	if !silent {
		t.Error("it does not come to rest")
	}
	checkHubSpot(t, p, box)
	email.check(t, gone...)
	ads.check(t)
}
