package sandbox_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func newList(t *testing.T, c *client, name string) string {
	t.Helper()
	a := c.want(200, "POST", "/hubspot/crm/v3/lists", object{"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"})
	var got struct {
		List struct {
			ID string `json:"listId"`
		} `json:"list"`
	}
	if err := json.Unmarshal(a.body, &got); err != nil || got.List.ID == "" {
		t.Fatalf("%v: %s", err, a.body)
	}
	return got.List.ID
}

func TestLists(t *testing.T) {
	c := open(t, "", unlimited())
	made := parseBatch(t, c.want(200, "POST", upsertPath, upsert("ada@example.com", "bob@example.com")))
	ada, bob := made.Results[0].ID, made.Results[1].ID
	id := newList(t, c, "VIP at risk")
	lists := "/hubspot/crm/v3/lists"
	c.want(400, "POST", lists, object{"name": "VIP at risk", "objectTypeId": "0-1", "processingType": "MANUAL"})
	contains(t, c.want(200, "GET", lists+"/object-type-id/0-1/name/VIP%20at%20risk", nil).body, `"listId":"`+id+`"`)
	c.want(404, "GET", lists+"/object-type-id/0-1/name/nope", nil)

	members := lists + "/" + id + "/memberships"
	got := c.want(200, "PUT", members+"/add", []string{ada, bob, "7"}).json(t)
	want := object{"recordsIdsAdded": []any{ada, bob}, "recordIdsRemoved": []any{}, "recordIdsMissing": []any{"7"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = c.want(200, "PUT", members+"/add-and-remove", object{"recordIdsToAdd": []string{ada}, "recordIdsToRemove": []string{bob}}).json(t)
	want = object{"recordsIdsAdded": []any{}, "recordIdsRemoved": []any{bob}, "recordIdsMissing": []any{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	contains(t, c.want(200, "GET", members+"?limit=1", nil).body, `"recordId":"`+ada+`"`)
	if m, err := c.s.HubSpot(token).Members("VIP at risk"); err != nil || cmp.Diff([]string{"ada@example.com"}, m) != "" {
		t.Errorf("%v %v", m, err)
	}
	c.want(400, "PUT", members+"/add", []string{"ada@example.com"})
	c.want(400, "PUT", members+"/add", []int{1})
	c.want(404, "PUT", lists+"/99/memberships/add", []string{ada})
	c.want(200, "PUT", members+"/remove", []string{ada})
	c.want(204, "DELETE", lists+"/"+id, nil)
	c.want(404, "GET", lists+"/"+id, nil)
}

func TestReadAndSearch(t *testing.T) {
	c := open(t, "", unlimited())
	for i := range 3 {
		c.want(200, "POST", upsertPath, inputs(row(fmt.Sprintf("p%d@example.com", i), object{"city": "Delft"})))
	}
	a := parseBatch(t, c.want(207, "POST", contactsPath+"/batch/read",
		object{"idProperty": "email", "properties": []string{"city"}, "inputs": []object{{"id": "p1@example.com"}, {"id": "x@example.com"}}}))
	if len(a.Results) != 1 || *a.Results[0].Properties["city"] != "Delft" || a.Errors[0].Context["ids"][0] != "x@example.com" {
		t.Errorf("%+v", a)
	}
	find := func(f object, limit int, after string) (int, string) {
		t.Helper()
		body := object{"filterGroups": []object{{"filters": []object{f}}}, "limit": limit, "after": after}
		var got struct {
			Total   int `json:"total"`
			Results []object
			Paging  struct {
				Next struct {
					After string `json:"after"`
				} `json:"next"`
			} `json:"paging"`
		}
		if err := json.Unmarshal(c.want(200, "POST", contactsPath+"/search", body).body, &got); err != nil {
			t.Fatal(err)
		}
		return len(got.Results), got.Paging.Next.After
	}
	if n, _ := find(object{"propertyName": "email", "operator": "EQ", "value": "P1@example.com"}, 10, ""); n != 1 {
		t.Error(n)
	}
	in := object{"propertyName": "city", "operator": "IN", "values": []string{"Delft", "Gouda"}}
	n, after := find(in, 2, "")
	if rest, end := find(in, 2, after); n != 2 || after == "" || rest != 1 || end != "" {
		t.Error(n, after, rest, end)
	}
	c.want(400, "POST", contactsPath+"/search",
		object{"filterGroups": []object{{"filters": []object{{"propertyName": "city", "operator": "GT", "value": "1"}}}}})
}
