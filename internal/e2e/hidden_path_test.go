package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// TestHiddenPath: whoever knows the path of an incoming webhook can write there, so nothing
// that people read has it: neither what commands print, nor a plan file, nor what a guard says.
func TestHiddenPath(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()
	p := newProjectOn(t, "clickhouse", map[string]string{
		"kith.yml":          fmt.Sprintf("version: 1\nname: hook\ndefault_target: local\ntargets: {local: {%s, deliver: live}}\ndestinations: [{name: hook, type: webhook, base_url: \"${HOOK}\", allow_private: true}]\n", embeddedTarget),
		"models/people.yml": "sources:\n  - {name: people, table: raw.people, key: id, columns: {id: int, email: string}}\n",
		"syncs/people.yml":  "syncs:\n  - {name: hook, from: {source: people}, to: {destination: hook, object: people}, key: {email: email}, fields: {id: id}, on_removed: delete}\n",
	})
	makePeople(p, 45)
	p.Env = append(p.Env, "HOOK="+receiver.URL+"/services/T0hunter/B0/hunter2")
	run := func(code int, args ...string) string {
		t.Helper()
		r := p.Run(nil, args...)
		if r.Code != code {
			t.Errorf("kith %v: exit %d, want %d\n%s%s", args, r.Code, code, r.Out, r.Err)
		}
		if strings.Contains(r.Out+r.Err, "hunter") {
			t.Errorf("kith %v shows the path:\n%s%s", args, r.Out, r.Err)
		}
		return r.Out + r.Err
	}
	hidden := regexp.MustCompile(`webhook:127\.0\.0\.1:\d+/services/…[0-9a-f]{12}`)
	if out := run(0, "doctor"); !hidden.MatchString(out) {
		t.Errorf("doctor says\n%s", out)
	}
	run(0, "plan", "--out", "first.plan", "--json")
	run(0, "sync", "--plan", "first.plan", "--json")
	for _, args := range [][]string{{"status"}, {"status", "--json"}} {
		if out := run(0, args...); !hidden.MatchString(out) {
			t.Errorf("kith %v says\n%s", args, out)
		}
	}

	remove(p, "people", "id < 22")
	run(0, "plan", "--out", "blocked.plan")
	run(4, "sync")
	file := p.Read("blocked.plan")
	if !hidden.MatchString(file) || strings.Contains(file, "hunter") {
		t.Errorf("the plan file is\n%s", file)
	}
	// A file of a kith that wrote the path out: its id is made of it.
	p.Write("old.plan", hidden.ReplaceAllString(file, strings.Replace(receiver.URL, "http://", "webhook:", 1)+"/services/T0hunter/B0/hunter2"))
	for _, args := range [][]string{{"approve", "old.plan", "--yes"}, {"approve", "old.plan", "--yes", "--json"}} {
		if out := run(1, args...); !strings.Contains(out, "wrote the address of its destination out") {
			t.Errorf("kith %v says\n%s", args, out)
		}
	}
	if out := run(4, "sync", "--plan", "old.plan"); !strings.Contains(out, "wrote the address of its destination out") || !strings.Contains(out, "makes a new plan") {
		t.Errorf("an old plan: %s", out)
	}
	if out := run(0, "approve", "blocked.plan", "--yes"); !hidden.MatchString(out) {
		t.Errorf("approve says\n%s", out)
	}
	run(0, "sync", "--json")

	// Two paths can be told apart.
	p.Env = append(p.Env, "HOOK="+receiver.URL+"/services/T0hunter/B0/hunter3")
	for _, args := range [][]string{{"plan"}, {"sync"}, {"sync", "--json"}, {"status"}, {"status", "--json"}, {"runs", "--json"}} {
		code := 4
		if args[0] != "sync" {
			code = 0
		}
		out := run(code, args...)
		if both := hidden.FindAllString(out, 2); args[0] == "sync" && (len(both) < 2 || both[0] == both[1]) {
			t.Errorf("kith %v says\n%s", args, out)
		}
	}
}
