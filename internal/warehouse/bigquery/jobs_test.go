package bigquery_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
)

// TestLostAnswer: a request whose answer was lost, or was cut off, is repeated under the same
// job id, and takes the outcome of the job that it made, wherever that runs: the statement
// does not run twice.
func TestLostAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		lose  func(*testing.T, http.ResponseWriter)
		place string // in the service's message
		ran   bool   // another job has told the place
	}{
		"nothing came":      {lose, "EU.", false},
		"cut off":           {cutOff, "EU.", false},
		"place not told":    {cutOff, "", true},
		"nothing, not told": {lose, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			var made any
			runs, before := 0, c.ran
			f, w := open(t, bigquery.Config{}, func(f *fake, _ int, what string, body map[string]any, w http.ResponseWriter, r *http.Request) {
				switch {
				case what == "POST jobs" && before:
					before = false
					send(w, http.StatusOK, job(idOf(body), "DONE", ""))
				case what == "POST jobs" && made == nil:
					made = idOf(body)
					runs++
					c.lose(f.t, w)
				case what == "POST jobs" && idOf(body) == made:
					refuse(w, http.StatusConflict, "duplicate", "Already Exists: Job acme:"+c.place+fmt.Sprint(made))
				case what == "POST jobs":
					runs++
					send(w, http.StatusOK, job(idOf(body), "DONE", ""))
				case r.URL.Query().Get("location") != "EU":
					refuse(w, http.StatusNotFound, "notFound", "Not found: Job acme:"+fmt.Sprint(made))
				default:
					send(w, http.StatusOK, job(made, "DONE", ""))
				}
			})
			if c.ran {
				if _, err := w.Exec(t.Context(), createStatement); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := w.Exec(t.Context(), createStatement); err != nil {
				t.Fatal(err)
			}
			if runs != 1 {
				t.Errorf("it ran %d times: %v", runs, f.asked())
			}
			if id := fmt.Sprint(made); !strings.HasPrefix(id, "kith_20261122t1-abc_fold_people_") || !strings.HasSuffix(id, "_1") {
				t.Errorf("the job is called %s", id)
			}
		})
	}
}

// TestCutOff: a service whose answers do not come to their end is not reachable, so that
// what may be repeated later is.
func TestCutOff(t *testing.T) {
	f, w := open(t, bigquery.Config{}, func(f *fake, _ int, _ string, _ map[string]any, w http.ResponseWriter, _ *http.Request) {
		cutOff(f.t, w)
	})
	for _, err := range w.Query(t.Context(), createStatement) {
		if !errors.Is(err, cdp.ErrUnreachable) {
			t.Errorf("got %v", err)
		}
	}
	if n := len(f.asked()); n < 2 {
		t.Errorf("%d requests", n)
	}
}

// TestRetryableJob: a job that the service failed gets the next attempt, under an id of
// its own, and so does one that other statements on its table stood in the way of; one that
// failed for its statement does not.
func TestRetryableJob(t *testing.T) {
	for _, c := range []struct {
		reason, message string
		want            int
		kind            error
	}{
		{"backendError", "try again", 3, nil},
		{"jobRateLimitExceeded", "too fast", 3, nil},
		{"invalidQuery", "Could not serialize access to table acme:kith.intents due to concurrent update", 3, nil},
		{"resourcesExceeded", "Resources exceeded during query execution: Too many DML statements outstanding against table acme:kith.intents, limit is 20", 3, nil},
		{"invalidQuery", "Syntax error", 1, nil},
		{"resourcesExceeded", "Resources exceeded during query execution: Not enough resources for query planning", 1, cdp.ErrMemory},
		{"duplicate", "Already Exists: Table acme:kith.t", 1, cdp.ErrExists},
	} {
		var ids []any
		_, w := open(t, bigquery.Config{}, func(_ *fake, _ int, _ string, body map[string]any, w http.ResponseWriter, _ *http.Request) {
			ids = append(ids, idOf(body))
			done := job(idOf(body), "DONE", "")
			if len(ids) < 3 {
				done["status"] = map[string]any{"state": "DONE", "errorResult": map[string]any{"reason": c.reason, "message": c.message}}
			}
			send(w, http.StatusOK, done)
		})
		_, err := w.Exec(t.Context(), createStatement)
		if len(ids) != c.want || (err == nil) != (c.want == 3) {
			t.Errorf("%s: %d jobs, %v", c.message, len(ids), err)
		}
		distinct := map[any]bool{}
		for _, id := range ids {
			distinct[id] = true
		}
		if len(distinct) != len(ids) {
			t.Errorf("%s: attempts share an id: %v", c.message, ids)
		}
		if c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", c.message, err)
		}
	}
}

// TestStillBusy: what stands in a statement's way for longer than the attempts of the driver
// is of the moment, so that whoever may wait longer does.
func TestStillBusy(t *testing.T) {
	const refusals = 7
	for _, c := range []struct {
		reason, message string
		ofJob           bool
	}{
		{"invalidQuery", "Could not serialize access to table acme:kith.intents due to concurrent update", true},
		{"invalidQuery", "Transaction is aborted due to concurrent update against table acme:kith.intents", false},
		{"resourcesExceeded", "Resources exceeded during query execution: Too many DML statements outstanding against table acme:kith.intents, limit is 20", true},
		{"jobRateLimitExceeded", "Job exceeded rate limits: Your table exceeded quota for table update operations", true},
		{"rateLimitExceeded", "Exceeded rate limits: too many api requests per user per method for this user_method", false},
		{"tableUnavailable", "Something went wrong with the table you queried", true},
	} {
		asked := 0
		_, w := open(t, bigquery.Config{}, func(_ *fake, _ int, what string, body map[string]any, w http.ResponseWriter, _ *http.Request) {
			asked++
			done := job(idOf(body), "DONE", "")
			switch {
			case asked > refusals:
			case c.ofJob && what == "POST jobs":
				done["status"] = map[string]any{"state": "DONE", "errorResult": map[string]any{"reason": c.reason, "message": c.message}}
			case !c.ofJob:
				refuse(w, http.StatusBadRequest, c.reason, c.message)
				return
			}
			send(w, http.StatusOK, done)
		})
		if _, err := w.Exec(t.Context(), createStatement); !errors.Is(err, cdp.ErrBusy) || errors.Is(err, cdp.ErrMemory) || errors.Is(err, cdp.ErrUnreachable) {
			t.Errorf("%s, asked %d times: %v", c.message, asked, err)
		}
		if _, err := w.Exec(t.Context(), createStatement); err != nil {
			t.Errorf("%s, when that is over: %v", c.message, err)
		}
	}
}

// TestRefusedRequest: what the service refuses for now is asked again; what it refuses
// for good is not.
func TestRefusedRequest(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		reason string
		times  int
		kind   error
	}{
		"busy":      {http.StatusServiceUnavailable, "backendError", 2, nil},
		"rate":      {http.StatusForbidden, "rateLimitExceeded", 2, nil},
		"denied":    {http.StatusForbidden, "accessDenied", 1, cdp.ErrDenied},
		"not found": {http.StatusNotFound, "notFound", 1, cdp.ErrNotFound},
		"syntax":    {http.StatusBadRequest, "invalidQuery", 1, nil},
		"token":     {http.StatusUnauthorized, "authError", 1, cdp.ErrCredentials},
	} {
		t.Run(name, func(t *testing.T) {
			f, w := open(t, bigquery.Config{}, func(_ *fake, n int, _ string, body map[string]any, w http.ResponseWriter, _ *http.Request) {
				if n == 1 {
					refuse(w, test.status, test.reason, "not now")
					return
				}
				send(w, http.StatusOK, job(idOf(body), "DONE", ""))
			})
			_, err := w.Exec(t.Context(), createStatement)
			if got := len(f.asked()); got != test.times || (err == nil) != (test.times == 2) {
				t.Errorf("%d requests, %v", got, err)
			}
			if test.kind != nil && !errors.Is(err, test.kind) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestJobSettings: every job carries its labels, the limit, the timeout and the place; but one that ends what
// has begun no limit, nor does a question how much would be read.
func TestJobSettings(t *testing.T) {
	cfg := bigquery.Config{Location: "EU", MaxBytesBilled: 1 << 30, JobTimeout: time.Minute, Labels: map[string]string{"team": "crm"}, Dataset: "raw"}
	f, w := open(t, cfg, func(_ *fake, _ int, what string, body map[string]any, w http.ResponseWriter, _ *http.Request) {
		if what == "POST queries" {
			send(w, http.StatusOK, map[string]any{"jobComplete": true, "totalRows": "0"})
			return
		}
		send(w, http.StatusOK, job(idOf(body), "DONE", ""))
	})
	if _, err := w.Exec(t.Context(), createStatement); err != nil {
		t.Fatal(err)
	}
	for _, err := range w.Query(t.Context(), createStatement) {
		t.Fatal(err)
	}
	ending := createStatement
	ending.Unlimited = true
	if _, err := w.Exec(t.Context(), ending); err != nil {
		t.Fatal(err)
	}
	for _, err := range w.Query(t.Context(), ending) {
		t.Fatal(err)
	}
	if _, err := w.Estimate(t.Context(), createStatement); err != nil {
		t.Fatal(err)
	}
	for i, body := range f.bodies[2:] {
		if text := fmt.Sprint(body); strings.Contains(text, "maximumBytesBilled") || !strings.Contains(text, "60000") {
			t.Errorf("job %d of what has no limit: %s", i, text)
		}
	}
	if len(f.bodies) != 5 {
		t.Errorf("%d jobs", len(f.bodies))
	}
	config, _ := f.bodies[0]["configuration"].(map[string]any)
	query, _ := config["query"].(map[string]any)
	want := map[string]any{"app": "kith", "run": "20261122t1-abc", "statement": "fold_people", "model": "sync_people", "team": "crm"}
	for name, body := range map[string]map[string]any{
		"job":   {"labels": config["labels"], "max": query["maximumBytesBilled"], "timeout": config["jobTimeoutMs"], "dataset": query["defaultDataset"]},
		"query": {"labels": f.bodies[1]["labels"], "max": f.bodies[1]["maximumBytesBilled"], "timeout": f.bodies[1]["jobTimeoutMs"], "dataset": f.bodies[1]["defaultDataset"]},
	} {
		if fmt.Sprint(body["labels"]) != fmt.Sprint(want) || body["max"] != "1073741824" || body["timeout"] != "60000" {
			t.Errorf("%s: %v", name, body)
		}
		if d, _ := body["dataset"].(map[string]any); d["datasetId"] != "raw" {
			t.Errorf("%s: default dataset %v", name, d)
		}
	}
	if f.bodies[1]["location"] != "EU" || fmt.Sprint(f.bodies[1]["requestId"]) == "" {
		t.Errorf("query: %v", f.bodies[1])
	}
}

// TestCancelJob: the end of a context cancels the job and is what the caller gets.
func TestCancelJob(t *testing.T) {
	running := make(chan struct{}, 1)
	f, w := open(t, bigquery.Config{}, func(_ *fake, _ int, what string, body map[string]any, w http.ResponseWriter, r *http.Request) {
		switch {
		case what == "POST jobs":
			send(w, http.StatusOK, job(idOf(body), "RUNNING", ""))
		case strings.HasPrefix(what, "GET queries/"):
			select {
			case running <- struct{}{}:
			default:
			}
			<-r.Context().Done()
		default:
			send(w, http.StatusOK, map[string]any{})
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-running; cancel() }()
	if _, err := w.Exec(ctx, createStatement); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if last := f.asked(); !strings.HasSuffix(last[len(last)-1], "/cancel") {
		t.Errorf("asked %v", last)
	}
}

// TestLeaveQuery: a caller that leaves before the job has a name returns at once; the
// job is cancelled when it has one.
func TestLeaveQuery(t *testing.T) {
	begun, answer := make(chan struct{}), make(chan struct{})
	f, w := open(t, bigquery.Config{}, func(_ *fake, _ int, what string, _ map[string]any, w http.ResponseWriter, _ *http.Request) {
		if what == "POST queries" {
			close(begun)
			<-answer
			send(w, http.StatusOK, map[string]any{"jobComplete": false, "jobReference": map[string]any{"projectId": "acme", "jobId": "j1", "location": "EU"}})
			return
		}
		send(w, http.StatusOK, map[string]any{})
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	for _, err := range w.Query(ctx, createStatement) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	close(answer)
	if err := w.Close(); err != nil { // waits for the cancellation
		t.Error(err)
	}
	if got := f.asked(); got[len(got)-1] != "POST jobs/j1/cancel" {
		t.Errorf("asked %v", got)
	}
}

// TestPages reads a result of several pages of a job that runs for a while.
func TestPages(t *testing.T) {
	schema := map[string]any{"fields": []any{map[string]any{"name": "n", "type": "INTEGER"}, map[string]any{"name": "at", "type": "TIMESTAMP"}}}
	page := func(from int, token string) map[string]any {
		rows := make([]any, 3)
		for i := range rows {
			rows[i] = map[string]any{"f": []any{map[string]any{"v": fmt.Sprint(from + i)}, map[string]any{"v": fmt.Sprint(1_000_000 * (from + i))}}}
		}
		return map[string]any{"jobComplete": true, "schema": schema, "rows": rows, "totalRows": "9", "pageToken": token}
	}
	waits := 0
	_, w := open(t, bigquery.Config{}, func(_ *fake, _ int, what string, _ map[string]any, w http.ResponseWriter, r *http.Request) {
		switch token := r.URL.Query().Get("pageToken"); {
		case what == "POST queries":
			send(w, http.StatusOK, map[string]any{"jobComplete": false, "jobReference": map[string]any{"projectId": "acme", "jobId": "j1", "location": "EU"}})
		case token == "" && waits == 0:
			waits++
			send(w, http.StatusOK, map[string]any{"jobComplete": false})
		case token == "":
			send(w, http.StatusOK, page(0, "p2"))
		case token == "p2" && waits == 1:
			waits++
			refuse(w, http.StatusBadGateway, "backendError", "again")
		case token == "p2":
			send(w, http.StatusOK, page(3, "p3"))
		default:
			send(w, http.StatusOK, page(6, ""))
		}
	})
	n := int64(0)
	for row, err := range w.Query(t.Context(), createStatement) {
		if err != nil {
			t.Fatal(err)
		}
		if at, _ := row[1].(time.Time); row[0] != n || at.Unix() != n {
			t.Errorf("row %d is %v", n, row)
		}
		n++
	}
	if n != 9 {
		t.Errorf("got %d rows", n)
	}
}

// TestExpires: what an administrator's dataset deletes by itself is told, and what is not
// there or may not be looked at does not expire.
func TestExpires(t *testing.T) {
	meta := cdp.Table{Schema: "kith", Name: "kith_meta"}
	for name, c := range map[string]struct {
		dataset, table map[string]any // nil: it is not there
		def            time.Duration
		at             time.Time
	}{
		"nothing":  {nil, nil, 0, time.Time{}},
		"stays":    {map[string]any{}, map[string]any{}, 0, time.Time{}},
		"new ones": {map[string]any{"defaultTableExpirationMs": "5184000000"}, nil, 60 * 24 * time.Hour, time.Time{}},
		"this one": {map[string]any{}, map[string]any{"expirationTime": "1800000000000"}, 0, time.Unix(1_800_000_000, 0).UTC()},
	} {
		_, w := open(t, bigquery.Config{}, func(_ *fake, n int, what string, _ map[string]any, w http.ResponseWriter, _ *http.Request) {
			answer := map[string]map[string]any{"GET datasets/kith": c.dataset, "GET datasets/kith/tables/kith_meta": c.table}[what]
			switch {
			case n == 1:
				refuse(w, http.StatusServiceUnavailable, "backendError", "again")
			case answer == nil:
				refuse(w, http.StatusNotFound, "notFound", "Not found: "+what)
			default:
				send(w, http.StatusOK, answer)
			}
		})
		def, at, err := w.Expires(t.Context(), meta)
		if err != nil || def != c.def || !at.Equal(c.at) {
			t.Errorf("%s: %v, %v, %v", name, def, at, err)
		}
	}
}
