// Package ledger is the tables that kith keeps in the warehouse's state schema:
// runs, leases, baselines, rejections, jobs, builds. It migrates itself.
//
//	l, err := ledger.Open(ctx, warehouse, compiler, ledger.Options{})
//	lease, err := l.Acquire(ctx, "people_to_hubspot") // *HeldError when another process has it
//	go lease.Keep(ctx)
//	defer lease.Release(ctx)
//
// Every statement is written so that it can be repeated when its outcome is
// unknown.
package ledger

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// Version is the version of the ledger that this kith writes.
const Version = 3

// steps are the migrations: numbered, idempotent, never edited once released.
var steps = map[int][]string{
	1: {
		"ledger_1_meta", "ledger_1_runs", "ledger_1_sync_runs", "ledger_1_sync_state", "ledger_1_sync_log",
		"ledger_1_rejections", "ledger_1_jobs", "ledger_1_job_rows", "ledger_1_heartbeats", "ledger_1_intents",
		"ledger_1_mappings", "ledger_1_builds", "ledger_1_budgets", "ledger_1_exposures", "ledger_1_members_history",
		"ledger_1_entity_merges", "ledger_1_identity_audit", "ledger_1_identity_collisions",
	},
	2: {
		// Approved plans, shares of a rate, records from before kith.
		"ledger_2_plans", "ledger_2_approvals", "ledger_2_budget_shares", "ledger_2_foreign_rows",
		"ledger_2_job_rows",
		// What the daemon fired, who paused it, whom it told.
		"ledger_2_firings", "ledger_2_schedules", "ledger_2_pauses", "ledger_2_episodes",
		// What people said of pairs.
		"ledger_2_match_decisions",
		// Examples of what the guards of identity did.
		"ledger_2_identity_audit",
	},
	// No table is other, but what rows say: of a baseline that there is no record, and to which
	// object a sync goes. A kith that does not know it would remove what is not its own.
	3: {},
}

// Options are what a ledger takes from outside.
type Options struct {
	Salt   string // for a new ledger; "" makes a random one
	Timing Timing
	Holder Holder
	Now    func() time.Time // what this machine takes for the time, for its leases; nil for time.Now
	// Create makes the state schema. It is called where no ledger is found; nil where the schema is there.
	Create func(context.Context) error
}

// Ledger is the state of one project in one state schema.
type Ledger struct {
	w      cdp.Warehouse
	c      *compile.Compiler
	salt   string
	timing Timing
	holder Holder
	now    func() time.Time
	fresh  bool
	beats  beats
	read   atomic.Pointer[reading]
}

// NewerError says that a newer kith has migrated the ledger.
type NewerError struct{ Ledger, Kith int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("the ledger has version %d, this kith knows up to %d: use the newer kith", e.Ledger, e.Kith)
}

// Open reads the version of the ledger and migrates it when it is older.
func Open(ctx context.Context, w cdp.Warehouse, c *compile.Compiler, o Options) (*Ledger, error) {
	l := &Ledger{w: w, c: c, timing: o.Timing.orDefault(), holder: o.Holder, now: o.Now}
	if l.now == nil {
		l.now = time.Now
	}
	version, err := l.meta(ctx)
	if missing(err) {
		if o.Create != nil {
			err = o.Create(ctx)
		}
		if err == nil || missing(err) { // whoever looks now says what is wrong
			version, err = l.version(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	if version > Version {
		return nil, &NewerError{version, Version}
	}
	if version == Version {
		return l, nil
	}
	return l, l.migrate(ctx, o.Salt)
}

// version is 0 for a ledger that is not there.
func (l *Ledger) version(ctx context.Context) (int, error) {
	row, err := One(ctx, l.w, l.c.Ledger("table_exists", l.c.State("kith_meta")))
	if err != nil || Uint(row[0]) == 0 {
		return 0, err
	}
	return l.meta(ctx)
}

// meta is the version of a ledger that is there, which nearly every one is: so it is asked for
// before anything else. It also takes the salt, and the time.
func (l *Ledger) meta(ctx context.Context) (int, error) {
	row, err := One(ctx, l.w, l.c.Ledger("ledger_version", nil))
	if err != nil {
		return 0, err
	}
	l.salt, _ = row[1].(string)
	_, err = l.took(row[2])
	return int(Uint(row[0])), err
}

// missing reports that a table, or its schema, may not be there: BigQuery says of some that who
// asks has no right to them, or that they do not exist.
func missing(err error) bool { return errors.Is(err, cdp.ErrNotFound) || errors.Is(err, cdp.ErrDenied) }

func (l *Ledger) migrate(ctx context.Context, salt string) error {
	// The lease needs its heartbeats, so that step comes first and is idempotent.
	if _, err := l.w.Exec(ctx, l.c.Ledger("ledger_1_heartbeats", nil)); err != nil {
		return err
	}
	lease, err := l.wait(ctx, "migrate")
	if err != nil {
		return err
	}
	defer func() { _ = lease.Release(context.WithoutCancel(ctx)) }()
	// On BigQuery the steps take longer than a lease without heartbeats lives.
	beating, stop := context.WithCancel(ctx)
	defer stop()
	go lease.Keep(beating) // ended by stop
	from, err := l.version(ctx)
	if err != nil {
		return err
	}
	if from > Version { // another has, meanwhile
		return &NewerError{from, Version}
	}
	for v := from + 1; v <= Version; v++ {
		for _, name := range steps[v] {
			if _, err := l.w.Exec(ctx, l.c.Ledger(name, nil)); err != nil {
				return fmt.Errorf("migrate the ledger to version %d: %w", v, err)
			}
		}
		if l.salt == "" {
			l.salt, l.fresh = salt, salt == ""
			if salt == "" {
				l.salt = random(16)
			}
		}
		if err := l.record(ctx, uint64(v)); err != nil {
			return err
		}
	}
	return nil
}

// record writes that the ledger has a version, and takes the salt that it has then: another
// process may have taken the lease over and written its own before.
func (l *Ledger) record(ctx context.Context, version uint64) error {
	at, err := l.Now(ctx)
	if err != nil {
		return err
	}
	if err := l.append(ctx, "kith_meta", []string{"version", "salt", "at"}, []cdp.Row{{version, l.salt, at}}); err != nil {
		return err
	}
	mine := l.salt
	if _, err := l.version(ctx); err != nil {
		return err
	}
	l.fresh = l.fresh && l.salt == mine
	return nil
}

// wait acquires a lease that is held for a short time only.
func (l *Ledger) wait(ctx context.Context, name string) (*Lease, error) {
	deadline := time.Now().Add(2 * l.timing.Dead)
	for {
		lease, err := l.Acquire(ctx, name)
		var held *HeldError
		if !errors.As(err, &held) || time.Now().After(deadline) {
			return lease, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(l.timing.Beat / 10):
		}
	}
}

// Salt is the project's random salt: of node ids, entity ids and labels.
func (l *Ledger) Salt() string { return l.salt }

// FreshSalt reports that this process made the salt, so that ids differ from those
// of any other ledger.
func (l *Ledger) FreshSalt() bool { return l.fresh }

// Warehouse is where the ledger is.
func (l *Ledger) Warehouse() cdp.Warehouse { return l.w }

// append adds rows to a table of the ledger; an unknown outcome is tried again,
// since every table of the ledger takes the same row twice.
func (l *Ledger) append(ctx context.Context, name string, columns []string, rows []cdp.Row) error {
	if len(rows) == 0 {
		return nil
	}
	return Retry(ctx, func() error { return l.w.Append(ctx, l.c.State(name), columns, rows) })
}

// exec runs a statement of the ledger that may be repeated.
func (l *Ledger) exec(ctx context.Context, name string, data any) error {
	return l.once(ctx, l.c.Ledger(name, data))
}

// once runs a statement that may be repeated, but not while it still runs: a try after one
// whose outcome is unknown meets the job of that one by its key. One that has a key ends with the
// try that ends under it, busy or not: whoever comes after a death knows no other key.
func (l *Ledger) once(ctx context.Context, s cdp.Statement) error {
	var ended error
	keyed := s.Key != ""
	err := Retry(ctx, func() error {
		if s.Key == "" {
			s.Key = random(8)
		}
		_, err := l.w.Exec(ctx, s)
		switch {
		case errors.Is(err, cdp.ErrUnreachable):
			return err
		case keyed:
			ended = err
			return nil
		}
		s.Key = ""
		return err
	})
	return cmp.Or(err, ended)
}

// Retry repeats a repeatable call while the warehouse is not reachable or busy, for
// about half a minute.
func Retry(ctx context.Context, call func() error) error {
	wait := 100 * time.Millisecond
	for try := 0; ; try++ {
		err := call()
		if !errors.Is(err, cdp.ErrUnreachable) && !errors.Is(err, cdp.ErrBusy) || try == 8 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait = min(2*wait, 8*time.Second)
	}
}

// One is the first row of a statement that has one.
func One(ctx context.Context, w cdp.Warehouse, s cdp.Statement) (cdp.Row, error) {
	rows, err := All(ctx, w, s)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no row", s.Name)
	}
	return rows[0], nil
}

// All reads a statement whose result is small.
func All(ctx context.Context, w cdp.Warehouse, s cdp.Statement) ([]cdp.Row, error) {
	var rows []cdp.Row
	err := Retry(ctx, func() error {
		rows = nil
		for row, err := range w.Query(ctx, s) {
			if err != nil {
				return err
			}
			rows = append(rows, append(cdp.Row(nil), row...))
		}
		return nil
	})
	return rows, err
}

// Uint reads an integer of a row; null is 0.
func Uint(v any) uint64 {
	switch x := v.(type) {
	case uint64:
		return x
	case int64:
		return uint64(x)
	case bool:
		if x {
			return 1
		}
	}
	return 0
}

// Hashes reads a list of 32-bit hashes of a row.
func Hashes(v any) []uint32 {
	switch x := v.(type) {
	case []uint32:
		return x
	case []any:
		out := make([]uint32, len(x))
		for i, h := range x {
			out[i] = uint32(Uint(h))
		}
		return out
	}
	return nil
}

// Text reads a string of a row; null is "".
func Text(v any) string {
	s, _ := v.(string)
	return s
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand crashes the program instead
	return hex.EncodeToString(b)
}
