package e2e

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/testkit"
)

// TestSeveralRunsAtOnce starts six runs of one sync at the same moment, and another
// after its holder was killed: one delivers, the others wait and say so, and no row
// arrives twice.
func TestSeveralRunsAtOnce(t *testing.T) {
	t.Parallel()
	p, box := newEventProject(t)
	p.SQL(`INSERT INTO raw.purchases SELECT number, 1, toDateTime64('2026-03-01 00:00:00', 3) FROM numbers(4000)`)
	p.Kith("sync", "--json", "--rebaseline") // the tables are there
	slow := []sandbox.Fault{{Path: "/webhook/", Do: "delay", Delay: sandbox.Duration(300 * time.Millisecond), Every: 1}}
	if err := box.SetFaults(slow); err != nil {
		t.Fatal(err)
	}
	p.SQL(`INSERT INTO raw.purchases SELECT 10000 + number, 1, toDateTime64('2026-03-01 00:00:00', 3) FROM numbers(4000)`)

	results := make([]testkit.Result, 6)
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
	if delivered != 4000 || waited == 0 {
		t.Errorf("%d rows delivered, want 4000; %d runs waited", delivered, waited)
	}
	counts, err := box.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if counts.Rows != 4000 || counts.Duplicates != 0 {
		t.Errorf("%d rows arrived, %d of them twice", counts.Rows, counts.Duplicates)
	}

	p.SQL(`INSERT INTO raw.purchases SELECT 20000 + number, 1, toDateTime64('2026-03-01 00:00:00', 3) FROM numbers(1000)`)
	if r := p.Run([]string{"KITH_TEST_FAILPOINT=after push:2"}, "sync", "--json"); !r.Killed {
		t.Fatalf("exit %d\n%s", r.Code, r.Err)
	}
	if next := parse(t, p.Kith("sync", "--json")).Syncs[0]; next.Status != "succeeded" {
		t.Errorf("the run after a kill: %+v", next)
	}
}
