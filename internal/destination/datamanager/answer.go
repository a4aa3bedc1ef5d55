package datamanager

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// apiError is google.rpc.Status as JSON, with the details that we read.
type apiError struct {
	Status  string `json:"status"`
	Message string `json:"message"`
	Details []struct {
		Type       string            `json:"@type"`
		Reason     string            `json:"reason"`     // ErrorInfo
		Metadata   map[string]string `json:"metadata"`   // ErrorInfo
		RetryDelay string            `json:"retryDelay"` // RetryInfo
		Violations []struct {
			Field       string `json:"field"`
			Description string `json:"description"`
			Reason      string `json:"reason"`
		} `json:"fieldViolations"` // BadRequest
	} `json:"details"`
}

func readError(body []byte) (apiError, bool) {
	var doc struct {
		Error apiError `json:"error"`
	}
	err := json.Unmarshal(body, &doc)
	return doc.Error, err == nil && doc.Error.Status != ""
}

// reasons are the reasons of an error, the most precise first.
func (e apiError) reasons() []string {
	var out, last []string
	for _, d := range e.Details {
		for _, v := range d.Violations {
			if v.Reason != "" {
				out = append(out, v.Reason)
			}
		}
		if d.Reason != "" {
			last = append(last, d.Reason)
		}
	}
	return append(append(out, last...), e.Status)
}

func (e apiError) code() string { return e.reasons()[0] }

// text is what is wrong, without values: the descriptions name fields and forms.
func (e apiError) text() string {
	for _, d := range e.Details {
		for _, v := range d.Violations {
			if v.Description != "" {
				return v.Description
			}
		}
	}
	return e.Message
}

var memberIndex = regexp.MustCompile(`(?i)audience_?members\[(\d+)\]`)

// place is the member that an error names, or -1.
func (e apiError) place() int {
	for _, d := range e.Details {
		for _, v := range d.Violations {
			if m := memberIndex.FindStringSubmatch(v.Field); m != nil {
				if n, err := strconv.Atoi(m[1]); err == nil {
					return n
				}
			}
		}
	}
	return -1
}

// policy reads an answer that is no success.
func policy(values func() []string) destination.Policy {
	return destination.Policy{
		Vendor: vendor, Values: values,
		Waits:        map[int]time.Duration{http.StatusTooManyRequests: time.Second},
		Delay:        delay,
		Unauthorized: "make new credentials: these were revoked or lack the scope datamanager",
		Forbidden:    settled["PERMISSION_DENIED"],
		Message: func(body []byte) (string, string) {
			e, ok := readError(body)
			if !ok {
				return "", ""
			}
			return e.code(), e.text()
		},
	}
}

// delay is what a 429 says: RetryInfo, else the window of the quota that is used up.
func delay(body []byte) (time.Duration, bool) {
	e, ok := readError(body)
	if !ok {
		return 0, false
	}
	for _, d := range e.Details {
		if after, err := time.ParseDuration(d.RetryDelay); err == nil && after >= 0 {
			return after, true
		}
	}
	for _, d := range e.Details {
		switch limit := d.Metadata["quota_limit"]; {
		case strings.Contains(limit, "PerDay"):
			return time.Hour, true
		case strings.Contains(limit, "PerMinute"):
			return 20 * time.Second, true
		}
	}
	return 0, false
}

// refusal is the error of a request with members; rows is the row of each place.
func refusal(a *destination.Response, b cdp.Batch, rows []int) error {
	err := destination.Classify(a, policy(func() []string { return destination.Values(b.Rows...) }))
	e, ok := readError(a.Body)
	if !ok {
		return err
	}
	var (
		no    *cdp.Refused
		fatal *cdp.Fatal
	)
	if errors.As(err, &fatal) { // a 403 has many reasons
		for _, reason := range e.reasons() {
			if help := settled[reason]; help != "" {
				return &cdp.Fatal{Reason: fatal.Reason, Help: help}
			}
		}
	}
	if !errors.As(err, &no) {
		return err
	}
	p := e.place()
	named := p >= 0 && p < len(rows)
	if help := e.settles(named); help != "" {
		return &cdp.Fatal{Reason: no.Reason, Help: help}
	}
	no.Code = kind(e.code())
	if named {
		no.Row = rows[p]
	}
	return err
}

// final is the error of a call without members.
func final(a *destination.Response) error {
	err := refusal(a, cdp.Batch{}, nil)
	var no *cdp.Refused
	if errors.As(err, &no) {
		return &cdp.Fatal{Reason: no.Reason, Help: "check the name or id of the audience, account and account_type"}
	}
	return err
}

// kind is what a reason about a member means to us.
func kind(reason string) cdp.Code {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(reason, w) })
	}
	switch {
	case has("CONSENT"):
		return cdp.NotPermitted
	case has("MISSING", "NO_IDENTIFIERS"):
		return cdp.MissingValue
	case has("TOO_MANY", "TOO_LONG"):
		return cdp.TooLarge
	case has("INVALID", "TOO_SHORT", "MULTIPLE"):
		return cdp.InvalidValue
	}
	return cdp.OtherRejection
}
