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
