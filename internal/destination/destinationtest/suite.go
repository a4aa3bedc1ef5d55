package destinationtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// Secret is what every secret option resolves to in the suite. It must appear in
// no error and no result.
const Secret = "Zx9-planted-secret-4711-qQ"

// Harness is what the suite needs to know about a destination.
type Harness struct {
	Spec cdp.DestinationSpec
	New  func(destination.Config) (cdp.Destination, error)
	// Start makes an empty remote system.
	Start    func(t *testing.T) Remote
	Delivery cdp.Delivery
	// Row is the i-th valid row, an Add, different from all others, with personal
	// data in it. Bad is one that the remote system refuses, alone or with its
	// batch; nil when there is no such thing.
	Row, Bad func(i int) cdp.Delta
	// Limits are those under the configuration of Start; the Spec's by default.
	Limits cdp.Limits
	// Echo words an error of the vendor that quotes a text; a JSON object with
	// "message" by default.
	Echo func(text string) string
	// Waits are the statuses, beside 429, of which the remote system promises that nothing
	// was applied.
	Waits []int
	// Duplicates says that the remote system does not recognise a repeated row.
	Duplicates bool
}

// Remote is a remote system.
type Remote struct {
	Handler http.Handler // nil when it is not called over HTTP
	// Config makes the configuration that writes to it, at url.
	Config func(url string) destination.Config
	// Held are the keys of the rows that it holds, once for every time.
	Held func() []string
}

// bench is one destination with its remote system and the trouble between them.
type bench struct {
	h      Harness
	d      cdp.Destination
	remote Remote
	link   *link
	server *httptest.Server
	mu     sync.Mutex
	said   []string // every error and result, searched at the end
	rows   []cdp.Delta
}

// Suite runs every test that applies to the destination.
func Suite(t *testing.T, h Harness) {
	if h.Limits.MaxRows == 0 {
		h.Limits = h.Spec.Limits
	}
	if h.Echo == nil {
		h.Echo = func(text string) string { return fmt.Sprintf(`{"message":%s}`, destination.AppendString(nil, text)) }
	}
	run := func(name string, f func(t *testing.T, b *bench)) {
		t.Run(name, func(t *testing.T) {
			b := start(t, h)
			f(t, b)
			b.secrecy(t)
		})
	}
	run("check writes nothing", checks)
	run("results in order", order)
	run("empty batch", empty)
	run("maximal batch", maximal)
	run("oversize row", oversize)
	run("removals", removals)
	run("concurrent pushes", concurrent)
	run("cancelled before", cancelledBefore)
	if h.Bad != nil {
		run("one row refused", refused)
	}
	if h.Spec.Write(h.Delivery.Kind).Find {
		run("find", find)
	}
	if h.Spec.Session {
		run("session aborted", aborted)
		run("session committed", committed)
	}
	if h.Start(t).Handler == nil {
		return
	}
	for _, c := range trouble {
		run(c.name, c.test)
	}
}

func start(t *testing.T, h Harness) *bench {
	b := &bench{h: h, remote: h.Start(t)}
	url := ""
	if b.remote.Handler != nil {
		b.link = &link{next: b.remote.Handler, stop: make(chan struct{})}
		b.server = httptest.NewServer(b.link)
		t.Cleanup(func() { close(b.link.stop); b.server.Close() })
		url = b.server.URL
	}
	cfg := b.remote.Config(url)
	cfg.AllowPrivate = true
	cfg.Secret = func(string) (string, error) { return Secret, nil }
	d, err := h.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	b.d = d
	b.begin(t)
	return b
}

func (b *bench) session(t *testing.T) cdp.Session {
	t.Helper()
	s, ok := b.d.(cdp.Session)
	if !ok {
		t.Fatal("the Spec says session, the type has none")
	}
	return s
}

func (b *bench) begin(t *testing.T) {
	t.Helper()
	if !b.h.Spec.Session {
		if _, ok := b.d.(cdp.Session); ok {
			t.Fatal("the type is a session, the Spec does not say so")
		}
		return
	}
	if err := b.session(t).Begin(context.Background(), b.h.Delivery); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) commit(t *testing.T) {
	t.Helper()
	if s, ok := b.d.(cdp.Session); ok {
		if err := s.Commit(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// batch makes a batch of rows of one operation and action.
func (b *bench) batch(number int, rows ...cdp.Delta) cdp.Batch {
	out := cdp.Batch{Delivery: b.h.Delivery, Rows: rows, Number: uint32(number), IdempotencyKey: fmt.Sprintf("%064x", number)}
	out.Op = cdp.Add
	if len(rows) > 0 {
		out.Op, out.Action = rows[0].Op, rows[0].Action
	}
	return out
}

func (b *bench) rowsFrom(first, n int) []cdp.Delta {
	out := make([]cdp.Delta, n)
	for i := range out {
		out[i] = b.h.Row(first + i)
	}
	return out
}

// push pushes once, checks the form of what comes back and remembers it.
func (b *bench) push(ctx context.Context, t *testing.T, batch cdp.Batch) ([]cdp.Result, error) {
	t.Helper()
	results, err := b.d.Push(ctx, batch)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows = append(b.rows, batch.Rows...)
	if err != nil {
		b.said = append(b.said, err.Error(), fmt.Sprintf("%+v", err))
		var f *cdp.Fatal
		if errors.As(err, &f) {
			b.said = append(b.said, f.Help)
		}
		return nil, err
	}
	if len(results) != len(batch.Rows) {
		t.Fatalf("%d results for %d rows", len(results), len(batch.Rows))
	}
	for i, r := range results {
		b.said = append(b.said, r.Vendor, r.Reason)
		if problem := malformed(r); problem != "" {
			t.Errorf("result %d %+v: %s", i, r, problem)
		}
	}
	return results, nil
}

// malformed says what is wrong with the form of a result.
func malformed(r cdp.Result) string {
	switch r.Fate {
	case cdp.Delivered:
		if r.Code != cdp.NoCode {
			return "delivered with a code"
		}
	case cdp.Rejected, cdp.Deferred:
		if r.Code == cdp.NoCode || r.Reason == "" {
			return "no code or no reason"
		}
	case cdp.Skipped:
		if r.Code != cdp.Exists && r.Code != cdp.NotFound {
			return "skipped with another code"
		}
	case cdp.Pending:
		if r.Job == "" {
			return "pending without a job"
		}
	default:
		return "not a fate that a destination gives"
	}
	return ""
}

// deliver is the engine in small: it pushes, splits what is refused, and polls.
// It returns the result of each row.
func (b *bench) deliver(t *testing.T, batch cdp.Batch) []cdp.Result {
	t.Helper()
	results, err := b.push(context.Background(), t, batch)
	var no *cdp.Refused
	switch {
	case errors.As(err, &no) && len(batch.Rows) == 1:
		return []cdp.Result{{Fate: cdp.Rejected, Code: no.Code, Vendor: no.Vendor, Reason: no.Reason}}
	case errors.As(err, &no):
		half := len(batch.Rows) / 2
		left, right := batch, batch
		left.Rows, right.Rows = batch.Rows[:half], batch.Rows[half:]
		return append(b.deliver(t, left), b.deliver(t, right)...)
	case err != nil:
		t.Fatalf("push: %v", err)
	}
	return b.repeat(t, batch, b.poll(t, batch, results))
}

// repeat sends the rows that were deferred once more.
func (b *bench) repeat(t *testing.T, batch cdp.Batch, results []cdp.Result) []cdp.Result {
	t.Helper()
	again := batch
	again.Rows = nil
	var at []int
	for i, r := range results {
		if r.Fate == cdp.Deferred {
			again.Rows, at = append(again.Rows, batch.Rows[i]), append(at, i)
		}
	}
	if len(at) == 0 || len(at) == len(results) {
		return results
	}
	for n, r := range b.deliver(t, again) {
		results[at[n]] = r
	}
	return results
}

// poll waits for the jobs of pending rows and settles them.
func (b *bench) poll(t *testing.T, batch cdp.Batch, results []cdp.Result) []cdp.Result {
	t.Helper()
	for i, r := range results {
		if r.Fate != cdp.Pending {
			continue
		}
		p, ok := b.d.(cdp.Poller)
		if !ok {
			t.Fatal("a pending row of a destination that cannot be polled")
		}
		for n := 0; ; n++ {
			state, err := p.Poll(context.Background(), batch.Delivery, r.Job)
			if err != nil || n > 100 {
				t.Fatalf("poll %d: %v", n, err)
			}
			if !state.Done {
				time.Sleep(time.Millisecond)
				continue
			}
			results[i] = jobResult(state, b.h.Spec.Write(batch.Kind).Recognised, batch.Rows[i], r)
			b.mu.Lock()
			b.said = append(b.said, results[i].Vendor, results[i].Reason, state.Reason)
			b.mu.Unlock()
			break
		}
	}
	return results
}

// jobResult is what a job that has ended means for a row that was pending.
func jobResult(state cdp.JobState, by cdp.Recognised, row cdp.Delta, pending cdp.Result) cdp.Result {
	if state.Failed {
		return cdp.Result{Fate: cdp.Unknown, Code: cdp.NoAnswer, Reason: state.Reason}
	}
	if state.All != nil {
		return *state.All
	}
	var match map[string][]string
	_ = json.Unmarshal(row.Match, &match) // a row without it has no values
	for _, no := range state.Rejected {
		here := no.Key != "" && no.Key == row.Key
		by.Known(match, func(name, value string) { here = here || strings.EqualFold(value, no.Match[name]) })
		if no.Key == "" && len(no.Match) == 0 {
			here = no.Place >= pending.Place && no.Place < pending.Place+max(1, pending.Places)
		}
		if here {
			return no.Result
		}
	}
	return cdp.Result{Fate: cdp.Delivered}
}

// holds compares what the remote system holds with what it should.
func (b *bench) holds(t *testing.T, want []cdp.Delta) {
	t.Helper()
	var keys []string
	for _, r := range want {
		keys = append(keys, r.Key)
	}
	got := b.remote.Held()
	slices.Sort(got)
	if b.h.Duplicates {
		got = slices.Compact(got)
	}
	slices.Sort(keys)
	if !slices.Equal(got, keys) {
		t.Errorf("the remote system holds %d rows %v, want %d %v", len(got), cut(got), len(keys), cut(keys))
	}
}

func cut(s []string) []string { return s[:min(len(s), 5)] }

// secrecy searches everything that was said for the secret and for personal data.
func (b *bench) secrecy(t *testing.T) {
	t.Helper()
	all := strings.ToLower(strings.Join(b.said, "\n"))
	if strings.Contains(all, strings.ToLower(Secret)) {
		t.Errorf("the secret is in an error or a result:\n%s", all)
	}
	for _, v := range destination.Values(b.rows...) {
		if len(v) > 3 && strings.Contains(all, strings.ToLower(v)) {
			t.Fatalf("a value of a row, %q, is in an error or a result:\n%s", v, all)
		}
	}
}
