package bigquery_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
)

// fake is BigQuery's REST API as far as a test decides it. What the emulator cannot
// show is tested here: lost answers, jobs that run for a while, pages, cancellation.
type fake struct {
	t *testing.T

	mu       sync.Mutex
	requests []string // "POST jobs", "GET jobs/<id>", ...
	bodies   []map[string]any
	handle   func(n int, what string, body map[string]any, w http.ResponseWriter, r *http.Request)
}

// open starts the fake and a warehouse on it. handle answers everything but the dry run
// of Open; n counts from 1.
func open(t *testing.T, cfg bigquery.Config, handle func(f *fake, n int, what string, body map[string]any, w http.ResponseWriter, r *http.Request)) (*fake, *bigquery.Warehouse) {
	t.Helper()
	f := &fake{t: t}
	f.handle = func(n int, what string, body map[string]any, w http.ResponseWriter, r *http.Request) {
		handle(f, n, what, body, w, r)
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	cfg.Project, cfg.Endpoint, cfg.Backoff = "acme", strings.TrimPrefix(server.URL, "http://"), time.Millisecond
	if cfg.StorageEndpoint == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0") // nobody answers there
		if err != nil {
			t.Fatal(err)
		}
		cfg.StorageEndpoint = l.Addr().String()
		_ = l.Close()
		cfg.PagedReads = true
	}
	w, err := bigquery.Open(t.Context(), cfg, dialect.BigQuery{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return f, w
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body) // a GET has none
	what := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/bigquery/v2/projects/acme/")
	if body["dryRun"] == true && body["query"] == "SELECT 1" {
		send(w, http.StatusOK, map[string]any{"jobComplete": true, "totalBytesProcessed": "0"})
		return
	}
	f.mu.Lock()
	f.requests, f.bodies = append(f.requests, what), append(f.bodies, body)
	n := len(f.requests)
	f.mu.Unlock()
	f.handle(n, what, body, w, r)
}

// asked are the requests so far.
func (f *fake) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.requests...)
}

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}

func refuse(w http.ResponseWriter, status int, reason, message string) {
	send(w, status, map[string]any{"error": map[string]any{
		"code": status, "message": message, "errors": []any{map[string]any{"reason": reason, "message": message}},
	}})
}

// job is the answer for a job.
func job(id any, state, reason string) map[string]any {
	status := map[string]any{"state": state}
	if reason != "" {
		status["errorResult"] = map[string]any{"reason": reason, "message": "because of " + reason}
	}
	return map[string]any{"jobReference": map[string]any{"projectId": "acme", "jobId": id, "location": "EU"}, "status": status}
}

func idOf(body map[string]any) any {
	ref, _ := body["jobReference"].(map[string]any)
	return ref["jobId"]
}

// lose breaks the connection instead of answering.
func lose(t *testing.T, w http.ResponseWriter) {
	t.Helper()
	h, ok := w.(http.Hijacker)
	if !ok {
		t.Error("no connection to break")
		return
	}
	c, _, err := h.Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	_ = c.Close()
}

// cutOff sends half an answer.
func cutOff(_ *testing.T, w http.ResponseWriter) {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write([]byte(`{"jobReference": {`)) // the server then closes the connection
}

var createStatement = cdp.Statement{Name: "fold people", Model: "sync people", Run: "20261122t1-abc", SQL: "CREATE TABLE kith.t (x INT64)"}
