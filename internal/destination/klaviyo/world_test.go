package klaviyo_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/destinationtest"
	"github.com/kithdata/kith/internal/destination/klaviyo"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/contract"
	fake "github.com/kithdata/kith/internal/sandbox/klaviyo"
)

const secret = destinationtest.Secret

func open(t *testing.T, cfg fake.Config) *sandbox.Sandbox {
	t.Helper()
	if cfg.JobTime == 0 {
		cfg.JobTime = time.Millisecond
	}
	if cfg.Limits == (fake.Limits{}) {
		cfg.Limits = fake.Limits{Burst: -1, Steady: -1}
	}
	box, err := sandbox.Open("", sandbox.Options{Klaviyo: cfg})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	return box
}

// recorded serves the fake below its own name and holds everything that passes
// against the vendor's description at the end of the test, answers included.
func recorded(t *testing.T, box *sandbox.Sandbox) http.Handler {
	t.Helper()
	rec := &contract.Recorder{Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := r.Clone(r.Context())
		in.URL.Path, in.URL.RawPath = "/klaviyo"+r.URL.Path, ""
		in.Host = "localhost"
		box.Handler().ServeHTTP(w, in)
	})}
	t.Cleanup(func() {
		c, err := contract.Load(contract.Shared(t, "klaviyo/reverse-etl.json"))
		if err != nil {
			t.Fatal(err)
		}
		c.Rules, c.Responses = contract.Klaviyo(), true
		list := c.Check(rec.Requests())
		for _, v := range list[:min(len(list), 5)] {
			t.Error(v)
		}
	})
	return rec
}

func start(t *testing.T, cfg fake.Config, options map[string]string) (cdp.Destination, *sandbox.Sandbox) {
	t.Helper()
	box := open(t, cfg)
	server := httptest.NewServer(recorded(t, box))
	t.Cleanup(server.Close)
	d, err := klaviyo.New(config(server.URL, options))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, box
}

func config(url string, options map[string]string) destination.Config {
	cfg := destination.Config{
		Name: "email", Type: "klaviyo", AllowPrivate: true, Options: map[string]string{"base_url": url},
		Secret: func(string) (string, error) { return secret, nil },
	}
	for k, v := range options {
		cfg.Options[k] = v
	}
	return cfg
}

func harness(kind cdp.Delivery, row, bad func(int) cdp.Delta, held func(*testing.T, *sandbox.Sandbox) []string) destinationtest.Harness {
	return destinationtest.Harness{
		Spec: klaviyo.Spec(), New: klaviyo.New, Delivery: kind, Row: row, Bad: bad,
		Echo: func(text string) string {
			return fmt.Sprintf(`{"errors":[{"id":"1","code":"invalid","title":"Invalid input.","detail":%s,"source":{"pointer":"/data"}}]}`, destination.AppendString(nil, text))
		},
		Start: func(t *testing.T) destinationtest.Remote {
			box := open(t, fake.Config{})
			return destinationtest.Remote{
				Handler: recorded(t, box),
				Config:  func(url string) destination.Config { return config(url, nil) },
				Held: func() []string {
					time.Sleep(2 * time.Millisecond) // the jobs of a request whose answer was lost
					return held(t, box)
				},
			}
		},
	}
}

func key(i int) string { return fmt.Sprintf("ann.%d@example.com", i) }

func person(i int) cdp.Delta {
	return cdp.Delta{
		Op: cdp.Add, RowID: fmt.Sprintf("p_%d", i), Key: key(i), H: uint64(i), IdempotencyKey: fmt.Sprintf("%064x", i),
		Fields: json.RawMessage(fmt.Sprintf(`{"first_name":"Annabel %d","phone_number":"+316123%05d","location.city":"Utrecht %d","ltv":12.50,"vip":true}`, i, i, i)),
	}
}

func member(i int) cdp.Delta {
	r := person(i)
	r.Key, r.Fields = r.RowID, nil
	r.Match = json.RawMessage(fmt.Sprintf(`{"email":[%q],"phone_number":["+316999%05d"]}`, key(i), i))
	return r
}

func badAddress(f func(int) cdp.Delta) func(int) cdp.Delta {
	return func(i int) cdp.Delta {
		r := f(i)
		if r.Match != nil {
			r.Match = json.RawMessage(strings.ReplaceAll(string(r.Match), "@example.com", "@rejected.example"))
		} else {
			r.Key = strings.ReplaceAll(r.Key, "@example.com", "@rejected.example")
		}
		return r
	}
}

func must[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func must2[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T { t.Helper(); return must(t, v, err) }
}

func push(t *testing.T, d cdp.Destination, del cdp.Delivery, op cdp.Op, rows ...cdp.Delta) []cdp.Result {
	t.Helper()
	b := cdp.Batch{Delivery: del, Op: op, Rows: rows, Number: 1}
	if op == cdp.Remove {
		b.Action = cdp.ActionRemove
	}
	return must2(d.Push(t.Context(), b))(t)
}

func poll(t *testing.T, d cdp.Destination, del cdp.Delivery, job string) cdp.JobState {
	t.Helper()
	p, ok := d.(cdp.Poller)
	if !ok {
		t.Fatal("not a poller")
	}
	for range 500 {
		if s := must2(p.Poll(t.Context(), del, job))(t); s.Done {
			return s
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the job does not end")
	return cdp.JobState{}
}
