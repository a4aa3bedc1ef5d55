package ledger

import "testing"

// TestGoneHolder: a process is only seen to be gone from where its number means
// something: not from another container of the machine.
func TestGoneHolder(t *testing.T) {
	self := Self()
	if self.Boot == "" {
		t.Skip("no /proc")
	}
	gone := self
	gone.PID, gone.Start = 1<<22+1, "1" // more than the kernel gives out
	elsewhere := gone
	elsewhere.Space = "pid:[1]"
	older := gone
	older.Space = "" // written by a kith that did not say
	for name, x := range map[string]struct {
		other Holder
		want  bool
	}{"self": {self, false}, "gone": {gone, true}, "another container": {elsewhere, false}, "an older kith": {older, false}} {
		if got := self.sees(x.other); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
