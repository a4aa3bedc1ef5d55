// Package webhook is a receiver of kith's webhook protocol: what a user's own endpoint would be. It checks the signature,
// keeps the current fields of every row by key, and every event once by its idempotency key.
//
//	POST /webhook/<name>
//	Content-Type: application/json
//	Idempotency-Key: <of the batch>
//	Kith-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, t + "." + body)>
//
//	{"sync": "...", "object": "people", "rows": [{"op": "add", "row_id": "...", "key": "...", "fields": {...}}]}
//
// The answer is 200 with an empty body when every row was taken, else 200 with one result for each row. A row whose key
// is an address at rejected.example is refused, always, so that a demonstration has a row that never arrives.
package webhook

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// Name is the fake's path prefix and its name in the journal.
const Name = "webhook"

// Config says how one receiver behaves.
type Config struct {
	// Secret turns the check of the signature on. It is kept in memory only.
	Secret string `json:"secret"`
	// SignatureHeader is Kith-Signature unless set.
	SignatureHeader string `json:"signature_header"`
	// IdempotencyHeader is Idempotency-Key unless set.
	IdempotencyHeader string `json:"idempotency_header"`
	// Results answers every batch with one result for each row, not only those with a refused row.
	Results bool `json:"results"`
	// Reject lists keys of rows that are refused.
	Reject []string `json:"reject"`
}

const (
	defaultSignature   = "Kith-Signature"
	defaultIdempotency = "Idempotency-Key"
	tolerance          = 5 * time.Minute // how old a signature may be, and how far ahead
)

func (c Config) withDefaults() Config {
	if c.SignatureHeader == "" {
		c.SignatureHeader = defaultSignature
	}
	if c.IdempotencyHeader == "" {
		c.IdempotencyHeader = defaultIdempotency
	}
	return c
}

func (c Config) rejects(key string) bool {
	return strings.HasSuffix(strings.ToLower(key), "@rejected.example") || slices.Contains(c.Reject, key)
}

// Fake is every receiver. Its state is guarded by the sandbox's lock.
type Fake struct {
	configs   map[string]Config
	receivers map[string]*receiver
	names     map[string]string // interned names of syncs
}

// New makes receivers as configured; every other name is received too, without a signature.
func New(configs map[string]Config) *Fake {
	f := &Fake{configs: map[string]Config{}}
	for name, c := range configs {
		f.configs[name] = c
	}
	f.Reset()
	return f
}

// Reset empties every receiver; the configuration stays.
func (f *Fake) Reset() {
	f.receivers = map[string]*receiver{}
	f.names = map[string]string{}
}

// Configure changes one receiver, under the sandbox's lock. It holds for this process.
func (f *Fake) Configure(name string, c Config) { f.configs[name] = c }

// Prepare decodes a batch.
func (f *Fake) Prepare(r fake.Request) fake.Call {
	name := strings.Trim(r.Path, "/")
	call := fake.Call{Account: name, Route: "/{name}"}
	switch {
	case !validName(name):
		call.Account, call.Route = "", "(unknown)"
		call.Run = refuse(http.StatusNotFound, "not_found", "a receiver's name is letters, digits, '-', '_' and '.'")
	case r.Method != http.MethodPost:
		call.Run = refuse(http.StatusMethodNotAllowed, "method", "POST only")
	default:
		b, problem := decode(r)
		call.Run = func(tx *fake.Tx) fake.Reply { return f.receive(tx, name, r, b, problem) }
	}
	return call
}

func validName(name string) bool {
	ok := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
	}
	return name != "" && len(name) <= 100 && !strings.ContainsFunc(name, func(c rune) bool { return !ok(c) })
}

func refuse(status int, code, reason string) func(*fake.Tx) fake.Reply {
	return func(*fake.Tx) fake.Reply { return refusal(status, code, reason) }
}

func refusal(status int, code, reason string) fake.Reply {
	return fake.Reply{
		Status: status, Header: fake.JSON(), Body: fake.Marshal(map[string]string{"error": code, "reason": reason}),
	}
}

// Refusal is an answer that a scripted fault asks for.
func (f *Fake) Refusal(status int, expired bool, _ string) fake.Reply {
	if expired {
		return refusal(status, "expired", "the credential has expired")
	}
	return refusal(status, strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_"), "scripted fault")
}
