package hubspot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
)

// isLook says that a call reads the properties of an object.
func isLook(call string) bool { return strings.HasPrefix(call, "GET /crm/v3/properties/") }

// asMapped is h, with the properties of a portal.
func asMapped(t *testing.T, h http.HandlerFunc) http.Handler {
	p := newPortal(t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isLook(r.Method + " " + r.URL.Path) {
			p.ServeHTTP(w, r)
			return
		}
		h(w, r)
	})
}

// properties are what a portal has of contacts.
func properties(t *testing.T, change func(have map[string]map[string]any)) []byte {
	t.Helper()
	have := map[string]map[string]any{}
	for name, typ := range writable {
		have[name] = map[string]any{"name": name, "type": typ, "hasUniqueValue": slices.Contains(unique["contacts"], name)}
	}
	change(have)
	var list []map[string]any
	for _, p := range have {
		list = append(list, p)
	}
	raw, err := json.Marshal(map[string]any{"results": list})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestMappingGone: what an administrator takes from a mapped property, the key or the object after
// a good check is no fault of a row, however HubSpot words it and whether it names rows or none.
func TestMappingGone(t *testing.T) {
	const bad = `{"status":"error","category":"VALIDATION_ERROR","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"x\",\"error\":\"%s\",\"name\":\"phone\"}]"%s}`
	gone := func(have map[string]map[string]any) { delete(have, "phone") }
	each := fmt.Sprintf(`{"status":"COMPLETE","results":[],"numErrors":1,"errors":[`+bad+`]}`, "PROPERTY_DOESNT_EXIST", `,"context":{"objectWriteTraceId":["0","1"]}`)
	for name, c := range map[string]struct {
		status int
		body   string
		change func(map[string]map[string]any)
		want   string
	}{
		"gone":          {400, fmt.Sprintf(bad, "PROPERTY_DOESNT_EXIST", ""), gone, "properties of contacts: phone does not exist"},
		"gone, by rows": {207, each, gone, "properties of contacts: phone does not exist"},
		"read-only": {400, fmt.Sprintf(bad, "READ_ONLY_VALUE", ""), func(have map[string]map[string]any) {
			have["phone"]["modificationMetadata"] = map[string]any{"readOnlyValue": true}
		}, "properties of contacts: phone cannot be written"},
		"key": {400, `{"status":"error","category":"VALIDATION_ERROR","message":"Unable to perform update/upsert by non-unique property customer_id"}`, func(have map[string]map[string]any) {
			have["customer_id"]["hasUniqueValue"] = false
		}, "properties of contacts: the key customer_id has no unique values"},
		"object":        {404, `{"status":"error","category":"OBJECT_NOT_FOUND","message":"x"}`, nil, `the account has no object "contacts"`},
		"another error": {400, `{"status":"error","category":"VALIDATION_ERROR","message":"x"}`, gone, "properties of contacts: phone does not exist"},
	} {
		for _, mode := range []cdp.Mode{cdp.Upsert, cdp.Update, cdp.Insert} {
			for _, rows := range [][]cdp.Delta{{row(1)}, {row(1), row(2)}} {
				calls := 0
				d := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					calls++
					switch {
					case !isLook(r.Method + " " + r.URL.Path):
						w.WriteHeader(c.status)
						_, _ = io.WriteString(w, c.body)
					case c.change == nil:
						w.WriteHeader(c.status)
						_, _ = io.WriteString(w, c.body)
					default:
						_, _ = w.Write(properties(t, c.change))
					}
				}), nil)
				del := contacts(mode)
				del.Key = "customer_id"
				got, err := d.Push(ctx, cdp.Batch{Delivery: del, Op: cdp.Add, Rows: rows})
				var f *cdp.Fatal
				if !errors.As(err, &f) || f.Reason != c.want || calls != 2 {
					t.Errorf("%s, %s of %d: %+v, %v, %d calls", name, mode, len(rows), got, err, calls)
				}
			}
		}
	}
}

// TestMappingGoneInPart: what an answer says was written is told, whatever it says of the mapping
// beside it; the others meet that by themselves, and end the sync. What was written without
// saying which is not known.
func TestMappingGoneInPart(t *testing.T) {
	const wrong = `{"category":"VALIDATION_ERROR","message":"Property values were not valid: [{\"isValid\":false,\"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"phone\"}]"%s}`
	for name, c := range map[string]struct {
		result string // after the id of what was written
		named  string
		stray  bool // nobody knows which that is, unless by the id that was sent
	}{
		"named":     {`,"objectWriteTraceId":"0","properties":{"email":"ann.1@example.com"}`, `,"context":{"objectWriteTraceId":["1"]}`, false},
		"not named": {`,"objectWriteTraceId":"0","properties":{"email":"ann.1@example.com"}`, "", false},
		"stray":     {`,"properties":{}`, "", true},
	} {
		for _, mode := range []cdp.Mode{cdp.Upsert, cdp.Update, cdp.Insert} {
			d := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var in struct{ Inputs []fakeInput }
				_ = json.NewDecoder(r.Body).Decode(&in)
				switch {
				case isLook(r.Method + " " + r.URL.Path):
					_, _ = w.Write(properties(t, func(have map[string]map[string]any) { delete(have, "phone") }))
				case len(in.Inputs) == 1:
					w.WriteHeader(http.StatusBadRequest)
					_, _ = fmt.Fprintf(w, wrong, "")
				default:
					w.WriteHeader(http.StatusMultiStatus)
					_, _ = fmt.Fprintf(w, `{"status":"COMPLETE","results":[{"id":"7"%s}],"numErrors":1,"errors":[`+wrong+`]}`, c.result, c.named)
				}
			}), nil)
			rows := []cdp.Delta{row(1), row(2)}
			if mode == cdp.Update {
				rows[0].RemoteID, rows[1].RemoteID = "7", "8"
			}
			got, err := d.Push(ctx, cdp.Batch{Delivery: contacts(mode), Op: cdp.Add, Rows: rows})
			if c.stray && mode != cdp.Update {
				if !uncertain(err) {
					t.Errorf("%s, %s: %+v, %v", name, mode, got, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s, %s: %v", name, mode, err)
				continue
			}
			want(t, got, "delivered #7", "deferred unavailable")
			var f *cdp.Fatal
			if got, err = d.Push(ctx, cdp.Batch{Delivery: contacts(mode), Op: cdp.Add, Rows: rows[1:]}); !errors.As(err, &f) {
				t.Errorf("%s, %s, the rest: %+v, %v", name, mode, got, err)
			}
		}
	}
}

// TestMappingIsFine: of a batch that is refused for a value, the properties are read once, and the rows are told.
func TestMappingIsFine(t *testing.T) {
	looks := 0
	d := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isLook(r.Method + " " + r.URL.Path) {
			looks++
			_, _ = w.Write(properties(t, func(map[string]map[string]any) {}))
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"status":"error","category":"VALIDATION_ERROR","message":"x"}`)
	}), nil)
	var refused *cdp.Refused
	if _, err := d.Push(ctx, cdp.Batch{Delivery: contacts(cdp.Upsert), Op: cdp.Add, Rows: []cdp.Delta{row(1), row(2)}}); !errors.As(err, &refused) {
		t.Error(err)
	}
	want(t, push(t, d, contacts(cdp.Upsert), row(1)), "rejected invalid_value")
	if looks != 1 {
		t.Errorf("%d looks", looks)
	}
}

// TestMappingOfSet: what a removal sets is checked like a field.
func TestMappingOfSet(t *testing.T) {
	del := contacts(cdp.Upsert)
	del.Set = []string{"is_vip", "vanished"}
	var f *cdp.Fatal
	if err := open(t, newPortal(t), nil).Check(ctx, del); !errors.As(err, &f) || f.Reason != "properties of contacts: vanished does not exist" {
		t.Error(err)
	}
}

// TestMappingOfDay: HubSpot takes no day for a moment.
func TestMappingOfDay(t *testing.T) {
	d := open(t, newPortal(t), nil)
	del := contacts(cdp.Upsert)
	del.Fields = []cdp.RemoteField{{Name: "seen", Type: cdp.Type{Kind: cdp.Date}}, {Name: "born", Type: cdp.Type{Kind: cdp.Date}}}
	var f *cdp.Fatal
	if err := d.Check(ctx, del); !errors.As(err, &f) || f.Reason != "properties of contacts: seen is a time, the field is a date" {
		t.Error(err)
	}
	del.Fields = []cdp.RemoteField{{Name: "seen", Type: cdp.Type{Kind: cdp.Timestamp}}}
	if err := d.Check(ctx, del); err != nil {
		t.Error(err)
	}
}
