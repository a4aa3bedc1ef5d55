package e2e

import (
	"strings"
	"testing"
)

// TestStalePlan: where more was stopped since, the plan of before cannot be approved, and
// `kith status` shows the id of what stands now, also where the alert that is on tells the
// first one.
func TestStalePlan(t *testing.T) {
	onBoth(t, func(t *testing.T, warehouse string) {
		p := newFileProjectOn(t, warehouse, 45)
		p.Write("syncs/people.yml", p.Read("syncs/people.yml")+"    schedule: {cron: \"0 0 1 1 *\"}\n")
		p.Write("kith.yml", p.Read("kith.yml")+"alerts: {to: [{name: ops, type: webhook, url: \"http://127.0.0.1:1/x\", allow_private: true}]}\n")
		p.Kith("sync", "--json")
		remove(p, "people", "id < 22")
		s := startServer(t, p)
		s.ask(`"people_file"`)
		s.await("it is blocked", func() bool {
			_, body := s.get("/api/status")
			return strings.Contains(strings.ReplaceAll(body, " ", ""), `"kind":"blocked"`)
		})
		old := stopped(t, p, nil, 4, "plan", "--detailed-exitcode")
		status := p.Kith("status")
		if strings.Count(status, "kith approve") != 1 || !strings.Contains(status, old.Plan) {
			t.Errorf("blocked: %s", status)
		}
		remove(p, "people", "id = 30")
		last := stopped(t, p, nil, 4, "plan", "--detailed-exitcode")
		for _, command := range []string{"plan", "sync"} {
			if command == "sync" {
				stopped(t, p, nil, 4, "sync")
			}
			for _, args := range [][]string{nil, {"--json"}} {
				if status := p.Kith(append([]string{"status"}, args...)...); strings.Contains(status, old.Plan) || !strings.Contains(status, "kith approve "+last.Plan) {
					t.Errorf("after kith %s: not %s, but %s\n%s", command, old.Plan, last.Plan, status)
				}
			}
		}
		needs(t, p.Run(nil, "approve", old.Plan, "--yes"), 1, "plan "+old.Plan+" is not the last", "kith approve "+last.Plan, "kith plan --select people_file")
		p.Kith("approve", last.Plan, "--yes")
		if done := stopped(t, p, nil, 0, "sync"); done.Delivered != 23 {
			t.Errorf("approved: %+v", done)
		}
	})
}
