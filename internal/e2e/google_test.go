package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/contract"
	"github.com/kithdata/kith/internal/sandbox/datamanager"
	"github.com/kithdata/kith/internal/testkit"
)

const googleToken = "1//made-up-refresh-token"

// adsDestination is a Google account, whose requests a run waits for so long.
func adsDestination(base, wait string) string {
	return fmt.Sprintf("{name: ads, type: google_data_manager, account: 123-456-7890, credentials: \"${GOOGLE}\", base_url: \"%[1]s/google\", token_url: \"%[1]s/google/token\", allow_private: true, rate: 100000, wait: %[2]s, ad_user_data: granted}", base, wait)
}

const adsModel = `sources:
  - name: crm
    table: raw.crm
    key: id
    timestamp: at
    columns: {id: string, email: {type: string, pii: email}, score: int, ads_ok: bool, at: timestamp}
entities:
  - {name: person, identity: {identifiers: [{name: customer_id, max: 1}, {name: email, normalize: email, max: 5}], links: [{source: crm, identifiers: {customer_id: id, email: email}}]}}
traits:
  - {name: score, entity: person, from: crm.score, pick: latest}
consents:
  - {name: ads, entity: person, from: [crm.ads_ok], pick: latest}
segments:
  - {name: vip, entity: person, where: {trait: score, gte: 10}}
`

const adsSync = `syncs:
  - name: vip
    from: {segment: vip}
    to: {destination: ads, audience: VIP}
    match: [email]
    consent: ads
    guards: {max_removed: 100%}
`

// googleWorld is a project whose segment is an audience of a Google account, whose
// clock the test moves.
type googleWorld struct {
	*testkit.Project
	box   *sandbox.Sandbox
	ahead atomic.Int64
}

// adsTable is its source; not the time of day but the order of the days counts.
var adsTable = sourceTable{"crm", []string{"id string", "email string", "score int", "ads_ok bool", "at timestamp"}}

// adsEmail is the address of one of those who are there from the beginning.
func adsEmail(n int) string {
	if n%3 == 0 {
		return fmt.Sprintf("Ann.%d+news@Gmail.com", n)
	}
	return fmt.Sprintf("Ann.%d@example.com", n)
}

func newGoogle(t *testing.T, warehouse string, rows int, wait string, cfg datamanager.Config) *googleWorld {
	t.Helper()
	w := &googleWorld{}
	cfg.PerMinute = -1
	box, base := served(t, sandbox.Options{
		Google: cfg, Bodies: 10_000,
		Now: func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
	})
	w.box = box
	w.Project = newProjectOn(t, warehouse, map[string]string{
		"kith.yml": fmt.Sprintf(`version: 1
name: ads
default_target: local
targets:
  local: {type: clickhouse, embedded: {path: .kith/warehouse}, deliver: live}
destinations:
  - %s
`, adsDestination(base, wait)),
		"models/people.yml": adsModel,
		"syncs/vip.yml":     adsSync,
	})
	w.Env = []string{googleCredentials(t), "KITH_TEST_RATE=alone"}
	makeAds(w.Project, rows)
	return w
}

func googleCredentials(t *testing.T) string {
	t.Helper()
	raw, err := json.Marshal(map[string]string{"client_id": "c", "client_secret": "s", "refresh_token": googleToken})
	if err != nil {
		t.Fatal(err)
	}
	return "GOOGLE=" + string(raw)
}

// makeAds makes the table, with so many people.
func makeAds(p *testkit.Project, rows int) {
	p.T.Helper()
	adsTable.create(p)
	people := make([]cdp.Row, rows)
	for n := range people {
		people[n] = cdp.Row{fmt.Sprintf("c%d", n), adsEmail(n), int64(10 + n%5), true, day("2026-01-01")}
	}
	adsTable.add(p, people...)
}

// add adds a row about somebody, dated by a day.
func (w *googleWorld) add(id, email string, score int64, ok bool, date string) {
	w.T.Helper()
	adsTable.add(w.Project, cdp.Row{id, email, score, ok, day(date)})
}

// sync builds and syncs, and returns the report of the sync.
func (w *googleWorld) sync(t *testing.T, env ...string) (s syncReport, code int) {
	t.Helper()
	return w.on(t, "run", env...)
}

// on runs a command: run, or sync, which takes the last build.
func (w *googleWorld) on(t *testing.T, command string, env ...string) (s syncReport, code int) {
	t.Helper()
	r := w.Run(env, command, "--json")
	if r.Killed {
		return s, -1
	}
	list := parse(t, r.Out).Syncs
	if len(list) != 1 {
		t.Fatalf("exit %d\n%s%s", r.Code, r.Out, r.Err)
	}
	return list[0], r.Code
}

// desired is who should be in the audience, as Google wants their addresses.
func (w *googleWorld) desired() []string {
	type latest struct {
		at     time.Time
		member string // "" is none
	}
	people := map[string]latest{}
	for _, r := range w.Query("SELECT id, email, score, ads_ok, `at` FROM raw.crm") {
		id := fmt.Sprint(r[0])
		at, _ := r[4].(time.Time)
		if at.Before(people[id].at) {
			continue
		}
		name, domain, _ := strings.Cut(strings.ToLower(fmt.Sprint(r[1])), "@")
		if domain == "gmail.com" {
			name, _, _ = strings.Cut(strings.ReplaceAll(name, ".", ""), "+")
		}
		sum := sha256.Sum256([]byte(name + "@" + domain))
		p := latest{at: at, member: "email:" + hex.EncodeToString(sum[:])}
		if score, err := strconv.Atoi(fmt.Sprint(r[2])); err != nil || score < 10 || fmt.Sprint(r[3]) != "true" {
			p.member = ""
		}
		people[id] = p
	}
	out := []string{}
	for _, p := range people {
		if p.member != "" {
			out = append(out, p.member)
		}
	}
	slices.Sort(out)
	return out
}

func (w *googleWorld) check(t *testing.T) {
	t.Helper()
	lists, err := w.box.Google(googleToken).Lists()
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(lists["VIP"]))
	want := w.desired()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the audience has %d members, want %d: %.600s", len(got), len(want), diff)
	}
	m, err := contract.LoadMethods(contract.Shared(t, "google-datamanager/datamanager-v1.jsonschema.json"))
	if err != nil {
		t.Fatal(err)
	}
	m.Prefix, m.Ignore = "/google", []string{"/token"}
	log, err := w.box.Requests()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range m.Check(log) {
		t.Error(v)
	}
	for _, r := range log {
		if body := strings.ToLower(string(r.Body)); strings.HasPrefix(r.URL, "/google") && (strings.Contains(body, "@example.com") || strings.Contains(body, "ann.")) {
			t.Fatal("an address in clear left the machine")
		}
	}
}

func (w *googleWorld) requests(t *testing.T) []int {
	t.Helper()
	n, err := w.box.Google(googleToken).Requests()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// later lets Google process everything, and a command sees it.
func (w *googleWorld) later(t *testing.T, command string) (s syncReport, code int) {
	t.Helper()
	w.ahead.Add(int64(3 * time.Hour))
	return w.on(t, command)
}

// TestGoogleTakesHours: a request is processed hours later, over several runs. Its
// rows are not sent again, withdrawn consent does not wait for it, and an address that
// changes is taken out before the new one comes in.
func TestGoogleTakesHours(t *testing.T) { onBoth(t, googleTakesHours) }

func googleTakesHours(t *testing.T, warehouse string) {
	w := newGoogle(t, warehouse, 8, "0s", datamanager.Config{JobTime: time.Hour})
	if s, code := w.sync(t); code != 3 || s.Pending != 8 || s.Unknown+s.Held+s.Deferred != 0 {
		t.Fatalf("exit %d, %+v", code, s)
	}
	// While it is open one withdraws, and one leaves the segment.
	w.add("c1", adsEmail(1), 50, false, "2026-02-01")
	w.add("c2", adsEmail(2), 1, true, "2026-02-01")
	if s, _ := w.sync(t); s.Pending < 7 || !slices.Equal(w.requests(t), []int{8, -1}) {
		t.Fatalf("%+v: %v, want the withdrawal at once and nothing else", s, w.requests(t))
	}
	// Processed: the withdrawal was sent while its ingest was open, and Google promises no
	// order, so it is sent once more; the other leaves now.
	if s, _ := w.later(t, "sync"); !slices.Equal(w.requests(t), []int{8, -1, -2}) {
		t.Fatalf("%+v: %v", s, w.requests(t))
	}
	update(w.Project, "crm", "email = 'new.4@example.com'", "id = 'c4'") // an address changes
	before := 0
	for i, command := range []string{"run", "sync", "sync", "sync", "sync", "sync"} {
		before = len(w.requests(t))
		if s, code := w.later(t, command); code == 0 && s.Pending+s.Requests == 0 {
			break
		} else if i == 5 {
			t.Errorf("it does not come to rest: exit %d, %+v", code, s)
		}
	}
	w.check(t)
	if n := len(w.requests(t)); n != before {
		t.Errorf("%d requests by a run without a change", n-before)
	}
	if rows := w.Query("SELECT COUNT(*) FROM kith.job_rows"); onClickHouse(w.Project) && fmt.Sprint(rows) != "[[0]]" { // on BigQuery they stay a day
		t.Errorf("rows of ended jobs are left behind: %v", rows)
	}
}

// TestGoogleKnowsLater: Google knows a request only half an hour after it has taken it. Runs that
// ask before do not send its rows again.
func TestGoogleKnowsLater(t *testing.T) {
	t.Parallel()
	w := newGoogle(t, "clickhouse", 5, "0s", datamanager.Config{JobTime: time.Millisecond, KnownAfter: 30 * time.Minute})
	w.sync(t)
	for range 5 {
		w.ahead.Add(int64(5 * time.Minute))
		if s, code := w.on(t, "sync"); code != 3 || s.Unknown != 0 || !slices.Equal(w.requests(t), []int{5}) {
			t.Fatalf("exit %d, %+v, requests %v", code, s, w.requests(t))
		}
	}
	w.ahead.Add(int64(5 * time.Minute))
	if s, code := w.on(t, "sync"); code != 0 || s.Delivered != 5 || !slices.Equal(w.requests(t), []int{5}) {
		t.Errorf("exit %d, %+v, requests %v", code, s, w.requests(t))
	}
	w.check(t)
}

// TestGoogleCountsOnly: rows that Google only counts are delivered and the run is
// partial once; a request that failed for a reason of its members rejects its rows, one that
// failed for want of consent holds none.
func TestGoogleCountsOnly(t *testing.T) { onBoth(t, googleCountsOnly) }

func googleCountsOnly(t *testing.T, warehouse string) {
	bad := "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f" // john_smith@gmail.com, in Google's form below
	w := newGoogle(t, warehouse, 4, "20s", datamanager.Config{JobTime: 10 * time.Millisecond})
	w.add("bad", "john_smith@gmail.com", 20, true, "2026-01-01")
	if got := w.desired(); !slices.Contains(got, "email:"+bad) {
		t.Fatalf("the hash of the known address is not among %v", got)
	}
	if s, code := w.sync(t); code != 0 || s.Delivered != 5 || s.Pending != 0 {
		t.Fatalf("exit %d, %+v", code, s)
	}
	w.check(t)
	if err := w.box.SetFaults([]sandbox.Fault{{PathRegex: ".*requestStatus:retrieve", Do: sandbox.Answer, Status: 200, Body: `{"requestStatusPerDestination":[{"requestStatus":"PARTIAL_SUCCESS","errorInfo":{"errorCounts":[{"reason":"PROCESSING_ERROR_REASON_INVALID_FORMAT","recordCount":"2"}]}}]}`, Times: 1}}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"d0", "d1", "d2"} {
		w.add(id, id+"@example.com", 10, true, "2026-01-01")
	}
	r := w.Run(nil, "run", "--json")
	if s := parse(t, r.Out).Syncs[0]; r.Code != 3 || s.Delivered != 3 || s.Rejected != 0 || !strings.Contains(r.Out, `"rejected_remote": 2`) && !strings.Contains(r.Out, `"rejected_remote":2`) {
		t.Errorf("exit %d, %+v\n%s", r.Code, s, r.Out)
	}
	if out := w.Run(nil, "status").Out; !strings.Contains(out, "  2 rows of the last run refused by the vendor, which does not say which") {
		t.Errorf("status:\n%s", out)
	}
	if err := w.box.SetFaults([]sandbox.Fault{{PathRegex: ".*requestStatus:retrieve", Do: sandbox.Answer, Status: 200, Body: `{"requestStatusPerDestination":[{"requestStatus":"FAILED","errorInfo":{"errorCounts":[{"reason":"PROCESSING_ERROR_REASON_NO_CONSENT","recordCount":"1"}]}}]}`, Times: 1}}); err != nil {
		t.Fatal(err)
	}
	w.add("f", "f@example.com", 20, true, "2026-01-01")
	if s, code := w.sync(t); code != 3 || s.Rejected+s.Delivered != 0 || s.Unknown != 1 {
		t.Errorf("failed for want of consent: exit %d, %+v", code, s)
	}
	if s, code := w.on(t, "sync"); code != 0 || s.Delivered != 1 || s.Held != 0 {
		t.Errorf("after the consent is mended: exit %d, %+v", code, s)
	}
	if err := w.box.SetFaults([]sandbox.Fault{{PathRegex: ".*requestStatus:retrieve", Do: sandbox.Answer, Status: 200, Body: `{"requestStatusPerDestination":[{"requestStatus":"FAILED","errorInfo":{"errorCounts":[{"reason":"PROCESSING_ERROR_REASON_INVALID_FORMAT","recordCount":"1"}]}}]}`, Times: 1}}); err != nil {
		t.Fatal(err)
	}
	w.add("e", "e@example.com", 20, true, "2026-01-01")
	if s, code := w.sync(t); code != 3 || s.Rejected != 1 || s.Delivered != 0 {
		t.Errorf("failed for good: exit %d, %+v", code, s)
	}
	before := len(w.requests(t))
	if s, code := w.on(t, "sync"); code != 3 || s.Held != 1 || len(w.requests(t)) != before {
		t.Errorf("what was refused is not hammered: exit %d, %+v", code, s)
	}
}

// TestGoogleFailpoints kills kith at the boundaries around requests and their end,
// while people come, go, withdraw and change their addresses.
func TestGoogleFailpoints(t *testing.T) { inSoak(t, googleFailpoints) }

func googleFailpoints(t *testing.T, warehouse string) {
	w := newGoogle(t, warehouse, 60, "20s", datamanager.Config{JobTime: 40 * time.Millisecond})
	w.sync(t, "KITH_TEST_FAILPOINT=after push")
	kills := 0
	for i, point := range []string{
		"before push:2", "after push", "before acknowledge", "append job", "append jobs", "appended jobs", "before poll", "after poll:2", "before job", "appended baseline:2", "after job:2",
	} {
		w.add(fmt.Sprintf("n%d", i), fmt.Sprintf("n%d@example.com", i), 20, true, "2026-01-01")
		w.add(fmt.Sprintf("c%d", i), adsEmail(i), 1, true, "2026-01-02")
		w.add(fmt.Sprintf("c%d", 20+i), adsEmail(20+i), 30, false, "2026-01-02")
		update(w.Project, "crm", fmt.Sprintf("email = 'moved%d@example.com'", i), fmt.Sprintf("id = 'c%d'", 40+i))
		// Each second one dies in what the one before has left, without a build.
		if _, code := w.on(t, []string{"run", "sync"}[i%2], "KITH_TEST_FAILPOINT="+point); code == -1 {
			kills++
		}
	}
	w.sync(t)
	silent := false
	for range 7 {
		s, code := w.on(t, "sync")
		if silent = code == 0 && s.Requests == 0; silent {
			break
		}
	}
	w.check(t)
	if !silent {
		t.Error("it does not come to rest")
	}
	t.Logf("kills=%d requests=%v", kills, w.requests(t))
	if kills < 8 {
		t.Errorf("only %d kills", kills)
	}
}
