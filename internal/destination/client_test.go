package destination_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

func config(base string) destination.Config {
	return destination.Config{
		Options:      map[string]string{"base_url": base},
		Secret:       func(string) (string, error) { return "s3cr3t", nil },
		AllowPrivate: true,
	}
}

func client(t *testing.T, cfg destination.Config, o destination.ClientOptions) *destination.Client {
	t.Helper()
	if o.Secret == "" {
		o.Secret, o.Authorize = "token", destination.Bearer
	}
	c, err := destination.NewClient(cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestClientCalls(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer s3cr3t" || r.URL.EscapedPath() != "/base/a%2Fb" || r.URL.RawQuery != "x=1" ||
			string(body) != "hi" || r.Header.Get("User-Agent") != "kith" || r.Header.Get("X-Version") != "2" {
			t.Errorf("%s %s %q %v", r.Method, r.URL, body, r.Header)
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, "\uFEFFhello")
		_ = z.Close()
	}))
	defer srv.Close()
	c := client(t, config(srv.URL+"/base"), destination.ClientOptions{Header: http.Header{"X-Version": {"2"}}})
	got, err := c.Do(context.Background(), destination.Request{Method: "POST", Path: "/a%2Fb", Query: url.Values{"x": {"1"}}, Body: []byte("hi")})
	if err != nil || !got.OK() || string(got.Body) != "hello" {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestClientStaysOnItsHost(t *testing.T) {
	c := client(t, config("http://127.0.0.1:1"), destination.ClientOptions{})
	for _, path := range []string{"//evil.example/x", "https://evil.example/", "x", "http:/x", "/%zz"} {
		_, err := c.Do(context.Background(), destination.Request{Method: "GET", Path: path})
		var f *cdp.Fatal
		if !errors.As(err, &f) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestBaseURL(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.example.com/v1": "",
		"ftp://api.example.com":      "scheme",
		"file:///etc/passwd":         "scheme",
		"https://u:p@example.com":    "password",
		"https:///x":                 "no host",
		"https://x/#y":               "fragment",
		"://" + "s3cr3t":             "not an address",
		"http://169.254.169.254/":    "link-local",
		"http://[fd00:ec2::254]/":    "link-local",
		"http://10.0.0.1/":           "private",
	} {
		cfg := config(base)
		cfg.AllowPrivate = false
		_, err := destination.NewClient(cfg, destination.ClientOptions{})
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t")) {
			t.Errorf("%s: %v", base, err)
		}
	}
	cfg := config("https://api.example.com")
	cfg.Sandbox = true
	if _, err := destination.NewClient(cfg, destination.ClientOptions{}); err == nil {
		t.Error("the sandbox may be elsewhere")
	}
}

func TestSecretIsReadAtTheFirstCallOnly(t *testing.T) {
	var reads, calls atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer srv.Close()
	cfg := config(srv.URL)
	cfg.Secret = func(string) (string, error) { reads.Add(1); return "s3cr3t", nil }
	c := client(t, cfg, destination.ClientOptions{})
	if reads.Load() != 0 {
		t.Error("read by NewClient")
	}
	for range 2 {
		if _, err := c.Do(context.Background(), destination.Request{Method: "GET"}); err != nil {
			t.Fatal(err)
		}
	}
	if reads.Load() != 1 || calls.Load() != 2 {
		t.Error(reads.Load(), calls.Load())
	}
	cfg.Secret = func(string) (string, error) { return "", errors.New("HUBSPOT_TOKEN is not set") }
	_, err := client(t, cfg, destination.ClientOptions{}).Do(context.Background(), destination.Request{Method: "GET"})
	var f *cdp.Fatal
	if !errors.As(err, &f) || !strings.Contains(f.Reason, "HUBSPOT_TOKEN") {
		t.Error(err)
	}
}

func TestNoSecretInClearText(t *testing.T) {
	cfg := config("http://api.example.com")
	cfg.AllowPrivate = false
	cfg.Transport = roundTrip(func(*http.Request) (*http.Response, error) { t.Error("sent"); return nil, io.EOF })
	_, err := client(t, cfg, destination.ClientOptions{}).Do(context.Background(), destination.Request{Method: "GET"})
	var f *cdp.Fatal
	if !errors.As(err, &f) {
		t.Error(err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestPrivateAddressIsRefusedWhenDialled(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	defer srv.Close()
	// By name: the check is after resolution.
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	cfg := config("https://localhost:" + port)
	cfg.AllowPrivate = false
	_, err = client(t, cfg, destination.ClientOptions{}).Do(context.Background(), destination.Request{Method: "GET"})
	var f *cdp.Fatal
	if !errors.As(err, &f) || !strings.Contains(f.Help, "allow_private") {
		t.Errorf("%v", err)
	}
}

func TestAllowed(t *testing.T) {
	for addr, want := range map[string]string{
		"93.184.216.34": "", "2606:2800:220:1::1": "",
		"127.0.0.1": "private", "10.1.2.3": "private", "172.31.0.1": "private", "192.168.1.1": "private", "100.64.0.1": "private",
		"::1": "private", "fd12::1": "private", "::ffff:10.0.0.1": "private", "64:ff9b::a00:1": "private", "2002:7f00:1::": "private",
		"169.254.169.254": "never", "169.254.1.1": "never", "::ffff:169.254.169.254": "never", "64:ff9b::a9fe:a9fe": "never", "2002:a9fe:a9fe::": "never",
		"fe80::1": "never", "fe80::1%eth0": "never", "fd00:ec2::254": "never", "fd20:ce::254": "never", "100.100.100.200": "never", "168.63.129.16": "never",
		"192.0.0.192": "never", "0.0.0.0": "never", "::": "never", "224.0.0.1": "never", "255.255.255.255": "never", "ff02::1": "never", "::169.254.169.254": "never",
	} {
		for _, open := range []bool{false, true} {
			err := destination.Allowed(netip.MustParseAddr(addr), open)
			if ok := want == "" || want == "private" && open; ok != (err == nil) {
				t.Errorf("%s, allow_private %v: %v", addr, open, err)
			}
		}
	}
}

func TestOutcomes(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			select {
			case <-release:
			case <-r.Context().Done():
			}
		case "/long":
			_, _ = w.Write(make([]byte, 101))
		case "/longerror":
			w.WriteHeader(500)
			_, _ = w.Write(make([]byte, 101))
		}
	}))
	defer srv.Close()
	defer close(release)
	c := client(t, config(srv.URL), destination.ClientOptions{Timeout: 50 * time.Millisecond, MaxBody: 100})
	var u *destination.Uncertain
	for _, path := range []string{"/slow", "/long"} {
		if _, err := c.Do(context.Background(), destination.Request{Method: "POST", Path: path, Body: []byte("x")}); !errors.As(err, &u) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if a, err := c.Do(context.Background(), destination.Request{Method: "POST", Path: "/longerror"}); err != nil || a.Status != 500 || len(a.Body) != 100 {
		t.Error(a, err)
	}
	var w *cdp.Throttled
	for _, base := range []string{"http://127.0.0.1:1", "http://no-such-host.invalid"} { // refused; no address
		if _, err := client(t, config(base), destination.ClientOptions{}).Do(context.Background(), destination.Request{Method: "POST", Body: []byte("x")}); !errors.As(err, &w) || w.Code != cdp.Unavailable {
			t.Errorf("%s: %v", base, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Do(ctx, destination.Request{Method: "POST", Path: "/slow", Body: []byte("x")}); !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &u) {
		t.Error(err)
	}
}

func TestUntrustedCertificate(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	defer srv.Close()
	srv.Config.ErrorLog = nil
	_, err := client(t, config(srv.URL), destination.ClientOptions{}).Do(context.Background(), destination.Request{Method: "GET"})
	var f *cdp.Fatal
	if !errors.As(err, &f) {
		t.Errorf("%v", err)
	}
}

// The buffer of a request may be reused as soon as Do has returned, although a
// transport may not be through with the body: net/http says so.
func TestBodyIsNotReadAfterDo(t *testing.T) {
	returned, read := make(chan struct{}), make(chan error)
	cfg := config("http://127.0.0.1:1")
	cfg.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		go func() {
			<-returned
			_, err := io.ReadAll(r.Body)
			read <- err
		}()
		return &http.Response{StatusCode: 413, Body: http.NoBody}, nil
	})
	body := []byte("mine")
	if _, err := client(t, cfg, destination.ClientOptions{}).Do(context.Background(), destination.Request{Method: "POST", Body: body}); err != nil {
		t.Fatal(err)
	}
	close(returned)
	body[0]++
	if err := <-read; err == nil {
		t.Error("the body was read after Do")
	}
}

func TestProxy(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		w.WriteHeader(204)
	}))
	defer proxy.Close()
	cfg := config("http://api.example.com/x")
	cfg.AllowPrivate, cfg.Secret = false, nil
	cfg.Proxy = func(*url.URL) (*url.URL, error) { return url.Parse(proxy.URL) }
	if a, err := client(t, cfg, destination.ClientOptions{}).Do(context.Background(), destination.Request{Method: "GET"}); err != nil || a.Status != 204 {
		t.Fatal(a, err)
	}
	if len(asked) != 1 || asked[0] != "http://api.example.com/x" {
		t.Error(asked)
	}
}
