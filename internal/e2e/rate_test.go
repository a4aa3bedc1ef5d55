package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

// TestRateShared: two processes that sync to one account at once keep to its rate
// together, without a refusal, through claims in the real ledger; the rounds are
// short here. `make bench` measures the same at full length.
func TestRateShared(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		rateShared(t, warehouse, map[string]int{"clickhouse": 2500, "bigquery": 600}[warehouse])
	})
}

func rateShared(t *testing.T, warehouse string, rows int) {
	const rate = 20
	box, base := served(t, sandbox.Options{HubSpot: hubspot.Config{Limits: hubspot.Limits{TenSecondly: rate, Daily: -1, Search: -1}}})
	account := box.HubSpot("made-up-token")
	if err := account.Define("companies", []hubspot.Property{{Name: "key", Type: "string", Unique: true}}); err != nil {
		t.Fatal(err)
	}
	for _, object := range []string{"contacts", "companies"} {
		if err := account.Define(object, []hubspot.Property{{Name: "amount", Type: "number"}}); err != nil {
			t.Fatal(err)
		}
	}
	files := hubspotProject(base)
	files["kith.yml"] = strings.Replace(files["kith.yml"], "rate: 50000", fmt.Sprintf("rate: %d", rate), 1)
	files["syncs/people.yml"] = `syncs:
  - {name: a, from: {source: people}, to: {destination: crm, object: contacts}, key: {email: email}, fields: {amount: amount}}
  - {name: b, from: {source: people}, to: {destination: crm, object: companies}, key: {key: email}, fields: {amount: amount}, priority: high}
`
	p := newProjectOn(t, warehouse, files)
	// Rounds of two seconds; a run may be as long without a heartbeat as any.
	p.Env = []string{"HUBSPOT_TOKEN=made-up-token", "KITH_TEST_LEASE=500ms,30s,20s"}
	makePeople(p, rows)
	p.Kith("status", "--json") // makes the ledger
	start := time.Now()
	var both sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		both.Go(func() {
			r := p.Run(nil, "sync", "--select", name, "--json")
			if r.Code != 0 {
				t.Errorf("%s: exit %d\n%s%s", name, r.Code, r.Out, r.Err)
			}
		})
	}
	both.Wait()
	took := time.Since(start)
	c, err := box.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if c.RateLimited != 0 {
		t.Errorf("%d calls were refused", c.RateLimited)
	}
	if c.Rows != int64(2*rows) {
		t.Errorf("%d rows arrived", c.Rows)
	}
	t.Logf("%d calls in %.0f s", c.Requests, took.Seconds())
	if holders := p.Query("SELECT COUNT(DISTINCT holder), SUM(CASE WHEN released = 1 THEN 1 ELSE 0 END), SUM(calls) FROM kith.budget_shares"); fmt.Sprint(holders) != fmt.Sprintf("[[2 2 %d]]", c.Requests) {
		t.Errorf("holders, gifts and calls in the ledger: %v, the account counted %d", holders, c.Requests)
	}
}
