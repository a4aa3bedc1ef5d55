package datamanager_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination/datamanager"
	fake "github.com/kithdata/kith/internal/sandbox/datamanager"
)

// TestAudienceOfThatName: a '*' in the name of an audience is no other audience.
func TestAudienceOfThatName(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, nil)
	for _, name := range []string{"VIP gold", "VIP *"} {
		if err := d.Check(t.Context(), cdp.Delivery{Kind: cdp.Audience, Remote: name}); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for name := range lists(t, box) {
		names = append(names, name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"VIP *", "VIP gold"}) {
		t.Error(names)
	}
}

// TestClosedAudience: an audience that takes no members ends the sync, by its name and by its id.
func TestClosedAudience(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const list = `{"id":"7","displayName":"VIP","membershipStatus":"CLOSED","closingReason":"UNUSED"}`
		switch {
		case r.URL.Path == "/token":
			_, _ = fmt.Fprint(w, `{"access_token":"made-up","expires_in":3600,"token_type":"Bearer"}`)
		case strings.HasSuffix(r.URL.Path, "/7"):
			_, _ = fmt.Fprint(w, list)
		default:
			_, _ = fmt.Fprintf(w, `{"userLists":[%s]}`, list)
		}
	}))
	defer server.Close()
	for _, del := range []cdp.Delivery{{Kind: cdp.Audience, Remote: "VIP"}, {Kind: cdp.Audience, Remote: "VIP", ID: "7"}} {
		d := value[cdp.Destination](t)(datamanager.New(config(server.URL, nil)))
		var fatal *cdp.Fatal
		if err := d.Check(t.Context(), del); !errors.As(err, &fatal) || !strings.Contains(fatal.Reason, "closed") || !strings.Contains(fatal.Help, "open it") {
			t.Errorf("%+v: %v", del, err)
		}
	}
}
