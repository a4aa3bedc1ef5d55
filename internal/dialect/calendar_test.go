package dialect_test

import (
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// TestCalendar: complete units of the project's time zone, over a change of the clock.
func TestCalendar(t *testing.T) {
	cases := []struct {
		w        cdp.Window
		from, to string
	}{
		{cdp.Window{Unit: "day"}, "2026-03-29T22:00:00", "2026-03-30T22:00:00"},
		{cdp.Window{Unit: "day", N: 1}, "2026-03-28T23:00:00", "2026-03-29T22:00:00"},
		{cdp.Window{Unit: "week"}, "2026-03-29T22:00:00", "2026-04-05T22:00:00"},
		{cdp.Window{Unit: "month", N: 3}, "2025-11-30T23:00:00", "2026-02-28T23:00:00"},
		{cdp.Window{Unit: "quarter"}, "2025-12-31T23:00:00", "2026-03-31T22:00:00"},
		{cdp.Window{Unit: "quarter", N: 2}, "2025-06-30T22:00:00", "2025-12-31T23:00:00"},
		{cdp.Window{Unit: "year", N: 1}, "2024-12-31T23:00:00", "2025-12-31T23:00:00"},
		{cdp.Window{Unit: "year", N: 65}, "1960-12-31T23:00:00", "2025-12-31T23:00:00"},
		{cdp.Window{Unit: "day", N: 25000}, "1957-10-17T23:00:00", "2026-03-29T22:00:00"},
		{cdp.Window{Unit: "week", N: 5200}, "1926-08-01T22:40:28", "2026-03-29T22:00:00"},
		{cdp.Window{Unit: "month", N: 1200}, "1926-02-28T23:40:28", "2026-02-28T23:00:00"},
		{cdp.Window{Unit: "quarter", N: 400}, "1925-12-31T23:40:28", "2025-12-31T23:00:00"},
		{cdp.Window{Unit: "year", N: 100}, "1925-12-31T23:40:28", "2025-12-31T23:00:00"},
	}
	onEngines(t, func(t *testing.T, e engine) {
		asOf := e.Time(time.Date(2026, 3, 30, 10, 0, 0, 0, time.UTC)) // the day after the clock went forward in Amsterdam
		var exprs []string
		for _, c := range cases {
			from, to := e.Calendar(asOf, c.w, "Europe/Amsterdam")
			exprs = append(exprs, from, to)
		}
		got := e.values(t, exprs...)
		for i, c := range cases {
			if plain(got[2*i]) != c.from || plain(got[2*i+1]) != c.to {
				t.Errorf("%+v: %v to %v, want %s to %s", c.w, got[2*i], got[2*i+1], c.from, c.to)
			}
		}
	})
}
