package contract_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/contract"
)

func TestMethods(t *testing.T) {
	m, err := contract.LoadMethods(contract.Shared(t, "google-datamanager/datamanager-v1.jsonschema.json"))
	if err != nil {
		t.Fatal(err)
	}
	m.Prefix, m.Ignore = "/google", []string{"/token"}
	const destinations = `"destinations":[{"operatingAccount":{"accountType":"GOOGLE_ADS","accountId":"1"},"productDestinationId":"2"}]`
	send := func(method, url, body string) sandbox.Recorded {
		return sandbox.Recorded{Method: method, URL: "/google" + url, Kept: true, Status: 200, Body: []byte(body), Header: http.Header{}, ResponseBody: []byte(`{"requestId":"r"}`)}
	}
	const ingest = "/v1/audienceMembers:ingest"
	good := send("POST", ingest, `{`+destinations+`,"audienceMembers":[{"userData":{"userIdentifiers":[{"emailAddress":"x"}]}}],"encoding":"HEX"}`)
	list := send("GET", "/v1/accountTypes/GOOGLE_ADS/accounts/1/userLists?filter=x", "")
	list.ResponseBody = []byte(`{"userLists":[]}`)
	for _, v := range m.Check([]sandbox.Recorded{good, list, send("POST", "/token", "a=b"), {Method: "GET", URL: "/klaviyo/x"}}) {
		t.Error(v)
	}
	member := `{"userData":{"userIdentifiers":[` + strings.TrimSuffix(strings.Repeat(`{"emailAddress":"x"},`, 11), ",") + `]}}`
	answer := good
	answer.ResponseBody = []byte(`{"request_id":7}`)
	for name, tc := range map[string]struct {
		request sandbox.Recorded
		want    string
	}{
		"path":         {send("POST", "/v1/audienceMembers", `{}`), "path at "},
		"method":       {send("GET", ingest, ``), "path at "},
		"unknown name": {send("POST", ingest, `{`+destinations+`,"audienceMembers":[],"mode":"HEX"}`), "request at /"},
		"enum":         {send("POST", ingest, `{`+destinations+`,"audienceMembers":[],"encoding":"hex"}`), "request at /encoding"},
		"missing":      {send("POST", ingest, `{"audienceMembers":[]}`), "request at /"},
		"too many":     {send("POST", ingest, `{`+destinations+`,"audienceMembers":[`+member+`]}`), "request at /audienceMembers/0/userData/userIdentifiers"},
		"not JSON":     {send("POST", ingest, `{`), "request at "},
		"answer":       {answer, "response at /"},
	} {
		var got []string
		for _, v := range m.Check([]sandbox.Recorded{tc.request}) {
			got = append(got, v.Rule+" at "+v.Where)
		}
		if !slices.Contains(got, tc.want) {
			t.Errorf("%s: %q, want %q among them", name, got, tc.want)
		}
	}
}
