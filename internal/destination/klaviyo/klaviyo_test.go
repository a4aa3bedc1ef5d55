package klaviyo_test

import (
	"context"
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
// with the rate that ends in the middle of them.
func TestErrorsOfAJob(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, nil)
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
	if len(state.Rejected) != 250 || state.Refused != 0 || state.Failed {
		t.Fatalf("%d rejected, %d refused", len(state.Rejected), state.Refused)
	}
	for n, r := range state.Rejected {
		if r.Place != n+50 || r.Key != rows[n+50].Key || r.Result.Code != cdp.InvalidValue || r.Result.Vendor != "invalid" || strings.Contains(r.Result.Reason, "@") {
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

// TestSeveralAddresses: a person is on the list with every address, leaves with every
// one, and a refused one is told by its place.
func TestSeveralAddresses(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, nil)
	rows := []cdp.Delta{member(1), member(2), member(3), member(4)}
	rows[1].Match = json.RawMessage(`{"email":["b1@example.com","b2@example.com"],"phone_number":["+31612345678"]}`)
	rows[2].Match = json.RawMessage(`{"phone_number":["+31612345679"]}`)
	rows[3].Match = json.RawMessage(`{"email":["d1@example.com","d2@rejected.example"]}`)
	res := push(t, d, audience, cdp.Add, rows...)
	var places [][2]int
	for _, r := range res {
		places = append(places, [2]int{r.Place, r.Places})
	}
	if want := [][2]int{{0, 1}, {1, 2}, {3, 1}, {4, 2}}; !slices.Equal(places, want) {
		t.Errorf("places %v, want %v", places, want)
	}
	state := poll(t, d, audience, res[0].Job)
	if len(state.Rejected) != 1 || state.Rejected[0].Place != 5 || state.Rejected[0].Key != "" {
		t.Errorf("%+v", state.Rejected)
	}
	want := []string{"+31612345679", "ann.1@example.com", "b1@example.com", "b2@example.com", "d1@example.com"}
	if got := must2(box.Klaviyo(secret).Lists())(t)[audience.Remote]; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for i := range rows {
		rows[i].Op, rows[i].Action = cdp.Remove, cdp.ActionRemove
	}
	for i, r := range push(t, d, audience, cdp.Remove, rows[1:]...) {
		if r.Fate != cdp.Delivered {
			t.Errorf("removal %d: %+v", i, r)
		}
	}
	if got := must2(box.Klaviyo(secret).Lists())(t)[audience.Remote]; !slices.Equal(got, want[1:2]) {
		t.Errorf("left: %v", got)
	}
	if n := len(must2(box.Klaviyo(secret).Profiles())(t)); n != 5 {
		t.Errorf("%d profiles: leaving a list deletes nobody", n)
	}
}

// TestLeavingWithABadValue: a value that Klaviyo refuses to look up is found by splitting,
// and keeps nobody else on the list; nor do a hundred long addresses.
func TestLeavingWithABadValue(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, nil)
	rows := make([]cdp.Delta, 100)
	for i := range rows {
		rows[i] = member(i)
		rows[i].Match = json.RawMessage(fmt.Sprintf(`{"email":["%s.%d@example.com"]}`, strings.Repeat("x", 60), i))
	}
	poll(t, d, audience, push(t, d, audience, cdp.Add, rows...)[0].Job)
	for i := range rows {
		rows[i].Op, rows[i].Action = cdp.Remove, cdp.ActionRemove
	}
	bad := rows[1]
	bad.Match = json.RawMessage(`{"email":["no address"]}`)
	_, err := d.Push(t.Context(), cdp.Batch{Delivery: audience, Op: cdp.Remove, Action: cdp.ActionRemove, Rows: []cdp.Delta{rows[0], bad}})
	var no *cdp.Refused
	if !errors.As(err, &no) || no.Row != -1 || no.Code != cdp.InvalidValue {
		t.Errorf("%#v", err)
	}
	for i, r := range push(t, d, audience, cdp.Remove, rows...) {
		if r.Fate != cdp.Delivered {
			t.Errorf("%d: %+v", i, r)
		}
	}
	if got := must2(box.Klaviyo(secret).Lists())(t)[audience.Remote]; len(got) != 0 {
		t.Errorf("%d are left", len(got))
	}
}

// TestSubscribeOnlyWhenTold: being on a list is no consent.
func TestSubscribeOnlyWhenTold(t *testing.T) {
	t.Parallel()
	for option, want := range map[string][]string{"none": nil, "email": {"email"}, "sms": {"sms"}} {
		known := key(1)
		if option == "sms" { // whoever has an address, too, is subscribed by the number
			known = "+31699900001"
		}
		d, box := start(t, fake.Config{}, map[string]string{"subscribe": option})
		if r := push(t, d, audience, cdp.Add, member(1))[0]; r.Job != "" {
			poll(t, d, audience, r.Job)
		}
		if got := must2(box.Klaviyo(secret).Profiles())(t)[known].Subscribed; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", option, got, want)
		}
		if got := must2(box.Klaviyo(secret).Lists())(t)[audience.Remote]; !slices.Equal(got, []string{known}) {
			t.Errorf("%s: %v", option, got)
		}
		if r := push(t, d, audience, cdp.Remove, member(1))[0]; r.Fate != cdp.Delivered {
			t.Errorf("%s: leaving: %+v", option, r)
		}
		if got := must2(box.Klaviyo(secret).Lists())(t)[audience.Remote]; len(got) != 0 {
			t.Errorf("%s: left: %v", option, got)
		}
		nobody := member(2)
		nobody.Match = json.RawMessage(map[string]string{"none": `{}`, "email": `{"phone_number":["+31699900002"]}`, "sms": `{"email":["ann.2@example.com"]}`}[option])
		if r := push(t, d, audience, cdp.Add, nobody)[0]; r.Fate != cdp.Rejected || r.Code != cdp.MissingValue {
			t.Errorf("%s: without a value: %+v", option, r)
		}
	}
}

// TestFit: who is subscribed by a number is no more known by an address alone, so that a
// removal takes out nobody who has the number, too.
func TestFit(t *testing.T) {
	for option, want := range map[string]cdp.Recognised{
		"": {Alone: []string{"email", "phone_number"}, First: true}, "email": {Alone: []string{"email", "phone_number"}, First: true},
		"sms": {Alone: []string{"email", "phone_number"}},
	} {
		spec := klaviyo.Fit(destination.Config{Options: map[string]string{"subscribe": option}})
		if diff := cmp.Diff(want, spec.Write(cdp.Audience).Recognised); diff != "" {
			t.Errorf("%q: %s", option, diff)
		}
	}
	if !klaviyo.Spec().Write(cdp.Audience).Recognised.First {
		t.Error("what is fitted to one destination is that of all")
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

func TestCheck(t *testing.T) {
	t.Parallel()
	var fatal *cdp.Fatal
	d, _ := start(t, fake.Config{}, map[string]string{"account": fake.Account(secret)})
	if err := d.Check(t.Context(), profiles); err != nil {
		t.Error(err)
	}
	wrong := profiles
	wrong.Key = "customer_number"
	if err := d.Check(t.Context(), wrong); !errors.As(err, &fatal) || !strings.Contains(fatal.Help, "external_id") {
		t.Error(err)
	}
	other, _ := start(t, fake.Config{}, map[string]string{"account": "ABC123"})
	if err := other.Check(t.Context(), profiles); !errors.As(err, &fatal) || !strings.Contains(fatal.Reason, "ABC123") {
		t.Error(err)
	}
	if err := d.Check(t.Context(), cdp.Delivery{Kind: cdp.Audience, ID: "nope"}); !errors.As(err, &fatal) || !strings.Contains(fatal.Reason, "nope") {
		t.Error(err)
	}
	expired, _ := start(t, fake.Config{Expired: []string{secret}}, nil)
	if err := expired.Check(context.Background(), profiles); !errors.As(err, &fatal) || strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	for option, value := range map[string]string{"revision": "latest", "auth": "basic", "subscribe": "yes", "base_url": "ftp://x"} {
		if _, err := klaviyo.New(config("http://127.0.0.1:1", map[string]string{option: value})); err == nil || !strings.HasPrefix(err.Error(), option) {
			t.Errorf("%s: %v", option, err)
		}
	}
	if _, err := klaviyo.Limits(destination.Config{Options: map[string]string{"burst": "0"}}); err == nil {
		t.Error("a rate of 0")
	}
}
