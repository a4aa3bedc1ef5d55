package klaviyo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/destinationtest"
	"github.com/kithdata/kith/internal/destination/klaviyo"
	"github.com/kithdata/kith/internal/sandbox"
	fake "github.com/kithdata/kith/internal/sandbox/klaviyo"
)

var (
	profiles = cdp.Delivery{
		Kind: cdp.Object, Remote: "profiles", Mode: cdp.Upsert, Key: "email",
		Fields: []cdp.RemoteField{{Name: "first_name"}, {Name: "phone_number"}, {Name: "location.city"}, {Name: "ltv"}, {Name: "vip"}},
	}
	audience = cdp.Delivery{Kind: cdp.Audience, Remote: `VIP "gold"`, Match: []string{"email", "phone_number"}}
	orders   = cdp.Delivery{Kind: cdp.EventTo, Remote: "Placed Order", Match: []string{"email"}}
)

func TestSuiteProfiles(t *testing.T) {
	t.Parallel()
	destinationtest.Suite(t, harness(profiles, person, badAddress(person), func(t *testing.T, box *sandbox.Sandbox) []string {
		var keys []string
		for k := range must2(box.Klaviyo(secret).Profiles())(t) {
			keys = append(keys, k)
		}
		return keys
	}))
}

func TestSuiteAudience(t *testing.T) {
	t.Parallel()
	h := harness(audience, member, badAddress(member), func(t *testing.T, box *sandbox.Sandbox) []string {
		var keys []string
		for _, address := range must2(box.Klaviyo(secret).Lists())(t)[audience.Remote] {
			var i int
			if _, err := fmt.Sscanf(address, "ann.%d@example.com", &i); err != nil {
				t.Fatal(err)
			}
			keys = append(keys, member(i).Key)
		}
		return keys
	})
	destinationtest.Suite(t, h)
}

func TestSuiteEvents(t *testing.T) {
	t.Parallel()
	row := func(i int) cdp.Delta {
		r := member(i)
		r.Key, r.At = r.RowID, time.Date(2026, 11, 1, 12, 0, i%60, 0, time.UTC)
		r.Fields = json.RawMessage(`{"value":12.50,"value_currency":"EUR","sku":"A-1"}`)
		return r
	}
	h := harness(orders, row, nil, func(t *testing.T, box *sandbox.Sandbox) []string {
		var keys []string
		for _, e := range must2(box.Klaviyo(secret).Events())(t) {
			var i int
			if _, err := fmt.Sscanf(strings.TrimLeft(e.UniqueID, "0"), "%x", &i); e.UniqueID != strings.Repeat("0", 64) && err != nil {
				t.Fatal(err, e.UniqueID)
			}
			keys = append(keys, row(i).Key)
		}
		return keys
	})
	h.Limits = h.Spec.Limits
	h.Limits.MaxRows = 1_000
	destinationtest.Suite(t, h)
}

// TestValues: what a profile looks like, and that null clears while absent stays: an
// attribute, a part of the location, a custom property.
func TestValues(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, nil)
	del := profiles
	del.Fields = []cdp.RemoteField{{Name: "seen", Type: cdp.Type{Kind: cdp.Timestamp}}, {Name: "tags", Type: cdp.ListOf(cdp.Type{Kind: cdp.String})}}
	send := func(fields string) map[string]any {
		r := person(1)
		r.Fields = json.RawMessage(fields)
		if res := push(t, d, del, cdp.Add, r); res[0].Job != "" {
			poll(t, d, del, res[0].Job)
		} else if res[0] != (cdp.Result{Fate: cdp.Delivered}) {
			t.Errorf("%+v", res[0])
		}
		return must2(box.Klaviyo(secret).Profiles())(t)[key(1)].Attributes
	}
	got := send(`{"first_name":"Ann","title":7,"location.city":"Delft","seen":"2026-11-01 10:00:00.500000","tags":["a","b"],"big":12345678901234567890.25,"properties.deep":{"x":1}}`)
	want := map[string]any{
		"email": key(1), "first_name": "Ann", "title": "7", "location": map[string]any{"city": "Delft"},
		"properties": map[string]any{"seen": "2026-11-01T10:00:00.5Z", "tags": []any{"a", "b"}, "big": 12345678901234567890.25, "deep": map[string]any{"x": 1.0}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = send(`{"first_name":null,"location.city":null,"tags":null,"properties.big":null,"vip":true}`)
	want = map[string]any{
		"email": key(1), "title": "7", "location": map[string]any{},
		"properties": map[string]any{"seen": "2026-11-01T10:00:00.5Z", "deep": map[string]any{"x": 1.0}, "vip": true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	bad := person(2)
	bad.Fields = json.RawMessage(`{"phone_number":"0612345678"}`)
	if r := push(t, d, del, cdp.Add, bad)[0]; r.Fate != cdp.Rejected || r.Code != cdp.InvalidValue || strings.Contains(r.Reason, "0612") {
		t.Errorf("a national number: %+v", r)
	}
}

// TestErrorsOfAJob: 250 refused rows among 300, over three pages, after a restart,
// with the rate that ends in the middle of them; Klaviyo promises a place for none.
func TestErrorsOfAJob(t *testing.T) {
	t.Parallel()
	for _, pointer := range []string{"", "/data", "null"} {
		t.Run("pointer "+pointer, func(t *testing.T) { t.Parallel(); errorsOfAJob(t, pointer) })
	}
}

func errorsOfAJob(t *testing.T, pointer string) {
	d, box := start(t, fake.Config{Pointer: pointer}, nil)
	rows := make([]cdp.Delta, 300)
	for i := range rows {
		if rows[i] = person(i); i >= 50 {
			rows[i] = badAddress(person)(i)
		}
	}
	job := push(t, d, profiles, cdp.Add, rows...)[0].Job
	if err := box.SetFaults([]sandbox.Fault{{PathRegex: ".*/import-errors", Nth: 2, Do: sandbox.Answer, Status: 429, Header: map[string]string{"Retry-After": "3"}}}); err != nil {
		t.Fatal(err)
	}
	p, _ := d.(cdp.Poller)
	var wait *cdp.Throttled
	for {
		s, err := p.Poll(t.Context(), profiles, job)
		if errors.As(err, &wait) {
			break
		}
		if err != nil || s.Done {
			t.Fatalf("%+v, %v", s, err)
		}
	}
	if wait.After != 3*time.Second || wait.Code != cdp.RateLimited {
		t.Errorf("%+v", wait)
	}
	state := poll(t, d, profiles, job)
	if len(state.Rejected) != 250 || state.Refused != 0 || state.Failed || !state.Names {
		t.Fatalf("%d rejected, %d refused", len(state.Rejected), state.Refused)
	}
	for n, r := range state.Rejected {
		if place := map[bool]int{true: n + 50, false: -1}[pointer == ""]; r.Place != place || r.Key != rows[n+50].Key || r.Result.Code != cdp.InvalidValue || r.Result.Vendor != "invalid" || strings.Contains(r.Result.Reason, "@") {
			t.Fatalf("%d: %+v", n, r)
		}
	}
	log := must2(box.Requests())(t)
	pages := 0
	for _, r := range log {
		if strings.Contains(r.URL, "import-errors") {
			pages++
		}
	}
	if pages != 4 { // the page that was refused is the only one that was asked for twice
		t.Errorf("%d pages", pages)
	}
}

// TestFailedCount: where Klaviyo counts no failures the errors say whether there are any, and
// where it counts more than it lists the others are told by their number.
func TestFailedCount(t *testing.T) {
	t.Parallel()
	for count, want := range map[string]cdp.JobState{
		"0":    {Done: true},
		"1":    {Done: true, Names: true},
		"3":    {Done: true, Names: true, Refused: 2},
		"null": {Done: true, Names: true},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/import-errors") {
				_, _ = fmt.Fprint(w, `{"data":[{"type":"import-error","id":"1","attributes":{"code":"invalid","title":"Invalid input","detail":"Annabel is not valid","source":{"pointer":null},"original_payload":null}}]}`)
				return
			}
			_, _ = fmt.Fprintf(w, `{"data":{"type":"profile-bulk-import-job","id":"1","attributes":{"status":"complete","total_count":3,"failed_count":%s}}}`, count)
		}))
		got := poll(t, must2(klaviyo.New(config(server.URL, nil)))(t), profiles, "1")
		server.Close()
		if want.Names {
			want.Rejected = []cdp.JobRejection{{Place: -1, Result: cdp.Result{Fate: cdp.Rejected, Code: cdp.InvalidValue, Vendor: "invalid", Reason: "Invalid input"}}}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("failed_count %s: %s", count, diff)
		}
	}
}

// TestJobsThatEndBadly: cancelled, forgotten, and an answer in the middle of a breakdown.
func TestJobsThatEndBadly(t *testing.T) {
	t.Parallel()
	d, _ := start(t, fake.Config{CancelEvery: 2}, nil)
	first := push(t, d, profiles, cdp.Add, person(1))[0].Job
	second := push(t, d, profiles, cdp.Add, person(2))[0].Job
	if s := poll(t, d, profiles, first); s.Failed || len(s.Rejected) > 0 {
		t.Errorf("%+v", s)
	}
	if s := poll(t, d, profiles, second); !s.Failed || !strings.Contains(s.Reason, "cancelled") {
		t.Errorf("cancelled: %+v", s)
	}
	if s := poll(t, d, profiles, "01NONE"); !s.Failed || !strings.Contains(s.Reason, "not know") {
		t.Errorf("forgotten: %+v", s)
	}
	proxy := httptest.NewServer(http.NotFoundHandler())
	defer proxy.Close()
	lost := must2(klaviyo.New(config(proxy.URL, nil)))(t)
	p, _ := lost.(cdp.Poller)
	if s, err := p.Poll(t.Context(), profiles, first); err == nil {
		t.Errorf("a page of a proxy is taken for Klaviyo's word: %+v", s)
	}
}

// TestRepeatedEvents: a request with an event that was sent before fails as a whole;
// that event counts as delivered and the others are sent again.
func TestRepeatedEvents(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, nil)
	rows := []cdp.Delta{member(1), member(2), member(3)}
	push(t, d, orders, cdp.Add, rows[1])
	var fates []cdp.Fate
	for _, r := range push(t, d, orders, cdp.Add, rows...) {
		fates = append(fates, r.Fate)
	}
	if want := []cdp.Fate{cdp.Deferred, cdp.Delivered, cdp.Deferred}; !slices.Equal(fates, want) {
		t.Errorf("%v, want %v", fates, want)
	}
	for _, r := range push(t, d, orders, cdp.Add, rows[0], rows[2]) {
		if r.Fate != cdp.Delivered {
			t.Errorf("%+v", r)
		}
	}
	if r := push(t, d, orders, cdp.Add, rows[0])[0]; r.Fate != cdp.Delivered {
		t.Errorf("a repeat by itself: %+v", r)
	}
	if n := len(must2(box.Klaviyo(secret).Events())(t)); n != 3 {
		t.Errorf("%d events", n)
	}
}

// TestLimits: 429 is a wait of what Retry-After says, and the rates are those of the Spec.
func TestLimits(t *testing.T) {
	t.Parallel()
	d, _ := start(t, fake.Config{Limits: fake.Limits{Burst: 2, Steady: -1}}, nil)
	push(t, d, profiles, cdp.Add, person(1))
	push(t, d, profiles, cdp.Add, person(2))
	_, err := d.Push(t.Context(), cdp.Batch{Delivery: profiles, Op: cdp.Add, Rows: []cdp.Delta{person(3)}})
	var wait *cdp.Throttled
	if !errors.As(err, &wait) || wait.After != time.Second || wait.Code != cdp.RateLimited {
		t.Errorf("%#v", err)
	}
	l, err := klaviyo.Limits(destination.Config{Options: map[string]string{"burst": "20", "steady": "300"}})
	want := []cdp.Rate{{Calls: 20, Per: time.Second}, {Calls: 300, Per: time.Minute}}
	if err != nil || !slices.Equal(l.Rates, want) {
		t.Errorf("%v %v", l.Rates, err)
	}
}

// TestLargeBatches: a batch is cut where 5 MB or 10,000 profiles end, and every row
// keeps its place in its own job.
func TestLargeBatches(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, nil)
	rows := make([]cdp.Delta, 80)
	for i := range rows {
		rows[i] = person(i)
		rows[i].Fields = json.RawMessage(fmt.Sprintf(`{"title":"%s"}`, strings.Repeat("x", 90_000)))
	}
	rows[7].Fields = json.RawMessage(fmt.Sprintf(`{"title":"%s"}`, strings.Repeat("x", 100_000)))
	jobs := map[string]int{}
	for i, r := range push(t, d, profiles, cdp.Add, rows...) {
		if i == 7 {
			if r.Fate != cdp.Rejected || r.Code != cdp.TooLarge {
				t.Errorf("%+v", r)
			}
			continue
		}
		if r.Fate != cdp.Pending || r.Place != jobs[r.Job] {
			t.Fatalf("row %d: %+v, want place %d", i, r, jobs[r.Job])
		}
		jobs[r.Job]++
	}
	if len(jobs) != 2 {
		t.Errorf("%d jobs", len(jobs))
	}
	for job := range jobs {
		poll(t, d, profiles, job)
	}
	if n := len(must2(box.Klaviyo(secret).Profiles())(t)); n != 79 {
		t.Errorf("%d profiles", n)
	}
}
