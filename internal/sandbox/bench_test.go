package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/kithdata/kith/internal/sandbox"
)

// hubspotBatch is 100 contacts with five properties each.
func hubspotBatch(from int) []byte {
	inputs := make([]object, 100)
	for i := range inputs {
		n := from + i
		inputs[i] = object{
			"id": fmt.Sprintf("person%d@example.com", n), "idProperty": "email", "objectWriteTraceId": fmt.Sprint("row-", n),
			"properties": object{
				"firstname": "Ada", "lastname": fmt.Sprint("Lovelace ", n), "city": "Utrecht", "lifetime_value": fmt.Sprint(n),
				"is_vip": "true",
			},
		}
	}
	b, _ := json.Marshal(object{"inputs": inputs})
	return b
}

func webhookBatch(from, rows int) []byte {
	out := make([]object, rows)
	for i := range out {
		n := from + i
		out[i] = object{
			"op": "add", "row_id": fmt.Sprint("p_", n), "key": fmt.Sprintf("person%d@example.com", n),
			"idempotency_key": fmt.Sprintf("%064d", n),
			"fields":          object{"firstname": "Ada", "lastname": "Lovelace", "city": "Utrecht", "lifetime_value": n, "vip": true},
		}
	}
	b, _ := json.Marshal(object{"sync": "people", "object": "people", "rows": out})
	return b
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func benchmark(b *testing.B, dir, path string, rows int, body func(i int) []byte) {
	s, err := sandbox.Open(dir, unlimited())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	h := s.Handler()
	bodies := make([][]byte, 200)
	for i := range bodies {
		bodies[i] = body(i)
	}
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, bytes.NewReader(bodies[i%len(bodies)]))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Idempotency-Key", fmt.Sprint(i))
		h.ServeHTTP(discard{http.Header{}}, r)
	}
	b.ReportMetric(float64(b.N)*float64(rows)/b.Elapsed().Seconds(), "rows/s")
	c, err := s.Counters()
	if err != nil || c.Rows != int64(b.N*rows) {
		b.Fatalf("%d rows of %d were applied (%v)", c.Rows, b.N*rows, err)
	}
}

func BenchmarkHubSpotUpsert(b *testing.B) {
	for name, dir := range map[string]string{"memory": "", "journal": b.TempDir()} {
		b.Run(name, func(b *testing.B) {
			benchmark(b, dir, upsertPath, 100, func(i int) []byte { return hubspotBatch(100 * i) })
		})
	}
}

func BenchmarkWebhook(b *testing.B) {
	for name, dir := range map[string]string{"memory": "", "journal": b.TempDir()} {
		b.Run(name, func(b *testing.B) {
			benchmark(b, dir, "/webhook/people", 1000, func(i int) []byte { return webhookBatch(1000*i, 1000) })
		})
	}
}

// BenchmarkOpen reads a journal of 200,000 rows.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	c := open(b, dir, unlimited())
	for i := range 200 {
		c.want(200, "POST", "/webhook/people", string(webhookBatch(1000*i, 1000)), "Idempotency-Key", fmt.Sprint(i))
	}
	for b.Loop() {
		s, err := sandbox.Open(dir, unlimited())
		if err != nil {
			b.Fatal(err)
		}
		_ = s.Close()
	}
	b.ReportMetric(float64(b.N)*200_000/b.Elapsed().Seconds(), "rows/s")
}
