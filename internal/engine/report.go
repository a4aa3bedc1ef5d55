package engine

import (
	"errors"
	"math"
	"sync"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Status is how a run or a sync ended (SEMANTICS section 6).
type Status string

// The statuses.
const (
	Succeeded   Status = "succeeded"
	Failed      Status = "failed"
	Partial     Status = "partial"
	Blocked     Status = "blocked"
	Waited      Status = "waited"
	Interrupted Status = "interrupted"
)

// ExitCode is the exit code of a status.
func (s Status) ExitCode() int {
	switch s {
	case Failed:
		return 1
	case Partial:
		return 3
	case Blocked:
		return 4
	case Interrupted:
		return 130
	}
	return 0
}

// worst is the status of several: interrupted, then 1 > 4 > 3 > 0.
func worst(list []Status) Status {
	rank := map[Status]int{Succeeded: 0, Waited: 1, Partial: 2, Blocked: 3, Failed: 4, Interrupted: 5}
	out := Succeeded
	for i, s := range list {
		if i == 0 || rank[s] > rank[out] {
			out = s
		}
	}
	return out
}

// Report is the document that `run --json` prints.
type Report struct {
	RunID    string          `json:"run_id"`
	Status   Status          `json:"status"`
	Entities []EntityReport  `json:"entities"`
	Segments []SegmentReport `json:"segments"`
	Syncs    []*SyncReport   `json:"syncs"`
	Notes    []string        `json:"notes,omitempty"`
	Planned  bool            `json:"planned,omitempty"` // it was of a saved plan
	Error    string          `json:"error,omitempty"`
	Help     string          `json:"help,omitempty"` // what to do about Error
	// Err is what Error says, for who knows more about errors; nil in a report that was read back.
	Err error `json:"-"`
	// Again says that the run failed for a reason of the moment: the warehouse went
	// away, the lease was lost, or others have built from other models meanwhile. The
	// same request may end well soon, in the last case once there is a build.
	Again bool `json:"again,omitempty"`
	// Until is how long the destination of a sync that waited is left alone. It is zero
	// when the run waited for another process, whose end is not known.
	Until time.Time `json:"-"`
}

// EntityReport counts one entity of a build.
type EntityReport struct {
	Entity      string `json:"entity"`
	Identifiers uint64 `json:"identifiers"`
	Entities    uint64 `json:"entities"`
	Merged      uint64 `json:"merged"`
	Quarantined uint64 `json:"quarantined"`
	Blocked     uint64 `json:"blocked_values"`
	Unowned     uint64 `json:"rows_without_identifier"`
	Rounds      int    `json:"rounds"`
	Rejected    uint64 `json:"rejected_links"`

	Shared  uint64 `json:"shared_values,omitempty"`
	Demoted uint64 `json:"demoted_values"` // by caps
	Invalid uint64 `json:"invalid_values"` // rows whose value is none of its identifier
	Split   uint64 `json:"split"`          // entities that fell apart

	// What the guards did that they had not done in the build before.
	Guards  []GuardReport `json:"guards,omitempty"`
	Stopped *Stopped      `json:"stopped,omitempty"` // a guard of the build that would stop a run
	Full    string        `json:"full,omitempty"`    // why everything was read; "" for an increment
	Whole   []string      `json:"whole,omitempty"`   // sources of an increment that were read whole, and why
	Touched uint64        `json:"touched,omitempty"` // entities that an increment stitched again

	Match *MatchReport `json:"match,omitempty"`
}

// MatchReport counts the probable ties of an entity.
type MatchReport struct {
	Records  uint64 `json:"records"`
	Keys     uint64 `json:"keys"`      // blocking keys that bring records together
	WideKeys uint64 `json:"wide_keys"` // that have too many records and bring none
	Pairs    uint64 `json:"pairs"`     // compared
	Links    uint64 `json:"links"`     // pairs that tie two exact components
	Held     uint64 `json:"held"`      // pairs that a max, max_size or a decision keeps apart
	Review   uint64 `json:"review"`    // pairs that wait for a decision
}

// Stopped is why a guard stops a build before it is published.
type Stopped struct {
	Guard string `json:"guard"`
	Text  string `json:"text"`
	Help  string `json:"help"`
}

// GuardReport is what one guard of identity did for the first time in a build.
type GuardReport struct {
	Guard      string   `json:"guard"` // blocked, invalid, demoted, rejected, quarantined; merged and split beside them
	Identifier string   `json:"identifier,omitempty"`
	Count      uint64   `json:"count"`
	Largest    uint64   `json:"largest,omitempty"` // identifiers of the largest entity of the kind
	Samples    []string `json:"samples,omitempty"` // masked
}

// SegmentReport counts one segment of a build.
type SegmentReport struct {
	Segment string `json:"segment"`
	Members uint64 `json:"members"`
	Entered uint64 `json:"entered"`
	Exited  uint64 `json:"exited"`
}

// SyncReport counts one sync. Added, changed and removed are rows of the
// changeset; the fates say what became of them.
type SyncReport struct {
	Sync      string  `json:"sync"`
	Status    Status  `json:"status"`
	Added     uint64  `json:"added"`
	Changed   uint64  `json:"changed"`
	Removed   uint64  `json:"removed"`
	Delivered uint64  `json:"delivered"`
	Rejected  uint64  `json:"rejected"`
	Held      uint64  `json:"held"`
	Deferred  uint64  `json:"deferred"`
	Pending   uint64  `json:"pending"`
	Unknown   uint64  `json:"unknown"`
	Skipped   uint64  `json:"skipped"`
	Expired   uint64  `json:"expired"`
	Requests  uint64  `json:"requests"`
	Seconds   float64 `json:"seconds"`
	Latency   float64 `json:"latency,omitempty"`     // seconds that a call took, on average
	Acks      float64 `json:"ack_seconds,omitempty"` // that writing answers to the ledger took, most of it while others were sent

	Rows     uint64            `json:"rows"`               // desired
	Baseline uint64            `json:"baseline"`           // acknowledged before
	First    bool              `json:"first,omitempty"`    // first sync
	Full     bool              `json:"full,omitempty"`     //
	Rehashed uint64            `json:"rehashed,omitempty"` // rows of the baseline whose hashes were written anew first, as another function made them
	Reasons  map[string]uint64 `json:"reasons,omitempty"`
	Codes    map[string]uint64 `json:"codes,omitempty"` // of rows that are not delivered
	Remote   uint64            `json:"rejected_remote,omitempty"`
	Retried  uint64            `json:"retried,omitempty"` // calls that were repeats
	Throttle uint64            `json:"throttled,omitempty"`
	Guard    string            `json:"guard,omitempty"`
	Plan     string            `json:"plan_id,omitempty"`     // of what a guard stopped: what `kith approve` takes
	Approved string            `json:"approved_by,omitempty"` // who let it pass
	Warnings []string          `json:"warnings,omitempty"`    // sources that are getting old
	// Unanswered says of a run that came to its end that not one of its batches was answered: it
	// is partial, as each row has its fate, and no sign that the destination is well.
	Unanswered bool   `json:"unanswered,omitempty"`
	Error      string `json:"error,omitempty"`
	Help       string `json:"help,omitempty"`

	again   bool      // see Report.Again
	until   time.Time // see Report.Until
	mu      sync.Mutex
	begun   time.Time
	breaker string // under which its destination is paused
	since   uint64 // epoch of the oldest job that this run has closed; 0 for none
	owing   uint64 // epoch of the oldest run before it that nobody ended; 0 for none

	silence error // why Unanswered is to be said; nil when it is not

	pushes time.Duration // all calls together, one after the other
	pushed uint64
}

// Transient reports whether an error is one of the moment, that says nothing of what was
// asked for.
func Transient(err error) bool {
	return errors.Is(err, cdp.ErrUnreachable) || errors.Is(err, cdp.ErrBusy) || errors.Is(err, ErrLeaseLost) || errors.Is(err, errOpen)
}

// again reports whether a run that ended with an error may end well when it is repeated by
// who builds what is missing before.
func again(err error) bool {
	var none *NoBuildError
	return Transient(err) || errors.As(err, &none)
}

// count adds the outcome of rows. Who may confirm later was not refused, and waits.
func (r *SyncReport) count(fate cdp.Fate, code cdp.Code, n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if fate == cdp.Rejected && code == cdp.Unconfirmed {
		fate = cdp.Held
	}
	switch fate {
	case cdp.Delivered:
		r.Delivered += n
	case cdp.Rejected:
		r.Rejected += n
	case cdp.Held:
		r.Held += n
	case cdp.Deferred:
		r.Deferred += n
	case cdp.Pending:
		r.Pending += n
	case cdp.Unknown:
		r.Unknown += n
	case cdp.Skipped:
		r.Skipped += n
	case cdp.Expired:
		r.Expired += n
	}
	if code != cdp.NoCode && n > 0 {
		if r.Codes == nil {
			r.Codes = map[string]uint64{}
		}
		r.Codes[string(code)] += n
	}
}

func (r *SyncReport) addRequests(calls, retried, throttled uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Requests += calls
	r.Retried += retried
	r.Throttle += throttled
}

// warn adds a sentence that somebody should read.
func (r *SyncReport) warn(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Warnings = append(r.Warnings, text)
}

// addPush adds one push and the calls that it made.
func (r *SyncReport) addPush(took time.Duration, made int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pushes, r.pushed = r.pushes+took, r.pushed+uint64(made)
	r.Latency = math.Round(r.pushes.Seconds()/float64(max(1, r.pushed))*1e4) / 1e4
}

// addAcks adds one writing of answers.
func (r *SyncReport) addAcks(took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Acks = math.Round((r.Acks+took.Seconds())*1e4) / 1e4
}

// left is the number of rows that the next run has to look at again. Nobody can do anything
// about who may confirm later, and the wait may have no end: a run is whole without them.
func (r *SyncReport) left() uint64 {
	return r.Rejected + r.Held - r.Codes[string(cdp.Unconfirmed)] + r.Deferred + r.Pending + r.Unknown + r.Remote
}

// copy is the report as it is now, without its lock.
func (r *SyncReport) copy() *SyncReport {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &SyncReport{
		Sync: r.Sync, Added: r.Added, Changed: r.Changed, Removed: r.Removed, Delivered: r.Delivered, Rejected: r.Rejected, Held: r.Held,
		Deferred: r.Deferred, Pending: r.Pending, Unknown: r.Unknown, Skipped: r.Skipped, Expired: r.Expired, Requests: r.Requests,
		Rows: r.Rows, Baseline: r.Baseline, First: r.First, Full: r.Full, Rehashed: r.Rehashed, Reasons: r.Reasons, Codes: r.Codes, Remote: r.Remote,
		Retried: r.Retried, Throttle: r.Throttle, Plan: r.Plan, Approved: r.Approved, Warnings: r.Warnings, Latency: r.Latency, Acks: r.Acks, begun: r.begun, silence: r.silence,
	}
}
