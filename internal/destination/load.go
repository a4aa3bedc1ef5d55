package destination

import (
	"encoding/json"
	"errors"

	"github.com/kithdata/kith/internal/cdp"
)

// Load is the elements of a request's array, with the row of the batch that each
// belongs to. A row may have several elements; they stand together.
type Load struct {
	Elements []json.RawMessage
	Rows     []int
}

// Add appends the elements of a row.
func (l *Load) Add(row int, elements ...json.RawMessage) {
	for _, e := range elements {
		l.Elements, l.Rows = append(l.Elements, e), append(l.Rows, row)
	}
}

// Parts cuts a load where a request is full, by elements and by bytes; a row is never
// cut.
func (l *Load) Parts(elements, bytes int) []Load {
	var out []Load
	from, size := 0, 0
	for i := 0; i < len(l.Elements); {
		end, more := i, 0
		for ; end < len(l.Elements) && l.Rows[end] == l.Rows[i]; end++ {
			more += len(l.Elements[end]) + 1
		}
		if i > from && (end-from > elements || size+more > bytes) {
			out = append(out, Load{l.Elements[from:i], l.Rows[from:i]})
			from, size = i, 0
		}
		size += more
		i = end
	}
	if from < len(l.Elements) {
		out = append(out, Load{l.Elements[from:], l.Rows[from:]})
	}
	return out
}

// SendJobs sends the parts of a load, each of which becomes a job of the vendor, and
// gives every row its result: pending, at its places in its job. An error is that of
// the first part; once one part has a job the others may fail only by themselves,
// because what has a job must be told.
func SendJobs(parts []Load, results []cdp.Result, send func(Load) (job string, err error)) error {
	for n, part := range parts {
		job, err := send(part)
		if err != nil && n == 0 {
			return err
		}
		for place, row := range part.Rows {
			switch r := &results[row]; {
			case err != nil:
				*r = Later(err)
			case r.Fate == cdp.Pending:
				r.Places = place - r.Place + 1
			default:
				*r = cdp.Result{Fate: cdp.Pending, Job: job, Place: place, Places: 1}
			}
		}
	}
	return nil
}

// Later is the result of a row whose part of a batch was not taken while another
// part was. By itself it is split where it is refused, and meets what is fatal.
func Later(err error) cdp.Result {
	var (
		wait  *cdp.Throttled
		no    *cdp.Refused
		fatal *cdp.Fatal
	)
	switch {
	case errors.As(err, &wait):
		return wait.Result()
	case errors.As(err, &no) && no.Doubt:
		return cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: no.Reason}
	case errors.As(err, &no):
		return cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: no.Reason}
	case errors.As(err, &fatal):
		return cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: fatal.Reason}
	}
	return cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: "a part of the batch got no answer"}
}

// NotSent is the result of a row of which nothing was written, because a call before its
// own ended in an error. It is tried again at once unless the error says when.
func NotSent(err error) cdp.Result {
	var wait *cdp.Throttled
	if errors.As(err, &wait) {
		return cdp.Result{Fate: cdp.Deferred, Code: wait.Code, Reason: wait.Reason, After: wait.After}
	}
	return cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: "not sent, because a call before it did not succeed"}
}

// InPart is the result of a row that was written in part when an error ended it: whatever
// that was, nobody knows what is there.
func InPart(err error) cdp.Result {
	r := Later(err)
	if r.Fate = cdp.Unknown; r.Code != cdp.RateLimited {
		r.Code = cdp.NoAnswer
	}
	return r
}
