package cdp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Op is what happened to a row of a sync. The numbers are those of the changeset
// table, and their order is the order of delivery.
type Op uint8

// The operations. A Silent row changes the baseline without a call, for example
// a removal whose action is ignore.
const (
	Silent Op = iota
	Remove
	Rekey
	Change
	Add
)

var opNames = [...]string{"silent", "remove", "rekey", "change", "add"}

func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return fmt.Sprintf("op(%d)", uint8(o))
}

// Sign is the mark of the operation in a plan: +, ~ or -.
func (o Op) Sign() string { return [...]string{" ", "-", "~", "~", "+"}[min(int(o), 4)] }

// Reason is why a row is removed, weakest first: a stronger reason than the one
// that was acted on is a removal again.
type Reason uint8

// The reasons of LANGUAGE section 8. The numbers are stored in baselines.
const (
	NoReason  Reason = iota
	Left             // the segment
	Gone             // no longer in the entity or the source
	Merged           // into another entity
	Withdrawn        // consent or suppression
	Doubtful         // of a [DoubtfulID]: on_removed has nothing to say of it
)

var reasonNames = [...]string{"", "left", "gone", "merged", "withdrawn", "doubtful"}

func (r Reason) String() string { return reasonNames[min(int(r), len(reasonNames)-1)] }

// Reasons are the reasons of a removal that on_removed knows, strongest first.
var Reasons = []Reason{Withdrawn, Merged, Gone, Left}

// DoubtfulID is the row id under which a baseline keeps a key that a row may have been given
// by a rekey without an answer, beside the row under the key that it had: when it is given
// a third one, or is removed, the record may be under either. The templates make the same.
func DoubtfulID(rowID, key string) string {
	sum := sha256.Sum256([]byte(key))
	return rowID + DoubtfulMark + hex.EncodeToString(sum[:8])
}

// DoubtfulMark is in no row id but those of doubtful keys.
const DoubtfulMark = "\x1ekey-"

// NoRecord is the remote id that a baseline has for a row of which the destination has said
// that there is no record of it (not_found): what is there later is not kith's. No vendor has
// such an id, and no destination is told it.
const NoRecord = "\x1enone"

// Action is what a removal does at the destination.
type Action string

// The actions of on_removed.
const (
	NoAction      Action = "" // adds, changes and rekeys
	ActionIgnore  Action = "ignore"
	ActionDelete  Action = "delete"
	ActionArchive Action = "archive"
	ActionRemove  Action = "remove" // from an audience
	ActionSet     Action = "set"    // set fields, keep the record
)

// KeepsRecord reports whether the remote record is still there after the action.
func (a Action) KeepsRecord() bool {
	return a == ActionIgnore || a == ActionArchive || a == ActionSet
}

// Delta is a row of a changeset, as it goes to a destination.
type Delta struct {
	Op       Op
	Action   Action // of a Remove
	Reason   Reason // of a Remove
	KH       uint64 // hash of RowID: names the row in logs
	RowID    string
	Key      string // remote key: for a Remove the key as it was sent
	OldKey   string // of a Rekey
	RemoteID string // as the destination told us, or ""
	Missing  bool   // the destination told us that it has no record of the row
	H        uint64 // row hash; of a Remove the hash that was last sent
	// Fields is a JSON object: remote field to value, in the order of the mapping. A
	// field whose null is skipped is absent, a field whose null clears is null.
	// Decimals are numbers with all their digits. Of a Remove with ActionSet the fields to set, else empty.
	Fields json.RawMessage
	// Match is a JSON object from match name to a list of values, normalised and
	// hashed as the destination wants them. Of a Remove the values as they were sent.
	Match json.RawMessage
	// At is the time of an event, zero for records.
	At time.Time
	FH []uint32 // hashes of the fields, for the baseline; of no use to a destination
	// IdempotencyKey is lower hex of SHA-256 over sync, row, op and hash: the same
	// row keeps it across runs and batches.
	IdempotencyKey string
}

// Clears reports whether a field of the row is null, so that it is to be cleared.
func (d *Delta) Clears() bool {
	if !bytes.Contains(d.Fields, []byte("null")) {
		return false
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(d.Fields, &fields) != nil {
		return false // whoever sends it says what is wrong
	}
	for _, v := range fields {
		if string(v) == "null" {
			return true
		}
	}
	return false
}

// RemoteKind is what a sync writes at a destination.
type RemoteKind string

// The kinds of `to`.
const (
	Object   RemoteKind = "object"
	Audience RemoteKind = "audience"
	EventTo  RemoteKind = "event"
)

// Delivery describes where a sync writes: all that a destination needs beside the rows.
type Delivery struct {
	Sync   string
	Run    string
	Epoch  uint64
	Kind   RemoteKind
	Remote string // name of the object, audience or event
	ID     string // id of an existing audience, or ""
	Mode   Mode   // of an object
	Key    string // remote field that holds the key, or "" when rows are matched
	Fields []RemoteField
	Set    []string // fields that removals set and Fields does not have: constants, of no type but their own
	Match  []string // names of the match identifiers
	Look   bool     // nothing may be made: an audience that is missing is not
	Leaves bool     // what is there before its row is sent stays as it is: a rekey that finds no record by the old key is skipped (not_found)
}

// RemoteField is a mapped field.
type RemoteField struct {
	Name string
	Type Type
}

// Mode is how an object is written.
type Mode string

// The modes of an object.
const (
	Upsert Mode = "upsert"
	Update Mode = "update" // never creates: an unknown record is skipped (not_found)
	Insert Mode = "insert" // never changes: a known record is skipped (exists)
)

// Batch is what one Push sends: rows of one operation and, for removals, one action.
type Batch struct {
	Delivery
	Op     Op
	Action Action
	Rows   []Delta
	// Clearing says that every row clears a field, where such rows go apart.
	Clearing bool
	// Number counts the batches of a run from 1; a batch that is sent again keeps it.
	Number uint32
	// IdempotencyKey names the content of the batch; a repeat has the same.
	IdempotencyKey string
}

// Destination is a remote system. Push is called concurrently, with at most
// Limits.Concurrent calls at once, and neither retries nor sleeps: the engine
// does both, by the Limits of the destination's Spec.
type Destination interface {
	// Check verifies, without writing rows, that the delivery can work: credentials,
	// the object, the audience (which it creates when it is named and missing, but for a Look).
	Check(ctx context.Context, d Delivery) error
	// Push sends one batch and returns one Result per row, in order.
	//
	//   - nil error: every row has its Result;
	//   - *Refused: the destination refused the batch as a whole, and applied nothing
	//     unless in doubt; the engine sends it without the rows that are named, or
	//     splits it to find the row that is at fault;
	//   - *Throttled: the batch is safe to repeat; the engine waits and does so. Unless in
	//     doubt nothing was applied;
	//   - *Fatal: no row of this sync can be delivered now; the run fails;
	//   - any other error: the outcome is unknown, Push must be safe to repeat. If it is
	//     Answered, the destination itself may have failed at one row of the batch, which
	//     the engine looks for while the destination answers otherwise.
	//
	// Of a batch that takes several calls an error is of all rows only while none of them
	// is written. After that it is told by the rows that it is about, and the error is nil:
	// they are tried again without the others.
	Push(ctx context.Context, b Batch) ([]Result, error)
	Close() error
}

// Poller is a Destination whose Push may answer Pending.
type Poller interface {
	// Poll asks for the state of a job. It is called again until Done.
	Poll(ctx context.Context, d Delivery, job string) (JobState, error)
}

// JobState is what a vendor says about an asynchronous job.
type JobState struct {
	Done     bool
	Failed   bool           // failed or expired as a whole: its rows are unknown
	Gone     bool           // of a failed job: the vendor does not know it, or not yet, see Limits.JobKnown
	Rejected []JobRejection // the rows that the vendor names; the others are delivered
	Refused  int            // rejected rows that the vendor only counts
	Names    bool           // the vendor names whom it refuses: of the others none is delivered while one is not found
	All      *Result        // of every row, where the vendor refused them all for one reason
	Reason   string         // of a failed job
}

// JobRejection is what a vendor says about one row of a job. Whoever polls may have
// been started after the job was made: the row is named by its key where the vendor
// repeats it, a member of an audience by a value that it is recognised by, else by its place.
type JobRejection struct {
	Key    string            // remote key; "" when the vendor does not say
	Match  map[string]string // match name to value, in any case; nil when the vendor does not say
	Place  int               // as in the Result of the row; -1 when the vendor does not say
	Result Result
}

// Session is a Destination whose rows count only together, when Commit returns:
// a file that is renamed, a list that is replaced. The engine calls Begin once
// per run, before any Push, and Commit at most once. A session that is not
// committed leaves no trace but what Abort removes; its rows are unknown.
type Session interface {
	Begin(ctx context.Context, d Delivery) error
	Commit(ctx context.Context) error
	Abort(ctx context.Context) error
}

// Finder is a Destination that can say which rows it has already, by their keys.
type Finder interface {
	// Find returns the remote id of the record that has a row's key, for each row in
	// order, "" for none. It writes nothing; its errors are those of Push.
	Find(ctx context.Context, d Delivery, rows []Delta) ([]string, error)
}

// Merger is a Destination that can merge two remote records into the first.
type Merger interface {
	Merge(ctx context.Context, d Delivery, keep, lose Delta) (Result, error)
}

// Fate is what became of a row; a closed list (LANGUAGE section 9), also metric
// labels and columns.
type Fate string

// The fates.
const (
	Delivered Fate = "delivered"
	Rejected  Fate = "rejected"
	Deferred  Fate = "deferred"
	Pending   Fate = "pending"
	Unknown   Fate = "unknown"
	Held      Fate = "held"
	Skipped   Fate = "skipped"
	Expired   Fate = "expired"
)

// Fates are all fates, in the order in which they are shown.
var Fates = []Fate{Delivered, Rejected, Held, Deferred, Pending, Unknown, Skipped, Expired}

// Code is why a row has its fate; a closed list. A vendor's own code and text
// are kept beside it.
type Code string

// The codes.
const (
	NoCode          Code = ""
	InvalidValue    Code = "invalid_value"   // the destination refuses a value
	MissingValue    Code = "missing_value"   // a required value is absent
	Conflict        Code = "conflict"        // the key or another unique value belongs to another record
	Exists          Code = "exists"          // mode insert: the record was there
	NotFound        Code = "not_found"       // mode update: there is no such record
	TooLarge        Code = "too_large"       // the row is over the destination's size
	NotPermitted    Code = "not_permitted"   // the destination forbids this row
	RateLimited     Code = "rate_limited"    // deferred: the destination wants less
	Unavailable     Code = "unavailable"     // deferred: the destination is down or busy
	NoAnswer        Code = "no_answer"       // unknown: sent, nothing heard of what became of it
	NoKey           Code = "no_key"          // skipped before sending
	DuplicateKey    Code = "duplicate_key"   // held: another row has the same remote key
	KeyInUse        Code = "key_in_use"      // held: the record of another row, which is yet to be renamed, has the key
	Backoff         Code = "backoff"         // held: rejected before, waits for its next try
	Unconfirmed     Code = "unconfirmed"     // of a removal that finds nobody yet, as people confirm that they join: counted as held, looked for again
	OtherRejection  Code = "other_rejection" // the destination said no in words of its own
	SessionNotEnded Code = "session_not_committed"
)

// Result is what a destination says about one row.
type Result struct {
	Fate     Fate          // Delivered, Rejected, Deferred, Pending, Skipped, or Unknown for a row of which there is no answer
	RemoteID string        // of a Delivered row, when the destination tells
	Code     Code          // of a Rejected, Deferred or Skipped row
	Vendor   string        // the vendor's own code
	Reason   string        // our text and the vendor's, no value of the row in it
	After    time.Duration // of a Deferred or Unknown row: not before this time has passed; 0 lets the engine choose
	Job      string        // of a Pending row
	Place    int           // of a Pending row: where it stands in what the job took, counted from 0
	Places   int           // of a Pending row that stands at several places from there on; 0 for one
}

// OfValues reports whether a rejection is for the values of the row itself: the same row
// meets it every time, so that an earlier try without an answer met it too.
func (c Code) OfValues() bool { return c == InvalidValue || c == MissingValue || c == TooLarge }

// Refused says that a destination refused a batch as a whole and applied
// nothing of it, unless in doubt. Row is the index of the row at fault where the vendor
// names it, else -1.
type Refused struct {
	Row    int
	Code   Code
	Vendor string
	Reason string
	Doubt  bool      // some rows were applied, it is not known which
	More   []Refused // further rows at fault that the same answer names
}

func (e *Refused) Error() string { return "refused the batch: " + join(e.Vendor, e.Reason) }

// Rejection is the result of a row that is at fault.
func (e *Refused) Rejection() Result {
	r := Result{Fate: Rejected, Code: e.Code, Vendor: e.Vendor, Reason: e.Reason}
	if r.Code == NoCode {
		r.Code = OtherRejection
	}
	return r
}

// Throttled says that a destination wants less, or is not there: what it was asked
// is safe to repeat, and was not applied unless that is in doubt.
type Throttled struct {
	After  time.Duration // 0: the destination did not say
	Code   Code          // RateLimited or Unavailable
	Reason string
	Doubt  bool // it may have been applied all the same
}

func (e *Throttled) Error() string { return "wants us to wait: " + e.Reason }

// Result is that of a row that the destination wants to have later.
func (e *Throttled) Result() Result {
	if e.Doubt {
		return Result{Fate: Unknown, Code: NoAnswer, Reason: e.Reason, After: e.After}
	}
	return Result{Fate: Deferred, Code: e.Code, Reason: e.Reason, After: e.After}
}

// Answered is an error of which Answered says whether the destination itself gave it, in the
// midst of its work, and not a connection, or what stands before the destination.
type Answered interface {
	error
	Answered() bool
}

// Fatal says that nothing of this sync can be delivered until somebody acts: the
// credentials are refused, the object does not exist. Nothing was applied.
type Fatal struct {
	Reason string // what the destination said, in our words
	Help   string // what to do
}

func (e *Fatal) Error() string { return e.Reason }

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ": " + b
}
