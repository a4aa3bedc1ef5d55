package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// fakeRemotes are destinations in this process: what they hold, by sync.
type fakeRemotes struct {
	mu    sync.Mutex
	rows  map[string]map[string]string // sync, key, fields
	calls map[string]int               // pushes by sync
	fail  func(sync string) error
	hold  chan struct{} // pushes wait here while it is not nil
	held  int
	job   *cdp.JobState // what becomes of each push, which is a job then; or nil
}

func (f *fakeRemotes) Describe(cfg *cdp.DestinationConfig) (engine.Remote, error) {
	return engine.Remote{Spec: specs()["fake"], Endpoint: "fake:" + cfg.Name, Limits: cdp.Limits{MaxRows: 1000, Concurrent: 1, MaxWait: time.Millisecond, Timeout: time.Minute, PollFor: time.Minute}}, nil
}

func (f *fakeRemotes) Open(context.Context, *cdp.DestinationConfig) (cdp.Destination, error) {
	return fakeDestination{f}, nil
}

func (f *fakeRemotes) heldCount() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.held
}

// state is what a sync's destination holds, by key.
func (f *fakeRemotes) state(sync string) map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]string{}
	for k, v := range f.rows[sync] {
		out[k] = v
	}
	return out
}

type fakeDestination struct{ f *fakeRemotes }

func (d fakeDestination) Check(context.Context, cdp.Delivery) error { return nil }
func (d fakeDestination) Close() error                              { return nil }

func (d fakeDestination) Push(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	f := d.f
	f.mu.Lock()
	hold := f.hold
	if hold != nil {
		f.held++
	}
	f.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
		}
		f.mu.Lock()
		f.held--
		f.mu.Unlock()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[b.Sync]++
	if f.fail != nil {
		if err := f.fail(b.Sync); err != nil {
			return nil, err
		}
	}
	if f.rows[b.Sync] == nil {
		f.rows[b.Sync] = map[string]string{}
	}
	out := make([]cdp.Result, len(b.Rows))
	for i, r := range b.Rows {
		out[i] = cdp.Result{Fate: cdp.Delivered}
		var fields map[string]any
		if err := json.Unmarshal(r.Fields, &fields); err == nil && strings.Contains(fmt.Sprint(fields["label"]), "poison") {
			out[i] = cdp.Result{Fate: cdp.Rejected, Code: cdp.InvalidValue, Reason: "a value that it does not take"}
			continue
		}
		if b.Op == cdp.Remove && strings.HasPrefix(r.Key, "asked") {
			out[i] = cdp.Result{Fate: cdp.Rejected, Code: cdp.Unconfirmed, Reason: "not confirmed yet"}
			continue
		}
		if b.Op == cdp.Remove {
			delete(f.rows[b.Sync], r.Key)
			continue
		}
		f.rows[b.Sync][r.Key] = string(r.Fields)
		if f.job != nil {
			out[i] = cdp.Result{Fate: cdp.Pending, Job: "job of " + b.IdempotencyKey, Place: i, Places: 1}
		}
	}
	return out, nil
}

// Poll says of every job what the test has it say.
func (d fakeDestination) Poll(context.Context, cdp.Delivery, string) (cdp.JobState, error) {
	d.f.mu.Lock()
	defer d.f.mu.Unlock()
	return *d.f.job, nil
}

// sync is a sync of the source people in YAML.
func syncOf(name, rest string) string {
	return "  - {name: " + name + ", from: {source: people}, to: {destination: out, object: " + name + "}, key: {id: id}, fields: {label: label}, on_removed: delete, " + rest + "}\n"
}

// entitySync is a sync of the entity, which needs a build.
func entitySync(name, rest string) string {
	return "  - {name: " + name + ", from: {entity: person}, to: {destination: out, object: " + name + "}, key: {id: pid}, fields: {label: label}, on_removed: delete, " + rest + "}\n"
}

func same(t testing.TB, what string, want, got []string) {
	t.Helper()
	if !slices.Equal(want, got) {
		t.Errorf("%s:\nwant %q\ngot  %q", what, want, got)
	}
}
