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
	timeKind    = &scalar{name: "time of day", is: "a time of the day such as 09:00", pattern: `^[0-9]{2}:[0-9]{2}$`, check: func(s string) (string, string) {
		_, problem := minuteOfDay(s)
		return problem, "write 09:00"
	}}
	momentRegexp = regexp.MustCompile(`^([0-9]{2}):([0-9]{2})$`)
	hoursRegexp  = regexp.MustCompile(`^([0-9]{2}):([0-9]{2})\s*-\s*([0-9]{2}):([0-9]{2})$`)
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
	parsed, err := cdp.CronParser().Parse(s)
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

// minuteOfDay reads 09:00; 24:00 is the end of the day.
func minuteOfDay(s string) (minute int, problem string) {
	m := momentRegexp.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Sprintf("%q is no time of the day", s)
	}
	h, _ := strconv.Atoi(m[1])
	min, _ := strconv.Atoi(m[2])
	if min > 59 || 60*h+min > 24*60 {
		return 0, fmt.Sprintf("%q is no time of the day", s)
	}
	return 60*h + min, ""
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
	s.Skip, s.Forgo = v.str("overlap") == "skip", v.str("catch_up") == "never"
	l.until(s, v)
	l.jitter(s, v)
	window := v.get("hours")
	if window == nil {
		return s
	}
	s.HoursOn = true
	s.From, s.To, _ = hours(window.text.s)
	if spec, _, _ := parseCron(s.Cron); s.Cron != "" && spec != nil && !firesIn(spec, s.From, s.To) {
		l.at(window.node, "change one of them", "cron %q never fires inside the hours %s", s.Cron, window.text.s).Note(v.get("cron").pos(), "cron")
	}
	return s
}

// until ends a wait, so there must be one.
func (l *loader) until(s *cdp.Schedule, v *value) {
	u := v.get("until")
	if u == nil {
		return
	}
	s.UntilOn = true
	s.Until, _ = minuteOfDay(u.text.s)
	if !v.has("when") {
		l.at(v.entry("until").key, "add when: fresh, or leave it out", "until ends a wait, and without `when` nothing waits")
	}
}

// jitter must leave a tick before the next one.
func (l *loader) jitter(s *cdp.Schedule, v *value) {
	j := v.get("jitter")
	if j == nil {
		return
	}
	s.Jitter, _, _ = duration(j.text.s)
	if v.has("after") && !v.has("cron") {
		l.at(v.entry("jitter").key, "leave it out: the run begins when the others have ended", "jitter moves the ticks of a cron, and here is none")
	}
	if spec, _, _ := parseCron(s.Cron); s.Cron == "" || spec == nil {
		return
	}
	const ticks = 100 // enough to meet the shortest step of any five fields that people write
	first := s.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for range ticks {
		next := s.Next(first)
		if step := next.Sub(first); !next.IsZero() && !first.IsZero() && s.Jitter >= step {
			l.at(j.node, "make it shorter", "a jitter of %s reaches the next run: cron %q fires %s apart", j.text.s, s.Cron, days(step)).Note(v.get("cron").pos(), "cron")
			return
		}
		first = next
	}
}

// resolveAfter checks which syncs run after which: they must be there, and lead
// somewhere.
func (l *loader) resolveAfter(kith *value) {
	if e := kith.get("schedule").entry("after"); e != nil {
		l.at(e.key, "give it a cron; syncs may run after the build", "the build runs after nothing")
	}
	after := map[any][]edge{} // of syncs alone: what they read is another matter
	for _, d := range l.syncs.enabled() {
		after[d.noun] = l.afterOf(d)
	}
	f := finder{l: l, edges: after, state: map[any]int{}, in: map[any]bool{}, verb: "runs after", help: "give one of them a cron"}
	for _, s := range l.p.Syncs {
		if f.state[s] == unseen {
			f.visit(s)
		}
	}
}

func (l *loader) afterOf(d *declared[*cdp.Sync]) (others []edge) {
	seen := map[string]bool{}
	for _, v := range d.v.get("schedule").get("after").each() {
		name := v.text.s
		if seen[name] {
			l.at(v.node, "", "%s is here twice", name)
			continue
		}
		seen[name] = true
		if name != cdp.AfterBuild || l.syncs.by[name] != nil {
			on, ok := find(l, &l.syncs, v)
			if !ok {
				continue
			}
			others = append(others, edge{on, v.pos()})
		}
		d.noun.Schedule.After = append(d.noun.Schedule.After, name)
	}
	return others
}
