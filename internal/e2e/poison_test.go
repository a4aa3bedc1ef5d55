package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// receiver takes rows of webhooks, and crashes at those of some keys, with whatever is beside them.
type receiver struct {
	mu    sync.Mutex
	bad   []string
	took  map[string]bool     // by key
	names map[string][]string // idempotency keys by key
}

type webhookRow struct {
	Key  string `json:"key"`
	Name string `json:"idempotency_key"`
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	var in struct {
		Rows []webhookRow `json:"rows"`
	}
	if json.NewDecoder(q.Body).Decode(&in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range in.Rows {
		if !slices.Contains(r.names[row.Key], row.Name) {
			r.names[row.Key] = append(r.names[row.Key], row.Name)
		}
	}
	if slices.ContainsFunc(in.Rows, func(row webhookRow) bool { return slices.Contains(r.bad, row.Key) }) {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	for _, row := range in.Rows {
		r.took[row.Key] = true
	}
}

// has returns how many rows were taken, and how many idempotency keys came with one.
func (r *receiver) has(key string) (rows, names int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.took), len(r.names[key])
}

func (r *receiver) mend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bad = nil
}

// TestPoisonousRow: a row at which the receiver crashes holds up itself. It is unknown, waits as a
// row does that was rejected, and is sent at once when its value is another; all the others
// are delivered by the first run.
func TestPoisonousRow(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		const bad = "p7@example.com"
		box := &receiver{bad: []string{bad}, took: map[string]bool{}, names: map[string][]string{}}
		server := httptest.NewServer(box)
		t.Cleanup(server.Close)
		p := newProjectOn(t, warehouse, map[string]string{
			"kith.yml": fmt.Sprintf("version: 1\nname: poison\ndefault_target: local\ntargets: {local: {%s, deliver: live}}\n"+
				"destinations: [{name: hook, type: webhook, base_url: \"%s/\", batch_size: 50, concurrency: 1, allow_private: true}]\n", embeddedTarget, server.URL),
			"models/people.yml": fileProject["models/people.yml"],
			"syncs/people.yml":  "syncs:\n  - {name: a_people, from: {source: people}, to: {destination: hook, object: people}, key: {email: email}, fields: {amount: amount}}\n",
		})
		makePeople(p, 60)
		r := p.Run(nil, "sync", "--json")
		s := parse(t, r.Out).Syncs[0]
		if rows, names := box.has(bad); r.Code != 3 || s.Delivered != 59 || s.Unknown != 1 || rows != 59 || names != 1 {
			t.Fatalf("exit %d, %+v, %d rows there, %d keys", r.Code, s, rows, names)
		}
		if out := p.Run(nil, "log", "--rejected").Out; !strings.Contains(out, "no_answer") || !strings.Contains(out, "500") {
			t.Errorf("%s", out)
		}
		update(p, "people", "amount = 5", "id = 8")
		if s := parse(t, p.Run(nil, "sync", "--json").Out).Syncs[0]; s.Held != 1 || s.Delivered != 1 || s.Requests != 1 {
			t.Errorf("it waits: %+v", s)
		}
		update(p, "people", "amount = 5", "id = 7") // by itself
		s = parse(t, p.Run(nil, "sync", "--json").Out).Syncs[0]
		if _, names := box.has(bad); s.Unknown != 1 || s.Status != "partial" || names != 2 {
			t.Errorf("with another value: %+v, %d keys", s, names)
		}
		box.mend()
		s = parse(t, p.Kith("sync", "--retry-rejected", "--json")).Syncs[0]
		if rows, names := box.has(bad); s.Delivered != 1 || rows != 60 || names != 2 {
			t.Errorf("mended: %+v, %d rows there, %d keys", s, rows, names)
		}
		if out := p.Run(nil, "log", "--rejected").Out; strings.Contains(out, "no_answer") {
			t.Errorf("%s", out)
		}
	})
}
