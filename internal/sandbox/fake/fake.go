// Package fake says what the fake of one vendor's API is to the sandbox: a function from state and request to an answer
// and to operations on that state. The operations are the journal: another process that replays them has the same state,
// whatever its own options are, because options decide only what a request does, never what an operation means.
//
//	call := f.Prepare(request)            // outside the lock: decode, check what needs no state
//	tx := fake.NewTx(now, random)         // under the lock
//	reply := call.Run(tx)                 // changes the state and writes each change to tx
//	journal.Append(tx.Record())           // one request = one record
//
// A fake is written from the vendor's documents alone. It shares nothing with the destination that talks to it, so that
// the two cannot be wrong together.
package fake

import (
	"net/http"
	"net/url"
	"time"
)

// Fake is one vendor's API. Prepare may be called concurrently and touches no state; everything else is called under the
// sandbox's lock.
type Fake interface {
	// Prepare decodes a request. Whatever can be refused without looking at the state is refused in a Call whose Run
	// returns the refusal.
	Prepare(Request) Call
	// Refusal is the vendor's way to say an HTTP status that a scripted fault asks for.
	Refusal(status int, expired bool, id string) Reply
	// Apply repeats one operation that Run or Snapshot wrote.
	Apply(op byte, d *Dec) error
	// Snapshot writes operations that build the present state from nothing, calling flush between them so that no
	// record grows with the state.
	Snapshot(tx *Tx, flush func() error) error
	// Reset empties the state.
	Reset()
	// State is a copy of the state to be shown as JSON, with at most limit records of a kind; 0 = all.
	State(limit int) any
}

// Request is what a fake sees of an HTTP request. Path begins with a slash and comes after the fake's own prefix.
type Request struct {
	Method string
	Path   string
	Query  url.Values
	Header http.Header
	Body   []byte
}

// Call is a decoded request. Account and Route label the counters: Route is a pattern, so that the number of labels does
// not grow with the data, and neither of the two contains a credential.
type Call struct {
	Account string
	Route   string
	Run     func(tx *Tx) Reply
}

// Reply is an answer. Rows were applied, Rejected were refused one by one, Duplicates had been applied before.
type Reply struct {
	Status     int
	Header     http.Header
	Body       []byte
	Rows       int
	Rejected   int
	Duplicates int
}

// Tx is one request's view of time and randomness, and the journal record it writes.
type Tx struct {
	Now  time.Time
	Rand func() uint64
	buf  []byte
}

// NewTx begins a record.
func NewTx(now time.Time, random func() uint64) *Tx { return &Tx{Now: now, Rand: random} }

// Record is what was written so far; it is valid until the next write.
func (t *Tx) Record() []byte { return t.buf }

// Clear empties the record.
func (t *Tx) Clear() { t.buf = t.buf[:0] }

// JSON is the header of a JSON answer.
func JSON() http.Header { return http.Header{"Content-Type": {"application/json;charset=utf-8"}} }
