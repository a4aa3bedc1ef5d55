package ledger

import (
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// jobRow is a row of a job, as job_rows_page has it.
func jobRow(key, match string, place, places int) cdp.Row {
	row := make(cdp.Row, 16)
	row[4], row[6], row[11], row[12] = key, match, uint64(place), uint64(places)
	return row
}

// TestRejectedRow: whose rejection it is that a vendor tells by key, by match value or by
// place; by a match value only of whom it is recognised by.
func TestRejectedRow(t *testing.T) {
	by := cdp.Recognised{Alone: []string{"email", "phone"}, First: true}
	rows := []cdp.Row{
		jobRow("a", `{"email":["a1@example.com","a2@example.com"],"phone":["+31611111111"]}`, 0, 2),
		jobRow("b", `{"email":[""],"phone":["+31611111111"]}`, 2, 1),
		jobRow("c", `{"email":["İ@example.com"]}`, 3, 1),
		jobRow("d", "", 4, 0),
	}
	named := func(name, value string) cdp.JobRejection {
		return cdp.JobRejection{Place: -1, Match: map[string]string{name: value}}
	}
	for name, c := range map[string]struct {
		list   []cdp.JobRejection
		want   string // the rows that are rejected
		unused uint64
	}{
		"an address, the second":            {[]cdp.JobRejection{named("email", "a2@example.com")}, "a", 0},
		"in another case":                   {[]cdp.JobRejection{named("email", " A1@Example.COM ")}, "a", 0},
		"as it was sent, whatever case is":  {[]cdp.JobRejection{named("email", "İ@example.com")}, "c", 0},
		"a number, of who has no address":   {[]cdp.JobRejection{named("phone", "+31611111111")}, "b", 0},
		"somebody else":                     {[]cdp.JobRejection{named("email", "z@example.com")}, "", 1},
		"a place":                           {[]cdp.JobRejection{{Place: 1}, {Place: 4}}, "ad", 0},
		"a place that nobody has":           {[]cdp.JobRejection{{Place: 17}}, "", 1},
		"a key":                             {[]cdp.JobRejection{{Place: -1, Key: "d"}}, "d", 0},
		"two of one profile":                {[]cdp.JobRejection{named("email", "a1@example.com"), named("email", "a1@example.com")}, "a", 0},
		"a place of another than is named":  {[]cdp.JobRejection{{Place: 3, Match: map[string]string{"email": "z@example.com"}}}, "", 1},
		"a place of another, which is here": {[]cdp.JobRejection{{Place: 3, Key: "d"}}, "d", 0},
		"nobody":                            {[]cdp.JobRejection{{Place: -1, Match: map[string]string{}}}, "", 1},
	} {
		r, got := rejections(c.list, by), ""
		for _, row := range rows {
			if _, ok := r.of(row); ok {
				got += Text(row[4])
			}
		}
		if got != c.want || r.unused() != c.unused {
			t.Errorf("%s: %q, %d of nobody, want %q, %d", name, got, r.unused(), c.want, c.unused)
		}
	}
}

// TestSuspectsPart: of a vendor that refuses one row of every job that has it, and never says
// which, each run learns; no row is sent in every run, and the one is told in the end.
func TestSuspectsPart(t *testing.T) {
	type suspect struct {
		tries uint64
		due   time.Duration
	}
	hash := func(i uint64) uint64 { return i*0x9E3779B97F4A7C15 ^ i>>7 }
	for bad := range uint64(20) {
		bad++
		left := map[uint64]suspect{}
		for i := range uint64(10_000) {
			left[hash(i+1)] = suspect{}
		}
		bad = hash(31 * bad)
		sent, jobs, now := 0, 0, time.Duration(0)
		for ; len(left) > 0 && jobs < 1000; now += 15 * time.Minute {
			var job []uint64
			for kh, s := range left {
				if s.due <= now {
					job = append(job, kh)
				}
			}
			if len(job) == 0 {
				continue
			}
			sent, jobs = sent+len(job), jobs+1
			if _, ok := left[bad]; !ok || left[bad].due > now || len(job) == 1 {
				for _, kh := range job {
					delete(left, kh) // delivered, or rejected as the one
				}
				continue
			}
			for _, kh := range job {
				n := left[kh].tries + 1
				left[kh] = suspect{n, now + Ack{Row: cdp.Delta{KH: kh}, Suspect: true}.wait(n)}
			}
		}
		if len(left) > 0 || sent > 50_000 || jobs > 40 {
			t.Errorf("%x: %d rows sent in %d jobs, over %v; %d are left", bad, sent, jobs, now, len(left))
		}
	}
	if w := (Ack{Suspect: true}).wait(1); w != 0 {
		t.Errorf("the first time it waits %v", w)
	}
	for n, want := range map[uint64]time.Duration{1: time.Hour, 2: 2 * time.Hour, 11: MaxBackoff, 12: MaxBackoff, 99: MaxBackoff} {
		if w := (Ack{}).wait(n); w != want {
			t.Errorf("rejected %d times it waits %v", n, w)
		}
	}
}
