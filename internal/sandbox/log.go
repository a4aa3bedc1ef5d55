package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// Recorded is one request as it came and as it was answered. URL is the path, with the fake's prefix, and the query. No
// field holds a credential: of an Authorization header only the scheme is kept.
type Recorded struct {
	Seq        int64     `json:"seq"`
	Time       time.Time `json:"time"`
	Fake       string    `json:"fake"`
	Account    string    `json:"account"`
	Method     string    `json:"method"`
	URL        string    `json:"url"`
	Route      string    `json:"route"`
	Status     int       `json:"status"` // 0 = no answer
	Fault      string    `json:"fault,omitempty"`
	Rows       int       `json:"rows"`
	Rejected   int       `json:"rejected"`
	Duplicates int       `json:"duplicates"`
	BytesIn    int       `json:"bytes_in"`
	BytesOut   int       `json:"bytes_out"`

	// Kept says that the rest is known: it is for the most recent requests only.
	Kept           bool        `json:"kept"`
	Header         http.Header `json:"header,omitempty"`
	Body           []byte      `json:"-"`
	ResponseHeader http.Header `json:"response_header,omitempty"`
	ResponseBody   []byte      `json:"-"`
}

func (r Recorded) key() counterKey {
	return counterKey{
		Fake: r.Fake, Account: r.Account, Method: r.Method, Route: r.Route, Status: r.Status, Fault: r.Fault,
	}
}

func encRecorded(tx *fake.Tx, r Recorded) {
	tx.Int(r.Seq)
	tx.Time(r.Time)
	for _, s := range []string{r.Fake, r.Account, r.Method, r.URL, r.Route, r.Fault} {
		tx.Str(s)
	}
	for _, n := range []int{r.Status, r.Rows, r.Rejected, r.Duplicates, r.BytesIn, r.BytesOut} {
		tx.Int(int64(n))
	}
}

func decRecorded(d *fake.Dec) (r Recorded) {
	r.Seq, r.Time = d.Int(), d.Time()
	for _, s := range []*string{&r.Fake, &r.Account, &r.Method, &r.URL, &r.Route, &r.Fault} {
		*s = d.Str()
	}
	for _, n := range []*int{&r.Status, &r.Rows, &r.Rejected, &r.Duplicates, &r.BytesIn, &r.BytesOut} {
		*n = int(d.Int())
	}
	return r
}

// requestLog is the most recent requests, without their bodies.
type requestLog struct {
	most  int
	items []Recorded // a ring once it is full
	next  int
}

func (l *requestLog) add(r Recorded) {
	if len(l.items) < l.most {
		l.items = append(l.items, r)
		return
	}
	l.items[l.next] = r
	l.next = (l.next + 1) % l.most
}

// all returns the requests, oldest first.
func (l *requestLog) all() []Recorded {
	return append(append(make([]Recorded, 0, len(l.items)), l.items[l.next:]...), l.items[:l.next]...)
}

// secretName finds headers and parameters whose values are not for a log.
func secretName(name string) bool {
	name = strings.ToLower(name)
	if name == "idempotency-key" {
		return false
	}
	for _, part := range []string{"auth", "cookie", "token", "key", "secret", "signature", "password"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

const hidden = "***"

// safeHeader copies a header without credentials.
func safeHeader(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		if !secretName(name) {
			out[name] = slices.Clone(values)
			continue
		}
		for _, v := range values {
			scheme, _, several := strings.Cut(v, " ")
			if !several || !strings.EqualFold(name, "Authorization") {
				scheme = ""
			}
			out[name] = append(out[name], strings.TrimSpace(scheme+" "+hidden))
		}
	}
	return out
}

// safeURL is the path and the query without credentials.
func safeURL(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	safe := make(url.Values, len(query))
	for name, values := range query {
		if secretName(name) {
			values = []string{hidden}
		}
		safe[name] = values
	}
	return path + "?" + safe.Encode()
}
