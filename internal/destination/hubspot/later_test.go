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
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// failing is a portal that answers a call of its own accord, counted from 1; 0 for none.
type failing struct {
	*portal
	at     int
	status int // 0 breaks the connection instead
	body   string
	seen   int
}

func (f *failing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.seen++; f.seen != f.at {
		f.portal.ServeHTTP(w, r)
		return
	}
	if f.status == 0 {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
		return
	}
	w.WriteHeader(f.status)
	_, _ = io.WriteString(w, f.body)
}

// laterErrors are what a later call of a batch may meet, and what that makes of rows.
var laterErrors = []struct {
	name    string
	status  int
	body    string
	later   string // of a row that the call was to write
	notSent string // of one whose turn did not come
	after   time.Duration
}{
	{"429", 429, `{"policyName":"DAILY","category":"RATE_LIMITS"}`, "deferred rate_limited", "deferred rate_limited", 61 * time.Minute},
	{"503", 503, `{}`, "unknown no_answer", "deferred unavailable", 0},
	{"401", 401, `{"category":"INVALID_AUTHENTICATION"}`, "deferred unavailable", "deferred unavailable", 0},
	{"cut", 0, "", "unknown no_answer", "deferred unavailable", 0},
	{"400", 400, `{"category":"VALIDATION_ERROR","message":"one of them is bad"}`, "deferred unavailable", "deferred unavailable", 0},
}

// TestLaterCall: what an earlier call of a batch has written is told, whatever a later one
// meets; that is only of the rows that the later one was for.
func TestLaterCall(t *testing.T) {
	update := contacts(cdp.Update)
	update.Fields = nil
	rekey := func(i int, id string) cdp.Delta {
		r := row(i)
		r.Op, r.OldKey, r.Key, r.RemoteID = cdp.Rekey, r.Key, "new."+r.Key, id
		return r
	}
	change := func(i int, id string) cdp.Delta {
		r := row(i)
		r.Op, r.RemoteID = cdp.Change, id
		return r
	}
	leave := func(i int, id string) cdp.Delta {
		r := member(i)
		r.Op, r.Action, r.Reason, r.RemoteID = cdp.Remove, cdp.ActionRemove, cdp.Left, id
		return r
	}
	for _, c := range []struct {
		name string
		del  cdp.Delivery
		rows []cdp.Delta
		at   int      // the call that ends with an error; it writes rows
		look bool     // not so: it looks them up
		want []string // "later" of a row that it is for, "not sent" of one whose turn did not come
	}{
		{"update", update, []cdp.Delta{change(1, "100"), change(2, "55"), change(3, "56")}, 3, false, []string{"delivered #100", "later", "later"}},
		{"update", update, []cdp.Delta{change(1, "100"), change(2, "55"), change(3, "56")}, 2, true, []string{"delivered #100", "not sent", "not sent"}},
		// Two rows of one record, which are sent one after the other.
		{"update twice", update, []cdp.Delta{change(2, "55"), change(1, "100"), change(3, "101"), change(4, "100"), change(5, "101"), change(6, "100")}, 2, false, []string{"not sent", "delivered #100", "delivered #101", "later", "later", "not sent"}},
		{"rekey", contacts(cdp.Upsert), []cdp.Delta{rekey(1, ""), rekey(8, ""), rekey(9, "")}, 3, false, []string{"delivered #100", "later", "later"}},
		{"rekey of one that is gone", contacts(cdp.Upsert), []cdp.Delta{rekey(1, "100"), rekey(2, "55"), rekey(3, "56"), rekey(8, "")}, 4, false, []string{"delivered #100", "later", "later", "not sent"}},
		{"rekey of one that is gone", contacts(cdp.Upsert), []cdp.Delta{rekey(1, "100"), rekey(2, "55"), rekey(8, "")}, 3, true, []string{"delivered #100", "not sent", "not sent"}},
		{"members", vip(), []cdp.Delta{leave(1, "100"), leave(2, "55"), leave(3, "102")}, 3, false, []string{"delivered #100", "later", "delivered #102"}},
		{"members", vip(), []cdp.Delta{leave(1, "100"), leave(2, "55"), leave(3, "102")}, 2, true, []string{"delivered #100", "not sent", "delivered #102"}},
	} {
		for _, e := range laterErrors {
			t.Run(fmt.Sprint(c.name, " ", c.at, " ", e.name), func(t *testing.T) {
				f := &failing{portal: newPortal(t), status: e.status, body: e.body}
				d := open(t, f, nil)
				if c.del.Kind == cdp.Audience {
					push(t, d, vip(), member(1), member(2), member(3))
				} else {
					push(t, d, contacts(cdp.Upsert), row(1), row(2), row(3))
				}
				f.seen, f.at = 0, c.at
				got := push(t, d, c.del, c.rows...)
				expect := slices.Clone(c.want)
				for i, fate := range map[string]string{"later": e.later, "not sent": e.notSent} {
					for n := range expect {
						if expect[n] == i {
							if expect[n] = fate; got[n].After != e.after {
								t.Errorf("row %d after %s", n, got[n].After)
							}
						}
					}
				}
				want(t, got, expect...)
			})
		}
	}
}

// TestLaterCallAlone: of rows of which nothing was written an error is one of the batch, so
// that it is split, or ends the run.
func TestLaterCallAlone(t *testing.T) {
	gone := []cdp.Delta{row(2), row(3)}
	for i := range gone {
		gone[i].Op, gone[i].RemoteID = cdp.Change, fmt.Sprint(55+i)
	}
	for _, e := range laterErrors {
		for at := 1; at <= 3; at++ {
			f := &failing{portal: newPortal(t), status: e.status, body: e.body}
			d := open(t, f, nil)
			push(t, d, contacts(cdp.Upsert), row(1), row(2), row(3))
			f.seen, f.at = 0, at
			if got, err := d.Push(ctx, cdp.Batch{Delivery: contacts(cdp.Update), Op: cdp.Change, Rows: gone}); err == nil {
				t.Errorf("%s in call %d: %+v", e.name, at, got)
			}
		}
	}
}

// TestMemberInPart: somebody who is in a list by two contacts, one of which is gone, is out by
// the other: whatever the search for the first meets, nobody may take that for not begun.
func TestMemberInPart(t *testing.T) {
	for _, e := range laterErrors {
		f := &failing{portal: newPortal(t), status: e.status, body: e.body}
		d := open(t, f, nil)
		push(t, d, vip(), member(1))
		both := member(1)
		both.Op, both.Action, both.Reason, both.RemoteID = cdp.Remove, cdp.ActionRemove, cdp.Left, "100,55"
		both.Match = json.RawMessage(`{"email":["ann.1@example.com","second@example.com"]}`)
		f.seen, f.at = 0, 2
		got := push(t, d, vip(), both)
		if got[0].Fate != cdp.Unknown || got[0].After != e.after || strings.Contains(got[0].Reason, "@") {
			t.Errorf("%s: %+v", e.name, got)
		}
		if in := f.inList(); len(in) != 0 {
			t.Errorf("%s: %v", e.name, in)
		}
	}
}

// TestLookUpInPart: what HubSpot says of a value that it was to look up is no answer unless it
// says that no record has it: nothing is skipped, made or adopted because of it.
func TestLookUpInPart(t *testing.T) {
	for category, is := range map[string]func(error) bool{
		"OBJECT_NOT_FOUND": func(err error) bool { return err == nil },
		"RATE_LIMITS": func(err error) bool {
			var e *cdp.Throttled
			return errors.As(err, &e) && e.Code == cdp.RateLimited && e.After == 10*time.Second
		},
		"INTERNAL_ERROR":   uncertain,
		"MISSING_SCOPES":   uncertain,
		"":                 uncertain,
		"VALIDATION_ERROR": func(err error) bool { var e *cdp.Refused; return errors.As(err, &e) && e.Row == -1 }, // split until it is found
	} {
		f := &failing{portal: newPortal(t), status: http.StatusMultiStatus}
		f.body = fmt.Sprintf(`{"status":"COMPLETE","results":[],"numErrors":1,"errors":[{"category":%q,"message":"ann.1@example.com is not there","context":{"ids":["ann.1@example.com"]}}]}`, category)
		d := open(t, f, map[string]string{"create_missing": "false"})
		push(t, d, contacts(cdp.Upsert), row(1), row(2))
		push(t, d, vip(), member(1))
		renamed, leaves := row(1), member(1)
		renamed.Op, renamed.OldKey, renamed.Key = cdp.Rekey, renamed.Key, "new@example.com"
		leaves.Op, leaves.Action = cdp.Remove, cdp.ActionRemove
		for _, b := range []cdp.Batch{
			{Delivery: contacts(cdp.Update), Op: cdp.Change, Rows: []cdp.Delta{row(1), row(2)}},
			{Delivery: contacts(cdp.Upsert), Op: cdp.Rekey, Rows: []cdp.Delta{renamed}},
			{Delivery: contacts(cdp.Upsert), Op: cdp.Remove, Action: cdp.ActionArchive, Rows: []cdp.Delta{row(1)}},
			{Delivery: vip(), Op: cdp.Add, Rows: []cdp.Delta{member(1), member(2)}},
			{Delivery: vip(), Op: cdp.Remove, Action: cdp.ActionRemove, Rows: []cdp.Delta{leaves}},
		} {
			f.seen, f.at, f.calls = 0, 1, nil
			if got, err := d.Push(ctx, b); !is(err) || err != nil && strings.Contains(err.Error(), "@") {
				t.Errorf("%s, %s of %s: %+v, %v", category, b.Op, b.Kind, got, err)
			}
			if made := slices.DeleteFunc(f.calls, isLook); category != "OBJECT_NOT_FOUND" && len(made) != 0 { // but for the one that failed
				t.Errorf("%s, %s of %s: %v", category, b.Op, b.Kind, made)
			}
		}
		f.seen = 0
		finder, ok := d.(cdp.Finder)
		if !ok {
			t.Fatal("HubSpot finds nothing")
		}
		if ids, err := finder.Find(ctx, contacts(cdp.Upsert), []cdp.Delta{row(1)}); !is(err) {
			t.Errorf("%s, find: %v, %v", category, ids, err)
		}
	}
}

// TestWriteInPart: what HubSpot says of a row in a 207 is a rejection where it is about the row. A fault
// of its own is none: the row is sent again at once, and until then it may be there. So is one
// that names no row.
func TestWriteInPart(t *testing.T) {
	for category, want := range map[string]string{
		"OBJECT_NOT_FOUND":    "rejected not_found",
		"RATE_LIMITS":         "deferred rate_limited",
		"INTERNAL_ERROR":      "unknown no_answer",
		"SERVICE_TIMEOUT":     "unknown no_answer",
		"SERVICE_UNAVAILABLE": "unknown no_answer",
		"":                    "unknown no_answer",
		"MISSING_SCOPES":      "rejected not_permitted",
		"CONFLICT":            "rejected conflict",
		"ODD_PIPELINE":        "rejected other_rejection",
		"VALIDATION_ERROR":    "rejected invalid_value",
	} {
		told := fmt.Sprintf(`{"category":%q,"message":"ann.1@example.com failed","context":{"ids":["ann.1@example.com"]}}`, category)
		nobody := fmt.Sprintf(`{"category":%q,"message":"it failed"}`, category)
		wrote := `{"id":"2","objectWriteTraceId":"1","properties":{"email":"ann.2@example.com"}}`
		lost := strings.HasPrefix(want, "unknown")
		for name, c := range map[string]struct {
			body string
			ok   func([]cdp.Result, error) bool
		}{
			"named": {told, func(got []cdp.Result, err error) bool {
				return err == nil && fate(got[0]) == want && got[1].Fate == cdp.Delivered && !strings.Contains(got[0].Reason, "@")
			}},
			"not named": {nobody, func(got []cdp.Result, err error) bool {
				return err == nil && (fate(got[0]) == "unknown no_answer") == lost && got[1].Fate == cdp.Delivered
			}},
			"nothing written": {nobody, func(_ []cdp.Result, err error) bool {
				var wait *cdp.Throttled
				return err != nil && uncertain(err) == lost && errors.As(err, &wait) == (want == "deferred rate_limited")
			}},
		} {
			results := wrote
			if name == "nothing written" {
				results = ""
			}
			f := &failing{portal: newPortal(t), status: http.StatusMultiStatus, at: 1, body: `{"results":[` + results + `],"numErrors":1,"errors":[` + c.body + `]}`}
			d := open(t, f, nil)
			got, err := d.Push(ctx, cdp.Batch{Delivery: contacts(cdp.Upsert), Op: cdp.Add, Rows: []cdp.Delta{row(1), row(2)}})
			if !c.ok(got, err) {
				t.Errorf("%q, %s: %+v, %v", category, name, got, err)
			}
		}
	}
}

// fate is the fate and the code of a row.
func fate(r cdp.Result) string { return string(r.Fate) + " " + string(r.Code) }

func uncertain(err error) bool { var e *destination.Uncertain; return errors.As(err, &e) }
