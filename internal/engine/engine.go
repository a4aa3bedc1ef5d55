// Package engine runs what the compiler made: it builds, plans and syncs. It keeps
// order, streams, retries, acknowledges and reports; it knows no warehouse
// and no vendor by name.
//
//	e := &engine.Engine{Project: p, Warehouse: w, Compiler: c, Ledger: l, Remotes: remotes}
//	report, err := e.Run(ctx, engine.Request{Command: "sync", Syncs: p.Syncs})
//
// State moves only after delivery, and while a run goes on: see deliver.go for the
// order in which things are written, and what a death between two of them costs.
package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/internal/rate"
)

// Engine runs commands on one target. Its fields are set once; its methods may be
// called concurrently.
type Engine struct {
	Project   *cdp.Project
	Warehouse cdp.Warehouse
	Compiler  *compile.Compiler
	Ledger    *ledger.Ledger
	Remotes   Remotes
	// Shown is a text that names endpoints as people may read it, without what is secret of
	// an address. Texts of guards, plans and reports hold no other; nil changes nothing.
	Shown   func(text string) string
	Clock   Clock
	Log     *slog.Logger
	Version string // of kith
	Commit  string // of the project's git, or ""
	// Observe is told of progress; it may be nil and is called concurrently.
	Observe func(Event)
	// Fail is called at every boundary between two things that are written; tests
	// kill the process there. It may be nil.
	Fail func(point string)
	// Estimator tells what statements will read; nil where the warehouse cannot.
	Estimator cdp.Estimator
	// MaxBytes is what a run may read; 0 for no limit.
	MaxBytes uint64
	// Rate is the price of reading a TiB, for estimates; 0 where reading costs nothing.
	Rate float64
	// Circuit pauses syncs to destinations that do not answer; nil never does.
	Circuit *Circuit
	// Rates are kept by everybody in this process who calls the same accounts: an
	// engine that takes the place of another takes over its Rates. Nil keeps each sync
	// to its rates by itself.
	Rates *rate.Accounts
	// Ending is how long the end of a run may still be written after it was told to end
	// at once; 0 for 30 seconds.
	Ending time.Duration
}

func (e *Engine) shown(text string) string {
	if e.Shown == nil {
		return text
	}
	return e.Shown(text)
}

// Remotes finds the destinations of a project.
type Remotes interface {
	// Describe says what a destination can do, without opening it.
	Describe(cfg *cdp.DestinationConfig) (Remote, error)
	// Open opens a destination; secrets are resolved here.
	Open(ctx context.Context, cfg *cdp.DestinationConfig) (cdp.Destination, error)
}

// Remote is what can be known about a destination before it is opened.
type Remote struct {
	Spec     cdp.DestinationSpec
	Limits   cdp.Limits
	Endpoint string // sandbox, or type, host and account or path; shown as [Engine.Shown] says
	Account  string // whose rates the calls count against; no secret either
}

// Clock is time as the engine sees it; tests inject their own.
type Clock = rate.Clock

// SystemClock is the machine's clock.
type SystemClock = rate.SystemClock

// Event is progress, for views.
type Event struct {
	Item  string // "build", "sync people_to_hubspot"
	Step  string // what goes on: the name of a statement, or "push"
	Done  uint64
	Total uint64 // 0: not known
	End   bool   // the item is finished
}

func (e *Engine) observe(v Event) {
	if e.Observe != nil {
		e.Observe(v)
	}
}

func (e *Engine) fail(point string) {
	if e.Fail != nil {
		e.Fail(point)
	}
}

// exec runs a statement of a run, with its tags, progress and failpoints.
func (e *Engine) exec(ctx context.Context, run, item string, s cdp.Statement) (cdp.Stats, error) {
	s.Run = run
	if e.Observe != nil {
		s.Progress = func(p cdp.Progress) {
			e.observe(Event{Item: item, Step: s.Name, Done: p.Rows, Total: p.Total})
		}
	}
	e.fail("before " + s.Name)
	start := e.Clock.Now()
	e.Log.DebugContext(ctx, "statement begins", "run", run, "statement", s.Name, "sql", s.SQL)
	stats, err := e.Warehouse.Exec(ctx, s)
	e.fail("after " + s.Name)
	if err != nil {
		return stats, err
	}
	e.Log.DebugContext(ctx, "statement", "run", run, "statement", s.Name, "rows", stats.Written, "read", stats.ReadRows, "dur", e.Clock.Now().Sub(start))
	return stats, nil
}

// one reads the only row of a statement of a run.
func (e *Engine) one(ctx context.Context, run string, s cdp.Statement) (cdp.Row, error) {
	s.Run = run
	return ledger.One(ctx, e.Warehouse, s)
}

// all reads a small result of a run.
func (e *Engine) all(ctx context.Context, run string, s cdp.Statement) ([]cdp.Row, error) {
	s.Run = run
	return ledger.All(ctx, e.Warehouse, s)
}
