package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/daemon"
	"github.com/kithdata/kith/internal/engine"
)

const token = "0123456789abcdef"

// fixedClock stands still.
type fixedClock struct{ now time.Time }

func (c fixedClock) Now() time.Time                             { return c.now }
func (c fixedClock) Sleep(context.Context, time.Duration) error { return nil }

func newServer(token string) *Server {
	return New(Options{
		Daemon: &daemon.Daemon{}, Token: token, Clock: fixedClock{time.Unix(1000, 0)}, Log: slog.New(slog.DiscardHandler), Version: "v1",
		Status: func(context.Context) (any, error) { return map[string]string{"target": "prod"}, nil },
	})
}

// do asks; header is NAME=value.
func do(s *Server, method, path, body string, header ...string) *http.Response {
	r := httptest.NewRequest(method, "http://localhost:8710"+path, strings.NewReader(body))
	for _, h := range header {
		name, value, _ := strings.Cut(h, "=")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Result()
}

// TestWhoMay: probes are open; the rest asks for the token, and without one only this
// machine may read.
func TestWhoMay(t *testing.T) {
	const bearer = "Authorization=Bearer " + token
	for _, c := range []struct {
		name, token, method, path string
		header                    []string
		want                      int
	}{
		{"a probe", token, "GET", "/healthz", nil, 200},
		{"a probe from elsewhere", token, "GET", "/healthz", []string{"Host=kith.example"}, 200},
		{"no token", token, "GET", "/api/status", nil, 401},
		{"a wrong one", token, "GET", "/metrics", []string{"Authorization=Bearer x"}, 401},
		{"without Bearer", token, "GET", "/metrics", []string{"Authorization=" + token}, 401},
		{"the token", token, "GET", "/api/status", []string{bearer}, 200},
		{"metrics", token, "GET", "/metrics", []string{bearer}, 200},
		{"in a query, which is logged", token, "GET", "/api/status?token=" + token, nil, 401},
		{"reading on this machine", "", "GET", "/api/status", nil, 200},
		{"a page's own name (DNS rebinding)", "", "GET", "/api/status", []string{"Host=evil.example"}, 403},
		{"also the probes", "", "GET", "/healthz", []string{"Host=evil.example"}, 403},
		{"nothing may be asked for without a token", "", "POST", "/api/runs", nil, 403},
		{"from another origin", token, "POST", "/api/runs", []string{bearer, "Origin=https://evil.example"}, 403},
		{"from another site", token, "POST", "/api/runs", []string{bearer, "Sec-Fetch-Site=cross-site"}, 403},
		{"another method", token, "DELETE", "/api/runs", []string{bearer}, 405},
		{"unknown", token, "GET", "/", []string{bearer}, 404},
		{"a path as a run", token, "GET", "/api/runs/%2e%2e%2fetc%2fpasswd", []string{bearer}, 404},
		{"SQL as a run", token, "GET", "/api/runs/x'%20OR%201=1", []string{bearer}, 404},
		{"a limit that is none", token, "GET", "/api/runs?limit=1e9", []string{bearer}, 400},
	} {
		resp := do(newServer(c.token), c.method, c.path, `{"syncs": ["a"]}`, c.header...)
		if resp.StatusCode != c.want {
			b, _ := io.ReadAll(resp.Body)
			t.Errorf("%s: %d, not %d: %s", c.name, resp.StatusCode, c.want, b)
		}
		if csp := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", c.name, resp.Header)
		}
	}
}

// TestProbes: a loop that stands still is not healthy; a daemon whose ledger is away, and one
// that stops, is not ready, but one is whose files are invalid, for the project before goes on.
func TestProbes(t *testing.T) {
	now, away := time.Unix(1000, 0), errors.New("password=hunter2 refused")
	for _, c := range []struct {
		h    daemon.Health
		late bool
		code int
	}{
		{daemon.Health{Turned: now.Add(-time.Minute)}, false, 200},
		{daemon.Health{Turned: now.Add(-asleep - time.Second)}, true, 200},
		{daemon.Health{}, false, 200},
		{daemon.Health{Turned: now, Away: away}, false, 503},
		{daemon.Health{Turned: now, Stopped: true}, false, 503},
		{daemon.Health{Turned: now.Add(-asleep - time.Second), Stopped: true}, false, 503}, // what is in flight may take its time
		{daemon.Health{Turned: now, Invalid: away}, false, 200},
		{daemon.Health{Turned: now, Postponed: away}, false, 200},
	} {
		w := httptest.NewRecorder()
		readiness(w, c.h)
		if late := lag(c.h, now) > asleep; late != c.late || w.Code != c.code || strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%+v: late %v, ready %d %s", c.h, late, w.Code, w.Body)
		}
		if warned := strings.Contains(w.Body.String(), "warning"); warned != (c.h.Invalid != nil || c.h.Postponed != nil) {
			t.Errorf("%+v: %s", c.h, w.Body)
		}
	}
}

// TestBodies: what is asked for is one small document of names.
func TestBodies(t *testing.T) {
	s := newServer(token)
	for _, body := range []string{"", "[]", "{}", `{"syncs": "a"}`, `{"syncs": ["a"], "sql": "SELECT 1"}`, `{"syncs": ["a"]} {"syncs": ["b"]}`, `{"syncs": ["` + strings.Repeat("a", maxBody) + `"]}`} {
		if resp := do(s, "POST", "/api/runs", body, "Authorization=Bearer "+token); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%.40s: %d", body, resp.StatusCode)
		}
	}
}

func TestListen(t *testing.T) {
	if _, err := newServer("").Listen(t.Context(), "0.0.0.0:0"); err == nil {
		t.Error("an address that is not this machine's is served without a token")
	}
	for _, s := range []*Server{newServer(""), newServer(token)} {
		ln, err := s.Listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, ln) }() // ends with ctx
		resp, err := http.Get("http://" + ln.Addr().String() + "/healthz")
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%v %v", resp, err)
		} else if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestBroken: an error of ours is not shown to who asks.
func TestBroken(t *testing.T) {
	s := newServer(token)
	s.o.Status = func(context.Context) (any, error) { return nil, errors.New("password=hunter2 in table x") }
	resp := do(s, "GET", "/api/status", "", "Authorization=Bearer "+token)
	b, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusServiceUnavailable || strings.Contains(string(b), "hunter2") {
		t.Errorf("%d %s", resp.StatusCode, b)
	}
	var doc struct{ Status, Error, Help string }
	if err := json.Unmarshal(b, &doc); err != nil || doc.Status != "failed" || doc.Help == "" {
		t.Errorf("%s %v", b, err)
	}
}

// TestMetrics: what the daemon does is counted under names of the project.
func TestMetrics(t *testing.T) {
	s := newServer("")
	s.Observe(daemon.Event{Kind: "run", Task: "sync a", Status: "partial", At: time.Unix(900, 0), Took: 2 * time.Second, Report: &engine.SyncReport{Delivered: 3, Rejected: 1, Remote: 2, Requests: 2, Held: 7, Skipped: 4}})
	s.Observe(daemon.Event{Kind: "run", Task: "sync a", Status: "succeeded", At: time.Unix(900, 0), Report: &engine.SyncReport{Held: 5, Skipped: 4, Pending: 6, Expired: 1}})
	s.Observe(daemon.Event{Kind: "run", Task: "sync a", Status: "partial", At: time.Unix(901, 0), Report: &engine.SyncReport{Held: 5, Skipped: 4, Pending: 6, Expired: 1, Unanswered: true}})
	s.Observe(daemon.Event{Kind: "run", Task: "sync a", Status: "blocked", Report: &engine.SyncReport{}})
	s.Observe(daemon.Event{Kind: "run", Task: "sync a", Status: "failed"})
	s.Observe(daemon.Event{Kind: "reload", Status: "failed"})
	s.Observe(daemon.Event{Kind: "alert", Task: "sync a", Status: "ok"})
	resp := do(s, "GET", "/metrics", "")
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, no := range []string{`fate="held",sync="a"} 12`, `kith_rows_total{fate="skipped"`, "kith_project_valid", "kith_ledger_reachable"} { // it has not begun
		if strings.Contains(string(b), no) {
			t.Errorf("there is %s", no)
		}
	}
	for _, want := range []string{
		`kith_rows_left{fate="held",sync="a"} 5`, `kith_rows_left{fate="pending",sync="a"} 6`, `kith_rows_left{fate="skipped",sync="a"} 4`, `kith_rows_left{fate="expired",sync="a"} 1`,
		`kith_runs_total{status="partial",task="sync a"} 2`, `kith_runs_total{status="failed",task="sync a"} 1`,
		`kith_rows_total{fate="` + string(cdp.Delivered) + `",sync="a"} 3`, `kith_rows_total{fate="rejected",sync="a"} 1`, `kith_rejected_remote_total{sync="a"} 2`, `kith_requests_total{sync="a"} 2`,
		`kith_last_success_timestamp_seconds{task="sync a"} 900`, `kith_run_seconds_sum{task="sync a"} 2`, `kith_reloads_total{status="failed"} 1`,
		`kith_alerts_total{status="ok",task="sync a"} 1`, `kith_build_info{version="v1"} 1`, `kith_running 0`, "go_goroutines",
	} {
		if !strings.Contains(string(b), want+"\n") && !strings.Contains(string(b), want+" ") {
			t.Errorf("no %s", want)
		}
	}
}

// TestMetricsOfHealth: what is not known yet, or any more, is not told.
func TestMetricsOfHealth(t *testing.T) {
	away := errors.New("no")
	for _, c := range []struct {
		h    daemon.Health
		want string
	}{
		{daemon.Health{}, "valid 1 reachable 1"},
		{daemon.Health{Stopped: true}, ""},
		{daemon.Health{Stopped: true, Away: away}, "reachable 0"},
		{daemon.Health{Away: away}, "valid 1 reachable 0"},
		{daemon.Health{Invalid: away}, "valid 0 reachable 1"},
		{daemon.Health{Postponed: away}, "valid 0 reachable 1"},
	} {
		r := prometheus.NewRegistry()
		r.MustRegister(healthCollector{func() daemon.Health { return c.h }})
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, f := range families {
			got[f.GetName()] = fmt.Sprint(f.GetMetric()[0].GetGauge().GetValue())
		}
		text := ""
		for _, name := range []string{"valid", "reachable"} {
			for full, value := range got {
				if strings.HasSuffix(full, name) {
					text += " " + name + " " + value
				}
			}
		}
		if strings.TrimSpace(text) != c.want {
			t.Errorf("%+v: %s, not %s", c.h, text, c.want)
		}
	}
}

// TestMetricsOfTheGone: a task that is no more, or has another name now, is not told of any more.
func TestMetricsOfTheGone(t *testing.T) {
	s := newServer("")
	for _, task := range []string{"sync a", "sync b", "build"} {
		s.Observe(daemon.Event{Kind: "run", Task: task, Status: "succeeded", Took: time.Second, At: time.Unix(900, 0), Report: &engine.SyncReport{Held: 1, Delivered: 1, Remote: 1, Requests: 1}})
	}
	s.Observe(daemon.Event{Kind: "alert", Task: "sync a", Status: "ok"})
	s.metrics.keep([]daemon.TaskInfo{{Name: "sync b"}, {Name: "build"}})
	b, err := io.ReadAll(do(s, "GET", "/metrics", "").Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, `"sync a"`) != strings.HasPrefix(line, "kith_alerts_total{") || strings.Contains(line, `sync="a"`) {
			t.Error(line)
		}
	}
	for _, want := range []string{`kith_last_success_timestamp_seconds{task="sync b"} 900`, `kith_rows_left{fate="held",sync="b"} 1`, `kith_runs_total{status="succeeded",task="build"} 1`} {
		if !strings.Contains(string(b), want+"\n") {
			t.Errorf("no %s", want)
		}
	}
}
