package daemon

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// TestRefusedByNumber: rows that a vendor refuses without a name are told of like those that it
// names, and it is not over because nothing is sent.
func TestRefusedByNumber(t *testing.T) {
	w := newWorld(t, tellOps, "syncs:\n"+syncOf("a", `schedule: {cron: "0 * * * *"}`))
	hour := start.Truncate(time.Hour)
	run := func(refused int, ids ...string) {
		w.dest.mu.Lock()
		w.dest.job = &cdp.JobState{Done: true, Refused: refused}
		w.dest.mu.Unlock()
		w.people(ids...)
		hour = hour.Add(time.Hour)
		w.until(hour.Add(time.Minute))
	}
	ten := func(name string) (ids []string) {
		for i := range 10 {
			ids = append(ids, fmt.Sprint(name, i))
		}
		return ids
	}
	w.serve("one")
	run(6, ten("a")...)
	same(t, "refused", []string{"sync a rejected"}, w.messages())
	if m := w.messages(); len(m) > 0 && w.told[0].Text != "6 of 10 rows rejected (60.0%, more than 5%): 6 that the vendor does not name" {
		t.Errorf("message: %s", w.told[0].Text)
	}
	run(0)
	run(9, ten("b")...)
	same(t, "it goes on", []string{"sync a rejected"}, w.messages())
	run(0, ten("c")...)
	same(t, "it is over", []string{"sync a rejected", "sync a recovered"}, w.messages())
}
