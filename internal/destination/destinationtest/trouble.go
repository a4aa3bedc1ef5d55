package destinationtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// link is the server between a destination and its remote system.
type link struct {
	next  http.Handler
	calls atomic.Int64
	fault atomic.Pointer[http.HandlerFunc] // nil passes the request on
	stop  chan struct{}
}

func (l *link) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.calls.Add(1)
	if f := l.fault.Load(); f != nil {
		(*f)(w, r)
		return
	}
	l.next.ServeHTTP(w, r)
}

func (l *link) set(f http.HandlerFunc) {
	if f == nil {
		l.fault.Store(nil)
		return
	}
	l.fault.Store(&f)
}

// drop closes the connection without an answer.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// answer gives a status and an error in the vendor's words.
func (b *bench) answer(status int, header, value, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if header != "" {
			w.Header().Set(header, value)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, b.h.Echo(text))
	}
}

// typed reports whether an error is one that says that nothing was applied.
func typed(err error) bool {
	var t *cdp.Throttled
	var f *cdp.Fatal
	var r *cdp.Refused
	return errors.As(err, &t) || errors.As(err, &f) || errors.As(err, &r)
}

var trouble = []struct {
	name string
	test func(*testing.T, *bench)
}{
	{"429 with Retry-After", func(t *testing.T, b *bench) { throttled(t, b, 429, cdp.RateLimited) }},
	{"503 with Retry-After", func(t *testing.T, b *bench) { throttled(t, b, 503, cdp.Unavailable) }},
	{"408 with Retry-After", func(t *testing.T, b *bench) { throttled(t, b, 408, cdp.Unavailable) }},
	{"503 after, then repeated", busyAfter},
	{"401", func(t *testing.T, b *bench) { fatal(t, b, 401) }},
	{"403", func(t *testing.T, b *bench) { fatal(t, b, 403) }},
	{"500, then repeated", func(t *testing.T, b *bench) { unknown(t, b, b.answer(500, "", "", "oops")) }},
	{"502, then repeated", func(t *testing.T, b *bench) { unknown(t, b, b.answer(502, "", "", "oops")) }},
	{"504, then repeated", func(t *testing.T, b *bench) { unknown(t, b, b.answer(504, "", "", "oops")) }},
	{"connection lost before, then repeated", func(t *testing.T, b *bench) {
		unknown(t, b, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			drop(w)
		})
	}},
	{"connection lost after, then repeated", func(t *testing.T, b *bench) {
		unknown(t, b, func(w http.ResponseWriter, r *http.Request) {
			b.link.next.ServeHTTP(httptest.NewRecorder(), r)
			drop(w)
		})
	}},
	{"answer is nonsense, then repeated", func(t *testing.T, b *bench) {
		unknown(t, b, func(w http.ResponseWriter, r *http.Request) {
			b.link.next.ServeHTTP(httptest.NewRecorder(), r)
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"res`)
		})
	}},
	{"timeout before, then repeated", func(t *testing.T, b *bench) { late(t, b, false) }},
	{"timeout after, then repeated", func(t *testing.T, b *bench) { late(t, b, true) }},
	{"nobody listens", nobody},
	{"redirect", redirect},
	{"vendor quotes the rows", quotes},
}

func throttled(t *testing.T, b *bench, status int, code cdp.Code) {
	rows := b.rowsFrom(0, 3)
	// The destination has what it needs for a call: a token, the id of a list.
	before := b.rowsFrom(50, 1)
	b.deliver(t, b.batch(9, before...))
	b.link.set(b.answer(status, "Retry-After", "7", "slow down"))
	_, err := b.push(context.Background(), t, b.batch(1, rows...))
	var wait *cdp.Throttled
	if !errors.As(err, &wait) || wait.After != 7*time.Second || wait.Code != code {
		t.Fatalf("got %#v, want *cdp.Throttled of 7 s, %s", err, code)
	}
	if doubt := status != http.StatusTooManyRequests && !slices.Contains(b.h.Waits, status); wait.Doubt != doubt {
		t.Errorf("in doubt whether it was applied: %t, want %t", wait.Doubt, doubt)
	}
	b.link.set(b.answer(status, "", "", "slow down"))
	if _, err = b.push(context.Background(), t, b.batch(1, rows...)); !errors.As(err, &wait) {
		t.Fatalf("without Retry-After: %#v", err)
	}
	b.holds(t, before)
	again(t, b, append(before, rows...))
}

// busyAfter: a server that is busy may have applied the rows all the same.
func busyAfter(t *testing.T, b *bench) {
	rows := b.rowsFrom(0, 3)
	b.link.set(func(w http.ResponseWriter, r *http.Request) {
		b.link.next.ServeHTTP(httptest.NewRecorder(), r)
		b.answer(http.StatusServiceUnavailable, "", "", "busy")(w, r)
	})
	if got, err := b.push(context.Background(), t, b.batch(1, rows...)); err == nil {
		t.Errorf("no error: %+v", got)
	}
	again(t, b, rows)
}

func fatal(t *testing.T, b *bench, status int) {
	b.link.set(b.answer(status, "", "", "no"))
	_, err := b.push(context.Background(), t, b.batch(1, b.rowsFrom(0, 3)...))
	var f *cdp.Fatal
	if !errors.As(err, &f) || f.Help == "" {
		t.Fatalf("got %#v, want *cdp.Fatal with help", err)
	}
	if err := b.d.Check(context.Background(), b.h.Delivery); b.link.calls.Load() > 1 && !errors.As(err, &f) {
		t.Errorf("Check says %v", err)
	}
	b.holds(t, nil)
}

// unknown: an error without a type, and a repeat that leaves every row once.
func unknown(t *testing.T, b *bench, fault http.HandlerFunc) {
	rows := b.rowsFrom(0, 3)
	// A connection that was used before is where net/http would send a request
	// again by itself.
	before := b.rowsFrom(50, 1)
	b.deliver(t, b.batch(9, before...))
	b.link.set(fault)
	calls := b.link.calls.Load()
	_, err := b.push(context.Background(), t, b.batch(1, rows...))
	if err == nil || typed(err) {
		t.Fatalf("got %#v, want an error that leaves the outcome open", err)
	}
	if n := b.link.calls.Load() - calls; n != 1 {
		t.Errorf("%d calls, want 1: a destination does not retry", n)
	}
	again(t, b, append(before, rows...))
}

// again sends rows over a mended link and expects each of them once.
func again(t *testing.T, b *bench, rows []cdp.Delta) {
	t.Helper()
	b.link.set(nil)
	for i, r := range b.deliver(t, b.batch(1, rows...)) {
		if r.Fate != cdp.Delivered {
			t.Errorf("again, row %d: %+v", i, r)
		}
	}
	b.holds(t, rows)
}

func late(t *testing.T, b *bench, after bool) {
	rows := b.rowsFrom(0, 3)
	applied := make(chan struct{}, 16)
	b.link.set(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if after {
			b.link.next.ServeHTTP(httptest.NewRecorder(), r)
		}
		applied <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-b.link.stop:
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-applied; cancel() }()
	_, err := b.push(ctx, t, b.batch(1, rows...))
	if !errors.Is(err, context.Canceled) || typed(err) {
		t.Fatalf("got %#v, want an error that wraps context.Canceled", err)
	}
	again(t, b, rows)
}

func nobody(t *testing.T, b *bench) {
	b.server.CloseClientConnections()
	_ = b.server.Listener.Close()
	_, err := b.push(context.Background(), t, b.batch(1, b.rowsFrom(0, 2)...))
	var wait *cdp.Throttled
	if !errors.As(err, &wait) || wait.Code != cdp.Unavailable {
		t.Fatalf("got %#v, want *cdp.Throttled, unavailable: nothing was sent", err)
	}
}

func redirect(t *testing.T, b *bench) {
	var reached atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 307, 308} {
		b.link.set(b.answer(status, "Location", strings.Replace(other.URL, "127.0.0.1", "localhost", 1)+"/", "moved"))
		_, err := b.push(context.Background(), t, b.batch(1, b.rowsFrom(0, 2)...))
		var f *cdp.Fatal
		if !errors.As(err, &f) {
			t.Errorf("%d: got %#v, want *cdp.Fatal", status, err)
		}
	}
	if reached.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// quotes: a vendor that repeats the whole request, and the token, in its error.
func quotes(t *testing.T, b *bench) {
	rows := b.rowsFrom(0, 2)
	for _, status := range []int{400, 401, 403, 404, 409, 413, 422, 429, 500, 503} {
		b.link.set(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = http.NoBody
			b.answer(status, "", "", r.Header.Get("Authorization")+" "+string(body))(w, r)
		})
		if _, err := b.push(context.Background(), t, b.batch(1, rows...)); err == nil {
			t.Errorf("%d: no error", status)
		}
		for _, row := range rows { // and each value by itself, at the front of the text
			for _, text := range []string{row.Key, string(row.Fields), string(row.Match), Secret} {
				b.link.set(b.answer(status, "", "", text))
				// A batch of one may get its result at once.
				if got, err := b.push(context.Background(), t, b.batch(1, row)); err == nil && got[0].Fate == cdp.Delivered {
					t.Errorf("%d: delivered", status)
				}
			}
		}
	}
	b.holds(t, nil)
}
