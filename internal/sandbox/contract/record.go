package contract

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
)

// Recorder stands before the fake of a vendor in a test and records what passes, with headers as they are: what it has
// recorded is for Check, not for a log. It is safe for concurrent use.
type Recorder struct {
	Next http.Handler

	mu  sync.Mutex
	log []sandbox.Recorded
}

// ServeHTTP passes the request on and the answer back.
func (rec *Recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the sender went away
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	rec.Next.ServeHTTP(answer, r)

	rec.mu.Lock()
	rec.log = append(rec.log, sandbox.Recorded{
		Seq: int64(len(rec.log)) + 1, Time: time.Now(), Method: r.Method, URL: r.URL.RequestURI(), Status: answer.Code,
		BytesIn: len(body), BytesOut: answer.Body.Len(), Kept: true, Header: r.Header.Clone(), Body: body,
		ResponseHeader: answer.Header().Clone(), ResponseBody: bytes.Clone(answer.Body.Bytes()),
	})
	rec.mu.Unlock()

	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // a sender that has gone away has its request recorded all the same
}

// Requests returns what was recorded so far.
func (rec *Recorder) Requests() []sandbox.Recorded {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return append([]sandbox.Recorded(nil), rec.log...)
}
