package daemon

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// TestJitterOutOfHours: a run that jitter moves out of the hours begins when they begin again.
// Until then it is neither overdue, nor late, nor missed.
func TestJitterOutOfHours(t *testing.T) {
	x := &task{
		schedule: &cdp.Schedule{Cron: "50 * * * *", HoursOn: true, From: 8 * 60, To: 20 * 60, Jitter: 30 * time.Minute, Forgo: true},
		alerts:   &cdp.Alerts{Late: time.Hour, On: cdp.AlertKinds}, anchor: start, known: ledger.Task{Served: at("2026-11-01T18:50:00")},
	}
	for i := 0; x.offset() < 10*time.Minute; i++ {
		x.name = fmt.Sprint("sync ", i)
	}
	if want := at("2026-11-02T08:00:00"); !x.next(start).Equal(want) {
		t.Errorf("it is due at %s, want %s", x.next(start), want)
	}
	for _, c := range []struct {
		now, alive string
		verdict    verdict
		late       bool
	}{
		{"2026-11-01T20:30:00", "2026-11-01T00:00:00", nothing, false},
		{"2026-11-02T07:59:00", "2026-11-01T00:00:00", nothing, false},
		{"2026-11-02T08:00:00", "2026-11-01T00:00:00", run, false},
		{"2026-11-02T08:30:00", "2026-11-01T23:00:00", run, false}, // it began in the night
		{"2026-11-02T08:30:00", "2026-11-02T08:20:00", forgo, false},
		{"2026-11-02T09:00:00", "2026-11-01T00:00:00", run, true},
	} {
		got := x.due(at(c.now), at(c.alive), nil)
		if got.verdict != c.verdict || got.verdict == nothing && !got.at.Equal(at("2026-11-02T08:00:00")) {
			t.Errorf("at %s, alive since %s: %+v", c.now, c.alive, got)
		}
		if late := x.lateSince(at(c.now)); late.IsZero() == c.late {
			t.Errorf("at %s it is late since %s", c.now, late)
		}
	}
}
