package alert

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/destination"
)

// receiver records what is posted to it.
type receiver struct {
	*httptest.Server
	status int
	path   string
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.path, r.header = req.URL.RequestURI(), req.Header
		r.body, _ = io.ReadAll(req.Body)
		if r.status == http.StatusFound {
			http.Redirect(w, req, "http://127.0.0.1:1/elsewhere", http.StatusFound)
			return
		}
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func open(t *testing.T, url, kind, secret string, private bool) *Channel {
	t.Helper()
	c, err := Open(destination.Config{
		Name: "ops", AllowPrivate: private, Options: map[string]string{},
		Secret: func(name string) (string, error) { return map[string]string{"url": url, "secret": secret}[name], nil },
	}, kind)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

var message = Message{
	Project: "shop", Target: "prod", Task: "sync people_to_crm", Kind: "failed", Text: "<!channel> said no & left", Help: "`kith doctor`",
	Run: "20261101t060000-00000000", Owner: "data", Since: time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC), At: time.Date(2026, 11, 1, 6, 1, 0, 0, time.UTC),
}

func TestSlack(t *testing.T) {
	r := newReceiver(t)
	if err := open(t, r.URL+"/services/T/B/x?y=1", "slack", "", true).Tell(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Text   string
		Blocks []struct {
			Type string
			Text struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal(r.body, &doc); err != nil {
		t.Fatal(err)
	}
	if r.path != "/services/T/B/x?y=1" || len(doc.Blocks) != 2 || doc.Blocks[0].Text.Type != "mrkdwn" {
		t.Errorf("%s %s", r.path, r.body)
	}
	if strings.Contains(doc.Text+doc.Blocks[0].Text.Text, "<!channel>") {
		t.Errorf("a text mentions everybody: %s", r.body)
	}
	if want := ":red_circle: *sync people_to_crm* failed: &lt;!channel&gt; said no &amp; left\n`kith doctor`"; doc.Blocks[0].Text.Text != want {
		t.Errorf("text: %s", doc.Blocks[0].Text.Text)
	}
}

func TestWebhook(t *testing.T) {
	r := newReceiver(t)
	if err := open(t, r.URL+"/hook", "webhook", "s3cret", true).Tell(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	var got Message
	if err := json.Unmarshal(r.body, &got); err != nil || got.Task != message.Task || got.Kind != message.Kind || got.Text != message.Text {
		t.Errorf("%s %v", r.body, err)
	}
	mac := hmac.New(sha256.New, []byte("s3cret"))
	mac.Write([]byte(r.header.Get("X-Kith-Timestamp") + "." + string(r.body)))
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); r.header.Get("X-Kith-Signature") != want {
		t.Errorf("signature %s, not %s", r.header.Get("X-Kith-Signature"), want)
	}
}

// TestSecretsStay: whatever goes wrong, the address, which is a secret, is in no error.
func TestSecretsStay(t *testing.T) {
	r := newReceiver(t)
	for _, status := range []int{http.StatusForbidden, http.StatusFound, http.StatusInternalServerError} {
		r.status = status
		err := open(t, r.URL+"/services/TOPSECRET", "slack", "", true).Tell(t.Context(), message)
		if err == nil || strings.Contains(err.Error(), "TOPSECRET") {
			t.Errorf("%d: %v", status, err)
		}
	}
	if err := open(t, "http://127.0.0.1:1/TOPSECRET", "slack", "", true).Tell(t.Context(), message); err == nil || strings.Contains(err.Error(), "TOPSECRET") {
		t.Errorf("not reached: %v", err)
	}
	for _, url := range []string{"ftp://host/TOPSECRET", "TOPSECRET", "http://169.254.169.254/TOPSECRET", r.URL + "/TOPSECRET"} {
		_, err := Open(destination.Config{Name: "ops", Options: map[string]string{}, Secret: func(string) (string, error) { return url, nil }}, "slack")
		if err == nil || strings.Contains(err.Error(), "TOPSECRET") {
			t.Errorf("%s: %v", url, err)
		}
	}
	missing := errors.New("environment variable SLACK is not set")
	if _, err := Open(destination.Config{Secret: func(string) (string, error) { return "", missing }}, "slack"); !errors.Is(err, missing) {
		t.Errorf("a missing secret: %v", err)
	}
}

// TestAddressWithoutAPath: an address may be a host and a query.
func TestAddressWithoutAPath(t *testing.T) {
	r := newReceiver(t)
	for address, want := range map[string]string{"?key=x": "/?key=x", "": "/", "/": "/"} {
		r.path = ""
		if err := open(t, r.URL+address, "webhook", "", true).Tell(t.Context(), message); err != nil || r.path != want {
			t.Errorf("%q: posted to %q: %v", address, r.path, err)
		}
	}
}
