// Package hubspot is a stateful fake of the HubSpot CRM API, written from HubSpot's documents (read in November 2026):
// objects in batches, lists, properties, search, merge, erasure, and the limits.
//
//	f := hubspot.New(hubspot.Config{})
//	call := f.Prepare(request)  // POST /crm/v3/objects/contacts/batch/upsert
//	reply := call.Run(tx)       // 200, 207 with errors[].context.ids, 400, 401, 409, 429
//
// Each bearer token is an account (a portal) of its own; its number is derived from the token, which is kept nowhere.
//
// One address is magic: a contact at rejected.example is refused as an invalid row, always, so that a demonstration has
// a row that never arrives.
package hubspot

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// Name is the fake's path prefix and its name in the journal.
const Name = "hubspot"

// Config says how strict the portals are.
type Config struct {
	// Strict refuses properties that nobody created, as HubSpot does. Without it an unknown property of a valid name is
	// created as text when it is first written, and as a unique one when it is first used as idProperty.
	Strict bool
	// Expired lists tokens that are answered with 401 EXPIRED_AUTHENTICATION.
	Expired []string
	Limits  Limits
}

// Fake is every portal. Its state is guarded by the sandbox's lock.
type Fake struct {
	cfg     Config
	limits  Limits
	routes  []route
	portals map[string]*portal
	names   map[string]string // interned property names
}

// New makes a fake without portals: each begins with its first request.
func New(cfg Config) *Fake {
	f := &Fake{cfg: cfg, limits: cfg.Limits.withDefaults(), routes: routes()}
	f.Reset()
	return f
}

// Reset forgets every portal.
func (f *Fake) Reset() {
	f.portals = map[string]*portal{}
	f.names = map[string]string{}
}

// Account is the portal number that belongs to a token.
func Account(token string) string {
	sum := sha256.Sum256([]byte("hubspot portal of " + token))
	return strconv.FormatUint(10_000_000+binary.BigEndian.Uint64(sum[:8])%90_000_000, 10)
}

func (f *Fake) portal(id string) *portal {
	p, ok := f.portals[id]
	if !ok {
		p = newPortal(id)
		f.portals[id] = p
	}
	return p
}

// Prepare finds the endpoint, decodes the request and checks the token.
func (f *Fake) Prepare(r fake.Request) fake.Call {
	rt, params, allowed := f.match(r)
	token := bearer(r.Header)
	account := ""
	if token != "" {
		account = Account(token)
	}
	call := fake.Call{Account: account, Route: "(unknown)"}
	var act action
	switch {
	case rt != nil && !f.objectType(rt, params):
		call.Route = rt.pattern
		act = badRequest("Unable to infer object type from: " + params[0])
	case rt != nil:
		call.Route = rt.pattern
		act = rt.prepare(f, query{Request: r, params: params})
	case allowed != "":
		act = refuse(http.StatusMethodNotAllowed, "VALIDATION_ERROR", "HTTP 405 Method Not Allowed; allowed: "+allowed)
	default:
		act = refuse(http.StatusNotFound, "OBJECT_NOT_FOUND", "resource not found")
	}
	search := rt != nil && rt.search
	expired := slices.Contains(f.cfg.Expired, token)
	call.Run = func(tx *fake.Tx) fake.Reply {
		if account == "" || expired {
			return f.Refusal(http.StatusUnauthorized, expired && account != "", id(tx))
		}
		p := f.portal(account)
		headers, refused := f.admit(tx, p, search)
		reply := refused
		if refused.Status == 0 {
			reply = act(tx, p)
		}
		if reply.Header == nil {
			reply.Header = http.Header{}
		}
		for k, v := range headers {
			reply.Header[k] = v
		}
		return reply
	}
	return call
}

var (
	anyObject    = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	customObject = regexp.MustCompile(`^(2-[0-9]+|p[0-9]*_[a-z0-9_]+)$`)
)

// objectType checks the {type} of a path: a standard object, or a custom one, which a strict portal wants named as
// HubSpot names it (2-123 or p_name).
func (f *Fake) objectType(rt *route, params []string) bool {
	if !strings.Contains(rt.pattern, "{type}") {
		return true
	}
	name := typeName(params[0])
	for _, standard := range typeIDs() {
		if name == standard {
			return true
		}
	}
	if f.cfg.Strict {
		return customObject.MatchString(name)
	}
	return anyObject.MatchString(name)
}

func bearer(h http.Header) string {
	scheme, token, ok := strings.Cut(h.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
