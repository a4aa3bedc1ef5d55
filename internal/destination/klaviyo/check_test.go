package klaviyo_test

import (
	"context"
	"encoding/json"
	"errors"
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
	if err := box.SetFaults([]sandbox.Fault{{Path: "/klaviyo/api/accounts", Do: sandbox.Answer, Status: 403}}); err != nil {
		t.Fatal(err)
	}
	var fatal *cdp.Fatal
	if err := d.Check(t.Context(), profiles); !errors.As(err, &fatal) {
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
