package sandbox_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/sandbox"
)

// FuzzRequests sends anything anywhere: nothing panics, answers are JSON, and what was applied survives.
func FuzzRequests(f *testing.F) {
	b, err := json.Marshal(upsert("ada@example.com", "x@rejected.example"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("POST", upsertPath, string(b))
	f.Add("POST", contactsPath+"/batch/create", `{"inputs":[{"properties":{"email":"a@b.example"},"objectWriteTraceId":"1"}]}`)
	f.Add("POST", contactsPath+"/search", `{"filterGroups":[{"filters":[{"propertyName":"email","operator":"IN","values":["a"]}]}],"after":"-9"}`)
	f.Add("POST", contactsPath+"/merge", `{"primaryObjectId":"100001","objectIdToMerge":"100002"}`)
	f.Add("PUT", "/hubspot/crm/v3/lists/1/memberships/add", `["1"]`)
	f.Add("GET", "/hubspot/crm/v3/lists/1/memberships?limit=-1&after=9223372036854775807", "")
	f.Add("POST", "/hubspot/crm/v3/lists", `{"name":"a","objectTypeId":"0-1","processingType":"MANUAL"}`)
	f.Add("POST", "/hubspot/crm/v3/properties/contacts", `{"name":"a","label":"a","type":"string","fieldType":"text","groupName":"g","hasUniqueValue":true}`)
	f.Add("POST", "/webhook/in", `{"sync":"s","object":"o","rows":[{"op":"change","row_id":"1","key":"k","idempotency_key":"i","fields":{"a":null},"match":null}]}`)
	f.Add("POST", "/_sandbox/faults", `{"faults":[{"do":"status","status":500,"nth":1}]}`)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequest(method, "http://localhost", strings.NewReader(body))
		if err != nil || !strings.HasPrefix(path, "/") {
			return // no request that a server could get
		}
		u, err := r.URL.Parse("http://localhost" + path)
		if err != nil || strings.Contains(path, "faults") && strings.Contains(body, "delay") {
			return // a delay is waited for
		}
		r.URL = u
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Idempotency-Key", "k")
		dir := t.TempDir()
		s, err := sandbox.Open(dir, unlimited())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		for range 2 {
			r.Body = http.NoBody
			if body != "" {
				r.Body = readCloser{strings.NewReader(body)}
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%d: %s", w.Code, w.Body)
			}
		}
		sameAfterReopening(t, s, dir)
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func sameAfterReopening(t *testing.T, s *sandbox.Sandbox, dir string) {
	t.Helper()
	want := everything(t, s)
	opts := unlimited()
	opts.CompactAt = 1
	again, err := sandbox.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	if diff := cmp.Diff(want, everything(t, again)); diff != "" {
		t.Error(diff)
	}
	// It may have begun a new generation: what that holds is read as well.
	if diff := cmp.Diff(want, everything(t, s)); diff != "" {
		t.Error(diff)
	}
}

// Whatever is done to a portal, the journal says it: a state that is read from it is the state that wrote it.
func TestRandomStatesSurvive(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 7))
			dir := t.TempDir()
			c := open(t, dir, unlimited())
			email := func() string { return fmt.Sprintf("p%d@example.com", random.IntN(12)) }
			id := func() string { return fmt.Sprint(100_001 + random.IntN(20)) }
			list := func() string { return fmt.Sprintf("/hubspot/crm/v3/lists/%d", 1+random.IntN(3)) }
			for range 150 {
				var err error
				switch random.IntN(9) {
				case 0, 1:
					_, err = c.send("POST", upsertPath, inputs(row(email(), object{"city": fmt.Sprint(random.IntN(3))})))
				case 2:
					_, err = c.send("PATCH", contactsPath+"/"+id(), object{"properties": object{"email": email(), "city": ""}})
				case 3:
					_, err = c.send("DELETE", contactsPath+"/"+id(), nil)
				case 4:
					_, err = c.send("POST", contactsPath+"/merge", object{"primaryObjectId": id(), "objectIdToMerge": id()})
				case 5:
					_, err = c.send("POST", contactsPath+"/gdpr-delete", object{"objectId": email(), "idProperty": "email"})
				case 6:
					_, err = c.send("POST", "/hubspot/crm/v3/lists",
						object{"name": fmt.Sprint(random.IntN(3)), "objectTypeId": "0-1", "processingType": "MANUAL"})
				case 7:
					_, err = c.send("PUT", list()+"/memberships/add-and-remove",
						object{"recordIdsToAdd": []string{id(), id()}, "recordIdsToRemove": []string{id()}})
				case 8:
					_, err = c.send("POST", contactsPath+"/batch/archive", inputs(object{"id": id()}))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			sameAfterReopening(t, c.s, dir)
			// The indexes too: every address is found, and only by those who have it.
			for key, r := range c.contacts() {
				got := c.want(200, "GET", contactsPath+"/"+key+"?idProperty=email", nil).json(t)
				if got["id"] != r.ID {
					t.Errorf("%s is %v, not %s", key, got["id"], r.ID)
				}
			}
		})
	}
}
