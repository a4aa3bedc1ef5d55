package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

// rateCalls in ratePer are what HubSpot's fake allows, of its own accord.
const (
	rateCalls = 190
	ratePer   = 10 * time.Second
)

// rate measures how much of what HubSpot allows is used: by one process, by two after
// two minutes, and by the one that is left a minute after the other was killed. It
// takes seven minutes, whatever the size: they are the vendor's.
func (b *bench) rate(ctx context.Context) error {
	box, err := sandbox.Open("", sandbox.Options{HubSpot: hubspot.Config{Limits: hubspot.Limits{TenSecondly: rateCalls, Daily: -1, Search: -1}}, Log: 100_000, Bodies: 1})
	if err != nil {
		return err
	}
	defer box.Close() //nolint:errcheck // it is in memory
	base, err := box.Serve(ctx, "")
	if err != nil {
		return err
	}
	if err := b.rateProject(ctx, box, base); err != nil {
		return err
	}
	first, err := b.background(ctx, "sync", "--select", "rate_a")
	if err != nil {
		return err
	}
	begun, err := firstCall(ctx, box)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, first.err.String())
	}
	sleepUntil(begun.Add(65 * time.Second))
	one, err := usedRate(box, begun, begun.Add(6*ratePer))
	if err != nil {
		return err
	}
	second, err := b.background(ctx, "sync", "--select", "rate_b")
	if err != nil {
		return err
	}
	joined := time.Now()
	sleepUntil(joined.Add(245 * time.Second))
	two, err := usedRate(box, joined.Add(2*time.Minute), joined.Add(4*time.Minute))
	if err != nil {
		return err
	}
	if err := first.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	killed := time.Now()
	_ = first.cmd.Wait() // it was killed
	sleepUntil(killed.Add(125 * time.Second))
	left, err := usedRate(box, killed.Add(time.Minute), killed.Add(2*time.Minute))
	if err != nil {
		return err
	}
	if err := second.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	_ = second.cmd.Wait() // it ends with 130
	c, err := box.Counters()
	if err != nil {
		return err
	}
	fmt.Printf("rate: one process uses %.1f %%, two %.1f %%, the one that is left %.1f %%; %d calls, %d refused\n", 100*one, 100*two, 100*left, c.Requests, c.RateLimited)
	b.add("rate_use_hubspot", one, "of allowed", 0, 0.95)
	b.add("rate_use_hubspot_two", two, "of allowed", 0, 0.90)
	b.add("rate_use_hubspot_left", left, "of allowed", 0, 0.95)
	b.add("rate_refused_hubspot", float64(c.RateLimited), "calls", 0, 0)
	return nil
}

// rateProject is two syncs of more rows than there is time for, to one account.
func (b *bench) rateProject(ctx context.Context, box *sandbox.Sandbox, base string) error {
	const rows = 600_000
	account := box.HubSpot("bench-token")
	if err := account.Define("companies", []hubspot.Property{{Name: "key", Type: "string", Unique: true}, {Name: "age", Type: "number"}}); err != nil {
		return err
	}
	if err := account.Define("contacts", []hubspot.Property{{Name: "key", Type: "string", Unique: true}, {Name: "age", Type: "number"}}); err != nil {
		return err
	}
	if err := b.rows(ctx, "rate", rows); err != nil {
		return err
	}
	if err := b.project("rate", fmt.Sprintf("{name: crm, type: hubspot, token: bench-token, base_url: \"%s/hubspot\", allow_private: true, rate: %d}", base, rateCalls), "{destination: crm, object: contacts}"); err != nil {
		return err
	}
	config := filepath.Join(b.dir, "kith.yml")
	kith, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	live := strings.Replace(string(kith), ".kith/warehouse}}", ".kith/warehouse}, deliver: live}", 1)
	if err := os.WriteFile(config, []byte(live), 0o600); err != nil {
		return err
	}
	text := ""
	for name, object := range map[string]string{"rate_a": "contacts", "rate_b": "companies"} {
		text += fmt.Sprintf("  - {name: %s, from: {source: rate}, to: {destination: crm, object: %s}, key: {key: {sql: \"toString(id)\"}}, fields: {age: age}, consent: none}\n", name, object)
	}
	return os.WriteFile(filepath.Join(b.dir, "syncs/bench.yml"), []byte("syncs:\n"+text), 0o600)
}

// running is a kith that was started.
type running struct {
	cmd *exec.Cmd
	err bytes.Buffer // and its output
}

func (b *bench) background(ctx context.Context, args ...string) (*running, error) {
	r := &running{cmd: exec.CommandContext(ctx, b.bin, args...)}
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = b.dir, &r.err, &r.err
	return r, r.cmd.Start()
}

// firstCall waits until the account is called.
func firstCall(ctx context.Context, box *sandbox.Sandbox) (time.Time, error) {
	for range 200 {
		list, err := box.Requests()
		if err != nil {
			return time.Time{}, err
		}
		if len(list) > 0 {
			return list[0].Time, nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return time.Time{}, fmt.Errorf("nobody called the account within 20 s")
}

// usedRate is the share of what was allowed between two moments that was called.
func usedRate(box *sandbox.Sandbox, from, to time.Time) (float64, error) {
	list, err := box.Requests()
	if err != nil {
		return 0, err
	}
	n := 0
	for _, r := range list {
		if !r.Time.Before(from) && r.Time.Before(to) && r.Status != 429 {
			n++
		}
	}
	return float64(n) / (to.Sub(from).Seconds() * rateCalls / ratePer.Seconds()), nil
}

func sleepUntil(t time.Time) { time.Sleep(time.Until(t)) }
