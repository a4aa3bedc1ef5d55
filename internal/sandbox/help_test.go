package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

const token = "pat-test-1"

// clock is a clock that moves when it is told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// unlimited is a sandbox without rate limits.
func unlimited() sandbox.Options {
	return sandbox.Options{
		HubSpot: hubspot.Config{Limits: hubspot.Limits{TenSecondly: -1, Daily: -1, Search: -1}},
		Rand:    rand.New(rand.NewPCG(1, 2)),
	}
}

// client talks to a served sandbox.
type client struct {
	tb   testing.TB
	s    *sandbox.Sandbox
	base string
	http *http.Client
}

func open(tb testing.TB, dir string, opts sandbox.Options) *client {
	tb.Helper()
	s, err := sandbox.Open(dir, opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	base, err := s.Serve(tb.Context(), "")
	if err != nil {
		tb.Fatal(err)
	}
	c := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	tb.Cleanup(c.CloseIdleConnections)
	return &client{tb: tb, s: s, base: base, http: c}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// json reads the body as an object.
func (a answer) json(tb testing.TB) map[string]any {
	tb.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		tb.Fatalf("%v: %s", err, a.body)
	}
	return v
}

// send makes a request with a JSON body (a string as it is) and the test's token.
func (c *client) send(method, path string, body any, headers ...string) (answer, error) {
	var r io.Reader
	if body != nil {
		text, ok := body.(string)
		if !ok {
			b, err := json.Marshal(body)
			if err != nil {
				c.tb.Fatal(err)
			}
			text = string(b)
		}
		r = strings.NewReader(text)
	}
	req, err := http.NewRequestWithContext(c.tb.Context(), method, c.base+path, r)
	if err != nil {
		c.tb.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, b}, err
}

// want sends and checks the status.
func (c *client) want(status int, method, path string, body any, headers ...string) answer {
	c.tb.Helper()
	a, err := c.send(method, path, body, headers...)
	if err != nil {
		c.tb.Fatalf("%s %s: %v", method, path, err)
	}
	if a.status != status {
		c.tb.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, status, a.body)
	}
	return a
}

const upsertPath = "/hubspot/crm/v3/objects/contacts/batch/upsert"

type object = map[string]any

func upsert(emails ...string) object {
	inputs := make([]object, len(emails))
	for i, e := range emails {
		inputs[i] = object{
			"id": e, "idProperty": "email", "objectWriteTraceId": fmt.Sprint("t", i), "properties": object{"firstname": "Ada"},
		}
	}
	return object{"inputs": inputs}
}

func (c *client) contacts() map[string]hubspot.Record {
	c.tb.Helper()
	got, err := c.s.HubSpot(token).Objects("contacts")
	if err != nil {
		c.tb.Fatal(err)
	}
	return got
}

func (c *client) counters() sandbox.Counters {
	c.tb.Helper()
	got, err := c.s.Counters()
	if err != nil {
		c.tb.Fatal(err)
	}
	return got
}

func contains(tb testing.TB, b []byte, want string) {
	tb.Helper()
	if !bytes.Contains(b, []byte(want)) {
		tb.Errorf("%q is not in %s", want, b)
	}
}
