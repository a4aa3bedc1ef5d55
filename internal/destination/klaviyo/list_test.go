package klaviyo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/klaviyo"
	fake "github.com/kithdata/kith/internal/sandbox/klaviyo"
)

// TestSeveralAddresses: a person is on the list with every address, leaves with every
// one, and a refused one is told by its place and by what Klaviyo repeats of it.
func TestSeveralAddresses(t *testing.T) {
	t.Parallel()
	for _, cfg := range []fake.Config{{}, {NoPayload: true}, {Pointer: "/data"}, {Pointer: "null"}, {Pointer: "null", NoPayload: true}} {
		t.Run(fmt.Sprintf("pointer %s without payload %v", cfg.Pointer, cfg.NoPayload), func(t *testing.T) { t.Parallel(); severalAddresses(t, cfg) })
	}
}

func severalAddresses(t *testing.T, cfg fake.Config) {
	d, box := start(t, cfg, nil)
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
	refused := cdp.JobRejection{Place: 5, Match: map[string]string{"email": "d2@rejected.example"}, Result: cdp.Result{
		Fate: cdp.Rejected, Code: cdp.InvalidValue, Vendor: "invalid", Reason: "Invalid email address [value]",
	}}
	if cfg.Pointer != "" {
		refused.Place = -1
	}
	if cfg.NoPayload { // what holds a value of a profile that is not known is not kept
		refused.Match, refused.Result.Reason = map[string]string{}, "Invalid input."
	}
	if diff := cmp.Diff(cdp.JobState{Done: true, Rejected: []cdp.JobRejection{refused}, Names: true}, state); diff != "" {
		t.Error(diff)
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
		d, box := start(t, fake.Config{SingleOptIn: true}, map[string]string{"subscribe": option})
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

// TestLeavingBeforeConfirming: who leaves before the subscription is confirmed is not on the list
// yet. The removal is not settled until it has taken each value out that was subscribed.
func TestLeavingBeforeConfirming(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, map[string]string{"subscribe": "email"})
	rows := []cdp.Delta{member(1), member(2), member(3)}
	rows[1].Match = json.RawMessage(`{"email":["ann.2@example.com","second@example.com"]}`)
	for _, r := range push(t, d, audience, cdp.Add, rows...) {
		if r.Fate != cdp.Delivered {
			t.Errorf("%+v", r)
		}
	}
	for i := range rows {
		rows[i].Op, rows[i].Action, rows[i].Reason = cdp.Remove, cdp.ActionRemove, cdp.Withdrawn
	}
	half := rows[0]
	half.Reason = cdp.NoReason // of a move
	fates := func(rows ...cdp.Delta) (out []string) {
		for _, r := range push(t, d, audience, cdp.Remove, rows...) {
			out = append(out, fmt.Sprint(r.Fate, " ", r.Code))
		}
		return out
	}
	const wait = "rejected unconfirmed"
	if diff := cmp.Diff([]string{wait, wait, wait, "skipped not_found"}, fates(append(rows, half)...)); diff != "" {
		t.Error(diff)
	}
	for _, address := range []string{"ann.1@example.com", "second@example.com"} {
		if n := must2(box.Klaviyo(secret).Confirm(address))(t); n != 1 {
			t.Errorf("%s joins %d lists", address, n)
		}
	}
	if diff := cmp.Diff([]string{"delivered ", wait, wait}, fates(rows...)); diff != "" {
		t.Error(diff)
	}
	if got := must2(box.Klaviyo(secret).Lists())(t)[audience.Remote]; len(got) != 0 {
		t.Errorf("left: %v", got)
	}
}

// TestListOfThatName: what a filter finds is the list of the audience only if it is named so.
func TestListOfThatName(t *testing.T) {
	t.Parallel()
	made := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.api+json")
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"data":[{"type":"list","id":"old","attributes":{"name":"vip"}}]}`)
			return
		}
		raw, _ := io.ReadAll(r.Body)
		made = string(raw)
		_, _ = io.WriteString(w, `{"data":{"type":"list","id":"new","attributes":{"name":"VIP"}}}`)
	}))
	defer server.Close()
	d := must2(klaviyo.New(config(server.URL, nil)))(t)
	del := audience
	del.Remote = "VIP"
	if err := d.Check(t.Context(), del); err != nil || !strings.Contains(made, `"VIP"`) {
		t.Errorf("%v: made %q", err, made)
	}
}
