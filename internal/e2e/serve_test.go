package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/testkit"
)

const serveToken = "0123456789abcdef0123"

// server is a kith serve that runs.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	addr string
	log  *lockedBuffer
}

// lockedBuffer is written by a process and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func startServer(t *testing.T, p *testkit.Project, env ...string) *server {
	t.Helper()
	s := &server{t: t, cmd: p.Command(append(env, "KITH_SERVE_TOKEN="+serveToken, "KITH_TEST_DAEMON=200ms", "KITH_TEST_LEASE=500ms,3s,2s"), "serve", "--addr", "127.0.0.1:0"), log: &lockedBuffer{}}
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	s.await("it listens", func() bool {
		_, rest, ok := strings.Cut(s.log.String(), "serving on http://")
		s.addr, _, _ = strings.Cut(rest, ":  ")
		s.addr, _, _ = strings.Cut(s.addr, ": Ctrl-C")
		return ok && strings.Contains(rest, "Ctrl-C")
	})
	s.await("it is ready", func() bool { code, _ := s.get("/readyz"); return code == http.StatusOK })
	return s
}

func (s *server) await(what string, ok func() bool) {
	s.t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("%s: not within half a minute\n%s", what, s.log)
}

func (s *server) do(method, path, body string) (int, string) {
	req, err := http.NewRequest(method, "http://"+s.addr+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+serveToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

func (s *server) get(path string) (int, string) { return s.do(http.MethodGet, path, "") }

func (s *server) ask(syncs string) {
	s.t.Helper()
	if code, body := s.do(http.MethodPost, "/api/runs", `{"syncs": [`+syncs+`]}`); code != http.StatusAccepted {
		s.t.Fatalf("%d %s", code, body)
	}
}

const serveKith = `version: 1
name: shop
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}}
destinations:
  - {name: out, type: file, dir: exports}
  - {name: hook, type: webhook, base_url: "${RECEIVER}", allow_private: true}
alerts:
  to: [{name: ops, type: webhook, url: "${ALERTS}", allow_private: true}]
`

const serveModels = `sources:
  - {name: people, table: raw.people, key: id, columns: {id: int, name: string}}
syncs:
  - {name: people_file, from: {source: people}, to: {destination: out, object: people}, key: {id: id}, fields: {name: name}, schedule: {cron: "0 0 1 1 *"}}
  - {name: people_hook, from: {source: people}, to: {destination: hook, object: people}, key: {id: id}, fields: {name: name}}
`

// TestServe: the daemon as an operator runs it: two processes on one project, one is
// killed in the middle of a run, the other goes on; SIGTERM finishes and exits 0;
// SIGHUP reads the project again; people are told once; a collector gets the traces.
func TestServe(t *testing.T) { onBoth(t, serve) }

func serve(t *testing.T, warehouse string) {
	var mu sync.Mutex
	slow, told := true, []string{}
	received := make(chan struct{}, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		wait := slow
		mu.Unlock()
		received <- struct{}{}
		if wait {
			select {
			case <-time.After(5 * time.Second):
			case <-r.Context().Done():
			}
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()
	alerts := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct{ Task, Kind string }
		_ = json.NewDecoder(r.Body).Decode(&m)
		mu.Lock()
		told = append(told, m.Task+" "+m.Kind)
		mu.Unlock()
	}))
	defer alerts.Close()

	p := newProjectOn(t, warehouse, map[string]string{"kith.yml": serveKith, "models/m.yml": serveModels})
	traces := newCollector(t)
	p.Env = []string{"RECEIVER=" + receiver.URL + "/planted-path", "ALERTS=" + alerts.URL, "OTEL_EXPORTER_OTLP_ENDPOINT=" + traces.url, "OTEL_BSP_SCHEDULE_DELAY=200"}
	people := sourceTable{"people", []string{"id int", "name string"}}
	create := func() {
		people.create(p)
		people.add(p, cdp.Row{int64(1), "Planted Person"}, cdp.Row{int64(2), "planted@example.com"})
	}
	create()
	one, two := startServer(t, p), startServer(t, p)

	// Killed with rows on their way: the other process goes on at once, since it sees
	// that the holder of the lease is gone.
	one.ask(`"people_hook"`)
	select {
	case <-received:
	case <-time.After(time.Minute):
		t.Fatalf("nothing was pushed\n%s\n%s", one.log, two.log)
	}
	holder, other := one, two
	if !strings.Contains(one.log.String(), `msg=run task="sync people_hook"`) {
		holder, other = two, one
	}
	if err := holder.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	slow = false
	mu.Unlock()
	other.await("the other goes on", func() bool {
		return fmt.Sprint(newest(p, "status", "firings", "task, tick", "task = 'sync people_hook' AND state = 'done'")) == "[[succeeded]]"
	})
	if n := len(newest(p, "run_id", "runs", "run_id", "status = 'succeeded'")); n != 1 {
		t.Errorf("%d runs succeeded", n)
	}

	// An invalid project is refused and the one before goes on; SIGHUP reads a valid one.
	p.Write("syncs/x.yml", "syncs: [")
	other.await("it refuses", func() bool { _, body := other.get("/readyz"); return strings.Contains(body, "kith validate") })
	p.Write("syncs/x.yml", `syncs: [{name: more_file, from: {source: people}, to: {destination: out, object: more}, key: {id: id}, fields: {name: name}}]`)
	if err := other.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	other.await("it takes the new project", func() bool { _, body := other.get("/api/status"); return strings.Contains(body, "more_file") })

	// One message for an episode, with what to do.
	p.SQL("DROP TABLE raw.people")
	for n := 1; n <= 2; n++ {
		other.ask(`"people_file"`)
		other.await("it fails", func() bool {
			return len(newest(p, "tick", "firings", "task, tick", "task = 'sync people_file' AND status = 'failed'")) == n
		})
	}
	create()
	other.ask(`"people_file"`)
	other.await("people know", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return fmt.Sprint(told) == "[sync people_file failed sync people_file recovered]"
	})
	_, metrics := other.get("/metrics")
	if !strings.Contains(metrics, `kith_runs_total{status="failed",task="sync people_file"} 2`) {
		t.Errorf("metrics:\n%s", metrics)
	}

	if err := other.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := other.cmd.Wait(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, other.log)
	}
	traces.check(t, "sync people_file", "Planted", "planted", serveToken, "raw.people")
	if log := other.log.String(); strings.Contains(log, "level=ERROR") && !strings.Contains(log, "invalid project") {
		t.Errorf("log:\n%s", log)
	}
}

// newest reads the newest row of each key from a table of kith's.
func newest(p *testkit.Project, columns, table, key, where string) []cdp.Row {
	p.T.Helper()
	if onClickHouse(p) {
		return p.Query("SELECT " + columns + " FROM kith." + table + " FINAL WHERE " + where)
	}
	return p.Query("SELECT " + columns + " FROM (SELECT * FROM kith." + table + " WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY " + key + " ORDER BY ver DESC) = 1) WHERE " + where)
}
