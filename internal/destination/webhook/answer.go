package webhook

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// rowAnswer is one of the results of a 2xx answer.
type rowAnswer struct {
	RowID    text    `json:"row_id"`
	Status   text    `json:"status"`
	Code     note    `json:"code"`
	Reason   note    `json:"reason"`
	RemoteID note    `json:"remote_id"`
	After    seconds `json:"after"`
}

// text is a text, or a number or a bool as it is written.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	switch raw[0] {
	case '"':
		return json.Unmarshal(raw, (*string)(t))
	case '{', '[':
		return errors.New("not a text")
	case 'n': // null
	default:
		*t = text(raw)
	}
	return nil
}

// note is a text that we can do without: what is none is left out.
type note string

func (n *note) UnmarshalJSON(raw []byte) error {
	var t text
	if t.UnmarshalJSON(raw) == nil {
		*n = note(t)
	}
	return nil
}

// seconds is a number, or a text that is one; 0 for anything else.
type seconds float64

func (s *seconds) UnmarshalJSON(raw []byte) error {
	var t text
	if t.UnmarshalJSON(raw) != nil {
		return nil
	}
	if f, err := strconv.ParseFloat(string(t), 64); err == nil && f > 0 { // not NaN
		*s = seconds(f)
	}
	return nil
}

// results reads what became of each row, as it comes: an answer may repeat all that was sent.
func results(body io.Reader, b *cdp.Batch, named bool, hidden func() []string) ([]cdp.Result, error) {
	out := make([]cdp.Result, len(b.Rows))
	for i := range out {
		out[i].Fate = cdp.Delivered
		if named {
			out[i] = cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: "the answer does not name the row"}
		}
	}
	from := bufio.NewReaderSize(body, 16<<10)
	var (
		listed bool
		err    error
		at     map[string]int
		values []string
	)
	if object(from) {
		listed, err = eachResult(from, func(r rowAnswer) {
			if at == nil {
				at = make(map[string]int, len(b.Rows))
				for i := range b.Rows {
					at[b.Rows[i].RowID] = i
				}
			}
			i, ok := at[string(r.RowID)]
			if !ok {
				return
			}
			if r.Code != "" || r.Reason != "" {
				if values == nil {
					values = hidden()
				}
				r.Code, r.Reason = note(destination.ScrubCode(string(r.Code), values...)), note(destination.Scrub(string(r.Reason), values...))
			}
			out[i] = result(r)
		})
	} else {
		_, err = io.Copy(io.Discard, io.LimitReader(from, maxRead)) // ok, another text or list, or nothing: the status says it all
	}
	switch {
	case errors.Is(err, errLong) && !named && !listed:
		return out, nil
	case errors.Is(err, errLong) && len(b.Rows) > 1:
		return nil, &cdp.Refused{Row: -1, Code: cdp.TooLarge, Doubt: true, Reason: tooLong}
	case errors.Is(err, errLong):
		out[0] = cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: tooLong}
	case err != nil:
		return nil, err
	case named && !listed:
		return nil, &destination.Uncertain{Status: 200, Reason: "the answer has no results; ack: rows needs them"}
	}
	return out, nil
}

const tooLong = "the results of the answer are longer than kith reads"

// object reports whether an answer begins as a JSON object does, behind a byte order mark and
// white space.
func object(from *bufio.Reader) bool {
	if b, err := from.Peek(len(destination.Mark)); err == nil && string(b) == destination.Mark {
		_, _ = from.Discard(len(b))
	}
	for {
		c, err := from.Peek(1)
		switch {
		case err != nil:
			return false
		case c[0] == ' ', c[0] == '\t', c[0] == '\n', c[0] == '\r':
			_, _ = from.Discard(1)
		default:
			return c[0] == '{'
		}
	}
}

// codes are kith's codes that a receiver may use.
var codes = []cdp.Code{
	cdp.InvalidValue, cdp.MissingValue, cdp.Conflict, cdp.Exists, cdp.NotFound, cdp.TooLarge,
	cdp.NotPermitted, cdp.RateLimited, cdp.Unavailable, cdp.OtherRejection,
}

func result(r rowAnswer) cdp.Result {
	out := cdp.Result{Fate: cdp.Fate(r.Status), Vendor: string(r.Code), Reason: string(r.Reason)}
	if slices.Contains(codes, cdp.Code(r.Code)) {
		out.Code = cdp.Code(r.Code)
	}
	switch out.Fate {
	case cdp.Delivered:
		return cdp.Result{Fate: cdp.Delivered, RemoteID: string(r.RemoteID)}
	case cdp.Skipped:
		if out.Code == cdp.Exists || out.Code == cdp.NotFound {
			out.RemoteID = string(r.RemoteID)
			return out
		}
		return rejected(out, "the webhook skipped the row without exists or not_found")
	case cdp.Deferred:
		out.After = time.Duration(min(r.After, 86_400) * seconds(time.Second))
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
