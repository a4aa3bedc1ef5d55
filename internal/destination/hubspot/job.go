package hubspot

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// job is a batch on its way: a row is open until it has a result.
type job struct {
	cdp.Batch
	results []cdp.Result
	types   map[string]cdp.Type // by field
	values  []string            // see hidden
	sent    []int               // rows that the call that is under way writes
	taken   []int               // rows of a create of which a unique value is another record's
}

func newJob(b cdp.Batch) *job {
	j := &job{Batch: b, results: make([]cdp.Result, len(b.Rows)), types: make(map[string]cdp.Type, len(b.Fields))}
	for _, f := range b.Fields {
		j.types[f.Name] = f.Type
	}
	return j
}

// open are the indices of the rows without a result.
func (j *job) open() []int {
	var out []int
	for i := range j.results {
		if j.results[i].Fate == "" {
			out = append(out, i)
		}
	}
	return out
}

// reopen takes the results of rows back.
func (j *job) reopen(rows []int) {
	for _, i := range rows {
		j.results[i] = cdp.Result{}
	}
}

// ended is the error of a batch that a call ended with one. Once a row is written that is told:
// what is left has results then, and the error is nil. By themselves those rows meet it again.
func (j *job) ended(err error) error {
	if err == nil || !slices.ContainsFunc(j.results, func(r cdp.Result) bool { return r.Fate == cdp.Delivered || r.Fate == cdp.Unknown }) {
		return err
	}
	for _, i := range j.open() {
		if slices.Contains(j.sent, i) {
			j.results[i] = destination.Later(err)
		} else {
			j.results[i] = destination.NotSent(err)
		}
	}
	return nil
}

// hidden are the values that must not appear in a reason.
func (j *job) hidden() []string {
	if j.values == nil {
		j.values = destination.Values(j.Rows...)
	}
	return j.values
}

func (j *job) deliver(i int, id string) { j.results[i] = cdp.Result{Fate: cdp.Delivered, RemoteID: id} }

func (j *job) reject(i int, code cdp.Code, reason string) {
	j.results[i] = cdp.Result{Fate: cdp.Rejected, Code: code, Reason: reason}
}

func (j *job) skip(i int, code cdp.Code, id, reason string) {
	j.results[i] = cdp.Result{Fate: cdp.Skipped, Code: code, RemoteID: id, Reason: reason}
}

func (j *job) later(i int, reason string) {
	j.results[i] = cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: reason}
}

// input is one record of a batch request.
type input struct {
	ID         string            `json:"id,omitempty"`
	IDProperty string            `json:"idProperty,omitempty"`
	Properties map[string]string `json:"properties,omitempty"`
	// Trace makes HubSpot answer for the input by itself (error handling,
	// "Multi-status errors"; documented for create, observed for upsert and update).
	Trace string `json:"objectWriteTraceId,omitempty"`

	row int // index in the batch
}

type inputs struct {
	Inputs []input `json:"inputs"`
}

// createInput is an input of batch/create, whose associations must be there.
type createInput struct {
	Properties   map[string]string `json:"properties"`
	Trace        string            `json:"objectWriteTraceId,omitempty"`
	Associations []struct{}        `json:"associations"`
}

// prepare makes the input of a row from its fields. It is false, and the row has
// its result, when a value cannot be sent.
func (j *job) prepare(i int) (input, bool) {
	in := input{row: i, Trace: strconv.Itoa(i)}
	var err error
	if in.Properties, err = properties(j.Rows[i].Fields, j.types); err != nil {
		j.reject(i, cdp.InvalidValue, err.Error())
		return in, false
	}
	return in, true
}

// fold is how HubSpot compares addresses.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// canonical is the value of a unique property as we tell records apart by it. HubSpot stores
// addresses in lower case; of other values its pages do not say whether case counts, so
// that they are sent as they are and what it answers decides.
func canonical(property, value string) string {
	if property == emailKey {
		return fold(value)
	}
	return strings.TrimSpace(value)
}

// emailKey is the property by which addresses are compared; one of that name of another
// object than contacts is taken for an address too.
const emailKey = "email"
