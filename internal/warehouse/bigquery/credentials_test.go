package bigquery_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
)

const (
	robot = "robot@acme.iam.gserviceaccount.com"
	other = "kith@acme.iam.gserviceaccount.com"
)

// google is oauth2.googleapis.com, iamcredentials.googleapis.com and
// bigquery.googleapis.com on this machine, behind their own names and TLS. It issues
// tokens, and lets nobody in whose token it has not issued for that service, or whose
// token is past its time.
type google struct {
	t   *testing.T
	key *rsa.PrivateKey

	mu       sync.Mutex
	lives    time.Duration // of the next token
	refuse   http.HandlerFunc
	issued   map[string]time.Time // token to its end
	carried  []string             // tokens of the requests to BigQuery, in order
	quota    string               // x-goog-user-project of the last
	attempts int                  // to get a token
}

// newGoogle starts it and leads every new client of this process there. Tests that use it
// cannot be parallel.
func newGoogle(t *testing.T) *google {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	g := &google{t: t, key: key, lives: time.Hour, issued: map[string]time.Time{}}
	server := httptest.NewTLSServer(g)
	t.Cleanup(server.Close)
	ours, ok := server.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatal("no transport")
	}
	here := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
		TLSClientConfig: ours.TLSClientConfig.Clone(),
	}
	here.TLSClientConfig.ServerName = "example.com" // whose certificate it has
	usual := http.DefaultTransport
	http.DefaultTransport = here
	t.Cleanup(func() { http.DefaultTransport = usual })
	return g
}

// file writes the key of robot as Google gives it out; fields replaces some, "" removes.
func (g *google) file(fields map[string]string) string {
	g.t.Helper()
	text := map[string]string{
		"type": "service_account", "project_id": "acme", "private_key_id": "key-1", "private_key": g.private(), "client_email": robot,
		"client_id": "1", "token_uri": "https://oauth2.googleapis.com/token",
	}
	for name, v := range fields {
		if text[name] = v; v == "" {
			delete(text, name)
		}
	}
	b, err := json.Marshal(text)
	if err != nil {
		g.t.Fatal(err)
	}
	return write(g.t, string(b))
}

func (g *google) private() string {
	der, err := x509.MarshalPKCS8PrivateKey(g.key)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (g *google) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if r.Host != "bigquery.googleapis.com" {
		if g.attempts++; g.refuse != nil {
			g.refuse(w, r)
			return
		}
	}
	switch r.Host {
	case "oauth2.googleapis.com":
		scope := g.assertion(r.FormValue("assertion"))
		send(w, http.StatusOK, map[string]any{"access_token": g.issue("for " + scope), "token_type": "Bearer", "expires_in": int(g.lives.Seconds())})
	case "iamcredentials.googleapis.com":
		var body struct{ Scope []string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || !slices.Equal(body.Scope, []string{"https://www.googleapis.com/auth/bigquery"}) {
			g.t.Errorf("asked for %v, %v", body.Scope, err)
		}
		if want := "/v1/projects/-/serviceAccounts/" + other + ":generateAccessToken"; r.URL.Path != want || !strings.HasPrefix(bearer, "for https://www.googleapis.com/auth/cloud-platform ") || g.issued[bearer].Before(time.Now()) {
			g.t.Errorf("%s with the token %q", r.URL.Path, bearer)
		}
		send(w, http.StatusOK, map[string]any{"accessToken": g.issue("as " + other), "expireTime": time.Now().Add(g.lives).Format(time.RFC3339Nano)})
	case "bigquery.googleapis.com":
		g.carried, g.quota = append(g.carried, bearer), r.Header.Get("X-Goog-User-Project")
		if end, ok := g.issued[bearer]; !ok || end.Before(time.Now()) {
			refuse(w, http.StatusUnauthorized, "authError", "Invalid Credentials")
			return
		}
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			g.t.Error(err)
		}
		if body["dryRun"] == true {
			send(w, http.StatusOK, map[string]any{"jobComplete": true, "totalBytesProcessed": "0"})
			return
		}
		send(w, http.StatusOK, job(idOf(body), "DONE", ""))
	default:
		g.t.Errorf("a request to %s", r.Host)
	}
}

// issue makes a token that lives.
func (g *google) issue(what string) string {
	token := fmt.Sprintf("%s no. %d", what, len(g.issued)+1)
	g.issued[token] = time.Now().Add(g.lives)
	return token
}

// assertion checks what robot has signed, and returns the scope that it asks for.
func (g *google) assertion(text string) string {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		g.t.Errorf("the assertion is %q", text)
		return ""
	}
	var head struct{ Alg, Kid string }
	var claims struct {
		Iss, Scope, Aud string
		Iat, Exp        int64
	}
	for i, to := range []any{&head, &claims} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(b, to)
		}
		if err != nil {
			g.t.Error(err)
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err == nil {
		err = rsa.VerifyPKCS1v15(&g.key.PublicKey, crypto.SHA256, sum[:], signature)
	}
	if err != nil || head.Alg != "RS256" || head.Kid != "key-1" {
		g.t.Errorf("the signature: %+v, %v", head, err)
	}
	now := time.Now().Unix()
	if claims.Iss != robot || claims.Aud != "https://oauth2.googleapis.com/token" || claims.Iat > now+10 || claims.Exp <= now || claims.Exp > now+3700 {
		g.t.Errorf("the claims: %+v", claims)
	}
	return claims.Scope
}

func matches(err error, pattern string) bool {
	return err != nil && regexp.MustCompile(pattern).MatchString(err.Error())
}

func openAs(t *testing.T, cfg bigquery.Config) (*bigquery.Warehouse, error) {
	t.Helper()
	cfg.Project, cfg.Backoff, cfg.PagedReads = "acme", time.Millisecond, true
	w, err := bigquery.Open(t.Context(), cfg, dialect.BigQuery{})
	if err == nil {
		t.Cleanup(func() { _ = w.Close() })
	}
	return w, err
}

// TestServiceAccount: with a key file every request carries a token that Google gave for
// what the key has signed, and another before the first one ends.
func TestServiceAccount(t *testing.T) {
	g := newGoogle(t)
	w, err := openAs(t, bigquery.Config{CredentialsFile: g.file(nil), Quota: "acme-billing"})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := w.Exec(t.Context(), createStatement); err != nil {
			t.Fatal(err)
		}
	}
	const token = "for https://www.googleapis.com/auth/bigquery no. 1"
	if want := slices.Repeat([]string{token}, 4); !slices.Equal(g.carried, want) || g.quota != "acme-billing" {
		t.Errorf("the requests carried %q, at the cost of %q", g.carried, g.quota)
	}
	refreshes(t, g, bigquery.Config{CredentialsFile: g.file(nil)}, "for https://www.googleapis.com/auth/bigquery ")
}

// TestImpersonation: the key's own token only asks for one of the account to act as.
func TestImpersonation(t *testing.T) {
	g := newGoogle(t)
	w, err := openAs(t, bigquery.Config{CredentialsFile: g.file(nil), Impersonate: other})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Exec(t.Context(), createStatement); err != nil {
		t.Fatal(err)
	}
	if want := slices.Repeat([]string{"as " + other + " no. 2"}, 2); !slices.Equal(g.carried, want) {
		t.Errorf("the requests carried %q", g.carried)
	}
	refreshes(t, g, bigquery.Config{CredentialsFile: g.file(nil), Impersonate: other}, "as "+other+" ")
}

// refreshes: tokens that live a second are replaced in mid-run, and no request carries
// one that has ended.
func refreshes(t *testing.T, g *google, cfg bigquery.Config, kind string) {
	t.Helper()
	g.mu.Lock()
	g.lives, g.carried = time.Second, nil
	g.mu.Unlock()
	w, err := openAs(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond)
	if _, err := w.Exec(t.Context(), createStatement); err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.carried) != 2 || g.carried[0] == g.carried[1] || slices.ContainsFunc(g.carried, func(x string) bool { return !strings.HasPrefix(x, kind) }) {
		t.Errorf("the requests carried %q", g.carried)
	}
}

// TestCredentialsRefused: what is wrong is said in one sentence, without key and token,
// and is not tried again.
func TestCredentialsRefused(t *testing.T) {
	g := newGoogle(t)
	no := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body)) // the client may be gone
		}
	}
	denied := no(http.StatusForbidden, `{"error": {"code": 403, "message": "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).", "status": "PERMISSION_DENIED"}}`)
	for name, test := range map[string]struct {
		cfg      bigquery.Config
		refuse   http.HandlerFunc
		attempts int
		say      string
	}{
		"no file":        {bigquery.Config{CredentialsFile: filepath.Join(t.TempDir(), "nope.json")}, nil, 0, "nope.json: no such file"},
		"no JSON":        {bigquery.Config{CredentialsFile: write(t, "private_key = "+g.private())}, nil, 0, "key.json: invalid character"},
		"another file":   {bigquery.Config{CredentialsFile: write(t, `{"name": "package"}`)}, nil, 0, "key.json: credentials: unsupported"},
		"no key":         {bigquery.Config{CredentialsFile: g.file(map[string]string{"private_key": ""})}, nil, 0, "key.json: .*private.?key"},
		"a broken key":   {bigquery.Config{CredentialsFile: g.file(map[string]string{"private_key": strings.ReplaceAll(g.private(), "A", "B")})}, nil, 0, "key.json: .*private.?key"},
		"disabled":       {bigquery.Config{CredentialsFile: g.file(nil)}, no(http.StatusBadRequest, `{"error": "invalid_grant", "error_description": "Invalid grant: account not found"}`), 1, "key.json: invalid_grant: Invalid grant: account not found$"},
		"a proxy's word": {bigquery.Config{CredentialsFile: g.file(nil)}, no(http.StatusForbidden, "<html>no"), 1, "key.json: Google answers with status 403 Forbidden$"},
		"busy":           {bigquery.Config{CredentialsFile: g.file(nil)}, no(http.StatusServiceUnavailable, "later"), 6, ""},
		"not allowed": {bigquery.Config{CredentialsFile: g.file(nil), Impersonate: other}, func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "iamcredentials.googleapis.com" {
				denied(w, r)
				return
			}
			send(w, http.StatusOK, map[string]any{"access_token": "for x", "expires_in": 3600})
		}, 2, "key.json may not act as " + other + ": Permission 'iam.serviceAccounts.getAccessToken' denied.*serviceAccountTokenCreator"},
	} {
		t.Run(name, func(t *testing.T) {
			g.mu.Lock()
			g.attempts, g.refuse, g.lives = 0, test.refuse, time.Hour
			g.mu.Unlock()
			_, err := openAs(t, test.cfg)
			kind := cdp.ErrCredentials
			if name == "busy" {
				kind = cdp.ErrUnreachable
			}
			if !errors.Is(err, kind) || !matches(err, test.say) || g.attempts != test.attempts {
				t.Errorf("after %d attempts: %v", g.attempts, err)
			}
			for _, line := range strings.Split(g.private(), "\n")[1:3] {
				if strings.Contains(fmt.Sprint(err), line[:20]) {
					t.Error("the error shows the key")
				}
			}
		})
	}
}

// TestNoCredentials: where there are none, it is said where they were looked for.
func TestNoCredentials(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "none.json"))
	if _, err := openAs(t, bigquery.Config{}); !errors.Is(err, cdp.ErrCredentials) || !matches(err, "^the application default credentials: open .*none.json: no such file") {
		t.Error(err)
	}
	g := newGoogle(t)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", g.file(nil))
	if _, err := openAs(t, bigquery.Config{}); err != nil || len(g.carried) != 1 {
		t.Errorf("with default credentials: %v, %q", err, g.carried)
	}
}
