package e2e

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/contract"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/testkit"
)

const klaviyoKey = "pk_made_up"

// emailDestination is a Klaviyo account, whose jobs a run waits for so long.
func emailDestination(base, wait string) string {
	return fmt.Sprintf("{name: email, type: klaviyo, token: \"${KLAVIYO_KEY}\", base_url: \"%s/klaviyo\", allow_private: true, burst: 10000, steady: 100000, wait: %s}", base, wait)
}

const emailSync = `syncs:
  - name: people
    from: {source: people}
    to: {destination: email, object: profiles}
    key: {email: email}
    fields: {amount: {column: amount, on_null: clear}, seen: seen, tags: tags}
    on_removed: {gone: {set: {state: gone, active: false, amount: "0"}}}
    guards: {max_removed: 100%}
`

// klaviyoWorld is a project with its Klaviyo account, whose clock the test moves.
type klaviyoWorld struct {
	*testkit.Project
	box   *sandbox.Sandbox
	ahead atomic.Int64 // of the account's clock
}

func newKlaviyo(t *testing.T, rows int, wait string, cfg klaviyo.Config) *klaviyoWorld {
	t.Helper()
	return newKlaviyoOn(t, "clickhouse", rows, wait, cfg)
}

func newKlaviyoOn(t *testing.T, warehouse string, rows int, wait string, cfg klaviyo.Config) *klaviyoWorld {
	t.Helper()
	w := &klaviyoWorld{}
	cfg.Limits = klaviyo.Limits{Burst: -1, Steady: -1}
	box, base := served(t, sandbox.Options{
		Klaviyo: cfg, Bodies: 10_000,
		Now: func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
	})
	w.box = box
	w.Project = newProjectOn(t, warehouse, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: email
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - %s
`, emailDestination(base, wait)),
		"models/people.yml": fileProject["models/people.yml"],
		"syncs/people.yml":  emailSync,
	})
	w.Env = []string{"KLAVIYO_KEY=" + klaviyoKey, "KITH_TEST_RATE=alone"}
	makePeople(w.Project, rows)
	return w
}

// noNulls lets every row go in a job: what clears a field goes by itself.
func (w *klaviyoWorld) noNulls() { update(w.Project, "people", "amount = 1", "amount IS NULL") }

// check compares the account with the source, row by row, and the requests with the
// vendor's description.
func (w *klaviyoWorld) check(t *testing.T, gone ...string) {
	t.Helper()
	got, err := w.box.Klaviyo(klaviyoKey).Profiles()
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	complain := func(format string, args ...any) {
		if shown++; shown <= 5 {
			t.Errorf(format, args...)
		}
	}
	for _, person := range peopleOf(w.Project) {
		email := person.email
		if email == "" || strings.HasSuffix(email, "@rejected.example") {
			continue
		}
		p, ok := got[email]
		if !ok {
			complain("%s is missing", email)
			continue
		}
		delete(got, email)
		have, _ := p.Attributes["properties"].(map[string]any)
		amount, tags := "", []string{}
		if f, ok := have["amount"].(float64); ok {
			amount = strconv.FormatFloat(f, 'f', -1, 64)
		}
		list, _ := have["tags"].([]any)
		for _, x := range list {
			tags = append(tags, fmt.Sprint(x))
		}
		if amount != person.amount || !slices.Equal(tags, person.tags) {
			complain("%s: %v %v, want %v %v", email, amount, tags, person.amount, person.tags)
		}
	}
	for email, p := range got {
		if have, _ := p.Attributes["properties"].(map[string]any); have["state"] != "gone" || have["active"] != false || have["amount"] != 0.0 {
			complain("%s is stale: %v", email, have)
		}
	}
	for _, email := range gone {
		if _, ok := got[email]; !ok {
			complain("%s was never there", email)
		}
	}
	c, err := contract.Load(contract.Shared(t, "klaviyo/reverse-etl.json"))
	if err != nil {
		t.Fatal(err)
	}
	c.Prefix, c.Rules = "/klaviyo", contract.Klaviyo()
	log, err := w.box.Requests()
	if err != nil {
		t.Fatal(err)
	}
	list := c.Check(log[max(0, len(log)-50):])
	for _, v := range list[:min(3, len(list))] {
		t.Error(v)
	}
}

func (w *klaviyoWorld) jobs(t *testing.T) []int {
	t.Helper()
	jobs, err := w.box.Klaviyo(klaviyoKey).Jobs()
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

func (w *klaviyoWorld) requests(t *testing.T) int64 {
	t.Helper()
	c, err := w.box.Counters()
	if err != nil {
		t.Fatal(err)
	}
	return c.Requests
}

// TestJobIsPolledAfterARestart: a run leaves its job open, or dies anywhere after the
// job was recorded; the next run asks and sends nothing again.
func TestJobIsPolledAfterARestart(t *testing.T) {
	onBoth(t, jobPolledAfterARestart)
}

func jobPolledAfterARestart(t *testing.T, warehouse string) {
	w := newKlaviyoOn(t, warehouse, 30, "0s", klaviyo.Config{JobTime: time.Hour})
	w.noNulls()
	seen := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	addPerson(w.Project, 9000, "no@rejected.example", seen)
	r := w.Run(nil, "sync", "--json")
	if s := parse(t, r.Out).Syncs[0]; r.Code != 3 || s.Pending != 31 || s.Delivered != 0 {
		t.Fatalf("exit %d, %+v\n%s", r.Code, s, r.Err)
	}
	// The job is open: its rows are held, also those that changed or went meanwhile.
	update(w.Project, "people", "amount = 4.5", "id = 1")
	remove(w.Project, "people", "id = 2")
	addPerson(w.Project, 9001, "new@example.com", seen)
	r = w.Run(nil, "sync", "--json")
	if s := parse(t, r.Out).Syncs[0]; r.Code != 3 || s.Pending != 32 || !slices.Equal(w.jobs(t), []int{31, 1}) {
		t.Fatalf("exit %d, %+v, jobs %v", r.Code, s, w.jobs(t))
	}
	for _, point := range []string{"before poll", "after poll:2"} {
		if r := w.Run([]string{"KITH_TEST_FAILPOINT=" + point}, "sync", "--json"); !r.Killed {
			t.Errorf("%s did not kill", point)
		}
		if n := w.jobs(t); len(n) != 2 {
			t.Fatalf("killed at %s: jobs %v: rows of an open job were sent again", point, n)
		}
	}
	w.ahead.Store(int64(2 * time.Hour))
	for _, point := range []string{"before job", map[string]string{"clickhouse": "appended baseline", "bigquery": "appended acks"}[warehouse], "append rejections", "append jobs", "after job"} {
		if r := w.Run([]string{"KITH_TEST_FAILPOINT=" + point}, "sync", "--json"); !r.Killed {
			t.Errorf("%s did not kill", point)
		}
		if n := w.jobs(t); len(n) > 2 && point != "after job" {
			t.Fatalf("killed at %s: jobs %v: delivered rows were sent again", point, n)
		}
	}
	w.Run(nil, "sync", "--json")
	w.ahead.Store(int64(4 * time.Hour))
	r = w.Run(nil, "sync", "--json")
	s := parse(t, r.Out).Syncs[0]
	if s.Pending != 0 || r.Code != 3 || s.Held != 1 { // the rejected row waits
		t.Errorf("exit %d, %+v", r.Code, s)
	}
	w.check(t, "p2@example.com")
	total := 0
	for _, n := range w.jobs(t) {
		total += n
	}
	if total > 34 { // 31 + the new one + the changed one + the one that went
		t.Errorf("%d profiles in jobs %v: something was sent twice", total, w.jobs(t))
	}
	before := w.requests(t)
	r = w.Run(nil, "sync", "--json")
	if s := parse(t, r.Out).Syncs[0]; s.Held != 1 || s.Requests != 0 || w.requests(t) != before {
		t.Errorf("a run without a change: %+v", s)
	}
	if rows := w.Query("SELECT COUNT(*) FROM kith.job_rows"); onClickHouse(w.Project) && fmt.Sprint(rows) != "[[0]]" {
		t.Errorf("rows of ended jobs are left behind: %v", rows)
	}
}

// TestJobsThatFail: a cancelled job and a forgotten one are unknown, and sent again.
func TestJobsThatFail(t *testing.T) { onBoth(t, jobsThatFail) }

func jobsThatFail(t *testing.T, warehouse string) {
	w := newKlaviyoOn(t, warehouse, 15, "20s", klaviyo.Config{JobTime: 10 * time.Millisecond, CancelEvery: 2})
	w.noNulls()
	if s := parse(t, w.Kith("sync", "--json")).Syncs[0]; s.Delivered != 15 || s.Pending != 0 {
		t.Fatalf("%+v", s)
	}
	update(w.Project, "people", "amount = 3", "id < 5")
	r := w.Run(nil, "sync", "--json")
	if s := parse(t, r.Out).Syncs[0]; r.Code != 3 || s.Unknown != 5 || s.Pending != 0 {
		t.Fatalf("exit %d, %+v", r.Code, s)
	}
	if s := parse(t, w.Kith("sync", "--json")).Syncs[0]; s.Delivered != 5 {
		t.Errorf("%+v", s)
	}
	w.check(t)
	update(w.Project, "people", "amount = 4", "id = 7")
	if err := w.box.SetFaults([]sandbox.Fault{{Path: "/klaviyo/api/profile-bulk-import-jobs/", Method: "GET", Do: sandbox.Answer, Status: 404}}); err != nil {
		t.Fatal(err)
	}
	r = w.Run(nil, "sync", "--json")
	if s := parse(t, r.Out).Syncs[0]; r.Code != 3 || s.Unknown != 1 {
		t.Errorf("forgotten: exit %d, %+v", r.Code, s)
	}
	if err := w.box.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the fifth job is cancelled or the sixth
		w.Run(nil, "sync", "--json")
	}
	w.check(t)
	before := len(w.jobs(t))
	w.Kith("sync", "--json")
	if n := len(w.jobs(t)); n != before {
		t.Errorf("%d jobs, were %d", n, before)
	}
	// A job clears nothing: a value that is gone goes by a call of its own.
	update(w.Project, "people", "amount = NULL", "id = 9")
	if s := parse(t, w.Kith("sync", "--json")).Syncs[0]; s.Delivered != 1 || s.Requests != 1 || len(w.jobs(t)) != before {
		t.Errorf("cleared: %+v, jobs %v", s, w.jobs(t))
	}
	w.check(t)
}

// TestKlaviyoFailpoints kills kith once at every boundary that a run passes, while
// the source changes and jobs take their time.
func TestKlaviyoFailpoints(t *testing.T) { inSoak(t, klaviyoFailpoints) }

func klaviyoFailpoints(t *testing.T, warehouse string) {
	w := newKlaviyoOn(t, warehouse, sized(warehouse, 400, 140), "20s", klaviyo.Config{JobTime: 30 * time.Millisecond})
	for i := range 4 { // a fresh ledger, killed ever later
		w.Run([]string{fmt.Sprintf("KITH_TEST_FAILPOINT=any:%d", 20+17*i)}, "sync", "--json")
	}
	w.Kith("sync", "--json")
	update(w.Project, "people", "amount = if(id = 8, NULL, 1)", "id < 10")
	remove(w.Project, "people", "id = 77")
	w.Run([]string{"KITH_TEST_FAILPOINT_LOG=" + w.Dir + "/points"}, "sync", "--json")
	points := map[string]bool{}
	for _, name := range strings.Split(w.Read("points"), "\n") {
		if name != "" && (strings.Contains(name, "job") || strings.Contains(name, "push") || strings.Contains(name, "poll") ||
			strings.Contains(name, "acknowledge") || strings.Contains(name, "appended baseline") || strings.Contains(name, "after intent")) {
			points[name] = true
		}
	}
	for _, must := range []string{"after push", "before acknowledge", "append job", "appended jobs", "after acknowledge", "before poll", "after poll", "before job", "after job"} {
		if !points[must] {
			t.Errorf("the run did not pass %q: %v", must, points)
		}
	}
	kills := 0
	gone := []string{"p77@example.com"}
	for name := range points {
		id := 100 + kills
		update(w.Project, "people", fmt.Sprintf("amount = %d, tags = ['k%d']", kills, kills), fmt.Sprintf("MOD(id, 97) = %d", kills%97))
		remove(w.Project, "people", fmt.Sprintf("id = %d", id))
		gone = append(gone, fmt.Sprintf("p%d@example.com", id))
		if r := w.Run([]string{"KITH_TEST_FAILPOINT=" + name}, "sync", "--json"); r.Killed {
			kills++
		} else {
			gone = gone[:len(gone)-1]
		}
	}
	w.Kith("sync", "--json")
	w.check(t, gone...)
	before := len(w.jobs(t))
	if s := parse(t, w.Kith("sync", "--json")).Syncs[0]; s.Requests != 0 || len(w.jobs(t)) != before {
		t.Errorf("a run without a change after all that: %+v", s)
	}
	t.Logf("boundaries=%d kills=%d jobs=%d", len(points), kills, before)
	if kills < len(points)*2/3 {
		t.Errorf("only %d of %d boundaries killed", kills, len(points))
	}
}

// TestManyBadAddresses: Klaviyo refuses a request for each address in it that is malformed,
// and names them all: those rows are rejected at once, and the others are sent once more.
func TestManyBadAddresses(t *testing.T) {
	t.Parallel()
	w := newKlaviyo(t, 1000, "20s", klaviyo.Config{JobTime: 10 * time.Millisecond})
	w.noNulls()
	w.SQL(`ALTER TABLE raw.people UPDATE email = concat('no address ', toString(id)) WHERE id % 20 = 7 SETTINGS mutations_sync = 2`)
	r := w.Run(nil, "sync", "--json")
	s := parse(t, r.Out).Syncs[0]
	if r.Code != 3 || s.Delivered != 950 || s.Rejected != 50 || s.Unknown+s.Deferred+s.Pending != 0 {
		t.Errorf("exit %d, %+v\n%s", r.Code, s, r.Err)
	}
	log, err := w.box.Requests()
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, r := range log {
		if r.Method == "POST" && strings.HasSuffix(r.URL, "/profile-bulk-import-jobs") {
			calls++
		}
	}
	if calls > 3 {
		t.Errorf("%d requests for 50 bad addresses in 1,000", calls)
	}
	got, err := w.box.Klaviyo(klaviyoKey).Profiles()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 950 {
		t.Errorf("%d profiles", len(got))
	}
	if s := parse(t, w.Run(nil, "sync", "--json").Out).Syncs[0]; s.Held != 50 || s.Requests != 0 {
		t.Errorf("a run without a change: %+v", s)
	}
}
