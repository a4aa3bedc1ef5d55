package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
)

// jobs keeps the answers to jobs instead of the emulator, which keeps none as it is
// built here (mend).
//
// A SELECT is handed on as a dry run: the emulator runs and answers that too, and
// commits nothing.
type jobs struct {
	next http.Handler

	mu    sync.Mutex
	known map[string][]byte // id to answer
	order []string

	dropping sync.Mutex
}

// remembered is how many jobs are known by their id.
const remembered = 10_000

var (
	queriesPath = regexp.MustCompile(`/projects/([^/]+)/queries$`)
	insertPath  = regexp.MustCompile(`/projects/([^/]+)/jobs$`)
	jobPath     = regexp.MustCompile(`/projects/([^/]+)/(jobs|queries)/([^/]+?)(/cancel)?$`)
)

func (j *jobs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case r.Method == http.MethodPost && queriesPath.MatchString(path):
		j.query(w, r, queriesPath.FindStringSubmatch(path)[1])
	case r.Method == http.MethodPost && insertPath.MatchString(path):
		j.insert(w, r, insertPath.FindStringSubmatch(path)[1])
	case jobPath.MatchString(path):
		m := jobPath.FindStringSubmatch(path)
		if answer := j.find(m[3]); answer != nil {
			j.job(w, m[2], m[4] != "", answer)
			return
		}
		j.next.ServeHTTP(w, r)
	default:
		j.next.ServeHTTP(w, r)
	}
}

// request is what jobs.query and the query of jobs.insert have in common.
type request struct {
	Query           string          `json:"query"`
	UseLegacySQL    bool            `json:"useLegacySql"`
	DryRun          bool            `json:"dryRun,omitempty"`
	QueryParameters json.RawMessage `json:"queryParameters,omitempty"`
	ParameterMode   string          `json:"parameterMode,omitempty"`
	DefaultDataset  json.RawMessage `json:"defaultDataset,omitempty"`
	FormatOptions   json.RawMessage `json:"formatOptions,omitempty"`
}

func (j *jobs) query(w http.ResponseWriter, r *http.Request, project string) {
	var q request
	if !decode(w, r, &q) {
		return
	}
	status, body := j.run(r, project, q)
	answer(w, status, body)
}

// insert runs the query of a job under its id. What is no query is the emulator's.
func (j *jobs) insert(w http.ResponseWriter, r *http.Request, project string) {
	raw, err := io.ReadAll(r.Body)
	var job struct {
		Kind         string                     `json:"kind"`
		JobReference map[string]any             `json:"jobReference"`
		Config       map[string]json.RawMessage `json:"configuration"`
	}
	if err != nil || json.Unmarshal(raw, &job) != nil {
		refuse(w, http.StatusBadRequest, "invalid", "the request cannot be read")
		return
	}
	id, _ := job.JobReference["jobId"].(string)
	var q request
	if job.Config["query"] == nil || json.Unmarshal(job.Config["query"], &q) != nil || id == "" || bytes.Contains(job.Config["query"], []byte(`"destinationTable"`)) {
		r.Body = io.NopCloser(bytes.NewReader(raw))
		r.ContentLength = int64(len(raw))
		j.next.ServeHTTP(w, r)
		return
	}
	if j.find(id) != nil {
		refuse(w, http.StatusConflict, "duplicate", "Already Exists: Job "+project+":"+id)
		return
	}
	_ = json.Unmarshal(job.Config["dryRun"], &q.DryRun) // absent: false
	status, body := j.run(r, project, q)
	var result struct {
		Error struct {
			Message string `json:"message"`
			Errors  []any  `json:"errors"`
		} `json:"error"`
		Bytes string `json:"totalBytesProcessed"`
	}
	_ = json.Unmarshal(body, &result)
	state := map[string]any{"state": "DONE"}
	if status >= 400 {
		if len(result.Error.Errors) == 0 {
			answer(w, status, body)
			return
		}
		mendOne(result.Error.Errors[0])
		state["errorResult"], state["errors"] = result.Error.Errors[0], result.Error.Errors
	}
	if result.Bytes == "" {
		result.Bytes = "0"
	}
	done, err := json.Marshal(map[string]any{
		"kind": "bigquery#job", "id": project + ":" + id, "jobReference": job.JobReference, "configuration": job.Config, "status": state,
		"statistics": map[string]any{
			"totalBytesProcessed": result.Bytes, "query": map[string]any{"totalBytesProcessed": result.Bytes, "statementType": kindOfStatement(q.Query)},
		},
	})
	if err != nil {
		refuse(w, http.StatusInternalServerError, "internalError", err.Error())
		return
	}
	if !q.DryRun {
		j.remember(id, done)
	}
	answer(w, http.StatusOK, done)
}

// run runs a statement and returns the answer of jobs.query.
func (j *jobs) run(r *http.Request, project string, q request) (int, []byte) {
	asked := q.DryRun
	if m := createSchema.FindStringSubmatch(q.Query); m != nil {
		return j.schema(r, project, m[2], m[1] != "", asked)
	}
	if m := createIfMissing.FindStringSubmatch(q.Query); m != nil && !asked {
		if status, _ := j.call(r, http.MethodGet, "/projects/"+project+"/datasets/"+m[1]+"/tables/"+m[2], nil); status == http.StatusOK {
			return http.StatusOK, nothing
		}
	}
	if drops.MatchString(q.Query) && !asked {
		status, body := http.StatusOK, nothing
		for _, m := range dropTable.FindAllStringSubmatch(q.Query, -1) {
			if status, body = j.drop(r, project, m[2], m[3], m[1] != ""); status >= 400 {
				break
			}
		}
		return status, body
	}
	if m := createAnew.FindStringSubmatch(q.Query); m != nil && !asked {
		// The emulator replaces the rows and then fails, since it knows the table already.
		j.call(r, http.MethodDelete, "/projects/"+project+"/datasets/"+m[1]+"/tables/"+m[2], nil)
	}
	kind := kindOfStatement(q.Query)
	q.DryRun = kind == "SELECT"
	if asked {
		q.Query = readingPart(q.Query, kind)
		if q.Query == "" {
			return http.StatusOK, nothing
		}
		q.DryRun = true
	}
	status, body := j.call(r, http.MethodPost, "/projects/"+project+"/queries", q)
	if status >= 400 {
		return status, body
	}
	if asked {
		return status, j.dry(r, project, q.Query, body)
	}
	return status, mendTimes(body)
}

// nothing is the answer to a statement without rows.
var nothing = []byte(`{"jobComplete":true,"totalBytesProcessed":"0","totalRows":"0"}`)

// createIfMissing is a statement at which the emulator fails when the table is there.
var createIfMissing = regexp.MustCompile("(?is)^\\s*CREATE\\s+TABLE\\s+IF\\s+NOT\\s+EXISTS\\s+`?([A-Za-z0-9_]+)`?\\.`?([A-Za-z0-9_]+)`?\\s")

// dropTable is a statement after which the emulator makes its whole catalog anew; asked
// by its API it drops one table.
var dropTable = regexp.MustCompile("(?is)DROP\\s+TABLE\\s+(IF\\s+EXISTS\\s+)?`?([A-Za-z0-9_]+)`?\\.`?([A-Za-z0-9_]+)`?\\s*")

// drops is nothing but such statements, one or a script of several.
var drops = regexp.MustCompile("(?is)^\\s*" + dropTable.String() + "(;\\s*" + dropTable.String() + ")*;?\\s*$")

// drop drops a table, one at a time and to the end also when the client is gone: the
// emulator would keep half of a table that is dropped twice at once or not wholly.
func (j *jobs) drop(r *http.Request, project, dataset, table string, lenient bool) (int, []byte) {
	j.dropping.Lock()
	defer j.dropping.Unlock()
	r = r.WithContext(context.WithoutCancel(r.Context()))
	path := "/projects/" + project + "/datasets/" + dataset + "/tables/" + table
	if status, body := j.call(r, http.MethodGet, path, nil); status >= 400 {
		if lenient && status == http.StatusNotFound {
			return http.StatusOK, nothing
		}
		return status, body
	}
	if status, body := j.call(r, http.MethodDelete, path, nil); status >= 400 {
		return status, body
	}
	return http.StatusOK, nothing
}

// createAnew is a statement that replaces a table.
var createAnew = regexp.MustCompile("(?is)^\\s*CREATE\\s+OR\\s+REPLACE\\s+TABLE\\s+`?([A-Za-z0-9_]+)`?\\.`?([A-Za-z0-9_]+)`?\\s")

// createSchema is a statement whose dataset the emulator would not find again.
var createSchema = regexp.MustCompile("(?is)^\\s*CREATE\\s+SCHEMA\\s+(IF\\s+NOT\\s+EXISTS\\s+)?`?([A-Za-z0-9_]+)`?")

// schema makes a dataset.
func (j *jobs) schema(r *http.Request, project, name string, lenient, dry bool) (int, []byte) {
	done := nothing
	if dry {
		return http.StatusOK, done
	}
	if status, _ := j.call(r, http.MethodGet, "/projects/"+project+"/datasets/"+name, nil); status == http.StatusOK {
		if lenient {
			return http.StatusOK, done
		}
		b, _ := json.Marshal(map[string]any{"error": map[string]any{"code": http.StatusConflict, "message": "Already Exists: Dataset " + name, "errors": []any{
			map[string]any{"reason": "duplicate", "message": "Already Exists: Dataset " + name},
		}}}) // always marshals
		return http.StatusConflict, b
	}
	status, body := j.call(r, http.MethodPost, "/projects/"+project+"/datasets", map[string]any{
		"datasetReference": map[string]string{"projectId": project, "datasetId": name},
	})
	if status >= 400 {
		return status, body
	}
	// A dataset without tables has no INFORMATION_SCHEMA here.
	status, body = j.run(r, project, request{Query: fmt.Sprintf("CREATE TABLE `%s`.`%s`.emulator (marker INT64)", project, name)})
	if status >= 400 {
		return status, body
	}
	return http.StatusOK, done
}

// dry is the answer of a dry run: the columns without the rows, and the bytes.
func (j *jobs) dry(r *http.Request, project, query string, body []byte) []byte {
	var full map[string]json.RawMessage
	if json.Unmarshal(body, &full) != nil {
		return body
	}
	out := map[string]any{
		"kind": "bigquery#queryResponse", "jobComplete": true, "schema": full["schema"],
		"totalBytesProcessed": fmt.Sprint(j.bytes(r, project, query)),
	}
	b, err := json.Marshal(out)
	if err != nil {
		return body
	}
	return b
}

// call is a request of our own to the emulator.
func (j *jobs) call(r *http.Request, method, path string, body any) (int, []byte) {
	var b []byte
	if body != nil {
		b, _ = json.Marshal(body) // structs of strings always marshal
	}
	inner := httptest.NewRequestWithContext(r.Context(), method, "/bigquery/v2"+path, bytes.NewReader(b))
	inner.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	j.next.ServeHTTP(rec, inner)
	return rec.Code, rec.Body.Bytes()
}

// job answers a request for a job that is known: all are done.
func (j *jobs) job(w http.ResponseWriter, what string, cancel bool, known []byte) {
	switch {
	case cancel:
		answer(w, http.StatusOK, []byte(`{"kind":"bigquery#jobCancelResponse","job":`+string(known)+`}`))
	case what == "queries":
		answer(w, http.StatusOK, []byte(`{"kind":"bigquery#getQueryResultsResponse","jobComplete":true,"totalRows":"0"}`))
	default:
		answer(w, http.StatusOK, known)
	}
}

func (j *jobs) find(id string) []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.known[id]
}

func (j *jobs) remember(id string, answer []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.known == nil {
		j.known = map[string][]byte{}
	}
	if len(j.order) == remembered {
		delete(j.known, j.order[0])
		j.order = j.order[1:]
	}
	j.known[id] = answer
	j.order = append(j.order, id)
}

var (
	comments  = regexp.MustCompile(`^(?s:\s+|--[^\n]*\n|#[^\n]*\n|/\*.*?\*/)*`)
	firstWord = regexp.MustCompile(`^[A-Za-z]+`)
	asSelect  = regexp.MustCompile(`(?is)^CREATE\s.*?\sAS\s*(\(|SELECT\b|WITH\b|FROM\b)`)
)

// kindOfStatement is its first word; what begins a query is a SELECT.
func kindOfStatement(query string) string {
	query = query[len(comments.FindString(query)):]
	switch word := strings.ToUpper(firstWord.FindString(query)); word {
	case "SELECT", "WITH", "FROM", "":
		return "SELECT"
	default:
		return word
	}
}

// readingPart is what of a statement a dry run may run: the emulator keeps the tables
// that a dry run makes.
func readingPart(query, kind string) string {
	switch kind {
	case "SELECT", "MERGE", "INSERT", "UPDATE", "DELETE":
		return query
	}
	query = query[len(comments.FindString(query)):]
	if m := asSelect.FindStringSubmatchIndex(query); m != nil {
		return query[m[2]:]
	}
	return ""
}

func decode(w http.ResponseWriter, r *http.Request, to any) bool {
	if err := json.NewDecoder(r.Body).Decode(to); err != nil {
		refuse(w, http.StatusBadRequest, "invalid", err.Error())
		return false
	}
	return true
}

func refuse(w http.ResponseWriter, status int, reason, message string) {
	body, _ := json.Marshal(map[string]any{"error": map[string]any{ // always marshals
		"code": status, "message": message, "errors": []any{map[string]any{"reason": reason, "message": message}},
	}})
	answer(w, status, body)
}

func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone
}
