package cdp

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/kithdata/kith/internal/diag"
)

// Statement is one SQL statement with the place in the project that made it, so
// that an error of the warehouse can name that place.
type Statement struct {
	Name  string   // unique in its graph: "identity person hook 1", "changeset"
	Model string   // the item of the project: "sync people_to_hubspot", "ledger"
	SQL   string   // text without a trailing semicolon
	Needs []string // names of the statements that must have run before it
	Pos   diag.Pos // what the user wrote; zero for kith's own statements

	Run string // id of the run, for query tags; set by the engine
	// Key names one execution: Exec of a statement with the key of an earlier one, whose outcome is
	// not known, takes the outcome of that, where the warehouse keeps jobs. "" makes each its own.
	Key string
	// Unlimited says that no limit of the target on what a statement reads holds for it: what has
	// begun to be sent must be able to end.
	Unlimited bool
	Progress  func(Progress) // called from the goroutine that runs it; may be nil
}

// Progress is what a warehouse reports while a statement runs. Total is an
// estimate and 0 when the warehouse gives none.
type Progress struct {
	Rows, Total, Bytes uint64
}

// Stats is what a warehouse reports when a statement is done. A figure that the
// warehouse does not report is 0.
type Stats struct {
	ReadRows, ReadBytes uint64
	Written             uint64        // rows
	Peak                uint64        // bytes of memory in the warehouse
	Took                time.Duration // as seen by the client
}

// Row is one row of a result in the order of the columns. Values are nil, string,
// bool, int64, uint64, float64, time.Time (UTC) or []any of those; decimals are
// strings in canonical text. A list of 32-bit hashes is []uint32, since every row of
// a changeset has one. A row is only valid until the next one is taken,
// its values may be kept.
type Row []any

// Column is a column of a table or a query, in the types of the language.
type Column struct {
	Name string
	Type Type
	Raw  string // the warehouse's own name of the type
}

// Warehouse runs statements on one target. All methods may be called
// concurrently. Errors of the warehouse are *[StatementError]; a context that
// ended is reported as ctx.Err(), whatever the driver said.
type Warehouse interface {
	Dialect() Dialect
	// Exec runs a statement that returns no rows.
	Exec(ctx context.Context, s Statement) (Stats, error)
	// Query streams the rows of a statement; no memory grows with the result. An
	// error ends the sequence. A consumer that stops early cancels the statement.
	Query(ctx context.Context, s Statement) iter.Seq2[Row, error]
	// Append adds rows to a table in bulk, all or nothing, in the order of
	// columns. A nil error means committed; any other outcome is unknown and the
	// caller repeats it (tables of the ledger make that harmless).
	Append(ctx context.Context, table Table, columns []string, rows []Row) error
	// Describe returns the columns that a SELECT would have, without running it.
	Describe(ctx context.Context, query string) ([]Column, error)
	Close() error
}

// Estimator is a warehouse that can say what a statement will read before it runs.
type Estimator interface {
	Estimate(ctx context.Context, s Statement) (bytes uint64, err error)
}

// Table names a table: Schema is a database in ClickHouse, a dataset in BigQuery.
type Table struct {
	Schema, Name string
}

// StatementError is an error of the warehouse with the statement that caused it.
type StatementError struct {
	Statement Statement
	Code      int    // the warehouse's own code, 0 if it gave none
	Message   string // the warehouse's text, without values of rows, see MaskValues
	Kind      error  // one of the Err sentinels below, or nil
	Err       error  // the driver's error
}

func (e *StatementError) Error() string {
	if e.Statement.Name == "" {
		return e.Message
	}
	at := ""
	if e.Statement.Pos.IsValid() {
		at = " (" + e.Statement.Pos.String() + ")"
	}
	return e.Statement.Name + at + ": " + e.Message
}

// Is makes errors.Is(err, cdp.ErrExists) and its like true for the kind of e.
func (e *StatementError) Is(target error) bool { return errors.Is(e.Kind, target) }

func (e *StatementError) Unwrap() error { return e.Err }

// Kinds of warehouse errors that callers branch on.
var (
	ErrExists      = errors.New("table already exists")
	ErrNotFound    = errors.New("table or database not found")
	ErrDenied      = errors.New("access denied")
	ErrCredentials = errors.New("wrong user name or password")
	ErrUnreachable = errors.New("warehouse not reachable") // nothing is known about the statement's outcome
	ErrBusy        = errors.New("warehouse is busy")       // with others, or about to stop: the statement may be tried again
	ErrMemory      = errors.New("memory limit of the warehouse exceeded")
	ErrNoSpace     = errors.New("no space left in the warehouse")
)
