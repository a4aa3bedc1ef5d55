package hubspot

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// query is a request with the values of its pattern's {parameters}, in order.
type query struct {
	fake.Request
	params []string
}

// action is what a request does to a portal, under the lock.
type action func(tx *fake.Tx, p *portal) fake.Reply

// route is one endpoint: prepare runs outside the lock and decodes.
type route struct {
	method  string
	pattern string
	parts   []string
	search  bool // has a limit of its own
	prepare func(f *Fake, q query) action
}

func routes() []route {
	rs := []route{
		{method: "GET", pattern: "/account-info/v3/details", prepare: accountDetails},

		{method: "POST", pattern: "/crm/v3/objects/{type}/batch/upsert", prepare: batchUpsert},
		{method: "POST", pattern: "/crm/v3/objects/{type}/batch/create", prepare: batchCreate},
		{method: "POST", pattern: "/crm/v3/objects/{type}/batch/update", prepare: batchUpdate},
		{method: "POST", pattern: "/crm/v3/objects/{type}/batch/archive", prepare: batchArchive},
		{method: "POST", pattern: "/crm/v3/objects/{type}/batch/read", prepare: batchRead},
		{method: "POST", pattern: "/crm/v3/objects/{type}/search", search: true, prepare: search},
		{method: "POST", pattern: "/crm/v3/objects/{type}/gdpr-delete", prepare: gdprDelete},
		{method: "POST", pattern: "/crm/v3/objects/{type}/merge", prepare: merge},
		{method: "POST", pattern: "/crm/v3/objects/{type}", prepare: createObject},
		{method: "GET", pattern: "/crm/v3/objects/{type}/{id}", prepare: readObject},
		{method: "PATCH", pattern: "/crm/v3/objects/{type}/{id}", prepare: updateObject},
		{method: "DELETE", pattern: "/crm/v3/objects/{type}/{id}", prepare: archiveObject},

		{method: "GET", pattern: "/crm/v3/properties/{type}", prepare: listProperties},
		{method: "POST", pattern: "/crm/v3/properties/{type}", prepare: createProperty},
		{method: "GET", pattern: "/crm/v3/properties/{type}/{name}", prepare: readProperty},
		{method: "DELETE", pattern: "/crm/v3/properties/{type}/{name}", prepare: archiveProperty},

		{method: "POST", pattern: "/crm/v3/lists", prepare: createList},
		{method: "GET", pattern: "/crm/v3/lists/object-type-id/{type}/name/{name}", prepare: listByName},
		{method: "PUT", pattern: "/crm/v3/lists/{list}/memberships/add", prepare: addMembers},
		{method: "PUT", pattern: "/crm/v3/lists/{list}/memberships/remove", prepare: removeMembers},
		{method: "PUT", pattern: "/crm/v3/lists/{list}/memberships/add-and-remove", prepare: changeMembers},
		{method: "GET", pattern: "/crm/v3/lists/{list}/memberships", prepare: listMembers},
		{method: "GET", pattern: "/crm/v3/lists/{list}", prepare: readList},
		{method: "DELETE", pattern: "/crm/v3/lists/{list}", prepare: deleteList},
	}
	for i := range rs {
		rs[i].parts = strings.Split(rs[i].pattern, "/")
	}
	return rs
}

// match finds the route of a request. When only the method is wrong, allowed names one that is right.
func (f *Fake) match(r fake.Request) (rt *route, params []string, allowed string) {
	path := r.Path
	// The dated versions are the same endpoints: "/crm/objects/2026-03/contacts" for "/crm/v3/objects/contacts".
	if rest, ok := strings.CutPrefix(path, "/crm/objects/"); ok {
		if version, rest, ok := strings.Cut(rest, "/"); ok && len(version) == len("2026-03") && version[4] == '-' {
			path = "/crm/v3/objects/" + rest
		}
	}
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for i := range f.routes {
		rt := &f.routes[i]
		params, ok := rt.match(parts)
		if !ok {
			continue
		}
		if rt.method == r.Method {
			return rt, params, ""
		}
		allowed = rt.method
	}
	return nil, nil, allowed
}

func (rt *route) match(parts []string) (params []string, ok bool) {
	if len(parts) != len(rt.parts) {
		return nil, false
	}
	for i, want := range rt.parts {
		if !strings.HasPrefix(want, "{") {
			if want != parts[i] {
				return nil, false
			}
			continue
		}
		v, err := url.PathUnescape(parts[i])
		if err != nil || v == "" {
			return nil, false
		}
		params = append(params, v)
	}
	return params, true
}

// isJSON checks the content type of a request with a body.
func isJSON(h http.Header) bool {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/json")
}
