package hubspot_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

func TestCheck(t *testing.T) {
	p := newPortal(t)
	p.lists["5"] = &fakeList{ID: "5", Name: "Active", Type: "DYNAMIC", Object: "0-1"}
	p.lists["6"] = &fakeList{ID: "6", Name: "Firms", Type: "MANUAL", Object: "0-2"}
	p.lists["7"] = &fakeList{ID: "7", Name: "Snap", Type: "SNAPSHOT", Object: "0-1"}
	d := open(t, p, map[string]string{"portal": "4711"})
	object := func(change func(*cdp.Delivery)) cdp.Delivery {
		del := contacts(cdp.Upsert)
		change(&del)
		return del
	}
	list := func(id, name string) cdp.Delivery { return cdp.Delivery{Kind: cdp.Audience, ID: id, Remote: name} }
	field := func(name string, k cdp.Kind) func(*cdp.Delivery) {
		return func(d *cdp.Delivery) {
			d.Fields = append(d.Fields, cdp.RemoteField{Name: name, Type: cdp.Type{Kind: k}})
		}
	}
	for _, c := range []struct {
		del  cdp.Delivery
		want string
	}{
		{contacts(cdp.Upsert), ""},
		{object(func(d *cdp.Delivery) { d.Key, d.Mode = "hs_object_id", cdp.Update }), ""},
		{object(func(d *cdp.Delivery) { d.Remote, d.Key = "companies", "company_key" }), ""},
		{object(field("is_vipp", cdp.Bool)), "is_vipp does not exist"},
		{object(field("createdate", cdp.Timestamp)), "createdate cannot be written"},
		{object(field("born", cdp.Timestamp)), "born is a date"},
		{object(func(d *cdp.Delivery) { d.Key = "phone" }), "the key phone has no unique values"},
		{object(func(d *cdp.Delivery) { d.Key = "nope" }), "the key nope does not exist"},
		{object(func(d *cdp.Delivery) { d.Key = "" }), "needs a key"},
		{object(func(d *cdp.Delivery) { d.Key = "hs_object_id" }), "can only update"},
		{object(func(d *cdp.Delivery) { d.Remote = "horses" }), `no object "horses"`},
		{list("7", ""), ""},
		{list("", "Snap"), ""},
		{list("", "New one"), ""},
		{list("99", ""), `no list "99"`},
		{list("", "Active"), "is dynamic"},
		{list("6", ""), "not one of contacts"},
		{cdp.Delivery{Kind: cdp.EventTo}, "objects and audiences"},
	} {
		err := d.Check(ctx, c.del)
		var f *cdp.Fatal
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &f) || f.Help == "" || !strings.Contains(f.Reason, c.want)) {
			t.Errorf("%+v: %v, want %q", c.del, err, c.want)
		}
	}
	if err := open(t, p, map[string]string{"portal": "12"}).Check(ctx, contacts(cdp.Upsert)); err == nil || !strings.Contains(err.Error(), "belongs to the account") {
		t.Error(err)
	}
	p.scoped = true
	var f *cdp.Fatal
	for _, del := range []cdp.Delivery{contacts(cdp.Upsert), list("", "x")} {
		if err := open(t, p, nil).Check(ctx, del); !errors.As(err, &f) || !strings.Contains(f.Help, "crm.objects.contacts.write") {
			t.Errorf("%+v", err)
		}
	}
	if err := open(t, http.NotFoundHandler(), nil).Check(ctx, contacts(cdp.Upsert)); err != nil {
		t.Errorf("a server without a properties API: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	long := `{"status":"error","message":"Duplicate IDs found in batch input: [ann.2@example.com]. IDs must be unique","category":"VALIDATION_ERROR","context":{"ids":["ann.2@example.com"]}}`
	h := func(kv ...string) http.Header {
		out := http.Header{}
		for i := 0; i < len(kv); i += 2 {
			out.Set(kv[i], kv[i+1])
		}
		return out
	}
	for _, c := range []struct {
		status int
		header http.Header
		body   string
		want   error
	}{
		{400, h(), long, &cdp.Refused{Row: 1, Code: cdp.InvalidValue, Vendor: "VALIDATION_ERROR", Reason: "HubSpot answered 400: VALIDATION_ERROR: Duplicate IDs found in batch input: [[value]]. IDs must be unique"}},
		{400, h(), `{"message":"Property \"x\" does not exist","category":"VALIDATION_ERROR","context":"{a=[b]}"}`, &cdp.Refused{Row: -1, Code: cdp.InvalidValue, Vendor: "VALIDATION_ERROR", Reason: `HubSpot answered 400: VALIDATION_ERROR: Property "x" does not exist`}},
		{409, h(), `{"message":"Contact already exists. Existing ID: 123456789","category":"CONFLICT"}`, &cdp.Refused{Row: -1, Code: cdp.Conflict, Vendor: "CONFLICT", Reason: "HubSpot answered 409: CONFLICT: Contact already exists. Existing ID: [number]"}},
		{207, h(), `{"results":[],"errors":[{"category":"VALIDATION_ERROR","message":"one of them is bad"}]}`, &cdp.Refused{Row: -1, Code: cdp.InvalidValue, Vendor: "VALIDATION_ERROR", Reason: "one of them is bad"}},
		{429, h(), `{"policyName":"TEN_SECONDLY_ROLLING","message":"You have reached your ten_secondly_rolling limit.","category":"RATE_LIMITS"}`, &cdp.Throttled{After: 10 * time.Second, Code: cdp.RateLimited, Reason: "HubSpot answered 429: RATE_LIMITS: You have reached your ten_secondly_rolling limit."}},
		{429, h("X-HubSpot-RateLimit-Interval-Milliseconds", "4000"), `{"policyName":"TEN_SECONDLY_ROLLING"}`, &cdp.Throttled{After: 4 * time.Second, Code: cdp.RateLimited, Reason: "HubSpot answered 429"}},
		{429, h("X-HubSpot-RateLimit-Interval-Milliseconds", "10000"), `{"policyName":"DAILY"}`, &cdp.Throttled{After: 61 * time.Minute, Code: cdp.RateLimited, Reason: "HubSpot answered 429"}},
		{429, h("X-HubSpot-RateLimit-Interval-Milliseconds", "10000"), `{"policyName":"SECONDLY"}`, &cdp.Throttled{After: time.Second, Code: cdp.RateLimited, Reason: "HubSpot answered 429"}},
		{429, h(), `<html>`, &cdp.Throttled{After: 10 * time.Second, Code: cdp.RateLimited, Reason: "HubSpot answered 429"}},
		{423, h(), `{}`, &cdp.Throttled{After: 2 * time.Second, Code: cdp.Unavailable, Reason: "HubSpot answered 423"}},
		{477, h("Retry-After", "86400"), `{}`, &cdp.Throttled{After: 24 * time.Hour, Code: cdp.Unavailable, Reason: "HubSpot answered 477"}},
		{502, h(), `<html>`, &destination.Uncertain{Status: 502, Reason: "HubSpot answered 502"}},
		{200, h(), `<html>`, &destination.Uncertain{Status: 200, Reason: "an answer that is not as documented"}},
		{404, h(), `404 page not found`, &cdp.Fatal{Reason: "HubSpot answered 404", Help: "check base_url and the options of the destination"}},
	} {
		d := open(t, asMapped(t, func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range c.header {
				w.Header()[k] = v
			}
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}), nil)
		_, err := d.Push(ctx, cdp.Batch{Delivery: contacts(cdp.Upsert), Op: cdp.Add, Rows: []cdp.Delta{row(1), row(2)}})
		if diff := cmp.Diff(c.want, err); diff != "" {
			t.Errorf("%d %s: %s", c.status, c.body, diff)
		}
	}
}

// An error that names no row, beside rows that were written: those are delivered, and the
// others are tried without them. Where it is not said which rows were made, the next try
// that finds them must not take them for records of others.
func TestAnswerWithoutNameInPart(t *testing.T) {
	const bad = `"errors":[{"category":"VALIDATION_ERROR","message":"one of them is bad"}]}`
	for _, mode := range []cdp.Mode{cdp.Insert, cdp.Upsert} {
		answer := `{"results":[{"id":"5","objectWriteTraceId":"1"}],` + bad
		d := open(t, asMapped(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusMultiStatus)
			_, _ = w.Write([]byte(answer))
		}), nil)
		want(t, push(t, d, contacts(mode), row(1), row(2), row(3)), "deferred unavailable", "delivered #5", "deferred unavailable")
		answer = `{"results":[{"id":"5"}],` + bad
		_, err := d.Push(ctx, cdp.Batch{Delivery: contacts(mode), Op: cdp.Add, Rows: []cdp.Delta{row(1), row(2)}})
		var unknown *destination.Uncertain
		var refused *cdp.Refused
		if mode == cdp.Insert && !errors.As(err, &unknown) || mode == cdp.Upsert && (!errors.As(err, &refused) || !refused.Doubt) {
			t.Errorf("%s: %#v", mode, err)
		}
		answer = `{"results":[{"id":"5","objectWriteTraceId":"1"},{"id":"6"}],` + bad
		want(t, push(t, d, contacts(mode), row(1), row(2), row(3)), "unknown no_answer", "delivered #5", "unknown no_answer")
	}
}

// TestBatchNotCompleted: a batch that HubSpot has not completed says nothing of what it leaves out.
func TestBatchNotCompleted(t *testing.T) {
	for _, state := range []string{"PENDING", "PROCESSING", "CANCELED"} {
		d := open(t, asMapped(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"status":%q,"results":[]}`, state)
		}), nil)
		told := row(1)
		told.RemoteID = "7"
		for _, b := range []cdp.Batch{
			{Delivery: contacts(cdp.Update), Op: cdp.Change, Rows: []cdp.Delta{told}}, // else left out: skipped
			{Delivery: contacts(cdp.Update), Op: cdp.Change, Rows: []cdp.Delta{row(1)}},
			{Delivery: contacts(cdp.Upsert), Op: cdp.Remove, Action: cdp.ActionArchive, Rows: []cdp.Delta{row(1)}},
			{Delivery: contacts(cdp.Upsert), Op: cdp.Add, Rows: []cdp.Delta{row(1)}},
		} {
			if got, err := d.Push(ctx, b); !uncertain(err) || !strings.Contains(err.Error(), state) {
				t.Errorf("%s, %s of mode %s: %+v, %v", state, b.Op, b.Mode, got, err)
			}
		}
	}
}

// Rows that the answer does not mention: written when as many records came back,
// else left for later.
func TestAnswerWithoutNames(t *testing.T) {
	for body, fates := range map[string][]string{
		`{"results":[{"id":"1"},{"id":"2"}]}`:                                 {"delivered", "delivered"},
		`{"results":[{"id":"1"}]}`:                                            {"deferred unavailable", "deferred unavailable"},
		`{"results":[{"id":"5","properties":{"email":"ANN.2@example.com"}}]}`: {"deferred unavailable", "delivered #5"},
		`{"results":[{"id":"5","properties":{"email":null}}],"errors":[{"category":"RATE_LIMITS","message":"x","context":{"id":"ann.1@example.com"}}]}`: {"deferred rate_limited", "delivered"},
	} {
		d := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }), nil)
		want(t, push(t, d, contacts(cdp.Upsert), row(1), row(2)), fates...)
	}
}
