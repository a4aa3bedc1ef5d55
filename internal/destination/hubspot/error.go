package hubspot

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// apiError is an error of HubSpot, of a call or of a record in a 207. "The fields
// in the example response should all be treated as optional" (error handling).
type apiError struct {
	Category string `json:"category"`
	Message  string `json:"message"`
	Policy   string `json:"policyName"` // of a 429
	Context  bag    `json:"context"`
	Errors   []struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Context bag    `json:"context"`
	} `json:"errors"`
}

// bag is a context: names to texts, which HubSpot writes as lists, as single texts
// or, in its own examples, as one text. It never fails to decode.
type bag map[string][]string

func (b *bag) UnmarshalJSON(raw []byte) error {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	*b = bag{}
	for name, v := range fields {
		var list []string
		var one string
		if json.Unmarshal(v, &list) == nil {
			(*b)[name] = list
		} else if json.Unmarshal(v, &one) == nil {
			(*b)[name] = []string{one}
		}
	}
	return nil
}

// contexts are the context of an error and of those below it.
func (e apiError) contexts() []bag {
	out := []bag{e.Context}
	for _, sub := range e.Errors {
		out = append(out, sub.Context)
	}
	return out
}

// code is the most precise code that the error has.
func (e apiError) code() string {
	for _, sub := range e.Errors {
		if sub.Code != "" {
			return sub.Code
		}
	}
	return e.Category
}

// text is the message. The list of property values that some messages hold as JSON
// is cut down to names and codes: the rest of it are values.
func (e apiError) text() string {
	s := e.Message
	for _, sub := range e.Errors {
		if s == "" || strings.HasPrefix(s, "Invalid input JSON") {
			s = sub.Message
		}
	}
	head, list, ok := strings.Cut(s, ": [{")
	if !ok {
		return s
	}
	var problems []struct{ Name, Error string }
	if json.Unmarshal([]byte("[{"+list), &problems) != nil {
		return head
	}
	for i, p := range problems {
		head += map[bool]string{true: ": ", false: ", "}[i == 0] + p.Name + " " + p.Error
	}
	return head
}

// kind is what an error means to us.
func (e apiError) kind() cdp.Code {
	all := strings.ToUpper(e.Category + " " + e.code())
	text := strings.ToLower(e.Message)
	switch {
	case slices.Contains([]string{"OBJECT_NOT_FOUND", "NOT_FOUND", "RESOURCE_NOT_FOUND"}, e.Category):
		return cdp.NotFound // the record; a property that is not found is an invalid value
	case strings.Contains(all, "CONFLICT"), strings.Contains(text, "already exists"), strings.Contains(text, "already has that value"):
		return cdp.Conflict
	case strings.Contains(all, "REQUIRED"), strings.Contains(all, "MISSING_PROPERT"):
		return cdp.MissingValue
	case strings.Contains(all, "SCOPE"), strings.Contains(all, "PERMISSION"), strings.Contains(all, "FORBIDDEN"):
		return cdp.NotPermitted
	case strings.Contains(all, "RATE_LIMIT"):
		return cdp.RateLimited
	case strings.Contains(all, "VALIDATION"), strings.Contains(all, "INVALID"), strings.Contains(all, "PROPERTY"):
		return cdp.InvalidValue
	}
	return cdp.OtherRejection
}

// passing reports whether an error says nothing of what it is about, but of HubSpot itself: it
// may be gone at the next try, and what became of this one nobody knows.
func (e apiError) passing() bool {
	all := strings.ToUpper(e.Category + " " + e.code())
	return e.kind() == cdp.OtherRejection && (e.code() == "" || slices.ContainsFunc([]string{"INTERNAL", "TIMEOUT", "UNAVAILABLE"}, func(w string) bool { return strings.Contains(all, w) }))
}

// readError reads an error body; ok is false when it is not HubSpot's.
func readError(body []byte) (e apiError, ok bool) {
	return e, json.Unmarshal(body, &e) == nil && (e.Category != "" || e.Message != "" || e.Policy != "")
}

// scopes names the scopes that a 403 asks for.
func scopes(e apiError) string {
	var list []string
	for _, c := range e.contexts() {
		for _, name := range []string{"requiredGranularScopes", "requiredScopes", "missingScopes"} {
			for _, s := range c[name] {
				if !slices.Contains(list, s) && destination.ScrubCode(s) != "" {
					list = append(list, s)
				}
			}
		}
	}
	if len(list) == 0 {
		return "the scopes crm.objects.<type>.read and .write of the object, for lists also crm.lists.read and crm.lists.write"
	}
	return "the scope " + strings.Join(list, " or ")
}
