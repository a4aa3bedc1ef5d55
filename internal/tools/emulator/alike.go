package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// alike makes the answers of the emulator more like those of the service, so that
// no client has to know which of them it talks to: the emulator gives the reason
// jobInternalError with status 400 for every error of a statement, where the service
// says invalidQuery, notFound or duplicate.
func alike(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := &buffered{header: http.Header{}, status: http.StatusOK}
		next.ServeHTTP(b, r)
		body := b.body.Bytes()
		if b.status >= 400 || bytes.Contains(body, []byte(`"errorResult"`)) {
			body, b.status = mend(body, b.status)
		}
		h := w.Header()
		for name, values := range b.header {
			h[name] = values
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(b.status)
		_, _ = w.Write(body) // the client is gone
	})
}

// buffered is an answer that is not sent yet.
type buffered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (b *buffered) Header() http.Header         { return b.header }
func (b *buffered) WriteHeader(status int)      { b.status = status }
func (b *buffered) Write(p []byte) (int, error) { return b.body.Write(p) }

// kinds are what the service calls the errors whose text matches.
var kinds = []struct {
	text   *regexp.Regexp
	reason string
	status int
}{
	{regexp.MustCompile(`(?i)already exists|already created|UNIQUE constraint failed: jobs`), "duplicate", http.StatusConflict},
	{regexp.MustCompile(`(?i)table not found|no such table|dataset .*is not found|dataset is not found|table .*is not found|not found: `), "notFound", http.StatusNotFound},
}

func kindOf(message string) (reason string, status int) {
	for _, k := range kinds {
		if k.text.MatchString(message) {
			return k.reason, k.status
		}
	}
	return "invalidQuery", http.StatusBadRequest
}

// vague are the reasons that the emulator gives for anything.
func vague(reason any) bool { return reason == "jobInternalError" || reason == "internalError" }

// mend gives the errors in an answer the service's reasons and status. An answer that
// it cannot read stays as it is.
func mend(body []byte, status int) ([]byte, int) {
	var answer map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&answer) != nil {
		return body, status
	}
	if e, ok := answer["error"].(map[string]any); ok {
		list, _ := e["errors"].([]any)
		for _, item := range list {
			if s, ok := mendOne(item); ok {
				status = s
				e["code"] = s
			}
		}
	}
	if st, ok := answer["status"].(map[string]any); ok {
		mendOne(st["errorResult"])
		list, _ := st["errors"].([]any)
		for _, item := range list {
			mendOne(item)
		}
	}
	mended, err := json.Marshal(answer)
	if err != nil {
		return body, status
	}
	return mended, status
}

func mendOne(item any) (status int, mended bool) {
	e, ok := item.(map[string]any)
	if !ok || !vague(e["reason"]) {
		return 0, false
	}
	message, _ := e["message"].(string)
	reason, status := kindOf(message)
	e["reason"], e["message"] = reason, strings.TrimSpace(message)
	return status, true
}
