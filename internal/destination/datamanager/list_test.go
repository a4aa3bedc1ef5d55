package datamanager_test

import (
	"errors"
	"fmt"
	"io"
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

// TestClosedAudience: an audience that takes no members ends the sync when somebody is added, by
// its name and by its id, and until it is open; who is to be taken out leaves it.
func TestClosedAudience(t *testing.T) {
	t.Parallel()
	var status, calls string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list := `{"id":"7","displayName":"VIP","membershipStatus":"` + status + `","closingReason":"UNUSED"}`
		switch {
		case r.URL.Path == "/token":
			_, _ = fmt.Fprint(w, `{"access_token":"made-up","expires_in":3600,"token_type":"Bearer"}`)
		case strings.HasPrefix(r.URL.Path, "/v1/audienceMembers:"):
			raw, _ := io.ReadAll(r.Body)
			calls += strings.TrimPrefix(r.URL.Path, "/v1/audienceMembers:") + " " + fmt.Sprint(strings.Contains(string(raw), `"productDestinationId":"7"`)) + "\n"
			_, _ = fmt.Fprint(w, `{"requestId":"q"}`)
		case strings.HasSuffix(r.URL.Path, "/7"):
			_, _ = fmt.Fprint(w, list)
		default:
			_, _ = fmt.Fprintf(w, `{"userLists":[%s]}`, list)
		}
	}))
	defer server.Close()
	for _, del := range []cdp.Delivery{{Kind: cdp.Audience, Remote: "VIP"}, {Kind: cdp.Audience, Remote: "VIP", ID: "7"}} {
		status, calls = "CLOSED", ""
		d := value[cdp.Destination](t)(datamanager.New(config(server.URL, nil)))
		if err := d.Check(t.Context(), del); err != nil {
			t.Errorf("%+v: %v", del, err)
		}
		leaves := member(1)
		leaves.Op, leaves.Action, leaves.Reason = cdp.Remove, cdp.ActionRemove, cdp.Withdrawn
		out, err := d.Push(t.Context(), cdp.Batch{Delivery: del, Op: cdp.Remove, Action: cdp.ActionRemove, Rows: []cdp.Delta{leaves}})
		if err != nil || out[0].Fate != cdp.Pending {
			t.Errorf("%+v: who withdraws: %+v, %v", del, out, err)
		}
		var fatal *cdp.Fatal
		add := cdp.Batch{Delivery: del, Op: cdp.Add, Rows: []cdp.Delta{member(2)}}
		if out, err = d.Push(t.Context(), add); !errors.As(err, &fatal) || !strings.Contains(fatal.Reason, "closed") || !strings.Contains(fatal.Help, "open it") {
			t.Errorf("%+v: %+v, %v", del, out, err)
		}
		status = "OPEN"
		if out, err = d.Push(t.Context(), add); err != nil || out[0].Fate != cdp.Pending {
			t.Errorf("%+v: it is open: %+v, %v", del, out, err)
		}
		if calls != "remove true\ningest true\n" {
			t.Errorf("%+v: %q", del, calls)
		}
	}
}
