package daemon

import (
	"testing"
	"time"

	"github.com/kithdata/kith/internal/ledger"
)

// TestWaitsPastATick: what waits for others to end while its next tick comes keeps its place, with
// one run for both ticks.
func TestWaitsPastATick(t *testing.T) {
	waitsPastATick(t, "")
}

// TestWaitsPastATickWhen: so does one whose condition held, which does not wait in vain then.
func TestWaitsPastATickWhen(t *testing.T) {
	waitsPastATick(t, `, when: {sql: "(SELECT COUNT(*) FROM SCHEMA.src_people) >= 1"}`)
}

func waitsPastATick(t *testing.T, when string) {
	schedule := `schedule: {cron: "*/10 * * * *"` + when + "}"
	w := newWorld(t, "", "syncs:\n"+syncOf("a", schedule)+syncOf("b", schedule)+syncOf("c", schedule))
	w.people("1")
	w.times.Runs = 1
	hold := w.held()
	d := w.serve("one")
	now := at("2026-11-01T00:10:05")
	w.clock.jump(now)
	soon(t, "not all are due", func() bool { return d.Health().Running == 3 })
	ran := map[string]bool{}
	for range 3 {
		soon(t, "nobody runs", func() bool { return w.dest.heldCount() == 1 })
		rows := w.query("SELECT task FROM SCHEMA.firings FINAL WHERE state = 'claimed'")
		if len(rows) != 1 || ran[ledger.Text(rows[0][0])] {
			t.Fatalf("%v runs, after %v", rows, ran)
		}
		ran[ledger.Text(rows[0][0])] = true
		now = now.Add(10 * time.Minute)
		w.clock.jump(now)
		w.people(now.Format("15:04")) // for every run to push
		next := w.held()
		close(hold)
		soon(t, "it does not end", func() bool { return len(w.firings(ledger.Text(rows[0][0]))) > 0 })
		hold = next
	}
	w.release(hold)
	for name := range ran {
		if got := w.firings(name); got[0][len("01T00:10 "):] != "succeeded" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
