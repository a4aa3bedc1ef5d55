package hubspot

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// record is a record of an answer.
type record struct {
	ID         string             `json:"id"`
	Properties map[string]*string `json:"properties"`
	Trace      string             `json:"objectWriteTraceId"`
}

func (r record) property(name string) string {
	if v := r.Properties[name]; v != nil {
		return *v
	}
	return ""
}

// batchAnswer is the answer of a batch endpoint, 200 or 207.
type batchAnswer struct {
	Status  string     `json:"status"` // PENDING, PROCESSING, CANCELED or COMPLETE
	Results []record   `json:"results"`
	Errors  []apiError `json:"errors"`
}

// readBatch reads the answer of a batch. Of one that HubSpot has not completed nobody knows what
// became of the rows: those that it leaves out may be written yet.
func readBatch(a *destination.Response) (got batchAnswer, err error) {
	if err = decode(a, &got); err == nil && got.Status != "" && got.Status != "COMPLETE" {
		err = &destination.Uncertain{Status: a.Status, Reason: "HubSpot has not completed the batch: " + destination.ScrubCode(got.Status)}
	}
	return got, err
}

// fail gives a row the result that an error about it means, of an answer that has one for each
// row or refuses the only one.
func (j *job) fail(i int, e apiError, mode cdp.Mode, each bool) {
	code := e.kind()
	hidden := j.hidden()
	r := cdp.Result{
		Fate: cdp.Rejected, Code: code,
		Vendor: destination.ScrubCode(e.code(), hidden...), Reason: destination.Scrub(e.text(), hidden...),
	}
	if r.Reason == "" {
		r.Reason = "HubSpot gives no reason"
	}
	switch {
	case code == cdp.Conflict && mode == cdp.Insert:
		j.taken = append(j.taken, i)
	case code == cdp.NotFound && mode == cdp.Update:
		r.Fate = cdp.Skipped
	case code == cdp.RateLimited:
		r.Fate = cdp.Deferred
	case each && e.passing():
		r.Fate, r.Code = cdp.Unknown, cdp.NoAnswer
	}
	j.results[i] = r
}

// named are the positions of the inputs that an error is about.
func named(e apiError, sent []input) []int {
	var out []int
	for _, c := range e.contexts() {
		for _, t := range c["objectWriteTraceId"] {
			if at := slices.IndexFunc(sent, func(in input) bool { return in.Trace == t }); at >= 0 {
				out = append(out, at)
			}
		}
		if len(out) > 0 {
			return out
		}
		for _, id := range slices.Concat(c["ids"], c["id"]) {
			is := func(in input) bool { return in.ID == id }
			if !slices.ContainsFunc(sent, is) {
				is = func(in input) bool { return fold(in.ID) == fold(id) }
			}
			for at, in := range sent {
				if in.ID != "" && is(in) {
					out = append(out, at)
				}
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// settle gives results to the rows of a batch request. mode says what a conflict
// and a missing record mean: of batch/update it is Update. An answer whose errors
// name no row and that says of none that it was written refuses the batch, so that the
// engine splits it until they do; else the rows that it says nothing about are tried
// again without the others. Of a mapping that is wrong no row is to blame, whom HubSpot names
// or not; what the same answer says was written is told all the same.
func (d *Destination) settle(ctx context.Context, j *job, a *destination.Response, sent []input, mode cdp.Mode) error {
	var got batchAnswer
	switch {
	case a.OK():
		var err error
		if got, err = readBatch(a); err != nil {
			return err
		}
	case len(sent) == 1 && (a.Status == 400 || a.Status == 404 || a.Status == 409):
		e, ok := readError(a.Body)
		if !ok {
			return d.refusal(j, a, sent)
		}
		got.Errors = []apiError{e}
	default:
		return d.refusal(j, a, sent)
	}
	done := make([]bool, len(sent))
	var nobodys *apiError
	var wrong error // the mapping is
	for _, e := range got.Errors {
		at := named(e, sent)
		if len(at) == 0 && !e.passing() || e.ofMapping() {
			if err := d.mapping(ctx, j.Delivery); err != nil {
				for _, i := range at {
					done[i] = true
				}
				wrong = err
				continue
			}
		}
		if len(at) == 0 && len(sent) == 1 {
			at = []int{0}
		}
		if len(at) == 0 {
			nobodys = &e
		}
		for _, i := range at {
			done[i] = true
			j.fail(sent[i].row, e, mode, a.OK())
		}
	}
	stray := 0
	for _, r := range got.Results {
		i := owner(r, sent, done, j.Key)
		if i < 0 {
			stray++
			continue
		}
		done[i] = true
		j.deliver(sent[i].row, r.ID)
	}
	if wrong != nil && stray > 0 {
		return &destination.Uncertain{Status: a.Status, Reason: "HubSpot wrote a part of the batch without saying which"}
	}
	if wrong != nil {
		return wrong
	}
	var rest []int
	for i := range sent {
		if !done[i] {
			rest = append(rest, sent[i].row)
		}
	}
	for _, i := range rest {
		switch {
		case nobodys != nil && nobodys.passing() && len(got.Results) > 0 && stray == 0:
			j.fail(i, *nobodys, mode, true)
		case nobodys != nil && nobodys.passing():
			return &destination.Uncertain{Status: a.Status, Reason: "HubSpot did not write a part of the batch: " + destination.Scrub(nobodys.text(), j.hidden()...)}
		case nobodys != nil && nobodys.kind() == cdp.RateLimited && len(got.Results) == 0:
			return &cdp.Throttled{After: burst, Code: cdp.RateLimited, Reason: "HubSpot limits the rate of a part of the batch"}
		case nobodys != nil && len(got.Results) > 0 && stray == 0:
			j.later(i, "HubSpot refused a part of the batch without saying which")
		case nobodys != nil && stray > 0 && mode == cdp.Insert:
			// What was made here is there at the next try, and it is ours.
			return &destination.Uncertain{Status: a.Status, Reason: "HubSpot made a part of the batch without saying which"}
		case nobodys != nil: // what was written is written again without harm
			return &cdp.Refused{
				Row: -1, Code: nobodys.kind(), Doubt: stray > 0,
				Vendor: destination.ScrubCode(nobodys.code(), j.hidden()...), Reason: destination.Scrub(nobodys.text(), j.hidden()...),
			}
		case stray == len(rest): // all were written, only which is which is not said
			j.deliver(i, "")
		case mode == cdp.Update:
			// batch/update leaves out ids of records that were merged or deleted, and
			// says nothing (rudder-transformer, tests of hs; observed 2026).
			j.skip(i, cdp.NotFound, "", "HubSpot left the record out of its answer")
		default:
			j.later(i, "HubSpot left the record out of its answer")
		}
	}
	return nil
}

// owner is the position of the input that a record of the answer belongs to, or -1.
func owner(r record, sent []input, done []bool, key string) int {
	find := func(same func(in input) bool) int {
		for i, in := range sent {
			if !done[i] && same(in) {
				return i
			}
		}
		return -1
	}
	if r.Trace != "" {
		return find(func(in input) bool { return in.Trace == r.Trace })
	}
	if i := find(func(in input) bool { return in.IDProperty == "" && in.ID != "" && in.ID == r.ID }); i >= 0 {
		return i
	}
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, func(a, b string) bool { return fold(a) == fold(b) }} {
		if i := find(func(in input) bool {
			k := r.property(key)
			return k != "" && (in.IDProperty == key && same(in.ID, k) || same(in.Properties[key], k))
		}); i >= 0 {
			return i
		}
	}
	return -1
}

// unread is the error of a look-up of which HubSpot says something about a value; nil when
// that is that no record has it. Nothing was written: a value that is refused is found
// by splitting the batch.
func (j *job) unread(a *destination.Response, e apiError) error {
	vendorCode, reason := destination.ScrubCode(e.code(), j.hidden()...), "HubSpot did not look up a part of the batch"
	if text := destination.Scrub(e.text(), j.hidden()...); text != "" {
		reason += ": " + text
	}
	switch code := e.kind(); {
	case code == cdp.NotFound:
		return nil
	case code == cdp.RateLimited:
		return &cdp.Throttled{After: burst, Code: code, Reason: reason}
	case code.OfValues():
		return &cdp.Refused{Row: -1, Code: code, Vendor: vendorCode, Reason: reason}
	}
	return &destination.Uncertain{Status: a.Status, Reason: reason}
}

// refusal is the error of a call that HubSpot refused. j and sent are nil outside
// Push.
func (d *Destination) refusal(j *job, a *destination.Response, sent []input) error {
	e, ok := readError(a.Body)
	p := destination.Policy{
		Vendor: vendor, Now: d.now,
		Message:      func([]byte) (string, string) { return e.code(), e.text() },
		Unauthorized: "check the token: it may have expired, or been rotated or revoked; make a new one in HubSpot under Development, Keys",
		Forbidden:    "give the token " + scopes(e),
		Waits: map[int]time.Duration{
			http.StatusTooManyRequests: burst,
			// "Locks will last for 2 seconds"; "Migration in Progress", Retry-After
			// says how long (error handling, November 2026).
			http.StatusLocked: 2 * time.Second,
			477:               time.Hour,
		},
		// The length of the window, not the time that is left of it: rolling, so a
		// whole one is always enough.
		Resets: []destination.Reset{{Header: "X-HubSpot-RateLimit-Interval-Milliseconds", Unit: destination.Milliseconds}},
	}
	if j != nil {
		p.Values = j.hidden
	}
	if a.Status == http.StatusTooManyRequests {
		switch e.Policy {
		case "DAILY":
			// "The daily limits reset at midnight based on the time zone setting of the
			// HubSpot account" (usage guidelines, November 2026), which no answer tells:
			// it may be with every hour.
			p.Waits[a.Status], p.Resets = untilHour(d.now()), nil
		case "SECONDLY":
			p.Waits[a.Status], p.Resets = time.Second, nil
		}
	}
	if a.Status == http.StatusNotFound && !ok {
		p.Fatal = []int{http.StatusNotFound} // the address is not that of HubSpot's API
	}
	err := destination.Classify(a, p)
	var no *cdp.Refused
	if errors.As(err, &no) {
		if ok {
			no.Code = e.kind()
		}
		if at := named(e, sent); len(at) == 1 {
			no.Row = sent[at[0]].row
		}
	}
	return err
}

// untilHour is until a minute past the next full hour.
func untilHour(now time.Time) time.Duration {
	return now.UTC().Truncate(time.Hour).Add(time.Hour + time.Minute).Sub(now)
}
