package klaviyo

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

const (
	maxMembers = 1_000
	maxQuery   = 6_000 // bytes; Klaviyo tells no limit
)

func getAccounts(*Fake, query) action {
	return func(_ *fake.Tx, a *account) fake.Reply {
		return answer(http.StatusOK, object{"data": []object{{
			"type": "account", "id": a.id, "links": self("/api/accounts/" + a.id), "attributes": object{
				"test_account": true, "timezone": "UTC", "preferred_currency": "EUR", "public_api_key": a.id, "locale": "en-US",
				"contact_information": object{
					"default_sender_name": "Sandbox", "default_sender_email": "sandbox@example.com", "organization_name": "Sandbox", "street_address": object{},
				},
			},
		}}})
	}
}

func (l *list) doc() object {
	process := "double_opt_in"
	if l.Single {
		process = "single_opt_in"
	}
	return object{
		"type": "list", "id": l.ID, "links": self("/api/lists/" + l.ID),
		"attributes": object{"name": l.Name, "created": stamp(l.Created), "updated": stamp(l.Created), "opt_in_process": process},
	}
}

func createList(f *Fake, q query) action {
	var in struct {
		Data struct {
			Type       string `json:"type"`
			Attributes struct {
				Name string `json:"name"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if no := decode(q, &in); no != nil {
		return no
	}
	if in.Data.Type != "list" || strings.TrimSpace(in.Data.Attributes.Name) == "" {
		return bad("A name is required.", "/data/attributes/name")
	}
	return func(tx *fake.Tx, a *account) fake.Reply {
		l := &list{ID: a.next(tx), Name: in.Data.Attributes.Name, Created: tx.Now, Single: f.cfg.SingleOptIn}
		a.lists[l.ID] = l
		a.write(tx, opList, l)
		return answer(http.StatusCreated, object{"data": l.doc()})
	}
}

// operand reads equals(field,"value") and any(field,["a","b"]).
func operand(filter string) (field string, values []string, ok bool) {
	name, rest, found := strings.Cut(filter, "(")
	field, arg, comma := strings.Cut(strings.TrimSuffix(rest, ")"), ",")
	if !found || !comma || !strings.HasSuffix(rest, ")") {
		return "", nil, false
	}
	switch name {
	case "equals":
		var one string
		ok = json.Unmarshal([]byte(arg), &one) == nil
		values = []string{one}
	case "any":
		ok = json.Unmarshal([]byte(arg), &values) == nil
	}
	return field, values, ok
}

func getLists(_ *Fake, q query) action {
	field, values, ok := "", []string(nil), true
	if f := q.Query.Get("filter"); f != "" {
		if field, values, ok = operand(f); !ok || field != "name" && field != "id" {
			return bad("The filter is invalid.", "")
		}
	}
	return func(_ *fake.Tx, a *account) fake.Reply {
		data := []object{}
		for _, id := range slices.Sorted(maps.Keys(a.lists)) {
			l := a.lists[id]
			if field == "" || field == "name" && slices.Contains(values, l.Name) || field == "id" && slices.Contains(values, l.ID) {
				data = append(data, l.doc())
			}
		}
		return answer(http.StatusOK, object{"data": data[:min(10, len(data))], "links": self("/api/lists")})
	}
}

func getList(_ *Fake, q query) action {
	return func(_ *fake.Tx, a *account) fake.Reply {
		if l := a.lists[q.id]; l != nil {
			return answer(http.StatusOK, object{"data": l.doc()})
		}
		return missing()
	}
}

func listProfiles(_ *Fake, q query) action {
	field, values, ok := "", []string(nil), true
	if f := q.Query.Get("filter"); f != "" {
		if field, values, ok = operand(f); !ok || field != "email" && field != "phone_number" || len(values) > 100 {
			return bad("The filter is invalid.", "")
		}
		form := map[string]*regexp.Regexp{"email": address, "phone_number": e164}[field]
		if slices.ContainsFunc(values, func(v string) bool { return !form.MatchString(v) }) {
			return bad("Invalid "+field+" in the filter.", "")
		}
	}
	if len(q.Query.Encode()) > maxQuery {
		return refuse(http.StatusRequestURITooLong, "uri_too_long", "The URI is too long.", "")
	}
	return func(_ *fake.Tx, a *account) fake.Reply {
		l := a.lists[q.id]
		if l == nil {
			return missing()
		}
		data := []object{}
		for _, id := range slices.Sorted(maps.Keys(l.Members)) {
			p := a.profiles[id]
			if p == nil || field != "" && !slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, p.text(field)) }) {
				continue
			}
			attributes := object{"joined_group_at": stamp(l.Created)}
			for _, k := range keys {
				if v, ok := p.Attributes[k]; ok {
					attributes[k] = v
				}
			}
			if data = append(data, object{"type": "profile", "id": p.ID, "attributes": attributes, "links": self("/api/profiles/" + p.ID)}); len(data) == 100 {
				break
			}
		}
		return answer(http.StatusOK, object{"data": data, "links": self("/api/lists/" + l.ID + "/profiles")})
	}
}

func addMembers(_ *Fake, q query) action    { return changeMembers(q, true) }
func removeMembers(_ *Fake, q query) action { return changeMembers(q, false) }

func changeMembers(q query, in bool) action {
	var body struct {
		Data []struct {
			Type string `json:"type"`
			ID   string `json:"id"`
		} `json:"data"`
	}
	if no := decode(q, &body); no != nil {
		return no
	}
	if len(body.Data) == 0 || len(body.Data) > maxMembers {
		return bad("Between 1 and 1000 profiles are allowed.", "/data")
	}
	return func(tx *fake.Tx, a *account) fake.Reply {
		l := a.lists[q.id]
		if l == nil {
			return missing()
		}
		for _, m := range body.Data {
			if a.profiles[m.ID] == nil {
				return missing()
			}
		}
		for _, m := range body.Data {
			a.member(tx, l, m.ID, in)
		}
		reply := answer(http.StatusNoContent, nil)
		reply.Rows = len(body.Data)
		return reply
	}
}
