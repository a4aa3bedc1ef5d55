package cdp_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return out.UTC()
}

// ticks are the first n after a moment, in UTC.
func ticks(s *cdp.Schedule, after time.Time, n int) string {
	var out []string
	for range n {
		if after = s.Next(after); after.IsZero() {
			break
		}
		out = append(out, after.Format("02T15:04"))
	}
	return strings.Join(out, " ")
}

// TestTicks: in Amsterdam clocks go forward on 29 March 2026 at 01:00 UTC, from 2:00
// to 3:00, and back on 25 October at 01:00 UTC, from 3:00 to 2:00.
func TestTicks(t *testing.T) {
	for _, c := range []struct{ name, cron, zone, after, want string }{
		{"plain", "0 6 * * *", "UTC", "2026-03-01T06:00:00Z", "02T06:00 03T06:00"},
		{"a gap swallows the tick: its end", "30 2 * * *", "Europe/Amsterdam", "2026-03-28T00:00:00Z", "28T01:30 29T01:00 30T00:30"},
		{"several ticks in a gap are one", "0,15,30 2 * * *", "Europe/Amsterdam", "2026-03-28T23:00:00Z", "29T01:00 30T00:00"},
		{"the gap ends at a tick of its own", "30 2,3 * * *", "Europe/Amsterdam", "2026-03-28T23:00:00Z", "29T01:00 29T01:30"},
		{"a tick shown twice is the first", "30 2 * * *", "Europe/Amsterdam", "2026-10-24T12:00:00Z", "25T00:30 26T01:30"},
		{"asked for in the second showing", "30 2 * * *", "Europe/Amsterdam", "2026-10-25T01:10:00Z", "26T01:30 27T01:30"},
		{"a star goes by real time, forward", "*/30 * * * *", "Europe/Amsterdam", "2026-03-29T00:15:00Z", "29T00:30 29T01:00 29T01:30"},
		{"a star goes by real time, back", "*/30 * * * *", "Europe/Amsterdam", "2026-10-25T00:15:00Z", "25T00:30 25T01:00 25T01:30 25T02:00"},
		{"midnight is missing", "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", "06T04:00 07T03:00"},
		{"half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-02T16:00:00Z", "03T15:30 04T15:15"},
		{"steps of hours", "0 */2 * * *", "Europe/Amsterdam", "2026-03-28T22:30:00Z", "28T23:00 29T01:00 29T02:00"},
	} {
		s := &cdp.Schedule{Cron: c.cron, Timezone: c.zone}
		got := ticks(s, at(t, c.after), len(strings.Fields(c.want)))
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// TestTicksOfAYear: whatever the zone, a daily cron has a tick on each day and ticks
// only go forward; Last finds what Next has found.
func TestTicksOfAYear(t *testing.T) {
	from, to := at(t, "2026-01-01T00:00:00Z"), at(t, "2027-01-01T00:00:00Z")
	for _, zone := range []string{"UTC", "Europe/Amsterdam", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"} {
		for _, cron := range []string{"0 0 * * *", "30 2 * * *", "59 23 * * *"} {
			s, days := &cdp.Schedule{Cron: cron, Timezone: zone}, map[string]int{}
			last := from
			for next := s.Next(from); next.Before(to); next = s.Next(next) {
				if !next.After(last) {
					t.Fatalf("%s %s: %s after %s", zone, cron, next, last)
				}
				days[next.In(s.Zone()).Format(time.DateOnly)]++
				if got := s.Last(last, next.Add(time.Minute)); !got.Equal(next) {
					t.Fatalf("%s %s: last is %s, not %s", zone, cron, got, next)
				}
				last = next
			}
			if len(days) < 364 || len(days) > 366 {
				t.Errorf("%s %s: ticks on %d days", zone, cron, len(days))
			}
			for day, n := range days {
				if n != 1 {
					t.Errorf("%s %s: %d ticks on %s", zone, cron, n, day)
				}
			}
		}
	}
}

func TestHours(t *testing.T) {
	s := &cdp.Schedule{Cron: "0 * * * *", Timezone: "Europe/Amsterdam", HoursOn: true, From: 8 * 60, To: 20 * 60}
	if got := ticks(s, at(t, "2026-03-28T17:30:00Z"), 3); got != "28T18:00 29T06:00 29T07:00" {
		t.Errorf("ticks: %s", got)
	}
	night := &cdp.Schedule{Timezone: "UTC", HoursOn: true, From: 22 * 60, To: 24 * 60}
	for _, c := range []struct {
		s                 *cdp.Schedule
		at, opens, closes string
		open              bool
	}{
		{s, "2026-03-28T07:00:00Z", "2026-03-28T07:00:00Z", "2026-03-28T19:00:00Z", true},
		{s, "2026-03-28T19:00:00Z", "2026-03-29T06:00:00Z", "2026-03-29T18:00:00Z", false},
		{night, "2026-03-28T23:59:00Z", "2026-03-28T23:59:00Z", "2026-03-29T00:00:00Z", true},
		{night, "2026-03-29T00:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T00:00:00Z", false},
	} {
		now := at(t, c.at)
		if c.s.Open(now) != c.open || !c.s.Opens(now).Equal(at(t, c.opens)) || !c.s.Closes(now).Equal(at(t, c.closes)) {
			t.Errorf("%s: open %v, opens %s, closes %s", c.at, c.s.Open(now), c.s.Opens(now), c.s.Closes(now))
		}
	}
}

func TestGivesUp(t *testing.T) {
	s := &cdp.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Fresh: true}
	tick := at(t, "2026-03-28T06:00:00Z")
	if got := s.GivesUp(tick); !got.Equal(at(t, "2026-03-29T06:00:00Z")) {
		t.Errorf("at the next tick: %s", got)
	}
	s.UntilOn, s.Until = true, 9*60
	if got := s.GivesUp(tick); !got.Equal(at(t, "2026-03-28T09:00:00Z")) {
		t.Errorf("at until: %s", got)
	}
	s.Cron = "0 * * * *"
	if got := s.GivesUp(tick); !got.Equal(at(t, "2026-03-28T07:00:00Z")) {
		t.Errorf("at the next tick, which is before until: %s", got)
	}
}
