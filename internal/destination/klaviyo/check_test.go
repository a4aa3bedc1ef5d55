package klaviyo_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/klaviyo"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/contract"
	fake "github.com/kithdata/kith/internal/sandbox/klaviyo"
)

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

// TestScopes: what a key may not do is told with all that it needs, which are the scopes of
// the calls in the vendor's description.
func TestScopes(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(contract.Shared(t, "klaviyo/reverse-etl.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Scopes []string `json:"x-klaviyo-scopes"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	d, box := start(t, fake.Config{}, nil)
	if err := box.SetFaults([]sandbox.Fault{{Path: "/klaviyo/api/lists", Do: sandbox.Answer, Status: 403}}); err != nil {
		t.Fatal(err)
	}
	var fatal *cdp.Fatal
	if err := d.Check(t.Context(), audience); !errors.As(err, &fatal) {
		t.Fatal(err)
	}
	for _, call := range []string{
		"get /api/accounts", "post /api/profile-bulk-import-jobs", "get /api/profile-bulk-import-jobs/{job_id}", "get /api/profile-bulk-import-jobs/{id}/import-errors",
		"post /api/profile-import", "get /api/lists", "post /api/lists", "get /api/lists/{id}", "get /api/lists/{id}/profiles", "delete /api/lists/{id}/relationships/profiles",
		"post /api/event-bulk-create-jobs", "post /api/profile-subscription-bulk-create-jobs",
	} {
		method, path, _ := strings.Cut(call, " ")
		scopes := doc.Paths[path][method].Scopes
		if len(scopes) == 0 {
			t.Errorf("%s: no scopes", call)
		}
		for _, s := range scopes {
			if !strings.Contains(fatal.Help, s) {
				t.Errorf("%s takes %s: %s", call, s, fatal.Help)
			}
		}
	}
}

// TestKeyWithoutLists: a key that may not read lists is one all the same where it may read the
// account: an event needs no list. One that may read neither, or that Klaviyo has not, ends the sync.
func TestKeyWithoutLists(t *testing.T) {
	t.Parallel()
	event := cdp.Delivery{Kind: cdp.EventTo, Remote: "Placed Order"}
	for _, c := range []struct {
		status int
		path   string
		del    cdp.Delivery
		ok     bool
	}{
		{403, "/klaviyo/api/lists", event, true},
		{403, "/klaviyo/api/lists", profiles, true},
		{403, "/klaviyo/api/lists", audience, false},
		{401, "/klaviyo/api/lists", event, false},
		{403, "/klaviyo/api", event, false},
	} {
		d, box := start(t, fake.Config{}, nil)
		if err := box.SetFaults([]sandbox.Fault{{Path: c.path, Do: sandbox.Answer, Status: c.status}}); err != nil {
			t.Fatal(err)
		}
		var fatal *cdp.Fatal
		if err := d.Check(t.Context(), c.del); (err == nil) != c.ok || !c.ok && !errors.As(err, &fatal) {
			t.Errorf("%d of %s, %s: %v", c.status, c.path, c.del.Kind, err)
		}
	}
}

// TestChecksOfSeveralSyncs: the first runs of several syncs check an account at once, which
// Klaviyo lets a key read once a second.
func TestChecksOfSeveralSyncs(t *testing.T) {
	t.Parallel()
	box := open(t, fake.Config{Limits: fake.Limits{Burst: 10, Steady: 150}})
	server := httptest.NewServer(recorded(t, box))
	defer server.Close()
	for _, del := range []cdp.Delivery{profiles, audience, {Kind: cdp.EventTo, Remote: "Placed Order"}} {
		d := must2(klaviyo.New(config(server.URL, nil)))(t)
		if err := d.Check(t.Context(), del); err != nil {
			t.Errorf("%s: %v", del.Kind, err)
		}
	}
	d := must2(klaviyo.New(config(server.URL, map[string]string{"account": fake.Account(secret)})))(t)
	var wait *cdp.Throttled
	for n := range 2 { // the fake has that limit
		if err := d.Check(t.Context(), profiles); errors.As(err, &wait) != (n == 1) {
			t.Errorf("check %d: %v", n, err)
		}
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
