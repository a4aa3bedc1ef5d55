package ledger

import (
	"testing"
	"time"
)

// TestTiming: a killed holder's lease passes on within a minute, and who could write no
// heartbeat stops before another takes over.
func TestTiming(t *testing.T) {
	d := Timing{}.orDefault()
	if d.Dead+d.Beat >= time.Minute || d.Stop+d.Beat > d.Dead || d.Stop < 3*d.Beat {
		t.Errorf("%+v", d)
	}
}

// TestHeartbeatCounts: a heartbeat counts that is seen to be written before the lease would be
// taken for lost, however long it took; after that two do, of which the second begins when the
// first was seen and is seen before what the first has kept could be taken.
func TestHeartbeatCounts(t *testing.T) {
	t.Parallel()
	type beat struct{ begun, seen int } // seconds after the lease was taken
	for name, x := range map[string]struct {
		beats []beat
		alive int // until when
	}{
		"quick":                   {[]beat{{5, 6}}, 25},
		"in time":                 {[]beat{{5, 19}}, 25},
		"too late":                {[]beat{{5, 20}}, 20},
		"seen in another order":   {[]beat{{10, 12}, {5, 14}}, 30},
		"two after a pause":       {[]beat{{40, 41}, {45, 46}}, 65},
		"two at once":             {[]beat{{40, 47}, {45, 52}}, 20},
		"third after two at once": {[]beat{{40, 47}, {45, 52}, {50, 57}}, 70},
		"second after the first":  {[]beat{{40, 55}, {55, 60}}, 20},
	} {
		start := time.Now()
		at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
		now := start
		le := &Lease{Epoch: 1, l: &Ledger{timing: Timing{}.orDefault(), now: func() time.Time { return now }}}
		le.wrote(start)
		for _, b := range x.beats {
			now = at(b.seen)
			le.keeps(1, at(b.begun))
		}
		if got := le.last.Load().Add(le.l.timing.Stop).Sub(start); got != time.Duration(x.alive)*time.Second {
			t.Errorf("%s: alive for %v, want %d s", name, got, x.alive)
		}
		if le.keeps(2, now); le.Alive() {
			t.Errorf("%s: alive when another has the lease", name)
		}
	}
}
