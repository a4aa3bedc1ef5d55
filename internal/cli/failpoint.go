package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
)

// failpoint is for the crash tests: KITH_TEST_FAILPOINT=name:n kills this process
// with SIGKILL when it reaches the named boundary for the nth time; the name
// "any" counts every boundary. KITH_TEST_FAILPOINT_LOG=file appends the names of
// all boundaries that are passed. KITH_TEST_RATE=alone takes no part in the sharing
// of rates, so that a run need not wait for what a killed one may have called.
func (a *app) failpoint() func(string) {
	spec, log := a.streams.Env("KITH_TEST_FAILPOINT"), a.streams.Env("KITH_TEST_FAILPOINT_LOG")
	if spec == "" && log == "" {
		return nil
	}
	name, nth, _ := strings.Cut(spec, ":")
	n, err := strconv.Atoi(nth)
	if err != nil {
		n = 1
	}
	var seen atomic.Int64
	return func(point string) {
		if log != "" {
			if f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
				_, _ = fmt.Fprintln(f, point)
				_ = f.Close()
			}
		}
		if spec != "" && (name == "any" || name == point) && seen.Add(1) == int64(n) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}
}

// failing adds a boundary before and after every write of the warehouse.
type failing struct {
	cdp.Warehouse
	point func(string)
}

func (f failing) Exec(ctx context.Context, s cdp.Statement) (cdp.Stats, error) {
	f.point("exec " + s.Name)
	stats, err := f.Warehouse.Exec(ctx, s)
	f.point("done " + s.Name)
	return stats, err
}

func (f failing) Append(ctx context.Context, t cdp.Table, columns []string, rows []cdp.Row) error {
	name, _, _ := strings.Cut(t.Name, "_")
	f.point("append " + name)
	err := f.Warehouse.Append(ctx, t, columns, rows)
	f.point("appended " + name)
	return err
}

// leases lowers the times of leases for tests, and may say that this is another machine:
// KITH_TEST_LEASE=beat,dead,stop or beat,dead,stop,host.
func (a *app) leases() (ledger.Timing, ledger.Holder, error) {
	self := ledger.Self()
	s := a.streams.Env("KITH_TEST_LEASE")
	if s == "" {
		return ledger.Timing{}, self, nil
	}
	parts := strings.SplitN(s, ",", 4)
	if len(parts) == 4 {
		self.Host = parts[3]
	}
	var d [3]time.Duration
	for i, part := range parts[:min(3, len(parts))] {
		var err error
		if d[i], err = time.ParseDuration(part); err != nil {
			return ledger.Timing{}, self, fmt.Errorf("KITH_TEST_LEASE: %w", err)
		}
	}
	return ledger.Timing{Beat: d[0], Dead: d[1], Stop: d[2]}, self, nil
}
