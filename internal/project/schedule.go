package project

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // so that a project means the same on a machine without a zone database

	"github.com/robfig/cron/v3"

	"github.com/kithdata/kith/internal/cdp"
)

var (
	cronKind = &scalar{name: "cron", is: "a cron expression", check: func(s string) (string, string) {
		_, problem, help := parseCron(s)
		return problem, help
	}}
	hoursKind = &scalar{name: "hours", is: "hours such as 08:00-20:00", pattern: `^[0-9]{2}:[0-9]{2} ?- ?[0-9]{2}:[0-9]{2}$`, check: func(s string) (string, string) {
		_, _, problem := hours(s)
		return problem, "write 08:00-20:00"
	}}
	descriptors = []string{"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"}
	hoursRegexp = regexp.MustCompile(`^([0-9]{2}):([0-9]{2})\s*-\s*([0-9]{2}):([0-9]{2})$`)
)

// parseCron reads five fields or a descriptor. When it can never fire, that is the problem.
func parseCron(s string) (spec *cron.SpecSchedule, problem, help string) {
	switch {
	case strings.Contains(s, "TZ="):
		return nil, "a time zone inside cron", "write it as schedule: {timezone: ...}"
	case strings.HasPrefix(s, "@every"):
		return nil, "@every has no fixed times", "write a cron expression, such as */15 * * * *"
	case strings.HasPrefix(s, "@"):
		known := false
		for _, d := range descriptors {
			known = known || d == s
		}
		if !known {
			return nil, fmt.Sprintf("%q is no cron expression", s), near(s, descriptors, "there are")
		}
	}
	if !strings.HasPrefix(s, "@") && len(strings.Fields(s)) != 5 {
		return nil, fmt.Sprintf("%q is no cron expression", s), "it has five fields: minute, hour, day of month, month, day of week"
	}
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor).Parse(s)
	if err != nil {
		return nil, fmt.Sprintf("%q is no cron expression", s), err.Error()
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Sprintf("%q is no cron expression", s), ""
	}
	spec.Location = time.UTC
	if spec.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Sprintf("cron %q never fires", s), "there is no such date"
	}
	return spec, "", ""
}

// hours reads 08:00-20:00 as minutes of the day; 24:00 is its end.
func hours(s string) (from, to int, problem string) {
	m := hoursRegexp.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0, 0, fmt.Sprintf("%q are no hours", s)
	}
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1])
	}
	from, to = 60*n[0]+n[1], 60*n[2]+n[3]
	switch {
	case n[1] > 59 || n[3] > 59 || from >= 24*60 || to > 24*60:
		return 0, 0, fmt.Sprintf("%q are no hours", s)
	case from == to:
		return 0, 0, fmt.Sprintf("%q: the window is empty", s)
	}
	return from, to, ""
}

// inHours reports whether a minute of the day is in the window, which may cross midnight.
func inHours(minute, from, to int) bool {
	if from < to {
		return minute >= from && minute < to
	}
	return minute >= from || minute < to
}

// firesIn reports whether some firing is inside the window.
func firesIn(spec *cron.SpecSchedule, from, to int) bool {
	for h := range 24 {
		for m := range 60 {
			if spec.Hour&(1<<uint(h)) != 0 && spec.Minute&(1<<uint(m)) != 0 && inHours(60*h+m, from, to) {
				return true
			}
		}
	}
	return false
}

// schedule resolves a schedule; nil for none.
func (l *loader) schedule(v *value) *cdp.Schedule {
	if v == nil {
		return nil
	}
	s := &cdp.Schedule{Cron: v.str("cron"), Timezone: l.p.Timezone, Pos: v.pos()}
	if zone := v.str("timezone"); zone != "" {
		s.Timezone = zone
	}
	if when := v.get("when"); when != nil {
		s.Fresh = when.text.s == "fresh"
		s.When = l.sql(when.get("sql"))
	}
	window := v.get("hours")
	if window == nil {
		return s
	}
	s.HoursOn = true
	s.From, s.To, _ = hours(window.text.s)
	if spec, _, _ := parseCron(s.Cron); spec != nil && !firesIn(spec, s.From, s.To) {
		l.at(window.node, "change one of them", "cron %q never fires inside the hours %s", s.Cron, window.text.s).Note(v.get("cron").pos(), "cron")
	}
	return s
}
