package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/kithdata/kith/internal/sandbox"
)

// hubspotPaths are the endpoints that HubSpot documents and that a destination has a use for. HubSpot's specification may
// not be passed on, so that its rules are ours to write; they share nothing with the fake.
var hubspotPaths = []struct {
	method string
	path   *regexp.Regexp
	batch  bool // {"inputs": [...]}, at most 100
	ids    bool // every input has an id, no two the same
}{
	{http.MethodPost, objects(`/batch/(upsert|update)`), true, true},
	{http.MethodPost, objects(`/batch/archive`), true, true},
	{http.MethodPost, objects(`/batch/create`), true, false},
	{http.MethodPost, objects(`/batch/read`), true, true},
	{http.MethodPost, objects(`/(search|merge|gdpr-delete)`), false, false},
	{http.MethodPost, objects(``), false, false},
	{http.MethodGet, objects(`/[^/]+`), false, false},
	{http.MethodPatch, objects(`/[^/]+`), false, false},
	{http.MethodDelete, objects(`/[^/]+`), false, false},
	{http.MethodGet, regexp.MustCompile(`^/account-info/v3/details$`), false, false},
	{http.MethodGet, regexp.MustCompile(`^/crm/v3/properties/[^/]+(/[^/]+)?$`), false, false},
	{http.MethodPost, regexp.MustCompile(`^/crm/v3/properties/[^/]+$`), false, false},
	{http.MethodPost, regexp.MustCompile(`^/crm/v3/lists$`), false, false},
	{http.MethodGet, regexp.MustCompile(`^/crm/v3/lists/(object-type-id/[^/]+/name/[^/]+|[0-9]+(/memberships)?)$`), false, false},
	{http.MethodDelete, regexp.MustCompile(`^/crm/v3/lists/[0-9]+$`), false, false},
	{http.MethodPut, memberships, false, false},
}

var memberships = regexp.MustCompile(`^/crm/v3/lists/[0-9]+/memberships/(add|remove|add-and-remove)$`)

func objects(rest string) *regexp.Regexp {
	return regexp.MustCompile(`^/crm/(v3/objects|objects/20[0-9]{2}-[0-9]{2})/[^/]+` + rest + `$`)
}

// HubSpotRules checks the requests whose URL begins with /hubspot/ against what HubSpot's documents say (read in November
// 2026): known paths, bearer authentication, JSON, at most 100 inputs, every value a string, no id twice in a batch.
func HubSpotRules(log []sandbox.Recorded) []Violation {
	var out []Violation
	for _, r := range log {
		url, ok := strings.CutPrefix(r.URL, "/hubspot")
		if !ok {
			continue
		}
		path, _, _ := strings.Cut(url, "?")
		say := func(rule, where, format string, args ...any) {
			out = append(out, violation(r, rule, where, fmt.Sprintf(format, args...)))
		}
		known := false
		for _, p := range hubspotPaths {
			if p.method != r.Method || !p.path.MatchString(path) {
				continue
			}
			known = true
			if p.batch && r.Kept {
				checkInputs(r.Body, p.ids, say)
			}
			break
		}
		if !known {
			say("path", "", "no documented endpoint")
		}
		if !r.Kept {
			continue
		}
		if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); scheme != "Bearer" || token == "" {
			say("authorization", "Authorization", "no bearer token")
		}
		kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
		if len(r.Body) > 0 && strings.TrimSpace(kind) != "application/json" {
			say("content type", "Content-Type", "not application/json")
		}
		if known && memberships.MatchString(path) {
			checkMembers(r.Body, say)
		}
	}
	return out
}

type sayer func(rule, where, format string, args ...any)

func checkInputs(body []byte, ids bool, say sayer) {
	var in struct {
		Inputs []struct {
			ID         json.RawMessage            `json:"id"`
			IDProperty string                     `json:"idProperty"`
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"inputs"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		say("body", "", "not the JSON of a batch")
		return
	}
	if n := len(in.Inputs); n == 0 || n > 100 {
		say("batch size", "/inputs", "%d inputs, 1 to 100 are allowed", n)
	}
	seen := map[string]int{}
	for i, input := range in.Inputs {
		for name, v := range input.Properties {
			if len(v) == 0 || v[0] != '"' {
				say("string values", fmt.Sprintf("/inputs/%d/properties/%s", i, name), "a value is a string")
			}
		}
		if !ids {
			continue
		}
		var id string
		if err := json.Unmarshal(input.ID, &id); err != nil || id == "" {
			say("id", fmt.Sprintf("/inputs/%d/id", i), "an id is a string that is not empty")
			continue
		}
		if input.IDProperty == "email" {
			id = strings.ToLower(strings.TrimSpace(id))
		}
		key := input.IDProperty + "\x00" + id
		if first, twice := seen[key]; twice {
			say("duplicate id", fmt.Sprintf("/inputs/%d/id", i), "the same id as input %d", first)
			continue
		}
		seen[key] = i
	}
}

// checkMembers takes the two shapes of a change of members: ids, or an object of two lists of ids.
func checkMembers(body []byte, say sayer) {
	var both map[string][]json.RawMessage
	var one []json.RawMessage
	if json.Unmarshal(body, &one) != nil {
		if json.Unmarshal(body, &both) != nil {
			say("body", "", "neither ids nor two lists of ids")
			return
		}
		one = append(both["recordIdsToAdd"], both["recordIdsToRemove"]...)
	}
	for _, raw := range one {
		var id string
		if json.Unmarshal(raw, &id) != nil || strings.Trim(id, "0123456789") != "" || id == "" {
			say("member ids", "", "a record id is a string of digits")
			return
		}
	}
}
