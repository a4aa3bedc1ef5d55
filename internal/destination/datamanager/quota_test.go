package datamanager_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination/datamanager"
)

// TestQuotaProject: calls are counted at the project of the option, else of the credentials; the
// token's own call has none.
func TestQuotaProject(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ option, file, want string }{
		{"", "", ""}, {"", "acme-ads", "acme-ads"}, {"acme-billing", "acme-ads", "acme-billing"}, {"acme-billing", "", "acme-billing"},
	} {
		var mu sync.Mutex
		got := map[string]string{}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			got[r.URL.Path[strings.LastIndex(r.URL.Path, "/"):]] = r.Header.Get("X-Goog-User-Project")
			switch {
			case r.URL.Path == "/token":
				_, _ = fmt.Fprint(w, `{"access_token":"made-up","expires_in":3600,"token_type":"Bearer"}`)
			case r.Method == http.MethodGet:
				_, _ = fmt.Fprintf(w, `{"userLists":[{"id":"7","displayName":%q}]}`, audience.Remote)
			default:
				_, _ = fmt.Fprint(w, `{"requestId":"r"}`)
			}
		}))
		cfg := config(server.URL, nil)
		if c.option != "" {
			cfg.Options["quota_project"] = c.option
		}
		cfg.Secret = func(string) (string, error) {
			return fmt.Sprintf(`{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r","quota_project_id":%q}`, c.file), nil
		}
		d := value[cdp.Destination](t)(datamanager.New(cfg))
		push(t, d, cdp.Add, member(1))
		push(t, d, cdp.Remove, member(1))
		server.Close()
		for _, path := range []string{"/userLists", "/audienceMembers:ingest", "/audienceMembers:remove"} {
			if p, made := got[path]; p != c.want || !made {
				t.Errorf("%+v: %s at %q", c, path, p)
			}
		}
		if p := got["/token"]; p != "" {
			t.Errorf("%+v: the token at %q", c, p)
		}
	}
	cfg := config("http://127.0.0.1:1", nil)
	cfg.Secret = func(string) (string, error) { return `{"refresh_token":"r","quota_project_id":"a\r\nb"}`, nil }
	var fatal *cdp.Fatal
	if err := value[cdp.Destination](t)(datamanager.New(cfg)).Check(t.Context(), audience); !errors.As(err, &fatal) || !strings.Contains(fatal.Reason, "quota_project_id") {
		t.Error(err)
	}
}

// TestForbidden: what helps against a 403 is told by its reason.
func TestForbidden(t *testing.T) {
	t.Parallel()
	for reason, help := range map[string]string{
		"SERVICE_DISABLED": "enable the Data Manager API", "USER_PROJECT_DENIED": "Service Usage Consumer",
		"ACCESS_TOKEN_SCOPE_INSUFFICIENT": "auth/datamanager", "ON_THE_MOON": "a user of the account",
	} {
		err := refusedWith(t, http.StatusForbidden, "PERMISSION_DENIED", info(reason))
		var fatal *cdp.Fatal
		if !errors.As(err, &fatal) || !strings.Contains(fatal.Help, help) {
			t.Errorf("%s: %#v", reason, err)
		}
	}
}
