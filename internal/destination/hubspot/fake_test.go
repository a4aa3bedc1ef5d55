package hubspot_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/kithdata/kith/internal/destination/destinationtest"
)

// portal is a HubSpot account as its documentation describes the parts that the
// package calls. It is strict: what the documentation does not allow fails the test.
type portal struct {
	t      *testing.T
	mu     sync.Mutex
	nextID int
	// records by object, then id
	records map[string]map[string]map[string]string
	merged  map[string]bool // ids that batch/update leaves out without a word
	lists   map[string]*fakeList
	calls   []string
	scoped  bool // whether the token lacks a scope
	noTrace bool // whether answers leave out the trace ids
	loose   bool // whether no unique value tells upper case from lower, as no address does
}

type fakeList struct {
	ID, Name, Type, Object string
	members                map[string]bool
}

func newPortal(t *testing.T) *portal {
	return &portal{t: t, nextID: 100, records: map[string]map[string]map[string]string{"contacts": {}, "companies": {}, "p1_pets": {}}, merged: map[string]bool{}, lists: map[string]*fakeList{}}
}

// unique are the properties with unique values of each object.
var unique = map[string][]string{"contacts": {"email", "customer_id"}, "companies": {"company_key"}, "p1_pets": {"chip"}}

var writable = map[string]string{
	"email": "string", "customer_id": "string", "firstname": "string", "phone": "string", "company_key": "string", "chip": "string",
	"is_vip": "bool", "spent": "number", "born": "date", "seen": "datetime", "likes": "enumeration", "name": "string",
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	p.calls = append(p.calls, r.Method+" "+r.URL.Path)
	if r.Header.Get("Authorization") != "Bearer "+destinationtest.Secret {
		p.error(w, 401, "INVALID_AUTHENTICATION", "Authentication credentials not found.", nil)
		return
	}
	if len(body) > 0 && r.Header.Get("Content-Type") != "application/json" {
		p.error(w, 415, "", "Unsupported media type", nil)
		return
	}
	if p.scoped {
		w.WriteHeader(403)
		_, _ = io.WriteString(w, `{"status":"error","message":"This app hasn't been granted all required scopes to make this call.","category":"MISSING_SCOPES","errors":[{"message":"One or more of the following scopes are required.","context":{"requiredGranularScopes":["crm.objects.contacts.write"]}}]}`)
		return
	}
	path := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for i := range path {
		path[i], _ = url.PathUnescape(path[i])
	}
	switch {
	case r.URL.Path == "/account-info/v3/details" && r.Method == "GET":
		_, _ = io.WriteString(w, `{"portalId":4711,"accountType":"STANDARD"}`)
	case match(path, "crm", "v3", "properties", "*") && r.Method == "GET":
		p.properties(w, path[3])
	case match(path, "crm", "v3", "objects", "*", "batch", "*") && r.Method == "POST":
		p.batch(w, path[3], path[5], body)
	case path[0] == "crm" && path[2] == "lists":
		p.list(w, r.Method, path[3:], body)
	default:
		http.NotFound(w, r)
	}
}

func match(path []string, want ...string) bool {
	return len(path) == len(want) && !slices.ContainsFunc(want, func(s string) bool { return s != "*" && path[slices.Index(want, s)] != s })
}

func (p *portal) error(w http.ResponseWriter, status int, category, message string, context map[string][]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(failure(category, message, context))
}

func failure(category, message string, context map[string][]string) map[string]any {
	return map[string]any{"status": "error", "category": category, "message": message, "correlationId": "c033cdaa-2c40-4a64-ae48-b4cec88dad24", "context": context}
}

func (p *portal) properties(w http.ResponseWriter, object string) {
	if p.records[object] == nil {
		p.error(w, 400, "VALIDATION_ERROR", "Unable to infer object type from: "+object, nil)
		return
	}
	var list []map[string]any
	for name, typ := range writable {
		list = append(list, map[string]any{
			"name": name, "type": typ, "hasUniqueValue": name != "email" && slices.Contains(unique[object], name),
			"modificationMetadata": map[string]any{"readOnlyValue": false},
		})
	}
	list = append(list, map[string]any{"name": "createdate", "type": "datetime", "modificationMetadata": map[string]any{"readOnlyValue": true}})
	_ = json.NewEncoder(w).Encode(map[string]any{"results": list})
}

type fakeInput struct {
	ID           string            `json:"id"`
	IDProperty   string            `json:"idProperty"`
	Properties   map[string]string `json:"properties"`
	Trace        string            `json:"objectWriteTraceId"`
	Associations *[]any            `json:"associations"`
}

func (p *portal) batch(w http.ResponseWriter, object, verb string, body []byte) {
	var in struct {
		Inputs     []fakeInput `json:"inputs"`
		IDProperty string      `json:"idProperty"`
		Properties any         `json:"properties"`
		History    any         `json:"propertiesWithHistory"`
	}
	if err := json.Unmarshal(body, &in); err != nil { // a property that is no string
		p.error(w, 400, "VALIDATION_ERROR", "Invalid input JSON", nil)
		return
	}
	if len(in.Inputs) == 0 || len(in.Inputs) > 100 {
		p.t.Errorf("%s of %d inputs", verb, len(in.Inputs))
	}
	records := p.records[object]
	var failed []map[string]any
	var results []map[string]any
	ids, traces := map[string]bool{}, map[string]bool{}
	for _, i := range in.Inputs {
		if i.ID != "" && ids[i.ID] {
			p.error(w, 400, "VALIDATION_ERROR", "Duplicate IDs found in batch input: ["+i.ID+"]. IDs must be unique", map[string][]string{"ids": {i.ID}})
			return
		}
		ids[i.ID] = true
		traces[i.Trace] = i.Trace != ""
	}
	multi := len(traces) == len(in.Inputs) && !traces[""]
	for _, i := range in.Inputs {
		var id string
		var no map[string]any
		switch verb {
		case "read":
			if in.Properties == nil || in.History == nil {
				p.t.Error("batch/read needs properties and propertiesWithHistory")
			}
			if id = p.byKey(object, in.IDProperty, i.ID); id == "" {
				no = failure("OBJECT_NOT_FOUND", "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.", map[string][]string{"ids": {i.ID}})
			}
			multi = true
		case "archive":
			delete(records, i.ID)
			continue
		case "create":
			if i.Associations == nil {
				p.t.Error("batch/create needs associations")
			}
			if other := p.byKey(object, "email", i.Properties["email"]); object == "contacts" && other != "" {
				no = failure("CONFLICT", "Contact already exists. Existing ID: "+other, map[string][]string{"objectWriteTraceId": {i.Trace}})
			}
		case "update":
			if i.IDProperty == "email" {
				p.t.Error("batch/update with idProperty email")
			}
			if p.merged[i.ID] {
				continue
			}
			if id = i.ID; records[id] == nil {
				no = failure("OBJECT_NOT_FOUND", "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.", map[string][]string{"ids": {i.ID}, "objectWriteTraceId": {i.Trace}})
			}
		case "upsert":
			if !slices.Contains(unique[object], i.IDProperty) {
				p.error(w, 400, "VALIDATION_ERROR", "Unable to perform update/upsert by non-unique property "+i.IDProperty, nil)
				return
			}
			id = p.byKey(object, i.IDProperty, i.ID)
			if i.Properties == nil {
				i.Properties = map[string]string{}
			}
			i.Properties[i.IDProperty] = i.ID
		}
		if no == nil {
			no = p.invalid(object, id, i)
		}
		if no != nil {
			if !multi {
				w.WriteHeader(map[bool]int{true: 409, false: 400}[no["category"] == "CONFLICT"])
				_ = json.NewEncoder(w).Encode(no)
				return
			}
			failed = append(failed, no)
			continue
		}
		if id == "" {
			id = strconv.Itoa(p.nextID)
			p.nextID++
			records[id] = map[string]string{}
		}
		for k, v := range i.Properties {
			if records[id][k] = v; k == "email" {
				records[id][k] = strings.ToLower(v)
			}
		}
		result := map[string]any{"id": id, "properties": records[id], "createdAt": "2026-11-01T12:00:00Z", "updatedAt": "2026-11-01T12:00:00Z", "archived": false}
		if i.Trace != "" && !p.noTrace {
			result["objectWriteTraceId"] = i.Trace
		}
		results = append([]map[string]any{result}, results...) // in an order of their own
	}
	if verb == "archive" {
		w.WriteHeader(204)
		return
	}
	answer := map[string]any{"status": "COMPLETE", "results": results}
	w.Header().Set("Content-Type", "application/json")
	if len(failed) > 0 {
		answer["numErrors"], answer["errors"] = len(failed), failed
		w.WriteHeader(207)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// invalid is what HubSpot has against property values, or nil.
func (p *portal) invalid(object, id string, i fakeInput) map[string]any {
	context := map[string][]string{"objectWriteTraceId": {i.Trace}}
	for name, v := range i.Properties {
		switch {
		case writable[name] == "":
			return failure("VALIDATION_ERROR", fmt.Sprintf(`Property values were not valid: [{"isValid":false,"message":"Property \"%s\" does not exist","error":"PROPERTY_DOESNT_EXIST","name":"%s","localizedErrorMessage":"x"}]`, name, name), context)
		case name == "email" && v != "" && !strings.Contains(v, "@"):
			return failure("VALIDATION_ERROR", fmt.Sprintf(`Property values were not valid: [{"isValid":false,"message":"Email address %s is invalid","error":"INVALID_EMAIL","name":"email"}]`, v), context)
		}
		if other := p.byKey(object, name, v); slices.Contains(unique[object], name) && other != "" && other != id {
			return failure("CONFLICT", fmt.Sprintf("Cannot set property %s. %s already has that value.", name, other), context)
		}
	}
	return nil
}

func (p *portal) byKey(object, property, value string) string {
	for id, r := range p.records[object] {
		if value == "" {
			continue
		}
		if r[property] == value || (p.loose || property == "email") && strings.EqualFold(r[property], value) || property == "email" && slices.Contains(strings.Split(r["hs_additional_emails"], ";"), strings.ToLower(value)) {
			return id
		}
	}
	return ""
}

func (p *portal) list(w http.ResponseWriter, method string, path []string, body []byte) {
	var l *fakeList
	switch {
	case method == "POST" && len(path) == 0:
		var in struct{ Name, ObjectTypeID, ProcessingType string }
		if json.Unmarshal(body, &in) != nil || in.Name == "" || in.ObjectTypeID != "0-1" || in.ProcessingType != "MANUAL" {
			p.t.Errorf("%s", body)
		}
		l = &fakeList{ID: strconv.Itoa(len(p.lists) + 1), Name: in.Name, Type: "MANUAL", Object: "0-1", members: map[string]bool{}}
		p.lists[l.ID] = l
	case method == "GET" && len(path) == 1:
		l = p.lists[path[0]]
	case method == "GET" && match(path, "object-type-id", "0-1", "name", "*"):
		for _, c := range p.lists {
			if strings.EqualFold(c.Name, path[3]) {
				l = c
			}
		}
	case method == "PUT" && match(path, "*", "memberships", "*"):
		p.members(w, path[0], path[2], body)
		return
	}
	if l == nil {
		p.error(w, 404, "OBJECT_NOT_FOUND", "List does not exist", nil)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"list": map[string]any{"listId": l.ID, "name": l.Name, "processingType": l.Type, "objectTypeId": l.Object}})
}

func (p *portal) members(w http.ResponseWriter, id, verb string, body []byte) {
	l := p.lists[id]
	if l == nil {
		p.error(w, 404, "OBJECT_NOT_FOUND", "List does not exist", nil)
		return
	}
	var both struct{ RecordIDsToAdd, RecordIDsToRemove []string }
	var err error
	switch verb {
	case "add":
		err = json.Unmarshal(body, &both.RecordIDsToAdd)
	case "remove":
		err = json.Unmarshal(body, &both.RecordIDsToRemove)
	default:
		err = json.Unmarshal(body, &both)
	}
	if err != nil {
		p.t.Errorf("%s: %v", body, err)
	}
	added, removed, missing := []string{}, []string{}, []string{}
	for _, id := range both.RecordIDsToAdd {
		switch {
		case p.records["contacts"][id] == nil:
			missing = append(missing, id)
		case !l.members[id]:
			l.members[id] = true
			added = append(added, id)
		}
	}
	for _, id := range both.RecordIDsToRemove {
		if p.records["contacts"][id] == nil {
			missing = append(missing, id)
		} else if l.members[id] {
			delete(l.members, id)
			removed = append(removed, id)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing})
}

// values are a property of all records of an object.
func (p *portal) values(object, property string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, r := range p.records[object] {
		out = append(out, r[property])
	}
	return out
}

// inList are the addresses of the members of the first list.
func (p *portal) inList() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	if l := p.lists["1"]; l != nil {
		for id := range l.members {
			out = append(out, p.records["contacts"][id]["email"])
		}
	}
	return out
}
