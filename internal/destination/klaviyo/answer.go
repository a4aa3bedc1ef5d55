package klaviyo

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// apiError is an error of a call, and the attributes of one of a job.
type apiError struct {
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Source struct {
		Pointer string `json:"pointer"`
	} `json:"source"`
}

func readErrors(body []byte) []apiError {
	var doc struct {
		Errors []apiError `json:"errors"`
	}
	if json.Unmarshal(body, &doc) != nil {
		return nil
	}
	return doc.Errors
}

func (e apiError) text() string { return first(e.Detail, e.Title) }

// kind is what an error about a row means to us.
func (e apiError) kind() cdp.Code {
	all := strings.ToLower(e.Code + " " + e.Title + " " + e.Detail)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(all, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("duplicate", "conflict", "already exists"):
		return cdp.Conflict
	case has("too large", "too long", "exceeds"):
		return cdp.TooLarge
	case has("missing", "required"):
		return cdp.MissingValue
	case has("permission", "forbidden", "suppressed"):
		return cdp.NotPermitted
	case has("invalid", "not valid", "must be", "malformed", "unsupported"):
		return cdp.InvalidValue
	}
	return cdp.OtherRejection
}

var places = regexp.MustCompile(`/(profiles|events-bulk-create)/data/(\d+)(/|$)`)

// place is the index that a pointer names: of a profile, or of an event's profile.
func (e apiError) place() int {
	if m := places.FindStringSubmatch(e.Source.Pointer); m != nil {
		if n, err := strconv.Atoi(m[2]); err == nil {
			return n
		}
	}
	return -1
}

// ofList reports whether an error is about the list of a call, and none of its rows.
func (e apiError) ofList() bool {
	return strings.HasPrefix(e.Source.Pointer, "/data/relationships/list")
}

// policy reads an answer that is no success. 429 carries Retry-After; the reset of
// RateLimit-* is the same in seconds.
func policy(values func() []string) destination.Policy {
	return destination.Policy{
		Vendor: vendor, Values: values,
		Waits:        map[int]time.Duration{http.StatusTooManyRequests: time.Second},
		Resets:       []destination.Reset{{Header: "RateLimit-Reset", Unit: destination.Seconds}},
		Fatal:        []int{http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType, http.StatusGone},
		Unauthorized: "check the private key, and that it is one of this account",
		Forbidden:    "give the private key the scopes " + scopes,
		Message: func(body []byte) (string, string) {
			if list := readErrors(body); len(list) > 0 {
				return list[0].Code, list[0].text()
			}
			return "", ""
		},
	}
}

// refusal is the error of a call with rows. at is the row of each place; nil when
// the call named none. Klaviyo looks at all of a request before it refuses it, and lists
// what is wrong: every row that it names is told, the text of a further one without the
// values of its own row.
func refusal(a *destination.Response, b cdp.Batch, at []int) error {
	p := policy(func() []string { return destination.Values(b.Rows...) })
	err := destination.Classify(a, p)
	var no *cdp.Refused
	if !errors.As(err, &no) {
		return err
	}
	list := readErrors(a.Body)
	if len(list) == 0 {
		return err
	}
	no.Code = list[0].kind()
	seen := map[int]bool{}
	for i, e := range list {
		place := e.place()
		if place < 0 || place >= len(at) || seen[at[place]] {
			continue
		}
		row := at[place]
		seen[row] = true
		if i == 0 {
			no.Row = row
			continue
		}
		more := destination.RefusedRow(a, p, row, e.Code, e.text(), destination.Values(b.Rows[row])...)
		more.Code = e.kind()
		no.More = append(no.More, more)
	}
	return err
}

// final is the error of a call without rows: what is refused stays refused until
// somebody acts.
func final(a *destination.Response) error {
	err := destination.Classify(a, policy(nil))
	var no *cdp.Refused
	if errors.As(err, &no) {
		return &cdp.Fatal{Reason: no.Reason, Help: "check the name or id of the audience, and the options of the destination"}
	}
	return err
}
