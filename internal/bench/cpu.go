package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// spent is the processor time that the three sides of a push have taken so far.
type spent struct {
	engine, kith, receiver time.Duration
}

// spent reads what the engine, kith as it runs and this process have spent. It is 0 for
// others than this process where there is no /proc.
func (b *bench) spent() spent {
	var self syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &self)
	return spent{engine: processCPU(b.engine.PID()), kith: processCPU(int(b.running.Load())), receiver: time.Duration(self.Utime.Nano() + self.Stime.Nano())}
}

// processCPU is fields 14 and 15 of /proc/<pid>/stat, in ticks of 10 ms.
func processCPU(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The command in field 2 may hold spaces and brackets.
	fields := strings.Fields(string(text[max(0, strings.LastIndexByte(string(text), ')')):]))
	if len(fields) < 14 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[12], 10, 64)
	system, _ := strconv.ParseInt(fields[13], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// perRow is what each side spent for a row since before, in microseconds.
func (s spent) perRow(before spent, rows uint64) (engine, kith, receiver float64) {
	us := func(x, y time.Duration) float64 { return float64((x - y).Microseconds()) / float64(max(1, rows)) }
	return us(s.engine, before.engine), us(s.kith, before.kith), us(s.receiver, before.receiver)
}
