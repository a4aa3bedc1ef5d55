// Package datamanager is a stateful fake of Google's Data Manager API, written from its protos and its discovery
// document (revision 20261007): audience members that are taken or refused a request at a time and processed later, user
// lists, aggregated status, quotas, and the token endpoint.
//
//	f := datamanager.New(datamanager.Config{})
//	call := f.Prepare(request)  // POST /v1/audienceMembers:ingest
//	reply := call.Run(tx)       // 200 with a request id; the members are there when it was processed
//
// An account belongs to a refresh token, or to the e-mail address of a service account; its number is derived from that.
// A member whose e-mail address is the SHA-256 of no@rejected.example is refused, always, so that a demonstration has a
// row that never arrives: its request fails and names it.
package datamanager

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// Name is the fake's path prefix and its name in the journal.
const Name = "google"

// Config says how the accounts behave.
type Config struct {
	// JobTime is how long a request is processed at least, and at most twice as long: requests overtake each other. 300 ms
	// unless set.
	JobTime time.Duration
	// KnownAfter is how long after it was made a request can be asked about.
	KnownAfter time.Duration
	// TokenLife is how long an access token is good; one hour unless set.
	TokenLife time.Duration
	// Unprocessed are hashes of e-mail addresses that are counted as errors when their request is processed.
	Unprocessed []string
	// FailEvery fails each nth request as a whole when it is processed, with FailReason (INTERNAL_ERROR unless set).
	FailEvery  int
	FailReason string
	// Anonymous refuses a request without naming the member that is at fault.
	Anonymous bool
	// NoTerms refuses requests that do not accept the terms of service.
	NoTerms bool
	// PerMinute is the quota of requests; 300 unless set, less than zero for none.
	PerMinute int
}

// Fake is every account. Its state is guarded by the sandbox's lock.
type Fake struct {
	cfg      Config
	accounts map[string]*account
}

// New makes a fake without accounts: each begins with its first request.
func New(cfg Config) *Fake {
	if cfg.JobTime <= 0 {
		cfg.JobTime = 300 * time.Millisecond
	}
	if cfg.TokenLife <= 0 {
		cfg.TokenLife = time.Hour
	}
	if cfg.PerMinute == 0 {
		cfg.PerMinute = 300
	}
	if cfg.FailReason == "" {
		cfg.FailReason = "INTERNAL_ERROR"
	}
	f := &Fake{cfg: cfg}
	f.Reset()
	return f
}

// Reset forgets every account.
func (f *Fake) Reset() { f.accounts = map[string]*account{} }

// Account is the name under which the fake keeps what belongs to a credential.
func Account(credential string) string {
	sum := sha256.Sum256([]byte("google account of " + credential))
	return hex.EncodeToString(sum[:6])
}

func (f *Fake) account(id string) *account {
	a, ok := f.accounts[id]
	if !ok {
		a = newAccount(id)
		f.accounts[id] = a
	}
	return a
}

// action is what a request does to an account, under the lock.
type action func(tx *fake.Tx, a *account) fake.Reply

var (
	listsPath = regexp.MustCompile(`^/v1/accountTypes/([A-Z_]+)/accounts/([0-9]+)/userLists(?:/([^/]+))?$`)
	bearer    = regexp.MustCompile(`^Bearer ya29\.([0-9a-f]{12})\.([0-9]+)$`)
)

// Prepare finds the endpoint, decodes the request and checks the token.
func (f *Fake) Prepare(r fake.Request) fake.Call {
	if r.Path == "/token" {
		return f.token(r)
	}
	route, act := f.route(r)
	call := fake.Call{Route: route}
	m := bearer.FindStringSubmatch(r.Header.Get("Authorization"))
	if m != nil {
		call.Account = m[1]
	}
	call.Run = func(tx *fake.Tx) fake.Reply {
		if m == nil || !f.account(call.Account).good(m[2], tx.Now) {
			return f.Refusal(http.StatusUnauthorized, m != nil, "")
		}
		a := f.account(call.Account)
		f.advance(tx, a)
		if no, refused := f.admit(tx, a); refused {
			return no
		}
		return act(tx, a)
	}
	return call
}

func (f *Fake) route(r fake.Request) (string, action) {
	switch r.Method + " " + r.Path {
	case "POST /v1/audienceMembers:ingest":
		return r.Path, members(f, r, true)
	case "POST /v1/audienceMembers:remove":
		return r.Path, members(f, r, false)
	case "GET /v1/requestStatus:retrieve":
		return r.Path, f.retrieve(r.Query.Get("requestId"))
	}
	m := listsPath.FindStringSubmatch(r.Path)
	switch {
	case m == nil:
	case r.Method == http.MethodGet && m[3] != "":
		return "/v1/userLists/{id}", getList(m[3])
	case r.Method == http.MethodGet:
		return "/v1/userLists", findLists(r.Query.Get("filter"))
	case r.Method == http.MethodPost && m[3] == "":
		return "/v1/userLists", createList(r, strings.TrimSuffix(strings.TrimPrefix(r.Path, "/v1/"), "/userLists"))
	}
	return "(unknown)", func(*fake.Tx, *account) fake.Reply {
		return refuse(http.StatusNotFound, "NOT_FOUND", "Method not found.")
	}
}
