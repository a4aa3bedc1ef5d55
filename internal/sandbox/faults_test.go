package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/sandbox"
)

// meet sends one upsert to a sandbox with one fault.
func meet(t *testing.T, f sandbox.Fault) (*client, answer, error) {
	t.Helper()
	opts := unlimited()
	opts.Faults = []sandbox.Fault{f}
	c := open(t, "", opts)
	a, err := c.send("POST", upsertPath, upsert("ada@example.com"))
	return c, a, err
}

func applied(t *testing.T, c *client, want bool) {
	t.Helper()
	if got := len(c.contacts()) == 1; got != want {
		t.Errorf("applied: %v, want %v", got, want)
	}
	if n := c.counters(); n.Faults != 1 {
		t.Errorf("%+v", n)
	}
}

func TestFaultStatus(t *testing.T) {
	c, a, err := meet(t, sandbox.Fault{Do: sandbox.Answer, Status: 503, Header: map[string]string{"Retry-After": "2"}})
	if err != nil || a.status != 503 || a.header.Get("Retry-After") != "2" || a.json(t)["status"] != "error" {
		t.Errorf("%+v %v", a, err)
	}
	applied(t, c, false)
	if n := c.counters(); n.RateLimited != 0 || n.By[0].Fault != "status" || n.By[0].Status != 503 {
		t.Errorf("%+v", n)
	}
}

func TestFaultStatusAfter(t *testing.T) {
	c, a, err := meet(t, sandbox.Fault{Do: sandbox.AnswerAfter, Status: 504, Body: "<html>gateway"})
	if err != nil || a.status != 504 || string(a.body) != "<html>gateway" {
		t.Errorf("%+v %v", a, err)
	}
	applied(t, c, true)
}

func TestFault429LooksLikeTheVendors(t *testing.T) {
	c, a, err := meet(t, sandbox.Fault{Do: sandbox.Answer, Status: 429})
	if err != nil || a.json(t)["policyName"] != "TEN_SECONDLY_ROLLING" {
		t.Errorf("%s %v", a.body, err)
	}
	if n := c.counters(); n.RateLimited != 0 || n.Faults != 1 {
		t.Errorf("a scripted 429 is not the sender's doing: %+v", n)
	}
}

func TestFaultExpired(t *testing.T) {
	c, a, err := meet(t, sandbox.Fault{Do: sandbox.Expired, From: 1})
	if err != nil || a.status != 401 || a.json(t)["category"] != "EXPIRED_AUTHENTICATION" {
		t.Errorf("%s %v", a.body, err)
	}
	applied(t, c, false)
}

func TestFaultsThatBreakTheConnection(t *testing.T) {
	for name, tc := range map[string]struct {
		fault   sandbox.Fault
		applied bool
		want    error
	}{
		"cut":         {sandbox.Fault{Do: sandbox.Cut}, true, io.ErrUnexpectedEOF},
		"reset":       {sandbox.Fault{Do: sandbox.Reset}, false, syscall.ECONNRESET},
		"reset_after": {sandbox.Fault{Do: sandbox.ResetAfter}, true, syscall.ECONNRESET},
		"before":      {sandbox.Fault{Do: sandbox.TimeoutBefore, Delay: sandbox.Duration(time.Millisecond)}, false, io.EOF},
		"after":       {sandbox.Fault{Do: sandbox.TimeoutAfter, Delay: sandbox.Duration(time.Millisecond)}, true, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			c, a, err := meet(t, tc.fault)
			if !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v (%+v)", err, tc.want, a)
			}
			applied(t, c, tc.applied)
		})
	}
}

func TestFaultTimeoutWaitsForTheSender(t *testing.T) {
	opts := unlimited()
	opts.Faults = []sandbox.Fault{{Do: sandbox.TimeoutAfter, Nth: 1}}
	c := open(t, "", opts)
	c.http.Timeout = 50 * time.Millisecond
	var timeout interface{ Timeout() bool }
	if _, err := c.send("POST", upsertPath, upsert("ada@example.com")); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v", err)
	}
	applied(t, c, true)
	rs, err := c.s.Requests()
	if err != nil || rs[0].Status != 0 || rs[0].Fault != "timeout_after" || rs[0].Rows != 1 || rs[0].ResponseBody != nil {
		t.Errorf("%+v %v", rs, err)
	}
}

func TestFaultDelayAndDrip(t *testing.T) {
	for _, do := range []sandbox.Effect{sandbox.Late, sandbox.Drip} {
		began := time.Now()
		c, a, err := meet(t, sandbox.Fault{Do: do, Delay: sandbox.Duration(60 * time.Millisecond)})
		if took := time.Since(began); err != nil || a.status != 200 || took < 50*time.Millisecond {
			t.Errorf("%s: %d %v after %v", do, a.status, err, took)
		}
		contains(t, a.body, `"status":"COMPLETE"`)
		applied(t, c, true)
	}
}

// statuses sends n requests and returns which of them met a fault, as digits: 1 met, 0 did not.
func (c *client) statuses(n int, method, path string) string {
	var b strings.Builder
	for range n {
		a, err := c.send(method, path, nil)
		if err != nil || a.status == 599 {
			b.WriteByte('1')
			continue
		}
		b.WriteByte('0')
	}
	return b.String()
}

func TestFaultMatching(t *testing.T) {
	const details = "/hubspot/account-info/v3/details"
	for name, tc := range map[string]struct {
		fault sandbox.Fault
		want  string
	}{
		"all":           {sandbox.Fault{}, "111111"},
		"nth":           {sandbox.Fault{Nth: 3}, "001000"},
		"from":          {sandbox.Fault{From: 4}, "000111"},
		"every":         {sandbox.Fault{Every: 2}, "010101"},
		"every, twice":  {sandbox.Fault{Every: 2, Times: 2}, "010100"},
		"times":         {sandbox.Fault{Times: 2}, "110000"},
		"prefix":        {sandbox.Fault{Path: "/hubspot/account"}, "111111"},
		"other prefix":  {sandbox.Fault{Path: "/webhook"}, "000000"},
		"regex":         {sandbox.Fault{PathRegex: `/hubspot/.*/details`, Nth: 1}, "100000"},
		"regex, part":   {sandbox.Fault{PathRegex: `/details`}, "000000"},
		"method":        {sandbox.Fault{Method: "get", Nth: 1}, "100000"},
		"other method":  {sandbox.Fault{Method: "POST"}, "000000"},
		"never by luck": {sandbox.Fault{Probability: 1e-12}, "000000"},
		"always":        {sandbox.Fault{Probability: 1, Times: 1}, "100000"},
	} {
		t.Run(name, func(t *testing.T) {
			opts := unlimited()
			tc.fault.Do, tc.fault.Status = sandbox.Answer, 599
			opts.Faults = []sandbox.Fault{tc.fault}
			c := open(t, "", opts)
			if got := c.statuses(6, "GET", details); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestFaultChanceIsRepeatable(t *testing.T) {
	run := func() string {
		opts := unlimited()
		opts.Faults = []sandbox.Fault{{Do: sandbox.Answer, Status: 599, Probability: 0.5}}
		return open(t, "", opts).statuses(40, "GET", "/nowhere")
	}
	a, b := run(), run()
	if a != b || !strings.Contains(a, "1") || !strings.Contains(a, "0") {
		t.Errorf("%s and %s", a, b)
	}
}

func TestFaultScriptsAreChecked(t *testing.T) {
	for name, script := range map[string]string{
		"effect":    `{"faults":[{"do":"explode"}]}`,
		"no effect": `{"faults":[{}]}`,
		"status":    `{"faults":[{"do":"status","status":99}]}`,
		"delay":     `{"faults":[{"do":"delay"}]}`,
		"duration":  `{"faults":[{"do":"drip","delay":"5 parsecs"}]}`,
		"negative":  `{"faults":[{"do":"cut","nth":-1}]}`,
		"chance":    `{"faults":[{"do":"cut","probability":2}]}`,
		"regex":     `{"faults":[{"do":"cut","path_regex":"("}]}`,
		"typo":      `{"faults":[{"do":"cut","pth":"/"}]}`,
		"trailing":  `{"faults":[]} {}`,
	} {
		if _, err := sandbox.ParseFaults([]byte(script)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	file := filepath.Join(t.TempDir(), "faults.json")
	script := `{"faults":[{"name":"flaky","path":"/hubspot/","every":10,"do":"delay","delay":"1.5s"}]}`
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := sandbox.LoadFaults(file)
	want := []sandbox.Fault{{Name: "flaky", Path: "/hubspot/", Every: 10, Do: sandbox.Late, Delay: sandbox.Duration(1500 * time.Millisecond)}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestFaultsByHTTP(t *testing.T) {
	c := open(t, t.TempDir(), unlimited())
	script := object{"faults": []object{{"name": "down", "do": "status", "status": 500, "times": 1}}}
	c.want(200, "POST", "/_sandbox/faults", script)
	c.want(500, "POST", upsertPath, upsert("ada@example.com"))
	c.want(200, "POST", upsertPath, upsert("ada@example.com"))
	contains(t, c.want(200, "GET", "/_sandbox/faults", nil).body, `"seen":2,"fired":1`)
	c.want(400, "POST", "/_sandbox/faults", `{"faults":[{"do":"x"}]}`)
	c.want(200, "DELETE", "/_sandbox/faults", nil)
	contains(t, c.want(200, "GET", "/_sandbox/faults", nil).body, `{"faults":[]}`)
}

// A fault without a server to break the connection of aborts the handler.
func TestFaultWithoutAServer(t *testing.T) {
	opts := unlimited()
	opts.Faults = []sandbox.Fault{{Do: sandbox.Reset}}
	s, err := sandbox.Open("", opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("recovered %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	r, _ := http.NewRequest("GET", "http://localhost/hubspot/account-info/v3/details", http.NoBody)
	s.Handler().ServeHTTP(discard{http.Header{}}, r)
}
