package main

import (
	"runtime"
	"runtime/debug"
)

// Garbage is collected when the heap has grown by so many percent: above so many bytes
// often, below seldom, since that takes an eighth of the processor time of small tables.
const (
	large  = 256 << 20
	often  = 25
	seldom = 100
)

// mark is garbage as soon as it is made, so that its finalizer runs after each collection.
type mark struct{ _ *mark }

// collect lets garbage be collected the more often the more memory is in use. The analyzer
// has a memory of 2 GB of its own, which it fills with what finalizers give back; and that
// memory counts as live, so that with one percentage the more of it is used the longer
// nothing is collected, until it ends in "slice bounds out of range".
func collect() {
	percent := seldom
	debug.SetGCPercent(percent)
	var collected func(*mark)
	collected = func(m *mark) {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		want := seldom
		if stats.HeapAlloc > large {
			want = often
		}
		if want != percent {
			percent = want
			debug.SetGCPercent(percent)
		}
		runtime.SetFinalizer(m, collected)
	}
	runtime.SetFinalizer(&mark{}, collected)
}
