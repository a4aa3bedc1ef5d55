package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/testkit"
)

// TestTracesRefused: a collector that does not take the traces, and variables of OpenTelemetry
// that are not as they should be, keep nothing from running. The log says so in records of its
// own form, and no header's value.
func TestTracesRefused(t *testing.T) {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "unknown: "+r.Header.Get("Api-Key"), http.StatusNotFound)
	}))
	defer collector.Close()
	p := newProjectOn(t, "clickhouse", map[string]string{"kith.yml": serveKith, "models/m.yml": serveModels})
	people := sourceTable{"people", []string{"id int", "name string"}}
	people.create(p)
	people.add(p, cdp.Row{int64(1), "a"})
	p.Env = []string{
		"RECEIVER=http://127.0.0.1:1", "ALERTS=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.URL, "OTEL_BSP_SCHEDULE_DELAY=100",
		"OTEL_EXPORTER_OTLP_HEADERS=Authorization: Bearer planted-one,x=planted%zztwo,api-key=planted-three", "OTEL_RESOURCE_ATTRIBUTES=team",
	}
	s := startJSON(t, p)
	s.ask(`"people_file"`)
	s.await("the collector has refused", func() bool { return strings.Contains(s.log.String(), `"msg":"traces are lost"`) })
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, s.log)
	}
	said := map[string]string{}
	for line := range strings.Lines(s.log.String()) {
		var record struct{ Msg, What, Err string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("no record: %s", line)
		}
		said[record.Msg] += record.What + record.Err + "; "
	}
	for msg, text := range map[string]string{
		"traces do not say all of OTEL_RESOURCE_ATTRIBUTES": "team", "a variable of OpenTelemetry is not used as it is": "parse headers; ",
		"traces are lost": "404 Not Found",
	} {
		if !strings.Contains(said[msg], text) {
			t.Errorf("%s: %q", msg, said[msg])
		}
	}
	if strings.Contains(s.log.String(), "planted") {
		t.Errorf("the log has a secret:\n%s", s.log)
	}
}

// startJSON starts a daemon whose log is for machines.
func startJSON(t *testing.T, p *testkit.Project) *server {
	t.Helper()
	s := &server{t: t, cmd: p.Command([]string{"KITH_SERVE_TOKEN=" + serveToken, "KITH_TEST_DAEMON=200ms"}, "serve", "--json", "--addr", "127.0.0.1:0"), log: &lockedBuffer{}}
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	s.await("it listens", func() bool {
		_, rest, ok := strings.Cut(s.log.String(), `"addr":"http://`)
		addr, _, whole := strings.Cut(rest, `"`)
		s.addr = addr
		return ok && whole
	})
	s.await("it is ready", func() bool { code, _ := s.get("/readyz"); return code == http.StatusOK })
	return s
}
