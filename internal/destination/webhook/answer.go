package webhook

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// answer is the body of a 2xx answer.
type answer struct {
	Results []rowAnswer `json:"results"`
}

type rowAnswer struct {
	RowID    string  `json:"row_id"`
	Status   string  `json:"status"`
	Code     string  `json:"code"`
	Reason   string  `json:"reason"`
	RemoteID string  `json:"remote_id"`
	After    float64 `json:"after"` // seconds
}

// results reads what became of each row.
func results(body []byte, b *cdp.Batch, named bool, hidden func() []string) ([]cdp.Result, error) {
	out := make([]cdp.Result, len(b.Rows))
	for i := range out {
		out[i].Fate = cdp.Delivered
		if named {
			out[i] = cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: "the answer does not name the row"}
		}
	}
	var a answer
	body = bytes.TrimSpace(body)
	err := json.Unmarshal(body, &a)
	switch {
	case named && (err != nil || a.Results == nil):
		return nil, &destination.Uncertain{Status: 200, Reason: "the answer has no results; ack: rows needs them"}
	case err != nil || len(a.Results) == 0:
		if len(body) > 0 && body[0] == '{' && err != nil && !json.Valid(body) {
			return nil, &destination.Uncertain{Status: 200, Reason: "the answer is not whole"}
		}
		return out, nil // ok, an empty body, an object of another kind: the status says it all
	}
	at := make(map[string]int, len(b.Rows))
	for i := range b.Rows {
		at[b.Rows[i].RowID] = i
	}
	var values []string
	for _, r := range a.Results {
		i, ok := at[r.RowID]
		if !ok {
			continue
		}
		if r.Code != "" || r.Reason != "" {
			if values == nil {
				values = hidden()
			}
			r.Code, r.Reason = destination.ScrubCode(r.Code, values...), destination.Scrub(r.Reason, values...)
		}
		out[i] = result(r)
	}
	return out, nil
}

// codes are kith's codes that a receiver may use.
var codes = []cdp.Code{
	cdp.InvalidValue, cdp.MissingValue, cdp.Conflict, cdp.Exists, cdp.NotFound, cdp.TooLarge,
	cdp.NotPermitted, cdp.RateLimited, cdp.Unavailable, cdp.OtherRejection,
}

func result(r rowAnswer) cdp.Result {
	out := cdp.Result{Fate: cdp.Fate(r.Status), Vendor: r.Code, Reason: r.Reason}
	if slices.Contains(codes, cdp.Code(r.Code)) {
		out.Code = cdp.Code(r.Code)
	}
	switch out.Fate {
	case cdp.Delivered:
		return cdp.Result{Fate: cdp.Delivered, RemoteID: r.RemoteID}
	case cdp.Skipped:
		if out.Code == cdp.Exists || out.Code == cdp.NotFound {
			out.RemoteID = r.RemoteID
			return out
		}
		return rejected(out, "the webhook skipped the row without exists or not_found")
	case cdp.Deferred:
		out.After = time.Duration(min(max(r.After, 0), 86_400) * float64(time.Second))
		if out.Code != cdp.RateLimited {
			out.Code = cdp.Unavailable
		}
		if out.Reason == "" {
			out.Reason = "the webhook asks for the row later"
		}
		return out
	case cdp.Rejected:
		return rejected(out, "the webhook rejected the row")
	}
	return rejected(out, "the webhook gave the row a status that kith does not know")
}

func rejected(r cdp.Result, reason string) cdp.Result {
	r.Fate = cdp.Rejected
	if r.Code == cdp.NoCode {
		r.Code = cdp.OtherRejection
	}
	if r.Reason == "" {
		r.Reason = reason
	}
	return r
}

// message reads an error that is JSON with a message, error or detail, else plain
// text.
func message(body []byte) (code, text string) {
	var e struct {
		Code    any    `json:"code"`
		Message string `json:"message"`
		Error   any    `json:"error"`
		Detail  string `json:"detail"`
		Title   string `json:"title"`
	}
	if json.Unmarshal(body, &e) != nil {
		if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) && !json.Valid(body) {
			return "", string(body)
		}
		return "", ""
	}
	code, _ = e.Code.(string)
	err, _ := e.Error.(string)
	for _, s := range []string{e.Message, e.Detail, err, e.Title} {
		if s != "" {
			return code, s
		}
	}
	return code, ""
}
