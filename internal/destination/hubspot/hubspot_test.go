package hubspot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/destinationtest"
	"github.com/kithdata/kith/internal/destination/hubspot"
)

var ctx = context.Background()

func row(i int) cdp.Delta {
	return cdp.Delta{
		Op: cdp.Add, RowID: fmt.Sprintf("p_%d", i), Key: fmt.Sprintf("ann.%d@example.com", i), H: uint64(i),
		Fields:         json.RawMessage(fmt.Sprintf(`{"firstname":"Annabel %d","phone":"+3161234%04d","is_vip":true,"spent":"12.50"}`, i, i)),
		IdempotencyKey: fmt.Sprintf("%064x", i),
	}
}

func member(i int) cdp.Delta {
	r := row(i)
	r.Fields, r.Match = nil, json.RawMessage(fmt.Sprintf(`{"email":[%q]}`, r.Key))
	return r
}

func contacts(mode cdp.Mode) cdp.Delivery {
	return cdp.Delivery{
		Sync: "people", Run: "r", Kind: cdp.Object, Remote: "contacts", Mode: mode, Key: "email",
		Fields: []cdp.RemoteField{
			{Name: "firstname", Type: cdp.Type{Kind: cdp.String}},
			{Name: "phone", Type: cdp.Type{Kind: cdp.String}},
			{Name: "is_vip", Type: cdp.Type{Kind: cdp.Bool}},
			{Name: "spent", Type: cdp.Type{Kind: cdp.Decimal, Precision: 12, Scale: 2}},
			{Name: "seen", Type: cdp.Type{Kind: cdp.Timestamp}},
		},
	}
}

func vip() cdp.Delivery {
	return cdp.Delivery{Sync: "vip", Run: "r", Kind: cdp.Audience, Remote: "VIP / at risk", Match: []string{"email"}}
}

func echo(text string) string {
	return fmt.Sprintf(`{"status":"error","category":"VALIDATION_ERROR","message":%s,"errors":[{"message":%[1]s,"code":%[1]s}]}`, destination.AppendString(nil, text))
}

func suite(t *testing.T, del cdp.Delivery, row, bad func(int) cdp.Delta, held func(*portal) []string, change func(*portal)) {
	destinationtest.Suite(t, destinationtest.Harness{
		Spec: hubspot.Spec(), New: hubspot.New, Delivery: del, Row: row, Bad: bad, Echo: echo,
		Start: func(t *testing.T) destinationtest.Remote {
			p := newPortal(t)
			if change != nil {
				change(p)
			}
			return destinationtest.Remote{
				Handler: p,
				Config: func(url string) destination.Config {
					return destination.Config{Options: map[string]string{"base_url": url}}
				},
				Held: func() []string { return held(p) },
			}
		},
	})
}

func TestSuite(t *testing.T) {
	emails := func(p *portal) []string { return p.values("contacts", "email") }
	bad := func(i int) cdp.Delta {
		r := row(i)
		r.Key = "not an address"
		return r
	}
	t.Run("contacts", func(t *testing.T) { suite(t, contacts(cdp.Upsert), row, bad, emails, nil) })
	t.Run("contacts without traces", func(t *testing.T) {
		suite(t, contacts(cdp.Upsert), row, bad, emails, func(p *portal) { p.noTrace = true })
	})
	t.Run("custom object", func(t *testing.T) {
		del := contacts(cdp.Upsert)
		del.Remote, del.Key = "p1_pets", "chip"
		suite(t, del, row, nil, func(p *portal) []string { return p.values("p1_pets", "chip") }, nil)
	})
	t.Run("audience", func(t *testing.T) {
		suite(t, vip(), member, func(i int) cdp.Delta {
			r := member(i)
			r.Match = json.RawMessage(`{"email":["not an address"]}`)
			return r
		}, (*portal).inList, nil)
	})
}

func open(t *testing.T, h http.Handler, options map[string]string) cdp.Destination {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	o := map[string]string{"base_url": srv.URL}
	for k, v := range options {
		o[k] = v
	}
	d, err := hubspot.New(destination.Config{
		Options: o, AllowPrivate: true, Secret: func(string) (string, error) { return destinationtest.Secret, nil },
		Clock: func() time.Time { return time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func push(t *testing.T, d cdp.Destination, del cdp.Delivery, rows ...cdp.Delta) []cdp.Result {
	t.Helper()
	got, err := d.Push(ctx, cdp.Batch{Delivery: del, Op: rows[0].Op, Action: rows[0].Action, Rows: rows})
	if err != nil {
		t.Fatalf("%#v", err)
	}
	return got
}

func want(t *testing.T, got []cdp.Result, fates ...string) {
	t.Helper()
	var is []string
	for _, r := range got {
		s := string(r.Fate)
		if r.Code != "" {
			s += " " + string(r.Code)
		}
		if r.RemoteID != "" {
			s += " #" + r.RemoteID
		}
		is = append(is, s)
	}
	if diff := cmp.Diff(fates, is); diff != "" {
		t.Errorf("%s\n%+v", diff, got)
	}
}

func TestModes(t *testing.T) {
	p := newPortal(t)
	d := open(t, p, nil)
	ins, upd := contacts(cdp.Insert), contacts(cdp.Update)
	ins.Fields, upd.Fields = nil, nil
	want(t, push(t, d, ins, row(1), row(2)), "delivered #100", "delivered #101")
	want(t, push(t, d, ins, row(2), row(3)), "skipped exists #101", "delivered #102")
	want(t, push(t, d, ins, row(3)), "skipped exists #102")
	p.noTrace = true

	change := row(2)
	change.Op, change.Fields = cdp.Change, json.RawMessage(`{"firstname":null}`)
	unknown := row(9)
	want(t, push(t, d, upd, change, unknown), "delivered #101", "skipped not_found")
	if got := p.records["contacts"]["101"]; got["firstname"] != "" || got["phone"] == "" {
		t.Error(got)
	}
	// An id that was told is used without a look-up.
	p.calls = nil
	change.RemoteID = "101"
	want(t, push(t, d, upd, change), "delivered #101")
	if !slices.Equal(p.calls, []string{"POST /crm/v3/objects/contacts/batch/update"}) {
		t.Error(p.calls)
	}
	// One that is gone is looked up again.
	change.RemoteID = "55"
	want(t, push(t, d, upd, change), "delivered #101")
	p.merged["55"] = true
	want(t, push(t, d, upd, change), "delivered #101")
	// The whole batch is unknown.
	want(t, push(t, d, upd, row(7), row(8)), "skipped not_found", "skipped not_found")
}

func TestRekey(t *testing.T) {
	p := newPortal(t)
	d := open(t, p, nil)
	del := contacts(cdp.Upsert)
	want(t, push(t, d, del, row(1), row(2), row(3)), "delivered #100", "delivered #101", "delivered #102")
	rekey := func(i int, key, id string) cdp.Delta {
		r := row(i)
		r.Op, r.OldKey, r.Key, r.RemoteID = cdp.Rekey, r.Key, key, id
		return r
	}
	want(t, push(t, d, del, rekey(1, "new.1@example.com", "100"), rekey(2, "new.2@example.com", ""), rekey(9, "new.9@example.com", "")),
		"delivered #100", "delivered #101", "delivered #103")
	emails := p.values("contacts", "email")
	slices.Sort(emails)
	if !slices.Equal(emails, []string{"ann.3@example.com", "new.1@example.com", "new.2@example.com", "new.9@example.com"}) {
		t.Error(emails)
	}
	// The same again, as after an answer that was lost.
	want(t, push(t, d, del, rekey(2, "new.2@example.com", "")), "delivered #101")
	// One that is there under the new key only may be from before kith.
	leaves := del
	leaves.Leaves = true
	want(t, push(t, d, leaves, rekey(9, "new.9@example.com", "999"), rekey(3, "ann.3@example.com", "102")), "skipped not_found", "delivered #102")
	// The new key belongs to another record.
	want(t, push(t, d, del, rekey(3, "new.1@example.com", "102")), "rejected conflict")
	del.Mode = cdp.Update
	want(t, push(t, d, del, rekey(8, "new.8@example.com", "")), "skipped not_found")
}

func TestRemovals(t *testing.T) {
	p := newPortal(t)
	d := open(t, p, nil)
	del := contacts(cdp.Upsert)
	push(t, d, del, row(1), row(2))
	set := row(1)
	set.Op, set.Action, set.Reason, set.Fields = cdp.Remove, cdp.ActionSet, cdp.Left, json.RawMessage(`{"is_vip":"false"}`)
	gone := set
	gone.Key = "nobody@example.com"
	want(t, push(t, d, del, set, gone), "delivered #100", "skipped not_found")
	if got := p.records["contacts"]["100"]; got["is_vip"] != "false" || got["firstname"] != "Annabel 1" || len(p.records["contacts"]) != 2 {
		t.Error(p.records)
	}
	del.Kind = cdp.Object
	_, err := d.Push(ctx, cdp.Batch{Delivery: del, Op: cdp.Remove, Action: cdp.ActionRemove, Rows: []cdp.Delta{set}})
	var f *cdp.Fatal
	if !errors.As(err, &f) {
		t.Error(err)
	}
}

func TestPartialFailure(t *testing.T) {
	d := open(t, newPortal(t), nil)
	bad, noKey, list := row(2), row(3), row(4)
	bad.Key = "nonsense"
	noKey.Key = ""
	list.Fields = json.RawMessage(`{"likes":["a;b"]}`)
	got := push(t, d, contacts(cdp.Upsert), row(1), bad, noKey, list, row(5))
	want(t, got, "delivered #100", "rejected invalid_value", "rejected missing_value", "rejected invalid_value", "delivered #101")
	if got[1].Reason != "Property values were not valid: email INVALID_EMAIL" || got[1].Vendor != "VALIDATION_ERROR" {
		t.Errorf("%+v", got[1])
	}
}

func TestConflict(t *testing.T) {
	d := open(t, newPortal(t), nil)
	push(t, d, contacts(cdp.Upsert), row(1))
	del := contacts(cdp.Upsert)
	del.Key = "customer_id"
	r := row(2)
	r.Key, r.Fields = "c-2", json.RawMessage(`{"email":"ann.1@example.com"}`)
	want(t, push(t, d, del, r), "rejected conflict")
}

func TestAudience(t *testing.T) {
	p := newPortal(t)
	d := open(t, p, map[string]string{"create_missing": "false"})
	for range 2 {
		if err := d.Check(ctx, vip()); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.lists) != 1 || p.lists["1"].Name != "VIP / at risk" {
		t.Error(p.lists)
	}
	p.records["contacts"]["7"] = map[string]string{"email": "ann.1@example.com", "hs_additional_emails": "second@example.com", "firstname": "Ann"}
	p.records["contacts"]["8"] = map[string]string{"email": "other@example.com"}
	r, many, unknown, none := member(1), member(2), member(3), member(4)
	r.Match = json.RawMessage(`{"email":["Second@Example.com"]}`)
	many.Match = json.RawMessage(`{"email":["other@example.com","ann.1@example.com"]}`)
	none.Match = json.RawMessage(`{"email":[]}`)
	want(t, push(t, d, vip(), r, many, unknown, none), "delivered #7", "delivered #7,8", "skipped not_found", "rejected missing_value")

	// An address changed: the contact of the old one leaves.
	many.Op, many.RemoteID, many.Match = cdp.Change, "7,8", json.RawMessage(`{"email":["ann.1@example.com"]}`)
	want(t, push(t, d, vip(), many), "delivered #7")
	if got := p.inList(); !slices.Equal(got, []string{"ann.1@example.com"}) {
		t.Error(got)
	}
	// One to an address that is no contact: likewise, and the row is skipped.
	p.lists["1"].members["8"] = true
	moved := member(5)
	moved.Op, moved.RemoteID = cdp.Change, "8"
	want(t, push(t, d, vip(), moved), "skipped not_found")
	if got := p.inList(); !slices.Equal(got, []string{"ann.1@example.com"}) {
		t.Error(got)
	}
	// The contact that the first half of a move took out has become another's since: the second half leaves it.
	taken, mover := member(6), member(7)
	taken.Match, mover.Match = json.RawMessage(`{"email":["ann.1@example.com"]}`), json.RawMessage(`{"email":["other@example.com"]}`)
	mover.RemoteID = "7"
	want(t, push(t, d, vip(), taken), "delivered #7")
	want(t, push(t, d, vip(), mover), "delivered #8")
	if got := p.inList(); !slices.Contains(got, "ann.1@example.com") || len(got) != 2 {
		t.Error(got)
	}
	mover.Op, mover.Action, mover.RemoteID = cdp.Remove, cdp.ActionRemove, "8"
	want(t, push(t, d, vip(), mover), "delivered #8")
	// Removed by the id that was told, without a look-up.
	p.calls = nil
	many.Op, many.Action, many.RemoteID = cdp.Remove, cdp.ActionRemove, "7"
	want(t, push(t, d, vip(), many), "delivered #7")
	if got := p.inList(); len(got) != 0 || len(p.calls) != 1 {
		t.Error(got, p.calls)
	}
	// Nothing of a contact was touched.
	if diff := cmp.Diff(map[string]string{"email": "ann.1@example.com", "hs_additional_emails": "second@example.com", "firstname": "Ann"}, p.records["contacts"]["7"]); diff != "" {
		t.Error(diff)
	}
	// The list disappears while the process lives.
	delete(p.lists, "1")
	var f *cdp.Fatal
	if _, err := d.Push(ctx, cdp.Batch{Delivery: vip(), Op: cdp.Add, Rows: []cdp.Delta{r}}); !errors.As(err, &f) {
		t.Error(err)
	}
}

func TestAudienceMakesContacts(t *testing.T) {
	p := newPortal(t)
	d := open(t, p, nil)
	same := member(2)
	same.Match = member(1).Match
	bad := member(3)
	bad.Match = json.RawMessage(`{"email":["nonsense"]}`)
	want(t, push(t, d, vip(), member(1), same, bad), "delivered #100", "delivered #100", "rejected invalid_value")
	if diff := cmp.Diff(map[string]map[string]string{"100": {"email": "ann.1@example.com"}}, p.records["contacts"]); diff != "" {
		t.Error(diff)
	}
}

func TestValues(t *testing.T) {
	p := newPortal(t)
	d := open(t, p, nil)
	del := contacts(cdp.Upsert)
	str := cdp.Type{Kind: cdp.String}
	del.Fields = []cdp.RemoteField{
		{Name: "seen", Type: cdp.Type{Kind: cdp.Timestamp}},
		{Name: "born", Type: cdp.Type{Kind: cdp.Date}},
		{Name: "likes", Type: cdp.ListOf(str)},
		{Name: "name", Type: cdp.Type{Kind: cdp.JSON}},
	}
	r := row(1)
	r.Fields = json.RawMessage(`{"seen":"2026-11-01 12:00:00.123456","born":"2026-02-29","likes":["shoes","boots"],"name":{"a":[1]},"is_vip":false,"spent":1.5e3,"firstname":null,"phone":""}`)
	push(t, d, del, r)
	if diff := cmp.Diff(map[string]string{
		"email": r.Key, "seen": "1793534400123", "born": "2026-02-29", "likes": "shoes;boots", "name": `{"a":[1]}`,
		"is_vip": "false", "spent": "1500", "firstname": "", "phone": "",
	}, p.records["contacts"]["100"]); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"2026-11-01T12:00:00Z": "1793534400000", "2026-11-01T13:00:00.5+01:00": "1793534400500", "2026-11-01 12:00:00": "1793534400000",
		"1969-12-31 23:59:59.999999": "-1", "soon": "soon",
	} {
		r.Fields = json.RawMessage(fmt.Sprintf(`{"seen":%q}`, text))
		push(t, d, del, r)
		if got := p.records["contacts"]["100"]["seen"]; got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestSpecLimitsEndpoint(t *testing.T) {
	for tier, calls := range map[string]int{"": 100, "free": 100, "pro": 190, "addon": 250} {
		l, err := hubspot.Limits(destination.Config{Options: map[string]string{"tier": tier}})
		if err != nil || l.Rates[0] != (cdp.Rate{Calls: calls, Per: 10 * time.Second}) || l.MaxRows != 100 {
			t.Error(tier, l, err)
		}
	}
	for _, c := range []struct {
		cfg  destination.Config
		want string
	}{
		{destination.Config{}, "hubspot:api.hubapi.com:443/"},
		{destination.Config{Options: map[string]string{"portal": "4711"}}, "hubspot:api.hubapi.com:443/4711"},
		{destination.Config{Sandbox: true, Options: map[string]string{"base_url": "http://127.0.0.1:1"}}, "sandbox"},
	} {
		if got, err := hubspot.Endpoint(c.cfg); got != c.want || err != nil {
			t.Error(got, err)
		}
	}
	if _, err := hubspot.New(destination.Config{Options: map[string]string{"tier": "gold"}}); err == nil {
		t.Error("gold")
	}
}
