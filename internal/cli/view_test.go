package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/daemon"
	"github.com/kithdata/kith/internal/ledger"
)

func TestTable(t *testing.T) {
	var b bytes.Buffer
	printer{w: &b}.table([]string{"NAME", "ROWS>", "WHY"}, [][]string{{"zoë", "1,000", "two\nlines"}, {"x", "2", "\x1b[31m"}})
	want := "NAME   ROWS  WHY\nzoë   1,000  two lines\nx         2  \ufffd[31m\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -4321: "-4,321"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
	for s, want := range map[float64]string{0.0123: "12 ms", 1.25: "1.2 s", 45: "45 s", 600: "10 min", 9000: "2.5 h"} {
		if got := seconds(s); got != want {
			t.Errorf("seconds(%v) = %q, want %q", s, got, want)
		}
	}
}

// TestOverdue: that nobody serves the project is said only when nobody does.
func TestOverdue(t *testing.T) {
	due := time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC)
	const serve = "\nnext: `kith serve` runs what is due; none seems to\n"
	for _, c := range []struct{ waiting, behind, want string }{
		{"", "", "\nsync a\n  was due at 2026-11-01 06:00:00\n" + serve},
		{"", "sync b", "\nsync a\n  was due at 2026-11-01 06:00:00; waits for sync b\n"},
		{"a run is asked for", "", "\nsync a\n  a run is asked for; no process is at it\n" + serve},
		{"a run is asked for", "sync b", "\nsync a\n  a run is asked for; waits for sync b\n"},
	} {
		var b bytes.Buffer
		a := &app{out: printer{w: &b}}
		a.printStatus(statusDocument{Syncs: []syncStatus{{Sync: "a", State: stateActive, schedule: schedule{NextDue: &due, Overdue: true, Waiting: c.waiting, Behind: c.behind}}}})
		if _, got, _ := strings.Cut(b.String(), "\n\n"); "\n"+got != c.want {
			t.Errorf("%q, %q:\n%s", c.waiting, c.behind, b.String())
		}
	}
}

// TestWaiting: where a run is that has not come to its end is said in a sentence.
func TestWaiting(t *testing.T) {
	for _, c := range []struct {
		f    ledger.Firing
		want string
	}{
		{ledger.Firing{State: ledger.Queued}, "a run is asked for"},
		{ledger.Firing{State: ledger.Claimed}, "a run has begun"},
		{ledger.Firing{State: ledger.Claimed, Note: "busy"}, "a run has begun: busy"},
		{ledger.Firing{State: ledger.Claimed, Status: daemon.Suspended, Note: "the hours are over"}, "a run goes on when its hours begin again"},
		{ledger.Firing{State: ledger.Claimed, Status: "interrupted", Note: "stopped"}, "a run was interrupted, and is to go on: stopped"},
	} {
		if got := waitingText(&c.f); got != c.want {
			t.Errorf("%+v: %s", c.f, got)
		}
	}
}
