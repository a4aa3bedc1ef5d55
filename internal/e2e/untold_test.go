package e2e

import (
	"strings"
	"testing"
)

// TestUntold: a place of `alerts:` that cannot be told is a failure of doctor, a warning as the
// daemon begins, and in the status while something is to be told there.
func TestUntold(t *testing.T) {
	t.Parallel()
	p := newProjectOn(t, "clickhouse", map[string]string{"kith.yml": serveKith, "models/m.yml": serveModels})
	p.Env = []string{"RECEIVER=http://127.0.0.1:1"}
	needs(t, p.Run(nil, "doctor"), 1, `fail alerts to ops: url: environment variable ALERTS is not set`, `help: set ALERTS`)
	needs(t, p.Run([]string{"ALERTS=http://127.0.0.1:1/hunter2"}, "doctor"), 1, `fail alerts to ops: not reached`)
	s := startServer(t, p)
	s.await("it warns", func() bool {
		return strings.Contains(s.log.String(), `level=WARN msg="alerts: a place cannot be told" place=ops`)
	})
	s.ask(`"people_file"`) // whose table is not there
	s.await("it failed", func() bool {
		_, body := s.get("/api/status")
		return strings.Contains(body, `"failed"`) && strings.Contains(body, `"untold"`)
	})
	needs(t, p.Run(nil, "status"), 0, `not told yet: ops`)
}
