package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/webhook"
)

func change(op, key, idem string, fields object) object {
	return object{"op": op, "row_id": "id-" + key, "key": key, "idempotency_key": idem, "fields": fields}
}

func people(rows ...object) object { return object{"sync": "s", "object": "people", "rows": rows} }

func (c *client) push(body any, headers ...string) answer {
	c.tb.Helper()
	return c.want(200, "POST", "/webhook/in", body, append([]string{"Idempotency-Key", fmt.Sprint(time.Now().UnixNano())}, headers...)...)
}

func (c *client) rows(name string) map[string]webhook.Row {
	c.tb.Helper()
	got, err := c.s.Webhook("in").Rows(name)
	if err != nil {
		c.tb.Fatal(err)
	}
	return got
}

func TestWebhookKeepsTheCurrentFields(t *testing.T) {
	c := open(t, "", sandbox.Options{})
	a := c.push(people(
		change("add", "ada", "1", object{"city": "Delft", "age": 36}),
		change("add", "bob", "2", object{"city": "Gouda"}),
		change("add", "eve", "3", object{"city": "Breda"}),
	))
	if len(a.body) != 0 {
		t.Errorf("every row was taken, but the answer is %s", a.body)
	}
	c.push(people(
		change("change", "ada", "4", object{"city": nil}),
		change("remove", "bob", "5", nil),
		object{"op": "rekey", "row_id": "id-eve", "key": "eva", "old_key": "eve", "idempotency_key": "6", "fields": object{"age": 1}},
	))
	want := map[string]webhook.Row{
		"ada": {RowID: "id-ada", Sync: "s", Op: "change", Sends: 2, Fields: object{"city": nil, "age": 36.0}},
		"eva": {RowID: "id-eve", Sync: "s", Op: "rekey", Sends: 2, Fields: object{"city": "Breda", "age": 1.0}},
	}
	if diff := cmp.Diff(want, c.rows("people")); diff != "" {
		t.Error(diff)
	}
	set := change("remove", "ada", "7", object{"vip": "false"})
	set["action"] = "set"
	c.push(people(set)) // a removal that leaves the record and says so in a field
	if got := c.rows("people")["ada"].Fields; got["vip"] != "false" || got["age"] != 36.0 {
		t.Error(got)
	}
}

func TestWebhookCountsWhatComesAgain(t *testing.T) {
	c := open(t, "", sandbox.Options{})
	batch := people(change("add", "ada", "1", object{"v": 1}))
	c.push(batch, "Idempotency-Key", "b1")
	c.push(batch, "Idempotency-Key", "b1")
	c.push(people(change("change", "ada", "2", object{"v": 2})))
	c.push(people(change("change", "ada", "1", object{"v": 1}))) // back to a former value: no duplicate
	got := c.rows("people")["ada"]
	if got.Sends != 4 || got.Duplicates != 1 || got.Fields["v"] != 1.0 {
		t.Errorf("%+v", got)
	}
	if n, err := c.s.Webhook("in").RepeatedBatches(); err != nil || n != 1 {
		t.Error(n, err)
	}
	if n := c.counters(); n.Duplicates != 1 || n.Rows != 4 {
		t.Errorf("%+v", n)
	}
}

func TestWebhookTakesAnEventOnce(t *testing.T) {
	c := open(t, "", sandbox.Options{})
	event := func(idem string, v int) object {
		return object{"sync": "s", "event": "Purchase", "rows": []object{change("add", "k", idem, object{"v": v})}}
	}
	for i, idem := range []string{"a", "b", "a", "c", "a"} {
		c.push(event(idem, i))
	}
	got, err := c.s.Webhook("in").Events("Purchase")
	if err != nil || len(got) != 3 || got["a"].Duplicates != 2 || got["a"].Fields["v"] != 0.0 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestWebhookAudienceByRowID(t *testing.T) {
	c := open(t, "", sandbox.Options{})
	member := object{"op": "add", "row_id": "p1", "idempotency_key": "1", "match": object{"email": "hash"}}
	c.push(object{"sync": "s", "audience": "VIP", "rows": []object{member}})
	if got := c.rows("VIP")["p1"]; got.Match["email"] != "hash" {
		t.Errorf("%+v", got)
	}
}

func TestWebhookRefusesRows(t *testing.T) {
	c := open(t, "", sandbox.Options{Webhooks: map[string]webhook.Config{"in": {Reject: []string{"bad"}}}})
	a := c.push(people(
		change("add", "x@rejected.example", "1", nil), change("add", "ok", "2", nil), change("add", "bad", "3", nil)))
	var got struct {
		Results []struct {
			RowID  string `json:"row_id"`
			Status string `json:"status"`
		} `json:"results"`
	}
	if err := json.Unmarshal(a.body, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"rejected", "delivered", "rejected"}
	for i, r := range got.Results {
		if r.Status != want[i] || r.RowID == "" {
			t.Errorf("row %d: %v", i, r)
		}
	}
	if len(got.Results) != 3 || len(c.rows("people")) != 1 {
		t.Errorf("%v", c.rows("people"))
	}
	if err := c.s.ConfigureWebhook("in", webhook.Config{Results: true}); err != nil {
		t.Fatal(err)
	}
	contains(t, c.push(people(change("remove", "nobody", "4", nil))).body, `"status":"skipped","code":"not_found"`)
}

func TestWebhookSignature(t *testing.T) {
	at := newClock()
	c := open(t, "", sandbox.Options{Now: at.Now, Webhooks: map[string]webhook.Config{"in": {Secret: "s3cret"}}})
	const body = `{"sync":"s","object":"people","rows":[]}`
	sign := func(secret, body string, t time.Time) string {
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = fmt.Fprintf(mac, "%d.%s", t.Unix(), body)
		return fmt.Sprintf("t=%d,v1=%s", t.Unix(), hex.EncodeToString(mac.Sum(nil)))
	}
	c.push(body, "Kith-Signature", sign("s3cret", body, at.Now()))
	for name, signature := range map[string]string{
		"none": "", "garbage": "v1", "secret": sign("other", body, at.Now()), "body": sign("s3cret", body+" ", at.Now()),
		"old": sign("s3cret", body, at.Now().Add(-6*time.Minute)), "future": sign("s3cret", body, at.Now().Add(6*time.Minute)),
	} {
		a, err := c.send("POST", "/webhook/in", body, "Kith-Signature", signature, "Idempotency-Key", "k")
		if err != nil || a.status != 401 {
			t.Errorf("%s: %d %v", name, a.status, err)
		}
	}
	// Not even a body that is wrong is judged before the signature.
	if a, err := c.send("POST", "/webhook/in", "{", "Idempotency-Key", "k"); err != nil || a.status != 401 {
		t.Error(a.status, err)
	}
}

func TestWebhookRefusesBatches(t *testing.T) {
	c := open(t, "", sandbox.Options{})
	ok := change("add", "a", "1", nil)
	without := func(name string) object {
		r := change("add", "a", "1", nil)
		delete(r, name)
		return people(r)
	}
	for name, body := range map[string]any{
		"json": `{"rows":`, "no kind": object{"rows": []object{ok}}, "two kinds": object{"object": "a", "event": "b", "rows": []object{ok}},
		"row_id": without("row_id"), "op": without("op"), "idempotency": without("idempotency_key"),
		"event": object{"event": "e", "rows": []object{change("remove", "a", "1", nil)}},
		"rekey": people(change("rekey", "a", "1", nil)), "fields": `{"object":"o","rows":[{"op":"add","row_id":"1","idempotency_key":"1","fields":[1]}]}`,
	} {
		if a, err := c.send("POST", "/webhook/in", body, "Idempotency-Key", "k"); err != nil || a.status != 400 {
			t.Errorf("%s: %d %v", name, a.status, err)
		}
	}
	c.want(400, "POST", "/webhook/in", people(ok)) // no Idempotency-Key
	c.want(405, "GET", "/webhook/in", nil)
	c.want(404, "POST", "/webhook/a/b", people(ok))
	c.want(415, "POST", "/webhook/in", people(ok), "Content-Type", "text/plain")
	if n := c.counters(); n.Rows != 0 {
		t.Errorf("%+v", n)
	}
}
