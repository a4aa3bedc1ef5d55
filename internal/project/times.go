package project

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

const (
	day         = 24 * time.Hour
	maxDuration = 36500 * day // a century: more would overflow the arithmetic of a warehouse
)

var (
	durationRegexp = regexp.MustCompile(`^([0-9]+)\s*([A-Za-z]*)$`)
	windowRegexp   = regexp.MustCompile(`^(this|last)\s+(?:([0-9]+)\s+)?([a-z]+)$`)
	units          = map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": day, "w": 7 * day}
	// spelled are units that people write out.
	spelled = map[string]string{
		"min": "m", "mins": "m", "minute": "m", "minutes": "m", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "H": "h",
		"day": "d", "days": "d", "D": "d", "week": "w", "weeks": "w", "W": "w",
	}
	calendar = []string{"day", "week", "month", "quarter", "year"}
	// A century of each: in ClickHouse a time begins in 1900.
	century = map[string]int{"day": 36500, "week": 5200, "month": 1200, "quarter": 400, "year": 100}
)

// duration reads 90d; m is minutes.
func duration(s string) (d time.Duration, problem, help string) {
	m := durationRegexp.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0, fmt.Sprintf("%q is no duration", s), "write a number and a unit: 30m, 12h, 90d or 2w"
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	unit, known := units[m[2]]
	switch {
	case m[2] == "":
		return 0, "a duration needs a unit", fmt.Sprintf("write %[1]sm, %[1]sh, %[1]sd or %[1]sw", m[1])
	case m[2] == "M" || strings.HasPrefix(strings.ToLower(m[2]), "mo"):
		return 0, "a month has no fixed length", fmt.Sprintf("use last %s months or %sd", m[1], times30(m[1]))
	case m[2] == "y" || strings.HasPrefix(m[2], "year"):
		return 0, "a year has no fixed length", "use last 1 year or 365d"
	case !known && spelled[m[2]] != "":
		return 0, fmt.Sprintf("%q is no duration", s), fmt.Sprintf("write %s%s", m[1], spelled[m[2]])
	case !known:
		return 0, fmt.Sprintf("%q is no unit of a duration", m[2]), "the units are m (minutes), h, d and w"
	case err != nil || n > int64(maxDuration/unit):
		return 0, fmt.Sprintf("%q is longer than a century", s), ""
	case n == 0:
		return 0, "a duration of nothing", "leave it out, or give it a length"
	}
	return time.Duration(n) * unit, "", ""
}

func times30(n string) string {
	if k, err := strconv.Atoi(n); err == nil && k > 0 && k < 1200 {
		return strconv.Itoa(30 * k)
	}
	return "90"
}

// window reads 90d, this day, last 3 months.
func window(s string) (w cdp.Window, problem, help string) {
	s = strings.TrimSpace(s)
	m := windowRegexp.FindStringSubmatch(s)
	if m == nil {
		d, problem, help := duration(s)
		if problem != "" && !durationRegexp.MatchString(s) {
			problem, help = fmt.Sprintf("%q is no window", s), "write 90d (m h d w), this month or last 3 months (day week month quarter year)"
		}
		return cdp.Window{Ago: d, Text: s}, problem, help
	}
	unit := strings.TrimSuffix(m[3], "s")
	w = cdp.Window{Unit: unit, Text: s}
	known := false
	for _, u := range calendar {
		known = known || u == unit
	}
	switch {
	case !known:
		return w, fmt.Sprintf("%q is no unit of the calendar", m[3]), near(unit, calendar, "the units are")
	case m[1] == "this" && m[2] != "":
		return w, fmt.Sprintf("%q: this takes no number", s), fmt.Sprintf("write this %s, or last %s %ss", unit, m[2], unit)
	case m[1] == "this":
		return w, "", ""
	case m[2] == "":
		w.N = 1
		return w, "", ""
	}
	n, err := strconv.Atoi(m[2])
	if most := century[unit]; err != nil || n < 1 || n > most {
		return w, fmt.Sprintf("%q: the number is from 1 to %d", s, most), "a window reaches back a century at most"
	}
	w.N = n
	return w, "", ""
}

// guard reads 5% or a number of rows.
func guard(s string) (g cdp.Guard, problem, help string) {
	if rest, ok := strings.CutSuffix(s, "%"); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
		if err != nil || !(f >= 0 && f <= 100) {
			return g, fmt.Sprintf("%q is no per cent from 0%% to 100%%", s), ""
		}
		return cdp.Guard{Set: true, IsPercent: true, Percent: f, Off: f == 100}, "", ""
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return g, fmt.Sprintf("%q is neither rows nor per cent", s), "write 5% or a number of rows"
	}
	return cdp.Guard{Set: true, Rows: n}, "", ""
}
