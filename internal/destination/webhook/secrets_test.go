package webhook_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/webhook"
)

func TestHeaders(t *testing.T) {
	d := open(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Key") != "v-headers.x-key" || r.Header.Get("Authorization") != "Bearer v-token" || r.Header.Get("Idempotency-Key") != "batch-1" {
			t.Errorf("%v", r.Header)
		}
		if got := r.Header.Get("Kith-Signature"); !strings.HasPrefix(got, "t=1793534400,v1=") {
			t.Error(got)
		}
	}, func(c *destination.Config) {
		c.Maps = map[string]map[string]string{"headers": {"x-key": "${X}"}}
		c.Secret = func(o string) (string, error) { return "v-" + o, nil }
		c.Clock = func() time.Time { return time.Unix(1793534400, 0) }
	})
	if _, err := d.Push(ctx, cdp.Batch{IdempotencyKey: "batch-1", Rows: []cdp.Delta{row(1)}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Host", "content-type", "Kith-Signature", "a b", "", "x:y"} {
		_, err := webhook.New(destination.Config{Options: map[string]string{"base_url": "https://x.example"}, Maps: map[string]map[string]string{"headers": {name: "v"}}})
		if err == nil {
			t.Errorf("header %q is allowed", name)
		}
	}
}

// TestHeadersInClear: no header that is secret goes over the public network for all to read.
func TestHeadersInClear(t *testing.T) {
	for address, refused := range map[string]bool{"http://hook.example": true, "https://hook.example": false} {
		d, err := webhook.New(destination.Config{
			Options: map[string]string{"base_url": address}, Maps: map[string]map[string]string{"headers": {"x-key": "${X}"}},
			Secret: func(string) (string, error) { return "v", nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		var f *cdp.Fatal
		if err := d.Check(ctx, cdp.Delivery{}); errors.As(err, &f) != refused {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestNewHeaders: secrets that were changed while kith runs are read again when the old
// ones are refused, once for all calls, and the call is repeated under the same key.
func TestNewHeaders(t *testing.T) {
	var reads, calls, wanted atomic.Int32
	d := open(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.Header.Get("X-Key") != fmt.Sprint("v", wanted.Load()) || r.Header.Get("Idempotency-Key") != "k" || r.Header.Get("Kith-Signature") == "" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}, func(c *destination.Config) {
		c.Maps = map[string]map[string]string{"headers": {"x-key": "${X}"}}
		c.Secret = func(o string) (string, error) {
			switch o {
			case "secret":
				return "s", nil
			case "headers.x-key":
				return fmt.Sprint("v", min(reads.Add(1)-1, 1)), nil // another one at the second look, and no third
			}
			return "", nil
		}
	})
	push := func(want bool, read, called int32) {
		t.Helper()
		_, err := d.Push(ctx, cdp.Batch{IdempotencyKey: "k", Rows: []cdp.Delta{row(1)}})
		if (err == nil) != want || reads.Load() != read || calls.Load() != called {
			t.Errorf("%v, %d reads, %d calls", err, reads.Load(), calls.Load())
		}
	}
	push(true, 1, 1)
	wanted.Store(1)
	push(true, 2, 3)
	wanted.Store(2)
	push(false, 3, 4)
	push(false, 3, 5)
}

func TestSecretThatCannotBeRead(t *testing.T) {
	for _, c := range []struct{ secret, value string }{{"secret", ""}, {"headers.a", ""}, {"headers.a", "x\r\nEvil: 1"}} {
		d := open(t, func(http.ResponseWriter, *http.Request) { t.Error("called") }, func(cfg *destination.Config) {
			cfg.Maps = map[string]map[string]string{"headers": {"a": "${A}"}}
			cfg.Secret = func(o string) (string, error) {
				if o == c.secret && c.value == "" {
					return "", errors.New("A is not set")
				}
				return c.value, nil
			}
		})
		var f *cdp.Fatal
		if err := d.Check(ctx, cdp.Delivery{}); !errors.As(err, &f) {
			t.Errorf("check: %v", err)
		}
		if _, err := d.Push(ctx, cdp.Batch{Rows: []cdp.Delta{row(1)}}); !errors.As(err, &f) {
			t.Errorf("push: %v", err)
		}
	}
}

// TestSecretsOfRows: nothing that a call shows is in what its answer says of rows, whichever of the
// secrets a receiver repeats, and in whatever case.
func TestSecretsOfRows(t *testing.T) {
	secrets := map[string]string{"token": "hunter-two", "secret": "swordfish-three", "headers.x-key": "letmein-four"}
	for _, ack := range []string{"status", "rows"} {
		d := open(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, `{"results":[
				{"row_id":"p_1","status":"rejected","code":"hunter-two","reason":"no %s, HUNTER-TWO, swordfish-three or %s"},
				{"row_id":"p_2","status":"deferred","code":"letmein-four","reason":"later, hunter-two"}]}`, r.Header.Get("Authorization"), r.Header.Get("X-Key"))
		}, func(c *destination.Config) {
			c.Options["ack"] = ack
			c.Maps = map[string]map[string]string{"headers": {"x-key": "${X}"}}
			c.Secret = func(o string) (string, error) { return secrets[o], nil }
		})
		got, err := d.Push(ctx, cdp.Batch{Rows: []cdp.Delta{row(1), row(2)}})
		if all := fmt.Sprintf("%+v", got); err != nil || len(got) != 2 || regexp.MustCompile("(?i)hunter|swordfish|letmein").MatchString(all) || !strings.Contains(all, "no Bearer [value]") {
			t.Errorf("ack %s: %s, %v", ack, all, err)
		}
	}
}
