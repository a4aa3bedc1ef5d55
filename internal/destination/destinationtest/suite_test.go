package destinationtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/destinationtest"
)

// store is a remote system in memory.
type store struct {
	mu   sync.Mutex
	held map[string]bool
}

func (s *store) keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.held))
}

func (s *store) apply(r cdp.Delta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Op == cdp.Remove {
		delete(s.held, r.Key)
	} else {
		s.held[r.Key] = true
	}
}

func row(i int) cdp.Delta {
	return cdp.Delta{
		Op: cdp.Add, RowID: "p_" + strconv.Itoa(i), Key: fmt.Sprintf("ann.%d@example.com", i),
		Fields:         json.RawMessage(fmt.Sprintf(`{"name":"Annabel %d"}`, i)),
		IdempotencyKey: fmt.Sprintf("%064x", i),
	}
}

func spec(session bool) cdp.DestinationSpec {
	return cdp.DestinationSpec{
		Type: "fake", Session: session, Limits: cdp.Limits{MaxRows: 10, Concurrent: 4},
		Writes: []cdp.RemoteSpec{{Kind: cdp.Object, Actions: []cdp.Action{cdp.ActionIgnore, cdp.ActionDelete}}},
	}
}

// session holds rows back until Commit.
type session struct {
	*store
	mu     sync.Mutex
	open   bool
	staged []cdp.Delta
}

var errClosed = errors.New("no session is open")

func (s *session) Check(context.Context, cdp.Delivery) error { return nil }
func (s *session) Close() error                              { return nil }

func (s *session) Begin(context.Context, cdp.Delivery) error {
	s.open, s.staged = true, nil
	return nil
}

func (s *session) Push(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !s.open {
		return nil, errClosed
	}
	s.staged = append(s.staged, b.Rows...)
	out := make([]cdp.Result, len(b.Rows))
	for i := range out {
		out[i].Fate = cdp.Delivered
	}
	return out, nil
}

func (s *session) Commit(context.Context) error {
	for _, r := range s.staged {
		s.apply(r)
	}
	s.open, s.staged = false, nil
	return nil
}

func (s *session) Abort(context.Context) error {
	s.open, s.staged = false, nil
	return nil
}

// poller answers with a job and settles it at the second question.
type poller struct {
	*store
	mu   sync.Mutex
	jobs map[string][]cdp.Delta
	seen map[string]int
}

func (p *poller) Check(context.Context, cdp.Delivery) error { return nil }
func (p *poller) Close() error                              { return nil }

func (p *poller) Push(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	job := fmt.Sprintf("job-%d-%d", b.Number, len(p.jobs))
	p.jobs[job] = b.Rows
	out := make([]cdp.Result, len(b.Rows))
	for i := range out {
		out[i] = cdp.Result{Fate: cdp.Pending, Job: job, Place: i}
	}
	return out, nil
}

func (p *poller) Poll(_ context.Context, _ cdp.Delivery, job string) (cdp.JobState, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen[job]++; p.seen[job] < 2 {
		return cdp.JobState{}, nil
	}
	state := cdp.JobState{Done: true}
	for i, r := range p.jobs[job] {
		if string(r.Fields) == "{}" {
			state.Rejected = append(state.Rejected, cdp.JobRejection{
				Place: i, Result: cdp.Result{Fate: cdp.Rejected, Code: cdp.MissingValue, Reason: "no name"},
			})
			continue
		}
		p.apply(r)
	}
	return state, nil
}

func TestSession(t *testing.T) {
	destinationtest.Suite(t, harness(true, func(s *store) cdp.Destination { return &session{store: s} }))
}

func TestPoller(t *testing.T) {
	h := harness(false, func(s *store) cdp.Destination {
		return &poller{store: s, jobs: map[string][]cdp.Delta{}, seen: map[string]int{}}
	})
	h.Bad = func(i int) cdp.Delta {
		r := row(i)
		r.Fields = json.RawMessage(`{}`)
		return r
	}
	destinationtest.Suite(t, h)
}

func harness(sessions bool, open func(*store) cdp.Destination) destinationtest.Harness {
	var s *store
	return destinationtest.Harness{
		Spec:     spec(sessions),
		New:      func(destination.Config) (cdp.Destination, error) { return open(s), nil },
		Delivery: cdp.Delivery{Kind: cdp.Object, Remote: "people", Mode: cdp.Upsert, Key: "email"},
		Row:      row,
		Start: func(*testing.T) destinationtest.Remote {
			s = &store{held: map[string]bool{}}
			mine := s
			return destinationtest.Remote{
				Config: func(string) destination.Config { return destination.Config{Name: "fake"} },
				Held:   mine.keys,
			}
		},
	}
}
