package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/testkit"
)

// newEventsOn sends purchases as events to a webhook, batch rows at a time, from either
// warehouse; add adds some with ids from a number on.
func newEventsOn(t *testing.T, warehouse string, batch int) (p *testkit.Project, box *sandbox.Sandbox, add func(from, n int)) {
	t.Helper()
	box, base := newSandbox(t)
	p = newProjectOn(t, warehouse, map[string]string{
		"kith.yml":         fmt.Sprintf("version: 1\nname: events\ndefault_target: local\ntargets: {local: {%s, deliver: live}}\ndestinations: [{name: hook, type: webhook, base_url: \"%s/webhook/default\", allow_private: true, batch_size: %d}]\n", embeddedTarget, base, batch),
		"models/all.yml":   "sources:\n  - {name: purchases, table: raw.purchases, key: id, timestamp: at, columns: {id: int, amount: \"decimal(12,2)\", at: timestamp}}\n",
		"syncs/events.yml": "syncs:\n  - {name: purchases, from: {source: purchases, start: 2026-01-01}, to: {destination: hook, event: Purchase}, key: {event_id: id}, fields: {value: amount}}\n",
	})
	table := sourceTable{"purchases", []string{"id int", "amount decimal", "at timestamp"}}
	table.create(p)
	return p, box, func(from, n int) {
		t.Helper()
		rows := make([]cdp.Row, n)
		for i := range rows {
			rows[i] = cdp.Row{int64(from + i), "1", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
		}
		table.add(p, rows...)
	}
}

// TestSeveralRunsAtOnce starts runs of one sync at the same moment, and another
// after its holder was killed: one delivers, the others wait and say so, and no row
// arrives twice.
func TestSeveralRunsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		runs, n, batch := 6, 1000, 50
		if warehouse == "bigquery" { // its emulator has one processor's worth of patience
			runs, n, batch = 3, 60, 3
		}
		p, box, add := newEventsOn(t, warehouse, batch)
		add(0, n)
		p.Kith("sync", "--json", "--rebaseline") // the tables are there
		slow := []sandbox.Fault{{Path: "/webhook/", Do: "delay", Delay: sandbox.Duration(300 * time.Millisecond), Every: 1}}
		if err := box.SetFaults(slow); err != nil {
			t.Fatal(err)
		}
		add(10_000, n)

		results := make([]testkit.Result, runs)
		var group sync.WaitGroup
		for i := range results {
			group.Go(func() { results[i] = p.Run(nil, "sync", "--json") })
		}
		group.Wait()
		delivered, waited := uint64(0), 0
		for _, r := range results {
			if r.Code != 0 {
				t.Errorf("exit %d\n%s%s", r.Code, r.Out, r.Err)
				continue
			}
			one := parse(t, r.Out).Syncs[0]
			delivered += one.Delivered
			if one.Status == "waited" {
				waited++
				if !strings.Contains(r.Err, "purchases") {
					t.Errorf("a run that waited does not say for what:\n%s", r.Err)
				}
			}
		}
		if delivered != uint64(n) || waited == 0 {
			t.Errorf("%d rows delivered, want %d; %d runs waited", delivered, n, waited)
		}
		counts, err := box.Counters()
		if err != nil {
			t.Fatal(err)
		}
		if counts.Rows != int64(n) || counts.Duplicates != 0 {
			t.Errorf("%d rows arrived, %d of them twice", counts.Rows, counts.Duplicates)
		}

		add(20_000, 5*batch)
		if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push:2"}, "sync", "--json"); !r.Killed {
			t.Fatalf("exit %d\n%s", r.Code, r.Err)
		}
		if next := parse(t, p.Kith("sync", "--json")).Syncs[0]; next.Status != "succeeded" {
			t.Errorf("the run after a kill: %+v", next)
		}
	})
}

// TestLeaseOfAnotherMachine: of a holder on another machine nobody knows whether it lives
// until the warehouse's clock is far enough past its last heartbeat; then its lease passes
// on, with what it had sent and not recorded. The times are shorter here than in production,
// where TestTiming holds them below a minute.
func TestLeaseOfAnotherMachine(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p, box, add := newEventsOn(t, warehouse, 2)
		p.Env = append(p.Env, "KITH_TEST_LEASE=200ms,5s,4s")
		if err := box.SetFaults([]sandbox.Fault{{Path: "/webhook/", Do: "delay", Delay: sandbox.Duration(400 * time.Millisecond), Every: 1}}); err != nil {
			t.Fatal(err)
		}
		add(0, 40)
		if r := p.Run([]string{"KITH_TEST_LEASE=200ms,5s,4s,elsewhere", "KITH_TEST_FAILPOINT=after push:12"}, "sync", "--json"); !r.Killed {
			t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
		}
		killed := time.Now()
		if err := box.SetFaults(nil); err != nil {
			t.Fatal(err)
		}
		r := p.Run(nil, "sync", "--json")
		if s := parse(t, r.Out).Syncs[0]; r.Code != 0 || s.Status != "waited" || s.Requests != 0 || !strings.Contains(r.Err, "elsewhere") {
			t.Errorf("while it may live: exit %d, %+v\n%s", r.Code, s, r.Err)
		}
		var last syncReport
		for last.Status != "succeeded" && time.Since(killed) < 30*time.Second {
			time.Sleep(time.Second)
			last = parse(t, p.Kith("sync", "--json")).Syncs[0]
		}
		if took := time.Since(killed); last.Status != "succeeded" || took < 4*time.Second || took > 20*time.Second {
			t.Errorf("after %.1f s: %+v", took.Seconds(), last)
		}
		complain(t, eventProblems(t, box, p.Query("SELECT id FROM raw.purchases")))
	})
}

// TestRenamedWhileRunning: a process that knows a sync by its former name may be sending for
// it. One that renames it waits, and goes on from there when the other has died.
func TestRenamedWhileRunning(t *testing.T) {
	t.Parallel()
	p, box := newHookOn(t, "clickhouse", 5)
	makePeople(p, 30)
	if r := p.Run([]string{"KITH_TEST_LEASE=200ms,1h,1h,elsewhere", "KITH_TEST_FAILPOINT=after push:3"}, "sync", "--json"); !r.Killed {
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	p.Write("syncs/people.yml", strings.Replace(p.Read("syncs/people.yml"), "name: hook,", "name: renamed, was: hook,", 1))
	r := p.Run([]string{"KITH_TEST_LEASE=200ms,1h,1h"}, "sync", "--json")
	if s := parse(t, r.Out).Syncs[0]; r.Code != 0 || s.Status != "waited" || s.Requests != 0 || !strings.Contains(r.Err, "hook is running elsewhere") {
		t.Errorf("while it may live: exit %d, %+v\n%s", r.Code, s, r.Err)
	}
	remove(p, "people", "id < 15") // most of those that were sent
	r = p.Run([]string{"KITH_TEST_LEASE=200ms,1ms,1m"}, "sync", "--json")
	if s := parse(t, r.Out).Syncs[0]; s.Status != "succeeded" || s.Removed == 0 {
		t.Errorf("when it has died: exit %d, %+v\n%s", r.Code, s, r.Err)
	}
	if got, err := box.Webhook("default").Rows("people"); err != nil || len(got) != 15 {
		t.Errorf("%d rows at the destination, %v", len(got), err)
	}
	if s := parse(t, p.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 {
		t.Errorf("a run without a change: %+v", s)
	}
}
