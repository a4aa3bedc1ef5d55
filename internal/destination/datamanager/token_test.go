package datamanager_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination/datamanager"
	"github.com/kithdata/kith/internal/sandbox"
	fake "github.com/kithdata/kith/internal/sandbox/datamanager"
)

func tokenRequests(t *testing.T, box *sandbox.Sandbox) (n int) {
	t.Helper()
	for _, r := range value[[]sandbox.Recorded](t)(box.Requests()) {
		if strings.HasSuffix(r.URL, "/token") {
			n++
		}
	}
	return n
}

// TestTokenOnceForAll: 16 workers start at once, and lose their token at once in the
// middle: two token requests in all, and nobody notices.
func TestTokenOnceForAll(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, nil)
	var at sync.WaitGroup
	work := func(first int) {
		for w := range 16 {
			at.Add(1)
			go func() {
				defer at.Done()
				if _, err := d.Push(context.WithoutCancel(t.Context()), cdp.Batch{Delivery: audience, Op: cdp.Add, Rows: []cdp.Delta{member(first + w)}}); err != nil {
					t.Errorf("worker %d: %v", w, err)
				}
			}()
		}
		at.Wait()
	}
	work(0)
	if n := tokenRequests(t, box); n != 1 {
		t.Errorf("%d token requests at the start, want 1", n)
	}
	// Every request is answered 401 until a new token is there: Reset of the state of
	// tokens is what a revocation looks like.
	if err := box.SetFaults([]sandbox.Fault{{Path: "/google/v1/", Do: sandbox.Expired, Times: 1}}); err != nil {
		t.Fatal(err)
	}
	work(100)
	if n := tokenRequests(t, box); n != 2 {
		t.Errorf("%d token requests, want 2", n)
	}
	time.Sleep(5 * time.Millisecond)
	if n := len(lists(t, box)[audience.Remote]); n != 32 {
		t.Errorf("%d members, want 32", n)
	}
}

// TestTokenRenewedInTime: a token that lives for two seconds is renewed before it is
// refused.
func TestTokenRenewedInTime(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	box, err := sandbox.Open("", sandbox.Options{Now: clock, Google: fake.Config{JobTime: time.Millisecond, TokenLife: 10 * time.Minute, PerMinute: -1}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = box.Close() }()
	server := httptest.NewServer(recorded(t, box))
	defer server.Close()
	cfg := config(server.URL, nil)
	cfg.Clock = clock
	d := value[cdp.Destination](t)(datamanager.New(cfg))
	for i := range 30 {
		push(t, d, cdp.Add, member(i))
		mu.Lock()
		now = now.Add(time.Minute)
		mu.Unlock()
	}
	for _, r := range value[[]sandbox.Recorded](t)(box.Requests()) {
		if r.Status == http.StatusUnauthorized {
			t.Fatal("a request was sent with a token that had expired")
		}
	}
	if n := tokenRequests(t, box); n < 3 || n > 4 {
		t.Errorf("%d token requests in 30 minutes of tokens of 10", n)
	}
}

// TestTokenEndpointFaults: what is wrong at the token endpoint is not an outcome of rows.
func TestTokenEndpointFaults(t *testing.T) {
	t.Parallel()
	var fatal *cdp.Fatal
	var wait *cdp.Throttled
	for name, tc := range map[string]struct {
		fault sandbox.Fault
		want  any
	}{
		"revoked":  {sandbox.Fault{Do: sandbox.Answer, Status: 400, Body: `{"error":"invalid_grant","error_description":"Token ` + secret + ` has been revoked."}`}, &fatal},
		"down":     {sandbox.Fault{Do: sandbox.Answer, Status: 500}, &wait},
		"busy":     {sandbox.Fault{Do: sandbox.Answer, Status: 429, Header: map[string]string{"Retry-After": "9"}}, &wait},
		"away":     {sandbox.Fault{Do: sandbox.Answer, Status: 503, Header: map[string]string{"Retry-After": "9"}}, &wait},
		"nonsense": {sandbox.Fault{Do: sandbox.AnswerAfter, Status: 200, Body: `<html>`}, &wait},
		"cut":      {sandbox.Fault{Do: sandbox.Cut}, &wait},
		"reset":    {sandbox.Fault{Do: sandbox.Reset}, &wait},
	} {
		t.Run(name, func(t *testing.T) {
			box := open(t, fake.Config{})
			tc.fault.Path = "/google/token"
			if err := box.SetFaults([]sandbox.Fault{tc.fault}); err != nil {
				t.Fatal(err)
			}
			base := value[string](t)(box.Serve(t.Context(), ""))
			d := value[cdp.Destination](t)(datamanager.New(config(base+"/google", nil)))
			_, err := d.Push(t.Context(), cdp.Batch{Delivery: audience, Op: cdp.Add, Rows: []cdp.Delta{member(1)}})
			if !errors.As(err, tc.want) || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "s3cret") {
				t.Fatalf("%#v", err)
			}
			if (name == "busy" || name == "away") && (wait.After != 9*time.Second || wait.Doubt) {
				t.Errorf("%+v", wait)
			}
			if err := box.SetFaults(nil); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Push(t.Context(), cdp.Batch{Delivery: audience, Op: cdp.Add, Rows: []cdp.Delta{member(1)}}); err != nil {
				t.Errorf("after that: %v", err)
			}
		})
	}
}

// TestServiceAccount: an assertion is signed and takes the account's own tokens.
func TestServiceAccount(t *testing.T) {
	t.Parallel()
	key := value[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: value[[]byte](t)(x509.MarshalPKCS8PrivateKey(key))})
	box := open(t, fake.Config{})
	base := value[string](t)(box.Serve(t.Context(), ""))
	cfg := config(base+"/google", nil)
	cfg.Secret = func(string) (string, error) {
		raw, err := json.Marshal(map[string]string{"type": "service_account", "client_email": "kith@acme.iam.example", "private_key": string(block), "private_key_id": "k1"})
		return string(raw), err
	}
	d := value[cdp.Destination](t)(datamanager.New(cfg))
	push(t, d, cdp.Add, member(1))
	if n := value[[]int](t)(box.Google("kith@acme.iam.example").Requests()); !slices.Equal(n, []int{1}) {
		t.Errorf("%v", n)
	}
	var fatal *cdp.Fatal
	for _, bad := range []string{"not json", `{}`, `{"client_email":"x","private_key":"y"}`} {
		cfg.Secret = func(string) (string, error) { return bad, nil }
		d := value[cdp.Destination](t)(datamanager.New(cfg))
		if err := d.Check(t.Context(), audience); !errors.As(err, &fatal) || !strings.Contains(fatal.Reason, "credentials") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// never is a network that nothing may be sent to.
type never struct{ t *testing.T }

func (n never) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("%s %s was sent", r.Method, r.URL)
	return nil, errors.New("no network")
}

// TestTokenInTheClear: what a token is asked for with does not travel in clear text, and is not
// read before.
func TestTokenInTheClear(t *testing.T) {
	t.Parallel()
	cfg := config("https://google.example", map[string]string{"token_url": "http://oauth.example/token"})
	cfg.AllowPrivate, cfg.Transport = false, never{t}
	secret := cfg.Secret
	cfg.Secret = func(option string) (string, error) {
		t.Errorf("the secret %s was read", option)
		return secret(option)
	}
	d := value[cdp.Destination](t)(datamanager.New(cfg))
	var fatal *cdp.Fatal
	if err := d.Check(t.Context(), audience); !errors.As(err, &fatal) || !strings.Contains(fatal.Reason, "token endpoint") || !strings.Contains(fatal.Reason, "clear text") || fatal.Help == "" {
		t.Errorf("check: %#v", err)
	}
	if got, err := d.Push(t.Context(), cdp.Batch{Delivery: audience, Op: cdp.Add, Rows: []cdp.Delta{member(1)}}); !errors.As(err, &fatal) {
		t.Errorf("push: %+v, %#v", got, err)
	}
}
