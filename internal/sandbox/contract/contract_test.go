package contract_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/contract"
)

type object = map[string]any

// request is a recorded request to Klaviyo, right unless changed.
func request(method, url string, body any) sandbox.Recorded {
	r := sandbox.Recorded{
		Seq: 1, Method: method, URL: url, Kept: true, Status: 202,
		Header: http.Header{"Revision": {"2026-07-15"}, "Authorization": {"Klaviyo-API-Key ***"}, "Accept": {"application/vnd.api+json"}},
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/vnd.api+json")
		text, ok := body.(string)
		if !ok {
			b, err := json.Marshal(body)
			if err != nil {
				panic(err)
			}
			text = string(b)
		}
		r.Body, r.BytesIn = []byte(text), len(text)
	}
	return r
}

func profiles(n int, attributes object) object {
	data := make([]object, n)
	for i := range data {
		data[i] = object{"type": "profile", "attributes": attributes}
	}
	return object{"data": object{"type": "profile-bulk-import-job", "attributes": object{"profiles": object{"data": data}}}}
}

func members(n int) object {
	data := make([]object, n)
	for i := range data {
		data[i] = object{"type": "profile", "id": fmt.Sprint("01", i)}
	}
	return object{"data": data}
}

func events(profiles, each int) object {
	one := object{"type": "event", "attributes": object{"properties": object{}, "unique_id": "u"}}
	inner := make([]object, each)
	for i := range inner {
		inner[i] = one
	}
	data := make([]object, profiles)
	for i := range data {
		data[i] = object{"type": "event-bulk-create", "attributes": object{
			"profile": object{"data": object{"type": "profile", "attributes": object{"email": "ada@example.com"}}},
			"events":  object{"data": inner},
		}}
	}
	return object{"data": object{"type": "event-bulk-create-job", "attributes": object{"events-bulk-create": object{"data": data}}}}
}

func load(t *testing.T) *contract.Contract {
	t.Helper()
	c, err := contract.Load(contract.Shared(t, "klaviyo/reverse-etl.json"))
	if err != nil {
		t.Fatal(err)
	}
	c.Rules = contract.Klaviyo()
	return c
}

const bulkImport = "/api/profile-bulk-import-jobs"

func TestGoodRequests(t *testing.T) {
	c := load(t)
	ada := object{"email": "ada@example.com", "first_name": nil, "properties": object{"ltv": 7.5}}
	log := []sandbox.Recorded{
		request("POST", bulkImport, profiles(100, ada)),
		request("GET", bulkImport+"/abc?fields%5Bprofile-bulk-import-job%5D=status,failed_count", nil),
		request("GET", bulkImport+"/abc/import-errors", nil),
		request("POST", "/api/lists/L1/relationships/profiles", members(1000)),
		request("DELETE", "/api/lists/L1/relationships/profiles", members(1)),
	}
	for _, v := range c.Check(log) {
		t.Error(v)
	}
	c.Prefix = "/klaviyo"
	log[0].URL = "/klaviyo" + log[0].URL
	if vs := c.Check(log); len(vs) != 0 { // the others are not Klaviyo's
		t.Error(vs)
	}
}

func TestBadRequests(t *testing.T) {
	c := load(t)
	ada := object{"email": "ada@example.com"}
	good := request("POST", bulkImport, profiles(1, ada))
	changed := func(change func(r *sandbox.Recorded)) sandbox.Recorded {
		r := good
		r.Header = good.Header.Clone()
		change(&r)
		return r
	}
	for name, tc := range map[string]struct {
		request sandbox.Recorded
		want    string // rule at where
	}{
		"unknown path": {request("POST", "/api/profile-import-jobs", profiles(1, ada)), "path at "},
		"wrong method": {request("PUT", bulkImport, profiles(1, ada)), "path at "},
		"no revision":  {changed(func(r *sandbox.Recorded) { r.Header.Del("revision") }), "request at revision"},
		"bad revision": {changed(func(r *sandbox.Recorded) { r.Header.Set("revision", "latest") }), "headers at Revision"},
		"no key":       {changed(func(r *sandbox.Recorded) { r.Header.Del("Authorization") }), "headers at Authorization"},
		"content type": {changed(func(r *sandbox.Recorded) { r.Header.Set("Content-Type", "application/json") }), "request at "},
		"not JSON":     {request("POST", bulkImport, `{"data":`), "request at "},
		"no body":      {request("POST", bulkImport, nil), "request at "},
		"wrong type":   {request("POST", bulkImport, profiles(1, object{"email": 7})), "request at /data/attributes/profiles/data/0/attributes/email"},
		"missing":      {request("POST", bulkImport, object{"data": object{"type": "profile-bulk-import-job"}}), "request at /data/attributes"},
		"enum": {
			request("POST", bulkImport, strings.Replace(string(good.Body), "profile-bulk-import-job", "profiles", 1)),
			"request at /data/type",
		},
		"rows":      {request("POST", bulkImport, profiles(10_001, ada)), "bulk import at /data/attributes/profiles/data"},
		"row bytes": {request("POST", bulkImport, profiles(1, object{"title": strings.Repeat("x", 100_000)})), "bulk import at /data/attributes/profiles/data/0"},
		"bytes":     {request("POST", bulkImport, profiles(60, object{"title": strings.Repeat("x", 90_000)})), "bulk import at "},
		"members":   {request("POST", "/api/lists/L1/relationships/profiles", members(1001)), "list members at /data"},
		"events":    {request("POST", "/api/event-bulk-create-jobs", events(501, 2)), "bulk events at /data/attributes/events-bulk-create/data"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, v := range c.Check([]sandbox.Recorded{tc.request}) {
				got = append(got, v.Rule+" at "+v.Where)
				if strings.Contains(v.String(), "ada@") || strings.Contains(v.String(), "xxxx") {
					t.Errorf("a violation shows a value: %.200s", v)
				}
			}
			found := false
			for _, g := range got {
				found = found || g == tc.want
			}
			if !found {
				t.Errorf("%q, want %q among them", got, tc.want)
			}
		})
	}
}

func TestEveryMistakeOfARequestIsReported(t *testing.T) {
	r := request("POST", bulkImport, profiles(2, object{"email": 7}))
	r.Header.Del("revision")
	if got := load(t).Check([]sandbox.Recorded{r}); len(got) < 3 {
		t.Errorf("%v", got)
	}
}

func TestAnswersAreCheckedWhenAsked(t *testing.T) {
	c := load(t)
	r := request("POST", bulkImport, profiles(1, object{"email": "ada@example.com"}))
	r.ResponseHeader = http.Header{"Content-Type": {"application/vnd.api+json"}}
	r.ResponseBody = []byte(`{"data":{"type":"profile-bulk-import-job","id":7}}`)
	if got := c.Check([]sandbox.Recorded{r}); len(got) != 0 {
		t.Error(got)
	}
	c.Responses = true
	got := c.Check([]sandbox.Recorded{r})
	if len(got) == 0 || got[0].Rule != "response" {
		t.Error(got)
	}
}

func TestABodyThatWasNotKept(t *testing.T) {
	r := request("POST", bulkImport, nil)
	r.Kept, r.Header = false, nil
	if got := load(t).Check([]sandbox.Recorded{r}); len(got) != 0 {
		t.Error(got)
	}
	r.URL = "/api/nowhere"
	if got := load(t).Check([]sandbox.Recorded{r}); len(got) != 1 {
		t.Error(got)
	}
}

func TestRecorder(t *testing.T) {
	rec := &contract.Recorder{Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Seen", r.URL.Path)
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprint(w, "ok")
	})}
	server := httptest.NewServer(rec)
	defer server.Close()
	res, err := http.Post(server.URL+"/api/lists?x=1", "application/json", strings.NewReader(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	got := rec.Requests()
	if len(got) != 1 || got[0].URL != "/api/lists?x=1" || string(got[0].Body) != `{"a":1}` || got[0].Status != 202 ||
		string(got[0].ResponseBody) != "ok" || res.Header.Get("X-Seen") != "/api/lists" || !got[0].Kept {
		t.Errorf("%+v", got)
	}
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	if _, err := contract.Load(t.TempDir() + "/none.json"); err == nil {
		t.Error("no error")
	}
}

// hubspot is a recorded request to HubSpot.
func hubspot(method, url, body string) sandbox.Recorded {
	r := sandbox.Recorded{
		Method: method, URL: "/hubspot" + url, Kept: true, Body: []byte(body), BytesIn: len(body),
		Header: http.Header{"Authorization": {"Bearer ***"}},
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func TestHubSpotRules(t *testing.T) {
	const upsert = "/crm/v3/objects/contacts/batch/upsert"
	good := []sandbox.Recorded{
		hubspot("POST", upsert, `{"inputs":[{"id":"a@x.example","idProperty":"email","properties":{"age":"4"}}]}`),
		hubspot("POST", "/crm/objects/2026-03/companies/batch/upsert", `{"inputs":[{"id":"1","idProperty":"n","properties":{}}]}`),
		hubspot("POST", "/crm/v3/objects/contacts/batch/create", `{"inputs":[{"properties":{"age":"4"}}]}`),
		hubspot("POST", "/crm/v3/objects/contacts/gdpr-delete", `{"objectId":"1"}`),
		hubspot("GET", "/crm/v3/objects/contacts/a%40x.example?idProperty=email", ""),
		hubspot("GET", "/account-info/v3/details", ""),
		hubspot("GET", "/crm/v3/lists/object-type-id/0-1/name/VIP%20x", ""),
		hubspot("PUT", "/crm/v3/lists/7/memberships/add", `["1","2"]`),
		hubspot("PUT", "/crm/v3/lists/7/memberships/add-and-remove", `{"recordIdsToAdd":["1"],"recordIdsToRemove":[]}`),
		{Method: "POST", URL: "/webhook/x"},
	}
	for _, v := range contract.HubSpotRules(good) {
		t.Error(v)
	}

	many := `{"inputs":[` + strings.TrimSuffix(strings.Repeat(`{"properties":{}},`, 101), ",") + `]}`
	noAuth, text := good[0], good[0]
	noAuth.Header = http.Header{"Content-Type": {"application/json"}}
	text.Header = http.Header{"Content-Type": {"text/plain"}, "Authorization": {"Bearer ***"}}
	for name, tc := range map[string]struct {
		request sandbox.Recorded
		want    string
	}{
		"101":        {hubspot("POST", "/crm/v3/objects/contacts/batch/create", many), "batch size at /inputs"},
		"none":       {hubspot("POST", upsert, `{"inputs":[]}`), "batch size at /inputs"},
		"number":     {hubspot("POST", upsert, `{"inputs":[{"id":"a","properties":{"age":4}}]}`), "string values at /inputs/0/properties/age"},
		"null":       {hubspot("POST", upsert, `{"inputs":[{"id":"a","properties":{"age":null}}]}`), "string values at /inputs/0/properties/age"},
		"no id":      {hubspot("POST", upsert, `{"inputs":[{"properties":{}}]}`), "id at /inputs/0/id"},
		"number id":  {hubspot("POST", upsert, `{"inputs":[{"id":1}]}`), "id at /inputs/0/id"},
		"twice":      {hubspot("POST", upsert, `{"inputs":[{"id":"A@x","idProperty":"email"},{"id":"a@x","idProperty":"email"}]}`), "duplicate id at /inputs/1/id"},
		"not JSON":   {hubspot("POST", upsert, `{`), "body at "},
		"path":       {hubspot("POST", "/crm/v3/objects/contacts/batch/upsert/now", `{}`), "path at "},
		"method":     {hubspot("GET", "/crm/v3/lists/7/memberships/add", ""), "path at "},
		"members":    {hubspot("PUT", "/crm/v3/lists/7/memberships/add", `["a@x"]`), "member ids at "},
		"numbers":    {hubspot("PUT", "/crm/v3/lists/7/memberships/remove", `[1]`), "member ids at "},
		"no auth":    {noAuth, "authorization at Authorization"},
		"plain text": {text, "content type at Content-Type"},
	} {
		var got []string
		for _, v := range contract.HubSpotRules([]sandbox.Recorded{tc.request}) {
			got = append(got, v.Rule+" at "+v.Where)
		}
		if diff := cmp.Diff([]string{tc.want}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What a sandbox records is what the rules read.
func TestHubSpotRulesOnASandbox(t *testing.T) {
	s, err := sandbox.Open("", sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	for _, body := range []string{
		`{"inputs":[{"id":"a@x.example","idProperty":"email","properties":{"age":"4"}}]}`,
		`{"inputs":[{"id":"a@x.example","idProperty":"email","properties":{"age":4}}]}`,
	} {
		req, _ := http.NewRequest("POST", server.URL+"/hubspot/crm/v3/objects/contacts/batch/upsert", strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer secret")
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	log, err := s.Requests()
	if err != nil {
		t.Fatal(err)
	}
	got := contract.HubSpotRules(log)
	if len(got) != 1 || got[0].Seq != 2 || got[0].Rule != "string values" {
		t.Errorf("%v", got)
	}
}
