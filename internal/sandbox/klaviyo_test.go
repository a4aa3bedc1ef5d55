package sandbox_test

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
)

// TestKlaviyoAcrossProcesses: a job that one process took ends in another, at the
// time that it was to end, and a snapshot holds everything.
func TestKlaviyoAcrossProcesses(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	open := func() *sandbox.Sandbox {
		s, err := sandbox.Open(dir, sandbox.Options{Now: func() time.Time { return now }, Klaviyo: klaviyo.Config{JobTime: time.Minute}, CompactAt: 1})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	send := func(s *sandbox.Sandbox, method, path, body string) string {
		r := httptest.NewRequest(method, "/klaviyo"+path, strings.NewReader(body))
		r.Host = "localhost"
		r.Header.Set("Authorization", "Klaviyo-API-Key k")
		r.Header.Set("Revision", "2026-07-15")
		r.Header.Set("Content-Type", "application/vnd.api+json")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		return w.Body.String()
	}
	first := open()
	list := send(first, "POST", "/api/lists", `{"data":{"type":"list","attributes":{"name":"VIP"}}}`)
	_, id, _ := strings.Cut(list, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	send(first, "POST", "/api/profile-bulk-import-jobs", fmt.Sprintf(`{"data":{"type":"profile-bulk-import-job","attributes":{"profiles":{"data":[
		{"type":"profile","attributes":{"email":"ann@example.com","properties":{"n":1}}},{"type":"profile","attributes":{"email":"no@rejected.example"}}]}},
		"relationships":{"lists":{"data":[{"type":"list","id":%q}]}}}}`, id))
	send(first, "POST", "/api/event-bulk-create-jobs", `{"data":{"type":"event-bulk-create-job","attributes":{"events-bulk-create":{"data":[{"type":"event-bulk-create","attributes":{
		"profile":{"data":{"type":"profile","attributes":{"email":"bob@example.com"}}},
		"events":{"data":[{"type":"event","attributes":{"unique_id":"u","properties":{},"metric":{"data":{"type":"metric","attributes":{"name":"Buy"}}}}}]}}}]}}}}`)
	send(first, "POST", "/api/profile-subscription-bulk-create-jobs", fmt.Sprintf(`{"data":{"type":"profile-subscription-bulk-create-job","attributes":{"profiles":{"data":[
		{"type":"profile","attributes":{"email":"bob@example.com","subscriptions":{"email":{"marketing":{"consent":"SUBSCRIBED"}}}}}]}},"relationships":{"list":{"data":{"type":"list","id":%q}}}}}`, id))
	if got, err := first.Klaviyo("k").Profiles(); err != nil || len(got) != 1 {
		t.Errorf("before the job has ended: %v %v", got, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Minute)
	second := open()
	got, err := second.Klaviyo("k").Lists()
	if diff := cmp.Diff(map[string][]string{"VIP": {"ann@example.com"}}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	before, err := second.State(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	third := open() // rewrites the journal as a snapshot
	defer func() { _ = third.Close() }()
	after, err := third.State(0)
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if n, err := third.Klaviyo("k").Confirm("bob@example.com"); err != nil || n != 1 {
		t.Errorf("%d lists are joined: %v", n, err)
	}
	if got, err = third.Klaviyo("k").Lists(); err != nil || len(got["VIP"]) != 2 {
		t.Errorf("%v %v", got, err)
	}
	if events, err := third.Klaviyo("k").Events(); err != nil || len(events) != 1 || events[0].UniqueID != "u" {
		t.Errorf("%v %v", events, err)
	}
}
