package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/destinationtest"
	"github.com/kithdata/kith/internal/destination/webhook"
)

var ctx = context.Background()

func row(i int) cdp.Delta {
	return cdp.Delta{
		Op: cdp.Add, RowID: fmt.Sprintf("p_%d", i), Key: fmt.Sprintf("ann.%d@example.com", i), H: uint64(i),
		Fields:         json.RawMessage(fmt.Sprintf(`{"name":"Annabel %d","phone":"+3161234%04d"}`, i, i)),
		IdempotencyKey: fmt.Sprintf("%064x", i),
	}
}

// receiver is a server that keeps rows as our documentation tells its author to:
// it checks the signature and recognises rows by their keys.
type receiver struct {
	t     *testing.T
	named bool
	mu    sync.Mutex
	held  map[string]string
	seen  map[string]bool
}

func (s *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var batch struct {
		Rows []struct {
			Op, Action     string
			RowID          string `json:"row_id"`
			Key            string
			IdempotencyKey string `json:"idempotency_key"`
			Fields         map[string]any
		}
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		s.t.Errorf("%v: %.200s", err, body)
	}
	at, mac := signature(r.Header.Get("Kith-Signature"))
	want := hmac.New(sha256.New, []byte(destinationtest.Secret))
	_, _ = io.WriteString(want, at+"."+string(body))
	if !hmac.Equal(want.Sum(nil), mac) || r.Header.Get("Authorization") != "Bearer "+destinationtest.Secret || r.Header.Get("Idempotency-Key") == "" {
		s.t.Errorf("headers %v", r.Header)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	type result map[string]string
	var results []result
	for _, row := range batch.Rows {
		if row.Fields["name"] == "bad" {
			if !s.named {
				w.WriteHeader(422)
				_, _ = io.WriteString(w, `{"message":"no such name: bad, for `+row.Key+`"}`)
				return
			}
			results = append(results, result{"row_id": row.RowID, "status": "rejected", "code": "NAME_BAD", "reason": "not good: " + row.Key})
			continue
		}
		if !s.seen[row.IdempotencyKey] {
			s.seen[row.IdempotencyKey] = true
			if row.Op == "remove" && row.Action != "set" {
				delete(s.held, row.RowID)
			} else {
				s.held[row.RowID] = row.Key
			}
		}
		results = append(results, result{"row_id": row.RowID, "status": "delivered", "remote_id": "r-" + row.RowID})
	}
	if s.named {
		_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
	}
}

func signature(header string) (at string, mac []byte) {
	for _, part := range strings.Split(header, ",") {
		if v, ok := strings.CutPrefix(part, "t="); ok {
			at = v
		}
		if v, ok := strings.CutPrefix(part, "v1="); ok {
			mac, _ = hex.DecodeString(v)
		}
	}
	return at, mac
}

func TestSuite(t *testing.T) {
	for _, ack := range []string{"status", "rows"} {
		t.Run(ack, func(t *testing.T) {
			destinationtest.Suite(t, destinationtest.Harness{
				Spec: webhook.Spec(), New: webhook.New, Row: row, Waits: []int{http.StatusServiceUnavailable},
				Delivery: cdp.Delivery{Sync: "people", Run: "r", Kind: cdp.Object, Remote: "contacts", Key: "email"},
				Bad: func(i int) cdp.Delta {
					r := row(i)
					r.Fields = json.RawMessage(`{"name":"bad"}`)
					return r
				},
				Start: func(t *testing.T) destinationtest.Remote {
					s := &receiver{t: t, named: ack == "rows", held: map[string]string{}, seen: map[string]bool{}}
					return destinationtest.Remote{
						Handler: s,
						Config: func(url string) destination.Config {
							return destination.Config{Options: map[string]string{"base_url": url + "/hook?a=b", "ack": ack}}
						},
						Held: func() []string {
							s.mu.Lock()
							defer s.mu.Unlock()
							var keys []string
							for _, k := range s.held {
								keys = append(keys, k)
							}
							return keys
						},
					}
				},
			})
		})
	}
}

func open(t *testing.T, handler http.HandlerFunc, change func(*destination.Config)) cdp.Destination {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	cfg := destination.Config{Options: map[string]string{"base_url": srv.URL + "/hook?a=b"}, AllowPrivate: true}
	if change != nil {
		change(&cfg)
	}
	d, err := webhook.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestBody(t *testing.T) {
	for _, c := range []struct {
		name string
		b    cdp.Batch
		want string
	}{
		{
			"object",
			cdp.Batch{
				Delivery: cdp.Delivery{Sync: "s\"1", Run: "r-1", Kind: cdp.Object, Remote: "contacts"}, Number: 7,
				Rows: []cdp.Delta{
					{Op: cdp.Remove, Action: cdp.ActionSet, Reason: cdp.Withdrawn, RowID: "a", Key: "k\xff\x00", RemoteID: "9", IdempotencyKey: "i", Fields: json.RawMessage("{\"x\":\"1.50\",\n\"y\":null}")},
					{Op: cdp.Rekey, RowID: "b", Key: "new", OldKey: "old", IdempotencyKey: "j"},
				},
			},
			`{"sync":"s\"1","object":"contacts","run":"r-1","batch":7,"rows":[{"op":"remove","action":"set","reason":"withdrawn","row_id":"a","key":"k` + "\uFFFD" + `\u0000","remote_id":"9","idempotency_key":"i","fields":{"x":"1.50","y":null}},{"op":"rekey","row_id":"b","key":"new","old_key":"old","idempotency_key":"j","fields":{}}]}`,
		},
		{
			"event",
			cdp.Batch{
				Delivery: cdp.Delivery{Sync: "s", Run: "r", Kind: cdp.EventTo, Remote: "Purchase"}, Number: 1,
				Rows: []cdp.Delta{{Op: cdp.Add, RowID: "o", Key: "o", IdempotencyKey: "i", Fields: json.RawMessage(`{}`), Match: json.RawMessage(`{"email":["x"]}`), At: time.Date(2026, 11, 1, 12, 0, 0, 5000, time.UTC)}},
			},
			`{"sync":"s","event":"Purchase","run":"r","batch":1,"rows":[{"op":"add","row_id":"o","key":"o","idempotency_key":"i","fields":{},"match":{"email":["x"]},"at":"2026-11-01T12:00:00.000005Z"}]}`,
		},
	} {
		var got string
		d := open(t, func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = r.Method + " " + r.URL.String() + " " + string(body)
			if r.Header.Get("Kith-Signature") != "" || r.Header.Get("Authorization") != "" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%v", r.Header)
			}
		}, nil)
		if _, err := d.Push(ctx, c.b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("POST /hook?a=b "+c.want, got); diff != "" {
			t.Error(c.name, diff)
		}
	}
}

func TestAnswers(t *testing.T) {
	ok := cdp.Result{Fate: cdp.Delivered}
	unnamed := cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: "the answer does not name the row"}
	for _, c := range []struct {
		ack, body string
		want      []cdp.Result // nil for an unknown outcome
	}{
		{"status", ``, []cdp.Result{ok, ok}},
		{"status", `ok`, []cdp.Result{ok, ok}},
		{"status", `{"ok":true}`, []cdp.Result{ok, ok}},
		{"status", `{"results":[]}`, []cdp.Result{ok, ok}},
		{"status", `{"results":[{"row_id":"p_2","status":"rejected","code":"invalid_value","reason":"no"}]}`, []cdp.Result{ok, {Fate: cdp.Rejected, Code: cdp.InvalidValue, Vendor: "invalid_value", Reason: "no"}}},
		{"status", `{"results":[{"row_id":"p_9","status":"rejected"},{"row_id":"p_1","status":"deferred","after":1.5}]}`, []cdp.Result{{Fate: cdp.Deferred, Code: cdp.Unavailable, After: 1500 * time.Millisecond, Reason: "the webhook asks for the row later"}, ok}},
		{"status", `{"results":[{"row_id":"p_1","status":"skipped","code":"exists","remote_id":"7"},{"row_id":"p_2","status":"skipped"}]}`, []cdp.Result{{Fate: cdp.Skipped, Code: cdp.Exists, Vendor: "exists", RemoteID: "7"}, {Fate: cdp.Rejected, Code: cdp.OtherRejection, Reason: "the webhook skipped the row without exists or not_found"}}},
		{"status", `{"results":[{"row_id":"p_1","status":"pending"},{"row_id":"p_2","status":"rejected","code":"ann.2@example.com","reason":"ann.2@example.com, Annabel 2"}]}`, []cdp.Result{{Fate: cdp.Rejected, Code: cdp.OtherRejection, Reason: "the webhook gave the row a status that kith does not know"}, {Fate: cdp.Rejected, Code: cdp.OtherRejection, Reason: "[value], [value]"}}},
		{"status", `{"results":[{"row_id":"p_1"`, nil},
		{"status", `{"results":[]`, nil},
		{"status", `{"results":[]}}`, nil},
		{"status", `{'results':[{"row_id":"p_1","status":"rejected"}]}`, nil},
		{"status", `{ok}`, nil},
		{"status", ` [{"results":[{"row_id":"p_1","status":"rejected"}]}]`, []cdp.Result{ok, ok}},
		// A byte order mark is no part of the answer; another encoding is not read.
		{"status", "\uFEFF" + `{"results":[{"row_id":"p_2","status":"rejected","code":"invalid_value","reason":"no"}]}`, []cdp.Result{ok, {Fate: cdp.Rejected, Code: cdp.InvalidValue, Vendor: "invalid_value", Reason: "no"}}},
		{"rows", "\uFEFF\r\n" + `{"results":[{"row_id":"p_1","status":"delivered","remote_id":"9"}]}`, []cdp.Result{{Fate: cdp.Delivered, RemoteID: "9"}, unnamed}},
		{"status", "\uFEFF", []cdp.Result{ok, ok}},
		{"status", "\uFEFF{", nil},
		{"status", "{\x00\"\x00r\x00", nil},
		{"status", "\xFF\xFE{\x00\"\x00r\x00", []cdp.Result{ok, ok}},
		{"rows", "\xFF\xFE{\x00\"\x00r\x00", nil},
		{"status", "\x1F\x8B\x08", []cdp.Result{ok, ok}},
		{"rows", "\x1F\x8B\x08", nil},
		// What stands before the results, and within what is beside them.
		{"status", ` {"sent":{"results":[{"row_id":"p_1","status":"rejected"}],"x":["]}","\\","\\\"}",{"y":[]}]}, "n":1.5 ,"t":"a:b,c}" , "\u0052esults" : [{"row_id":"p_2","status":"delivered","remote_id":"a:{\"\\"}] ,"z":null} `, []cdp.Result{ok, {Fate: cdp.Delivered, RemoteID: `a:{"\`}}},
		// Numbers for texts, texts for numbers, and what is of no use.
		{"status", `{"results":[{"row_id":"p_2","status":"rejected","code":422,"reason":{"field":"email"}},{"row_id":7,"status":"rejected"}]}`, []cdp.Result{ok, {Fate: cdp.Rejected, Code: cdp.OtherRejection, Vendor: "422", Reason: "the webhook rejected the row"}}},
		{"status", `{"results":[{"row_id":"p_1","status":"deferred","after":"30"},{"row_id":"p_2","status":"deferred","after":"NaN"}]}`, []cdp.Result{{Fate: cdp.Deferred, Code: cdp.Unavailable, After: 30 * time.Second, Reason: "the webhook asks for the row later"}, {Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: "the webhook asks for the row later"}}},
		{"rows", `{"results":[{"row_id":"p_1","status":"delivered","remote_id":42},{"row_id":"p_2","status":200}]}`, []cdp.Result{{Fate: cdp.Delivered, RemoteID: "42"}, {Fate: cdp.Rejected, Code: cdp.OtherRejection, Reason: "the webhook gave the row a status that kith does not know"}}},
		// Results that cannot be read may be refusals.
		{"status", `{"results":{"p_2":"rejected"}}`, nil},
		{"status", `{"results":[{"row_id":["p_2"],"status":"rejected"}]}`, nil},
		{"status", `{"results":["p_2 rejected"]}`, nil},
		{"rows", `{"results":"none"}`, nil},
		{"status", `{"results":null}`, []cdp.Result{ok, ok}},
		{"status", `["results"]`, []cdp.Result{ok, ok}},
		{"rows", ``, nil},
		{"rows", `ok`, nil},
		{"rows", `{"ok":true}`, nil},
		{"rows", `{"results":[]}`, []cdp.Result{unnamed, unnamed}},
		{"rows", `{"results":[{"row_id":"p_2","status":"delivered","remote_id":"9"}]}`, []cdp.Result{unnamed, {Fate: cdp.Delivered, RemoteID: "9"}}},
	} {
		d := open(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.body) },
			func(cfg *destination.Config) { cfg.Options["ack"] = c.ack })
		got, err := d.Push(ctx, cdp.Batch{Rows: []cdp.Delta{row(1), row(2)}})
		var u *destination.Uncertain
		if c.want == nil && !errors.As(err, &u) || c.want != nil && err != nil {
			t.Errorf("%s %s: %v", c.ack, c.body, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %s: %s", c.ack, c.body, diff)
		}
	}
}

// TestMarkedMessage: what a receiver says of an error is read behind a byte order mark, too.
func TestMarkedMessage(t *testing.T) {
	for body, want := range map[string]string{
		`{"message":"no such country","code":"c-1"}`: "the webhook answered 422: c-1: no such country",
		"no such country": "the webhook answered 422: no such country",
		"<html>":          "the webhook answered 422",
	} {
		d := open(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, "\uFEFF"+body)
		}, nil)
		var no *cdp.Refused
		if _, err := d.Push(ctx, cdp.Batch{Rows: []cdp.Delta{row(1)}}); !errors.As(err, &no) || no.Reason != want {
			t.Errorf("%s: %#v", body, err)
		}
	}
}

func TestWrongAddressStopsTheRun(t *testing.T) {
	for _, status := range []int{404, 405, 410} {
		d := open(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }, nil)
		var f *cdp.Fatal
		if _, err := d.Push(ctx, cdp.Batch{Rows: []cdp.Delta{row(1)}}); !errors.As(err, &f) || f.Help == "" {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestLimitsAndEndpoint(t *testing.T) {
	cfg := destination.Config{Options: map[string]string{
		"base_url": "https://Example.com/a%2Fb?key=s3cr3t", "batch_size": "10", "rate": "5", "concurrency": "2", "timeout": "5s",
	}}
	l, err := webhook.Limits(cfg)
	if err != nil || l.MaxRows != 10 || l.Concurrent != 2 || l.Timeout != 5*time.Second || !cmp.Equal(l.Rates, []cdp.Rate{{Calls: 5, Per: time.Second}}) {
		t.Error(l, err)
	}
	if e, err := webhook.Endpoint(cfg); err != nil || e != "webhook:example.com:443/a%2Fb" {
		t.Error(e, err)
	}
	for option, value := range map[string]string{"batch_size": "10001", "rate": "0", "concurrency": "65", "timeout": "1h", "base_url": ""} {
		c := destination.Config{Options: map[string]string{"base_url": "https://x.example", option: value}}
		if _, err := webhook.New(c); err == nil {
			t.Errorf("%s: %s is allowed", option, value)
		}
	}
}

func BenchmarkPush(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer srv.Close()
	d, err := webhook.New(destination.Config{
		Options: map[string]string{"base_url": srv.URL}, AllowPrivate: true,
		Secret: func(o string) (string, error) { return map[string]string{"secret": "s"}[o], nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	rows := make([]cdp.Delta, 1000)
	for i := range rows {
		rows[i] = row(i)
		rows[i].Fields = json.RawMessage(fmt.Sprintf(`{"name":"Annabel Lee %d","spent":"1234.50","tags":["shoes","boots"],"city":"Amsterdam","vip":true,"n":%d,"last":"2026-11-01 12:00:00.000000"}`, i, i))
	}
	batch := cdp.Batch{Delivery: cdp.Delivery{Sync: "s", Run: "r", Kind: cdp.Object, Remote: "people"}, Rows: rows, IdempotencyKey: "k"}
	b.ReportAllocs()
	b.SetParallelism(2)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := d.Push(ctx, batch); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "rows/s")
}
