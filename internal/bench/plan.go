package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

// planCalls in ratePer are what HubSpot's fake allows here.
const planCalls = 100

// plan measures how far the duration that a plan predicts is off from what the run then
// takes, all of it: a first sync that the rate holds up, and changes, removals and adds
// that slow answers hold up, of which the run before has learnt. It takes a minute and
// a half, whatever the size.
func (b *bench) plan(ctx context.Context) error {
	box, err := sandbox.Open("", sandbox.Options{HubSpot: hubspot.Config{Limits: hubspot.Limits{TenSecondly: planCalls, Daily: -1, Search: -1}}})
	if err != nil {
		return err
	}
	defer box.Close() //nolint:errcheck // it is in memory
	base, err := box.Serve(ctx, "")
	if err != nil {
		return err
	}
	if err := b.planProject(ctx, box, base); err != nil {
		return err
	}
	first, err := b.planned(ctx, "first")
	if err != nil {
		return err
	}
	time.Sleep(ratePer) // the first run's calls leave the vendor's window
	slow := []sandbox.Fault{{Path: "/hubspot/", Every: 1, Do: sandbox.Late, Delay: sandbox.Duration(1500 * time.Millisecond)}}
	if err := box.SetFaults(slow); err != nil {
		return err
	}
	if err := b.sql(ctx, "ALTER TABLE bench.plan UPDATE age = age + 1 WHERE id < 2000 SETTINGS mutations_sync = 2"); err != nil {
		return err
	}
	if _, err := b.kith(ctx, "sync"); err != nil {
		return err
	}
	time.Sleep(ratePer)
	if err := b.sql(ctx, "ALTER TABLE bench.plan UPDATE age = age + 1 WHERE id < 9000 SETTINGS mutations_sync = 2",
		"ALTER TABLE bench.plan DELETE WHERE id >= 28000 SETTINGS mutations_sync = 2",
		"INSERT INTO bench.plan SELECT * REPLACE (100000 + id AS id) FROM bench.plan AS old WHERE old.id < 3000"); err != nil {
		return err
	}
	slower, err := b.planned(ctx, "slow answers")
	if err != nil {
		return err
	}
	c, err := box.Counters()
	if err != nil {
		return err
	}
	if c.RateLimited > 0 {
		return fmt.Errorf("%d calls were refused: the prediction proves nothing", c.RateLimited)
	}
	b.add("plan_duration", max(first, slower), "off", 0, 0.10)
	return nil
}

// planned plans and then runs, and returns how far the plan was off.
func (b *bench) planned(ctx context.Context, what string) (float64, error) {
	said, err := b.kith(ctx, "plan")
	if err != nil {
		return 0, err
	}
	took, err := b.kith(ctx, "sync")
	if err != nil {
		return 0, err
	}
	off := math.Abs(said.Syncs[0].Seconds/took.Syncs[0].Seconds - 1)
	fmt.Printf("plan, %s: said %.1f s, took %.1f s for %d rows: %.1f %% off\n", what, said.Syncs[0].Seconds, took.Syncs[0].Seconds, took.Syncs[0].Delivered, 100*off)
	return off, nil
}

func (b *bench) planProject(ctx context.Context, box *sandbox.Sandbox, base string) error {
	if err := box.HubSpot("bench-token").Define("contacts", []hubspot.Property{{Name: "key", Type: "string", Unique: true}, {Name: "age", Type: "number"}}); err != nil {
		return err
	}
	if err := b.rows(ctx, "plan", 32_000); err != nil {
		return err
	}
	if err := b.project("plan", fmt.Sprintf("{name: crm, type: hubspot, token: bench-token, base_url: \"%s/hubspot\", allow_private: true, rate: %d}", base, planCalls), "{destination: crm, object: contacts}"); err != nil {
		return err
	}
	config := filepath.Join(b.dir, "kith.yml")
	kith, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	return b.write(map[string]string{
		"kith.yml": strings.Replace(string(kith), ".kith/warehouse}}", ".kith/warehouse}, deliver: live}", 1),
		"syncs/bench.yml": `syncs:
  - {name: plan, from: {source: plan}, to: {destination: crm, object: contacts}, key: {key: {sql: "toString(id)"}}, fields: {age: age}, consent: none, on_removed: archive, guards: {max_removed: 100%, max_changed: 100%}}
`,
	})
}
