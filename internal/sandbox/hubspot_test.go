package sandbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

const contactsPath = "/hubspot/crm/v3/objects/contacts"

// batchReply is the part of an answer to a batch that the tests look at.
type batchReply struct {
	Status  string `json:"status"`
	Results []struct {
		ID         string             `json:"id"`
		Properties map[string]*string `json:"properties"`
		New        *bool              `json:"new"`
		Trace      string             `json:"objectWriteTraceId"`
		Archived   bool               `json:"archived"`
	} `json:"results"`
	NumErrors int `json:"numErrors"`
	Errors    []struct {
		Status   string              `json:"status"`
		Category string              `json:"category"`
		Message  string              `json:"message"`
		Context  map[string][]string `json:"context"`
	} `json:"errors"`
}

func parseBatch(t *testing.T, a answer) batchReply {
	t.Helper()
	var r batchReply
	if err := json.Unmarshal(a.body, &r); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return r
}

func row(id string, props object) object {
	return object{"id": id, "idProperty": "email", "properties": props}
}

func inputs(rows ...object) object { return object{"inputs": rows} }

func TestUpsertCreatesThenUpdates(t *testing.T) {
	c := open(t, "", unlimited())
	first := parseBatch(t, c.want(200, "POST", upsertPath, upsert("ada@example.com", "Grace@Example.com")))
	if first.Status != "COMPLETE" || len(first.Results) != 2 || !*first.Results[0].New || first.Results[1].Trace != "t1" {
		t.Fatalf("%+v", first)
	}
	id := first.Results[1].ID
	if strings.Trim(id, "0123456789") != "" {
		t.Errorf("id %q is not a number", id)
	}
	second := parseBatch(t, c.want(200, "POST", upsertPath, inputs(row("GRACE@example.COM", object{"firstname": "Grace"}))))
	if got := second.Results[0]; *got.New || got.ID != id || *got.Properties["firstname"] != "Grace" || *got.Properties["hs_object_id"] != id {
		t.Errorf("%+v", got)
	}
	want := map[string]string{"email": "grace@example.com", "firstname": "Grace"}
	if diff := cmp.Diff(want, c.contacts()["grace@example.com"].Properties); diff != "" {
		t.Error(diff)
	}
}

func TestRowsThatAreRefusedAreNamed(t *testing.T) {
	c := open(t, "", unlimited())
	c.want(204, "POST", contactsPath+"/gdpr-delete", object{"objectId": "erased@example.com", "idProperty": "email"})
	a := parseBatch(t, c.want(207, "POST", upsertPath,
		upsert("ada@example.com", "not an address", "x@rejected.example", "erased@example.com", "bob@example.com")))
	if len(a.Results) != 2 || a.NumErrors != 3 || len(a.Errors) != 3 {
		t.Fatalf("%+v", a)
	}
	for i, id := range []string{"not an address", "x@rejected.example", "erased@example.com"} {
		e := a.Errors[i]
		want := map[string][]string{"ids": {id}, "objectWriteTraceId": {fmt.Sprint("t", i+1)}}
		if diff := cmp.Diff(want, e.Context); diff != "" || e.Category != "VALIDATION_ERROR" || e.Status != "error" {
			t.Errorf("%s: %s %+v", id, diff, e)
		}
	}
	if n := c.counters(); n.Rows != 2 || n.Rejected != 3 {
		t.Errorf("%+v", n)
	}
}

func TestWhatRefusesTheWholeBatch(t *testing.T) {
	c := open(t, "", unlimited())
	big := make([]string, 101)
	for i := range big {
		big[i] = fmt.Sprintf("p%d@example.com", i)
	}
	for name, body := range map[string]any{
		"too many":             upsert(big...),
		"empty":                inputs(),
		"number":               `{"inputs":[{"id":"a@example.com","idProperty":"email","properties":{"age":41}}]}`,
		"null":                 `{"inputs":[{"id":"a@example.com","idProperty":"email","properties":{"age":null}}]}`,
		"bool":                 `{"inputs":[{"id":"a@example.com","idProperty":"email","properties":{"vip":true}}]}`,
		"number as id":         `{"inputs":[{"id":7,"idProperty":"email","properties":{}}]}`,
		"no id":                inputs(object{"idProperty": "email", "properties": object{}}),
		"duplicate":            upsert("a@example.com", "b@example.com", "A@example.com"),
		"not JSON":             `{"inputs":`,
		"impossible name":      inputs(row("a@example.com", object{"First Name": "Ada"})),
		"read only":            inputs(row("a@example.com", object{"hs_object_id": "1"})),
		"bad option":           inputs(row("a@example.com", object{"lifecyclestage": "enlightened"})),
		"bad number":           inputs(row("a@example.com", object{"total_revenue": "many"})),
		"bad datetime":         inputs(row("a@example.com", object{"closedate": "yesterday"})),
		"bad bool":             inputs(row("a@example.com", object{"hs_email_optout": "yes"})),
		"idProperty of no use": inputs(object{"id": "x", "idProperty": "city", "properties": object{}}),
	} {
		a := c.want(400, "POST", upsertPath, body)
		got := a.json(t)
		if got["category"] != "VALIDATION_ERROR" || got["status"] != "error" || got["correlationId"] == "" {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	if n := c.counters(); n.Rows != 0 || len(c.contacts()) != 0 {
		t.Errorf("something was applied: %+v", n)
	}
}

func TestAStrictPortalKnowsItsProperties(t *testing.T) {
	opts := unlimited()
	opts.HubSpot.Strict = true
	c := open(t, "", opts)
	body := inputs(row("a@example.com", object{"ltv": "7"}), row("b@example.com", object{"firstname": "Bob"}))
	contains(t, c.want(400, "POST", upsertPath, body).body, "PROPERTY_DOESNT_EXIST")
	if len(c.contacts()) != 0 {
		t.Error("the good row of a refused batch was applied")
	}
	ltv := object{"name": "ltv", "label": "LTV", "type": "number", "fieldType": "number", "groupName": "contactinformation"}
	c.want(201, "POST", "/hubspot/crm/v3/properties/contacts", ltv)
	c.want(409, "POST", "/hubspot/crm/v3/properties/contacts", ltv)
	c.want(200, "POST", upsertPath, body)
	contains(t, c.want(200, "GET", "/hubspot/crm/v3/properties/contacts", nil).body, `"name":"ltv"`)
	c.want(404, "GET", "/hubspot/crm/v3/properties/contacts/nope", nil)
	c.want(400, "POST", "/hubspot/crm/v3/objects/gadgets/batch/upsert", body)
}

func TestAnOpenPortalCreatesWhatIsUsed(t *testing.T) {
	c := open(t, "", unlimited())
	path := "/hubspot/crm/v3/objects/companies/batch/upsert"
	by := func(property, id string) object {
		return inputs(object{"id": id, "idProperty": property, "properties": object{"name": "ACME"}})
	}
	contains(t, c.want(400, "POST", path, by("domain", "acme.example")).body, "INVALID_ID_PROPERTY") // no company is unique by it
	c.want(200, "POST", path, by("customer_number", "C-1"))
	a := parseBatch(t, c.want(200, "POST", path, by("customer_number", "C-1")))
	if *a.Results[0].New {
		t.Error("the second upsert made another record")
	}
	got, err := c.s.HubSpot(token).Objects("companies")
	if err != nil || len(got) != 1 || got["C-1"].Properties["name"] != "ACME" {
		t.Errorf("%v %v", got, err)
	}
}

func TestUpdate(t *testing.T) {
	c := open(t, "", unlimited())
	made := parseBatch(t, c.want(200, "POST", upsertPath, upsert("ada@example.com", "bob@example.com")))
	ada, bob := made.Results[0].ID, made.Results[1].ID
	update := contactsPath + "/batch/update"

	a := parseBatch(t, c.want(207, "POST", update, inputs(
		object{"id": ada, "properties": object{"email": "ada@new.example"}},
		object{"id": bob, "properties": object{"email": "ADA@new.example"}, "objectWriteTraceId": "b"},
		object{"id": "1", "properties": object{"firstname": "x"}},
		object{"id": "2", "properties": object{"firstname": "x"}},
	)))
	if len(a.Results) != 1 || a.NumErrors != 2 {
		t.Fatalf("%+v", a)
	}
	if e := a.Errors[0]; e.Category != "CONFLICT" || e.Context["ids"][0] != bob || !strings.HasSuffix(e.Message, "Existing ID: "+ada) {
		t.Errorf("%+v", e)
	}
	if e := a.Errors[1]; e.Category != "OBJECT_NOT_FOUND" || len(e.Context["ids"]) != 2 {
		t.Errorf("records that are not found share one error: %+v", e)
	}
	if _, ok := c.contacts()["ada@new.example"]; !ok {
		t.Errorf("%v", c.contacts())
	}
	// The old address is free again.
	if got := parseBatch(t, c.want(200, "POST", upsertPath, upsert("ada@example.com"))); !*got.Results[0].New {
		t.Errorf("%+v", got)
	}
	// By address, and one record.
	c.want(200, "POST", update, inputs(row("ada@new.example", object{"city": "Delft"})))
	c.want(200, "PATCH", contactsPath+"/bob@example.com?idProperty=email", object{"properties": object{"city": "Delft"}})
	c.want(409, "PATCH", contactsPath+"/"+bob, object{"properties": object{"email": "ada@new.example"}})
	c.want(404, "PATCH", contactsPath+"/17", object{"properties": object{"city": "Delft"}})
}

func TestCreate(t *testing.T) {
	c := open(t, "", unlimited())
	create := contactsPath + "/batch/create"
	ada := object{"properties": object{"email": "ada@example.com"}}
	bob := object{"properties": object{"email": "bob@example.com"}, "objectWriteTraceId": "bob"}
	c.want(201, "POST", create, inputs(ada))
	c.want(409, "POST", create, inputs(ada, bob)) // not every row can be named: all or none
	if len(c.contacts()) != 1 {
		t.Error("a batch that was refused was applied")
	}
	ada["objectWriteTraceId"] = "ada"
	a := parseBatch(t, c.want(207, "POST", create, inputs(ada, bob)))
	if len(a.Results) != 1 || a.Results[0].Trace != "bob" || a.Errors[0].Category != "CONFLICT" ||
		a.Errors[0].Context["objectWriteTraceId"][0] != "ada" {
		t.Errorf("%+v", a)
	}
	c.want(409, "POST", contactsPath, object{"properties": object{"email": "ADA@example.com"}})
	c.want(400, "POST", contactsPath, object{"properties": object{"email": "x@rejected.example"}})
	c.want(201, "POST", contactsPath, object{"properties": object{"email": "eve@example.com"}})
}

func TestValues(t *testing.T) {
	c := open(t, "", unlimited())
	date := object{"name": "birth", "label": "b", "type": "date", "fieldType": "date", "groupName": "contactinformation"}
	c.want(201, "POST", "/hubspot/crm/v3/properties/contacts", date)
	set := func(status int, props object) map[string]string {
		t.Helper()
		c.want(status, "POST", upsertPath, inputs(row("ada@example.com", props)))
		return c.contacts()["ada@example.com"].Properties
	}
	got := set(200, object{"birth": "1572480000000", "closedate": "1572480000001", "city": "Delft", "lifecyclestage": "customer"})
	want := map[string]string{
		"email": "ada@example.com", "birth": "2019-10-31", "closedate": "2019-10-31T00:00:00.001Z", "city": "Delft",
		"lifecyclestage": "customer",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	set(400, object{"birth": "1572480000001"}) // not midnight
	set(400, object{"birth": "31-10-2019"})
	got = set(200, object{"city": "", "lifecyclestage": "lead", "birth": "2020-01-02", "closedate": "2020-01-02T01:00:00+01:00"})
	want = map[string]string{
		"email": "ada@example.com", "birth": "2020-01-02", "closedate": "2020-01-02T00:00:00.000Z",
		"lifecyclestage": "customer", // it does not go back ...
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	set(200, object{"lifecyclestage": ""}) // ... unless it is cleared first
	if got := set(200, object{"lifecyclestage": "lead"}); got["lifecyclestage"] != "lead" {
		t.Error(got)
	}
}

func TestArchiveFreesTheAddressAndLeavesLists(t *testing.T) {
	c := open(t, "", unlimited())
	id := parseBatch(t, c.want(200, "POST", upsertPath, upsert("ada@example.com"))).Results[0].ID
	list := newList(t, c, "VIP")
	c.want(200, "PUT", "/hubspot/crm/v3/lists/"+list+"/memberships/add", []string{id})
	c.want(204, "POST", contactsPath+"/batch/archive", inputs(object{"id": id}, object{"id": "4"}))
	c.want(404, "GET", contactsPath+"/"+id, nil)
	contains(t, c.want(200, "GET", contactsPath+"/"+id+"?archived=true", nil).body, `"archived":true`)
	if m, err := c.s.HubSpot(token).Members("VIP"); err != nil || len(m) != 0 {
		t.Errorf("%v %v", m, err)
	}
	if again := parseBatch(t, c.want(200, "POST", upsertPath, upsert("ada@example.com"))); again.Results[0].ID == id {
		t.Error("an archived record came back")
	}
	if r, ok, err := c.s.HubSpot(token).Record("contacts", id); err != nil || !ok || !r.Archived {
		t.Errorf("%v %v %v", r, ok, err)
	}
}

func TestErasure(t *testing.T) {
	c := open(t, "", unlimited())
	c.want(200, "POST", upsertPath, upsert("ada@example.com"))
	erase := object{"objectId": "ADA@example.com", "idProperty": "email"}
	c.want(204, "POST", contactsPath+"/gdpr-delete", erase)
	if len(c.contacts()) != 0 {
		t.Error("still there")
	}
	c.want(200, "POST", upsertPath, upsert("ada@example.com")) // erased, not blocked
	c.want(204, "POST", contactsPath+"/gdpr-delete", erase)
	c.want(204, "POST", contactsPath+"/gdpr-delete", erase) // now nobody has it: blocked
	c.want(207, "POST", upsertPath, upsert("ada@example.com"))
	c.want(400, "POST", "/hubspot/crm/v3/objects/companies/gdpr-delete", object{"objectId": "1"})
}

func TestMerge(t *testing.T) {
	c := open(t, "", unlimited())
	made := parseBatch(t, c.want(200, "POST", upsertPath, inputs(
		row("ada@example.com", object{"firstname": "Ada"}), row("al@example.com", object{"firstname": "Al", "city": "Delft"}))))
	ada, al := made.Results[0].ID, made.Results[1].ID
	c.want(200, "POST", contactsPath+"/merge", object{"primaryObjectId": ada, "objectIdToMerge": al})
	got := c.contacts()
	want := map[string]string{
		"email": "ada@example.com", "firstname": "Ada", "city": "Delft", "hs_additional_emails": "al@example.com",
		"hs_merged_object_ids": al,
	}
	if diff := cmp.Diff(want, got["ada@example.com"].Properties); diff != "" || len(got) != 1 {
		t.Error(len(got), diff)
	}
	contains(t, c.want(200, "GET", contactsPath+"/"+al, nil).body, `"id":"`+ada+`"`)
	contains(t, c.want(200, "GET", contactsPath+"/al@example.com?idProperty=email", nil).body, `"id":"`+ada+`"`)
	c.want(404, "POST", contactsPath+"/merge", object{"primaryObjectId": ada, "objectIdToMerge": "5"})
	c.want(400, "POST", contactsPath+"/merge", object{"primaryObjectId": ada, "objectIdToMerge": al})
}

func TestAccounts(t *testing.T) {
	opts := unlimited()
	opts.HubSpot.Expired = []string{"old-token"}
	c := open(t, "", opts)
	contains(t, c.want(401, "POST", upsertPath, upsert("ada@example.com"), "Authorization", "").body, "INVALID_AUTHENTICATION")
	contains(t, c.want(401, "POST", upsertPath, upsert("ada@example.com"), "Authorization", "Bearer old-token").body, "EXPIRED_AUTHENTICATION")
	c.want(200, "POST", upsertPath, upsert("ada@example.com"), "Authorization", "Bearer another")
	if len(c.contacts()) != 0 {
		t.Error("accounts share records")
	}
	portal := c.want(200, "GET", "/hubspot/account-info/v3/details", nil).json(t)["portalId"]
	if fmt.Sprintf("%.0f", portal) != c.s.HubSpot(token).Account() {
		t.Error(portal)
	}
}

func TestPaths(t *testing.T) {
	c := open(t, "", unlimited())
	c.want(200, "POST", "/hubspot/crm/objects/2026-03/0-1/batch/upsert", upsert("ada@example.com"))
	if len(c.contacts()) != 1 {
		t.Error("a dated version is another API")
	}
	c.want(404, "GET", "/hubspot/crm/v9/objects", nil)
	c.want(405, "GET", upsertPath, nil)
	c.want(415, "POST", upsertPath, upsert("a@example.com"), "Content-Type", "text/plain")
	c.want(404, "GET", "/elsewhere", nil)
}

func TestRateLimit(t *testing.T) {
	at := newClock()
	c := open(t, "", sandbox.Options{Now: at.Now, HubSpot: hubspot.Config{Limits: hubspot.Limits{Daily: 400}}})
	spend := func(n int) {
		t.Helper()
		for range n {
			c.want(200, "GET", "/hubspot/account-info/v3/details", nil)
		}
	}
	spend(1)
	at.add(9 * time.Second)
	spend(189)
	refused := c.want(429, "POST", upsertPath, upsert("ada@example.com"))
	if got := refused.json(t); got["policyName"] != "TEN_SECONDLY_ROLLING" || got["errorType"] != "RATE_LIMIT" {
		t.Errorf("%s", refused.body)
	}
	for name, want := range map[string]string{
		"X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Remaining": "0", "X-HubSpot-RateLimit-Daily": "400",
		"X-HubSpot-RateLimit-Daily-Remaining": "210", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000", "Retry-After": "",
	} {
		if got := refused.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	at.add(time.Second) // the window that began with the first request is over
	spend(190)
	at.add(10 * time.Second)
	spend(20)
	if got := c.want(429, "GET", "/hubspot/account-info/v3/details", nil).json(t); got["policyName"] != "DAILY" {
		t.Error(got)
	}
	c.want(200, "GET", "/hubspot/account-info/v3/details", nil, "Authorization", "Bearer another account")
	at.add(12 * time.Hour)
	for range 5 {
		c.want(200, "POST", contactsPath+"/search", object{})
	}
	if got := c.want(429, "POST", contactsPath+"/search", object{}).json(t); got["policyName"] != "SECONDLY" {
		t.Error(got)
	}
	if n := c.counters(); n.RateLimited != 3 {
		t.Errorf("%+v", n)
	}
}
