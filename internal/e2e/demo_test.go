package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
	"github.com/kithdata/kith/internal/testkit"
)

const dayAfter = "2026-11-22T06:00:00Z"

// demoRun is one of the documents in what `kith demo --json` prints.
type demoRun struct {
	Status   string
	Syncs    []syncCounts
	Entities []struct {
		Entity                                     string
		Identifiers, Entities, Merged, Quarantined uint64
	}
	Segments []struct {
		Segment                  string
		Members, Entered, Exited uint64
	}
}

type syncCounts struct {
	Sync, Status                                        string
	Added, Changed, Removed, Delivered, Rejected, Held  uint64
	Deferred, Pending, Unknown, Skipped, Requests, Rows uint64
}

// demoState is what the sandbox holds.
type demoState struct {
	requests int64
	contacts map[string]hubspot.Record // by address
	vip      []string                  // addresses on the list
	points   int                       // purchases that came
}

func readDemoState(t *testing.T, dir string) demoState {
	t.Helper()
	box, err := sandbox.Open(filepath.Join(dir, ".kith/sandbox"), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close() //nolint:errcheck // read only
	counters, err := box.Counters()
	if err != nil {
		t.Fatal(err)
	}
	portal := box.HubSpot("sandbox-crm")
	s := demoState{requests: counters.Requests}
	if s.contacts, err = portal.Objects("contacts"); err != nil {
		t.Fatal(err)
	}
	if s.vip, err = portal.Members("VIP"); err != nil {
		t.Fatal(err)
	}
	events, err := box.Webhook("loyalty").Events("purchase")
	if err != nil {
		t.Fatal(err)
	}
	s.points = len(events)
	return s
}

// addresses reads the addresses of the cast, which the tests share with the data.
func addresses(p *testkit.Project) []string {
	out := make([]string, 0, 100)
	for _, r := range p.Query("SELECT email FROM demo.humans WHERE n < 100 ORDER BY n") {
		out = append(out, fmt.Sprint(r[0]))
	}
	return out
}

// TestDemo runs the demo, with fewer people, and looks at what it left.
func TestDemo(t *testing.T) {
	t.Parallel()
	home := testkit.NewProject(t, nil)
	demo := &testkit.Project{T: t, Dir: filepath.Join(home.Dir, "demo"), Bin: home.Bin}
	args := []string{"demo", "--json", "--people", "1500", "--as-of", dayAfter, "--dir", "demo"}
	first := home.Run(nil, args...)
	if first.Code != 0 && strings.Contains(first.Err, "make engine") {
		demo.Engine() // skips, or fails in CI
	}
	if first.Code != 0 {
		t.Fatalf("exit %d\n%s%s", first.Code, first.Out, first.Err)
	}
	var doc struct{ Runs []demoRun }
	if err := json.Unmarshal([]byte(first.Out), &doc); err != nil {
		t.Fatalf("%v\n%s", err, first.Out)
	}
	if len(doc.Runs) != 3 {
		t.Fatalf("%d runs, want 3", len(doc.Runs))
	}
	demo.Engine()
	state := readDemoState(t, demo.Dir)

	t.Run("the first run sends everybody", func(t *testing.T) { demoFirst(t, doc.Runs[0]) })
	t.Run("the repeat sends nothing", func(t *testing.T) {
		for _, s := range doc.Runs[1].Syncs {
			if s.Requests+s.Delivered+s.Added+s.Changed+s.Removed+s.Rejected != 0 {
				t.Errorf("%+v", s)
			}
		}
	})
	t.Run("the day after sends the changes", func(t *testing.T) { demoDayAfter(t, doc, state) })
	t.Run("dirt arrives unchanged", func(t *testing.T) { demoDirt(t, state) })
	t.Run("people", func(t *testing.T) { demoPeople(t, demo, state) })
	t.Run("what they spent", func(t *testing.T) { demoSpent(t, demo, state) })
	t.Run("files", func(t *testing.T) {
		got := replay(t, filepath.Join(demo.Dir, "exports"), "win_back")
		if n := doc.Runs[2].sync("win_back_calls").Rows; uint64(len(got)) != n || n == 0 {
			t.Errorf("%d rows in the files, %d wanted", len(got), n)
		}
	})
	t.Run("afterwards", func(t *testing.T) { demoAfterwards(t, demo, state) })
}

func (r demoRun) sync(name string) syncCounts {
	for _, s := range r.Syncs {
		if s.Sync == name {
			return s
		}
	}
	return syncCounts{}
}

func demoFirst(t *testing.T, r demoRun) {
	if e := r.Entities[0]; e.Entities < 1500 || e.Identifiers < e.Entities {
		t.Errorf("identity: %+v", e)
	}
	for _, s := range r.Segments {
		if s.Members == 0 {
			t.Errorf("segment %s is empty", s.Segment)
		}
	}
	for _, name := range []string{"people_to_hubspot", "vip_list", "win_back_calls"} {
		if s := r.sync(name); s.Delivered == 0 || s.Delivered+s.Rejected != s.Added || s.Changed+s.Removed != 0 {
			t.Errorf("%+v", s)
		}
	}
	if s := r.sync("people_to_hubspot"); s.Rejected != 3 {
		t.Errorf("%d contacts were refused, the three at rejected.example are", s.Rejected)
	}
	if s := r.sync("purchases"); s.Requests != 0 || s.Status != "succeeded" {
		t.Errorf("purchases from before the first run were sent: %+v", s)
	}
}

func demoDayAfter(t *testing.T, doc struct{ Runs []demoRun }, state demoState) {
	first, last := doc.Runs[0].sync("people_to_hubspot"), doc.Runs[2].sync("people_to_hubspot")
	changes := last.Added + last.Changed + last.Removed
	if changes == 0 || last.Delivered+last.Rejected != changes || changes*4 > first.Delivered {
		t.Errorf("%d of %d contacts changed: %+v", changes, first.Delivered, last)
	}
	if e := doc.Runs[2].Entities[0]; e.Merged < 1 {
		t.Errorf("nobody was merged: %+v", e)
	}
	if n := doc.Runs[2].sync("purchases").Delivered; n == 0 || int(n) != state.points {
		t.Errorf("%d purchases delivered, %d came", n, state.points)
	}
	if want := int(doc.Runs[2].sync("vip_list").Rows); len(state.vip) == 0 || len(state.vip) < want {
		t.Errorf("%d addresses on the list of %d people", len(state.vip), want)
	}
}

// demoDirt finds names that are hard to carry, letter for letter.
func demoDirt(t *testing.T, state demoState) {
	have := map[string]bool{}
	for _, c := range state.contacts {
		have[c.Properties["firstname"]], have[c.Properties["lastname"]] = true, true
	}
	for _, name := range []string{"<script>alert(1)</script>", "Zoë 🌷", "O'Brien", `de "Vries"`, `back\slash`, "'); DROP TABLE orders; --", "{x:String} ?", "two\nlines"} {
		if !have[name] {
			t.Errorf("nobody is called %q", name)
		}
	}
}

// demoPeople looks at the cast: see sql/clickhouse/demo.sql for their parts.
func demoPeople(t *testing.T, demo *testkit.Project, state demoState) {
	cast := addresses(demo)
	for _, n := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 20, 22, 41, 50, 51, 52, 53, 70} {
		if _, ok := state.contacts[cast[n]]; !ok {
			t.Errorf("%d is no contact", n)
		}
	}
	for n, why := range map[int]string{10: "refused", 21: "merged into 20", 23: "merged into 22", 30: "opted out in the CRM", 31: "unsubscribed", 40: "has a new address", 60: "bounced"} {
		if _, ok := state.contacts[cast[n]]; ok {
			t.Errorf("%d is a contact, but %s", n, why)
		}
	}
	if _, ok := state.contacts[strings.Replace(cast[40], "@", ".new@", 1)]; !ok {
		t.Error("40 is no contact under the new address")
	}
	if city := state.contacts[cast[41]].Properties["city"]; city != "Haarlem" {
		t.Errorf("41 lives in %q", city)
	}
	if _, ok := state.contacts["test@test.com"]; ok {
		t.Error("test@test.com is a contact")
	}
}

// demoSpent: two people who turned out to be one have bought what both bought.
func demoSpent(t *testing.T, demo *testkit.Project, state demoState) {
	cast := addresses(demo)
	for _, n := range []int{20, 22} {
		rows := demo.Query(fmt.Sprintf(`SELECT toString(sum(total)) FROM shop.orders WHERE status = 'paid' AND (customer_id = 'C%06d' OR email = '%s')`, n, cast[n+1]))
		if got := state.contacts[cast[n]].Properties["lifetime_value"]; got != fmt.Sprint(rows[0][0]) {
			t.Errorf("%d spent %s, want %s", n, got, rows[0][0])
		}
	}
}

// demoAfterwards uses the demo's folder as a user would.
func demoAfterwards(t *testing.T, demo *testkit.Project, before demoState) {
	again := demo.Run(nil, "sync", "--json", "--as-of", dayAfter)
	if again.Code != 0 && again.Code != 3 { // the refused addresses are left over
		t.Fatalf("exit %d\n%s%s", again.Code, again.Out, again.Err)
	}
	if now := readDemoState(t, demo.Dir); now.requests != before.requests {
		t.Errorf("the sandbox counted %d requests of a run without changes", now.requests-before.requests)
	}
	// A full sync changes everything, which the guard of the project forbids.
	hubspotSync, err := os.ReadFile(filepath.Join(demo.Dir, "syncs/hubspot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	demo.Write("syncs/hubspot.yml", strings.Replace(string(hubspotSync), ", max_changed: 50%", "", 1))
	if r := demo.Run(nil, "sync", "--json", "--full", "--as-of", dayAfter); r.Code != 0 && r.Code != 3 {
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	now, cast := readDemoState(t, demo.Dir), addresses(demo)
	if now.requests == before.requests || len(now.contacts) != len(before.contacts) {
		t.Errorf("a full sync made %d contacts of %d", len(now.contacts), len(before.contacts))
	}
	for _, n := range []int{30, 31, 60} {
		if _, ok := now.contacts[cast[n]]; ok {
			t.Errorf("%d came back with a full sync", n)
		}
	}
}

// TestDemoOnEmulator: the same story on BigQuery's emulator, up to the end of its first
// run; `make soak` tells the whole.
func TestDemoOnEmulator(t *testing.T) {
	t.Parallel()
	testkit.NewEmulated(t, nil) // skips where there is none
	home := testkit.NewProject(t, nil)
	demo := &testkit.Project{T: t, Dir: filepath.Join(home.Dir, "demo"), Bin: home.Bin}
	args := []string{"demo", "--target", "dev", "--people", "300", "--as-of", dayAfter, "--dir", "demo"}
	if os.Getenv("KITH_SOAK") != "" {
		told := home.Run(nil, args...)
		needs(t, told, 0, "The same run again(.|\n)*  0 rows sent in 0 requests", "merged into somebody", "the same contact, with the new address", "city .* -> Haarlem")
		demo.Emulate()
		state := readDemoState(t, demo.Dir)
		demoDirt(t, state)
		demoPeople(t, demo, state)
		return
	}
	c := home.Command(nil, args...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "3  ") {
		told.WriteString(lines.Text() + "\n")
	}
	_ = c.Process.Kill()
	_ = c.Wait() // killed, or it has failed: then something is missing below
	for _, say := range []string{"BigQuery's emulator", "300 people left", " vip\n", "3 rejected", "share one phone and one tablet: 2 contacts", "addresses that HubSpot refuses: 0 contacts"} {
		if !strings.Contains(told.String(), say) {
			t.Errorf("the story does not say %q", say)
		}
	}
	demoDirt(t, readDemoState(t, demo.Dir))
	if t.Failed() {
		t.Logf("%s\n%s", told.String(), errs.String())
	}
}

// TestDemoRefuses: what is not the demo's own is left alone.
func TestDemoRefuses(t *testing.T) {
	t.Parallel()
	p := testkit.NewProject(t, map[string]string{"mine/letter.txt": "dear"})
	for _, x := range []struct {
		say  string
		args []string
	}{
		{"no demo has made it", []string{"demo", "--dir", "mine"}},
		{"target prod is live", []string{"demo", "--dir", "live", "--target", "prod"}},
		{"a project of its own", []string{"-C", "mine", "demo"}},
		{"--people is 5", []string{"demo", "--people", "5"}},
		{"--people is 9,000", []string{"demo", "--people", "9000", "--target", "dev"}},
		{"is not a time", []string{"demo", "--as-of", "yesterday"}},
	} {
		if r := p.Run(nil, x.args...); r.Code != 1 || !strings.Contains(r.Err, x.say) || !strings.Contains(r.Err, "help:") {
			t.Errorf("kith %s: exit %d\n%s%s", strings.Join(x.args, " "), r.Code, r.Out, r.Err)
		}
	}
	needs(t, p.Run([]string{"KITH_BIGQUERY_TOOLS=" + p.Dir}, "demo", "--dir", "dev", "--target", "dev"), 1, "emulator.* not installed: run `make engine`")
	if b, err := os.ReadFile(filepath.Join(p.Dir, "mine/letter.txt")); err != nil || string(b) != "dear" {
		t.Errorf("the letter is %q, %v", b, err)
	}
}
