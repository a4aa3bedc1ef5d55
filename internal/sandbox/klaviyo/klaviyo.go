// Package klaviyo is a stateful fake of Klaviyo's API, written from its OpenAPI document, revision 2026-07-15: bulk
// import jobs with their errors, single profiles, lists and their members, events in bulk, subscriptions, and the limits.
//
//	f := klaviyo.New(klaviyo.Config{})
//	call := f.Prepare(request)  // POST /api/profile-bulk-import-jobs
//	reply := call.Run(tx)       // 202 with the job; its profiles are there when it is complete
//
// Each token is an account of its own; its id is derived from the token, which is kept nowhere. A job is complete a
// while after it was made; what it does becomes visible then.
//
// One address is magic: a profile at rejected.example is refused by its job, always, so that a demonstration has a row
// that never arrives.
package klaviyo

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// Name is the fake's path prefix and its name in the journal.
const Name = "klaviyo"

// Config says how the accounts behave.
type Config struct {
	// JobTime is how long an import job takes; 300 ms unless set.
	JobTime time.Duration
	// CancelEvery cancels each nth job without applying it; 0 none.
	CancelEvery int
	// Pointer is where the errors of jobs point to: "" is the place of each profile, "/data" what Klaviyo's example has,
	// and "null" nowhere.
	Pointer string
	// NoPayload leaves the profile out of the errors of jobs.
	NoPayload bool
	// SingleOptIn makes lists that take a subscriber at once, where others wait until Confirm.
	SingleOptIn bool
	// Expired lists tokens that are answered with 401.
	Expired []string
	Limits  Limits
}

// Limits are requests per account, of the bulk and list endpoints together. Zero is Klaviyo's figure, less than zero is
// no limit. Where there is one the account itself is read once a second and 15 times a minute.
type Limits struct {
	Burst  int // per second; 10
	Steady int // per minute; 150
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
	if cfg.Limits.Burst == 0 {
		cfg.Limits.Burst = 10
	}
	if cfg.Limits.Steady == 0 {
		cfg.Limits.Steady = 150
	}
	f := &Fake{cfg: cfg}
	f.Reset()
	return f
}

// Reset forgets every account.
func (f *Fake) Reset() { f.accounts = map[string]*account{} }

// Account is the id of the account that belongs to a token.
func Account(token string) string {
	sum := sha256.Sum256([]byte("klaviyo account of " + token))
	return strings.ToUpper(hex.EncodeToString(sum[:3]))
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

// query is a request with what its path names.
type query struct {
	fake.Request
	id string
}

// route is one endpoint; {id} stands for one segment.
type route struct {
	method, pattern string
	limits          int // which hold, by their place among those of the account; free where they are not played
	prepare         func(f *Fake, q query) action
}

// The limits of endpoints.
const (
	free    = -1
	bulk    = 0
	reading = 2
)

func routes() []route {
	return []route{
		{"GET", "/api/accounts", reading, getAccounts},
		{"POST", "/api/profile-bulk-import-jobs", bulk, importJob},
		{"POST", "/api/profile-import", free, importProfile},
		{"GET", "/api/profile-bulk-import-jobs/{id}", bulk, getJob},
		{"GET", "/api/profile-bulk-import-jobs/{id}/import-errors", bulk, importErrors},
		{"POST", "/api/lists", free, createList},
		{"GET", "/api/lists", free, getLists},
		{"GET", "/api/lists/{id}", free, getList},
		{"GET", "/api/lists/{id}/profiles", free, listProfiles},
		{"POST", "/api/lists/{id}/relationships/profiles", bulk, addMembers},
		{"DELETE", "/api/lists/{id}/relationships/profiles", bulk, removeMembers},
		{"POST", "/api/event-bulk-create-jobs", bulk, createEvents},
		{"POST", "/api/profile-subscription-bulk-create-jobs", bulk, subscribe},
	}
}

// match finds the endpoint of a request.
func match(r fake.Request) (rt *route, id string, known bool) {
	path := strings.Split(strings.TrimSuffix(r.Path, "/"), "/")
	for _, candidate := range routes() {
		want := strings.Split(candidate.pattern, "/")
		if len(want) != len(path) {
			continue
		}
		got, same := "", true
		for i := range want {
			if want[i] == "{id}" {
				got = path[i]
			} else {
				same = same && want[i] == path[i]
			}
		}
		if !same {
			continue
		}
		known = true
		if candidate.method == r.Method {
			return &candidate, got, true
		}
	}
	return nil, "", known
}

// Prepare finds the endpoint, decodes the request and checks the token.
func (f *Fake) Prepare(r fake.Request) fake.Call {
	rt, id, known := match(r)
	token := credential(r.Header)
	call := fake.Call{Route: "(unknown)"}
	if token != "" {
		call.Account = Account(token)
	}
	var act action
	switch {
	case rt != nil:
		call.Route = rt.pattern
		act = checked(r, rt, func() action { return rt.prepare(f, query{Request: r, id: id}) })
	case known:
		act = refuse(http.StatusMethodNotAllowed, "method_not_allowed", "Method not allowed.", "")
	default:
		act = refuse(http.StatusNotFound, "not_found", "The path was not found.", "")
	}
	expired := slices.Contains(f.cfg.Expired, token)
	call.Run = func(tx *fake.Tx) fake.Reply {
		if call.Account == "" || expired {
			return f.Refusal(http.StatusUnauthorized, expired, "")
		}
		a := f.account(call.Account)
		f.advance(tx, a)
		header, refused := http.Header{}, false
		if rt != nil && rt.limits != free {
			header, refused = f.admit(tx, a, rt.limits)
		}
		reply := f.Refusal(http.StatusTooManyRequests, false, "")
		if !refused {
			reply = act(tx, a)
		}
		for k, v := range header {
			reply.Header[k] = v
		}
		return reply
	}
	return call
}

// checked looks at the headers that every request needs.
func checked(r fake.Request, rt *route, then func() action) action {
	if r.Header.Get("Revision") == "" {
		return refuse(http.StatusBadRequest, "invalid", "A revision header is required.", "")
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if rt.method != http.MethodGet && kind != mediaType && kind != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "unsupported_media_type", "Unsupported media type.", "")
	}
	return then()
}

func credential(h http.Header) string {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	if scheme != "Klaviyo-API-Key" && scheme != "Bearer" {
		return ""
	}
	return strings.TrimSpace(token)
}
