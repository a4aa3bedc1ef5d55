package destination

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Uncertain is the error of a call that may have been applied: it was written, and
// no answer came that says what became of it. The engine repeats the batch.
type Uncertain struct {
	Status int // 0 when there was no answer
	Reason string
	Err    error // what the connection said, or ctx.Err()
}

func (e *Uncertain) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("outcome unknown: HTTP %d: %s", e.Status, e.Reason)
	}
	return "outcome unknown: " + e.Reason
}

func (e *Uncertain) Unwrap() error { return e.Err }

// Answered reports whether the destination itself may have failed at a row: by one of the
// 5xx that are registered, but not by a gateway that has waited in vain, or by what a 207 says.
func (e *Uncertain) Answered() bool {
	return e.Status == http.StatusMultiStatus || e.Status >= 500 && e.Status <= http.StatusNetworkAuthenticationRequired && e.Status != http.StatusGatewayTimeout
}

// Unit is how a header tells a time.
type Unit int

// The units.
const (
	Seconds      Unit = iota // until then
	Milliseconds             // until then
	EpochSeconds             // the moment itself
)

// Reset is a header by which a vendor tells when its window ends.
type Reset struct {
	Header string
	Unit   Unit
}

// Policy is what differs between vendors in the meaning of a status, as data.
type Policy struct {
	Vendor string // named in reasons
	// Waits are the statuses that mean "later, nothing was applied", with the wait
	// when no header tells one. 425 and 429 are among them anyway; of 408 and 503
	// a vendor has to say so, as they come from whatever stands before it, too.
	Waits map[int]time.Duration
	// Resets are tried in order after Retry-After.
	Resets []Reset
	// Delay reads the wait from a body, where no header tells one.
	Delay func(body []byte) (time.Duration, bool)
	// Fatal are further statuses that mean that somebody has to act.
	Fatal []int
	// Refused gives a code for the statuses that refuse the batch.
	Refused map[int]cdp.Code
	// Message reads the vendor's code and text from a body; nil takes no text.
	Message func(body []byte) (code, text string)
	// Unauthorized and Forbidden say what to do about 401 and 403.
	Unauthorized, Forbidden string
	// Values are removed from the vendor's text beside the credential, see [Scrub].
	// It is called only when there is a text.
	Values func() []string
	Now    func() time.Time
}

// Classify turns an answer that is no success into the error of Push:
//
//	401, 403, 3xx         *cdp.Fatal: the credentials, or an address that moved
//	425, 429              *cdp.Throttled: nothing was applied
//	408, 503              *cdp.Throttled, in doubt: it may have been applied
//	other 5xx             *Uncertain: it may have been applied
//	everything else       *cdp.Refused as a whole, the row not named
//
// A redirect is fatal because following it would take the credentials to a host
// that they are not bound to.
func Classify(a *Response, p Policy) error {
	code, text := "", ""
	if p.Message != nil {
		code, text = p.Message(a.Body)
	}
	if code != "" || text != "" {
		var values []string
		if p.Values != nil {
			values = p.Values()
		}
		values = a.Hidden(values...)
		code, text = ScrubCode(code, values...), Scrub(text, values...)
	}
	reason := p.reason(a, code, text)
	wait, later := p.Waits[a.Status]
	doubt := false
	switch a.Status {
	case http.StatusUnauthorized:
		return &cdp.Fatal{Reason: reason, Help: first(p.Unauthorized, "check the credentials: the token may have expired or been revoked")}
	case http.StatusForbidden:
		if !later {
			return &cdp.Fatal{Reason: reason, Help: first(p.Forbidden, "give the credentials the permission that is missing")}
		}
	case http.StatusRequestTimeout, http.StatusServiceUnavailable:
		later, doubt = true, !later
	case http.StatusTooEarly, http.StatusTooManyRequests:
		later = true
	}
	for _, s := range p.Fatal {
		if s == a.Status {
			return &cdp.Fatal{Reason: reason, Help: "check base_url and the options of the destination"}
		}
	}
	switch {
	case later:
		t := &cdp.Throttled{After: wait, Code: cdp.Unavailable, Reason: reason, Doubt: doubt}
		if a.Status == http.StatusTooManyRequests {
			t.Code = cdp.RateLimited
		}
		if after, ok := Wait(a.Header, p.Resets, p.now()); ok {
			t.After = after
		} else if p.Delay != nil {
			if after, ok := p.Delay(a.Body); ok {
				t.After = after
			}
		}
		return t
	case a.Status >= 300 && a.Status < 400:
		return &cdp.Fatal{Reason: reason + ", a redirect; it is not followed with credentials", Help: "set base_url to the address that answers"}
	case a.Status >= 500:
		return &Uncertain{Status: a.Status, Reason: reason}
	}
	return &cdp.Refused{Row: -1, Code: p.refusal(a.Status), Vendor: first(code, strconv.Itoa(a.Status)), Reason: reason}
}

// RefusedRow is what an answer says of a row beside the first that it names: code and text
// as the vendor has them, of which the values given and the credential are removed.
func RefusedRow(a *Response, p Policy, row int, code, text string, values ...string) cdp.Refused {
	values = a.Hidden(values...)
	code, text = ScrubCode(code, values...), Scrub(text, values...)
	return cdp.Refused{Row: row, Code: p.refusal(a.Status), Vendor: first(code, strconv.Itoa(a.Status)), Reason: p.reason(a, code, text)}
}

// reason is what an answer says, in a sentence; code and text hold no value.
func (p Policy) reason(a *Response, code, text string) string {
	reason := fmt.Sprintf("%s answered %d", first(p.Vendor, "the destination"), a.Status)
	for _, s := range []string{code, text} {
		if s != "" {
			reason += ": " + s
		}
	}
	return reason
}

func (p Policy) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

func (p Policy) refusal(status int) cdp.Code {
	if c, ok := p.Refused[status]; ok {
		return c
	}
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return cdp.InvalidValue
	case http.StatusNotFound, http.StatusGone:
		return cdp.NotFound
	case http.StatusConflict:
		return cdp.Conflict
	case http.StatusRequestEntityTooLarge:
		return cdp.TooLarge
	}
	return cdp.OtherRejection
}

// Wait reads how long to wait from Retry-After, in seconds or as a date (RFC 9110
// section 10.2.3), or against that as seconds or milliseconds since 1970, else from the first of the vendor's headers that is there. It is
// false when none tells.
func Wait(h http.Header, resets []Reset, now time.Time) (time.Duration, bool) {
	if s := strings.TrimSpace(h.Get("Retry-After")); s != "" {
		if d, ok := read(s, Seconds, now); ok {
			return d, true
		}
		if t, err := http.ParseTime(s); err == nil {
			return max(t.Sub(now), 0), true
		}
	}
	for _, r := range resets {
		if d, ok := read(strings.TrimSpace(h.Get(r.Header)), r.Unit, now); ok {
			return d, true
		}
	}
	return 0, false
}

func read(s string, u Unit, now time.Time) (time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > 1e15 {
		return 0, false
	}
	switch {
	case u == Milliseconds:
		f /= 1000
	case u == EpochSeconds, f >= 1e9: // nobody asks for a wait of decades: that is a moment, too
		if f >= 1e12 { // in milliseconds
			f /= 1000
		}
		f = max(f-float64(now.UnixMilli())/1000, 0)
	}
	return time.Duration(math.Ceil(min(f, 1e9)*1000)) * time.Millisecond, true
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
