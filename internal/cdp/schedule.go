package cdp

import (
	"time"

	"github.com/robfig/cron/v3"

	"github.com/kithdata/kith/internal/diag"
)

// Schedule is when a build or a sync runs: at the ticks of a cron, or after others.
type Schedule struct {
	Cron     string
	After    []string // names of syncs, or AfterBuild; exclusive with Cron
	Timezone string   // of Cron, Hours and Until
	Fresh    bool     // when: fresh
	When     *SQL
	UntilOn  bool
	Until    int // minute of the day at which a wait for When is given up
	HoursOn  bool
	From, To int           // minutes of the day between which rows are delivered
	Skip     bool          // overlap: skip; else one run is queued
	Forgo    bool          // catch_up: never; else the last missed run is made up for
	Jitter   time.Duration // at most so much later, the same for every tick
	Pos      diag.Pos
}

// AfterBuild in Schedule.After is the build.
const AfterBuild = "build"

// CronParser reads five fields or a descriptor.
func CronParser() cron.Parser {
	return cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
}

// starBit is set by the parser in a field that was written as a star.
const starBit = 1 << 63

// Gated reports that a tick alone is no reason to run.
func (s *Schedule) Gated() bool { return s.Fresh || s.When != nil }

// Zone is the time zone of the schedule.
func (s *Schedule) Zone() *time.Location {
	if zone, err := time.LoadLocation(s.Timezone); err == nil {
		return zone
	}
	return time.UTC
}

// Next is the first tick after a moment that lies inside the hours; zero when there
// is none, which is so without a cron.
//
// When clocks go forward, a tick that falls into the gap is the end of the gap; when
// they go back, a tick that the clock shows twice is the first of the two. Only a
// cron whose hour is a star goes by real time: every quarter of an hour stays that.
func (s *Schedule) Next(after time.Time) time.Time {
	spec := s.spec()
	if spec == nil {
		return time.Time{}
	}
	zone := s.Zone()
	const tries = 4 * 366 * 24 * 60 // the hours may let few ticks pass
	for range tries {
		if after = nextTick(spec, zone, after); after.IsZero() || s.Open(after) {
			return after
		}
	}
	return time.Time{}
}

// Last is the latest tick in (after, until]; zero when there is none.
func (s *Schedule) Last(after, until time.Time) time.Time {
	// A long time is looked at from its end first, since only the latest counts.
	for _, back := range []time.Duration{time.Hour, 48 * time.Hour, 32 * 24 * time.Hour} {
		if from := until.Add(-back); from.After(after) {
			if t := s.lastFrom(from, until); !t.IsZero() {
				return t
			}
		}
	}
	return s.lastFrom(after, until)
}

func (s *Schedule) lastFrom(after, until time.Time) time.Time {
	last := time.Time{}
	for t := s.Next(after); !t.IsZero() && !t.After(until); t = s.Next(t) {
		last = t
	}
	return last
}

func (s *Schedule) spec() *cron.SpecSchedule {
	if s.Cron == "" {
		return nil
	}
	parsed, err := CronParser().Parse(s.Cron)
	if err != nil {
		return nil
	}
	spec, _ := parsed.(*cron.SpecSchedule)
	return spec
}

func nextTick(spec *cron.SpecSchedule, zone *time.Location, after time.Time) time.Time {
	if spec.Hour&starBit != 0 {
		real := *spec
		real.Location = zone
		return real.Next(after).UTC()
	}
	wall := *spec
	wall.Location = time.UTC
	for at := naive(after.In(zone)); ; {
		if at = wall.Next(at); at.IsZero() {
			return at
		}
		if t := instant(at, zone); t.After(after) {
			return t
		}
	}
}

// naive is what a clock shows, as if it were in UTC.
func naive(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant is when a clock in a zone first shows a time, or the end of the gap that
// swallows it.
func instant(wall time.Time, zone *time.Location) time.Time {
	const far = 26 * time.Hour // more than any offset, less than between two changes of it
	var found []time.Time
	for _, near := range []time.Time{wall.Add(-far), wall.Add(far)} {
		_, offset := near.In(zone).Zone()
		found = append(found, wall.Add(-time.Duration(offset)*time.Second))
	}
	if found[1].Before(found[0]) {
		found[0], found[1] = found[1], found[0]
	}
	for _, t := range found {
		if naive(t.In(zone)).Equal(wall) {
			return t.UTC()
		}
	}
	_, end := found[0].In(zone).ZoneBounds()
	return end.UTC()
}

// Open reports whether rows may be delivered at a moment.
func (s *Schedule) Open(at time.Time) bool {
	if s == nil || !s.HoursOn {
		return true
	}
	local := at.In(s.Zone())
	minute := 60*local.Hour() + local.Minute()
	if s.From < s.To {
		return minute >= s.From && minute < s.To
	}
	return minute >= s.From || minute < s.To
}

// Closes is when the hours that are open at a moment end; zero without hours.
func (s *Schedule) Closes(at time.Time) time.Time {
	if s == nil || !s.HoursOn {
		return time.Time{}
	}
	return s.nextMinute(s.To, at)
}

// Opens is when the hours begin that follow a moment; the moment itself when they
// are open.
func (s *Schedule) Opens(at time.Time) time.Time {
	if s.Open(at) {
		return at
	}
	return s.nextMinute(s.From, at)
}

// GivesUp is when a tick that waits for its condition is given up: at `until`, or at
// the next tick, whichever is first. Zero for a schedule that waits for nothing or
// without an end.
func (s *Schedule) GivesUp(tick time.Time) time.Time {
	next := s.Next(tick)
	if !s.UntilOn {
		return next
	}
	until := s.nextMinute(s.Until, tick)
	if !next.IsZero() && next.Before(until) {
		return next
	}
	return until
}

// nextMinute is the first moment after another at which clocks show a minute of the
// day; 24:00 is the 0:00 that follows.
func (s *Schedule) nextMinute(minute int, after time.Time) time.Time {
	zone := s.Zone()
	local := after.In(zone)
	for day := 0; ; day++ {
		wall := time.Date(local.Year(), local.Month(), local.Day()+day, 0, minute%(24*60), 0, 0, time.UTC)
		if t := instant(wall, zone); t.After(after) {
			return t
		}
	}
}
