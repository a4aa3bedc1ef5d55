package klaviyo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination/klaviyo"
	fake "github.com/kithdata/kith/internal/sandbox/klaviyo"
)

// refusals are the rows that a refusal names, in the order of the answer.
func refusals(t *testing.T, err error) (no *cdp.Refused, rows []int) {
	t.Helper()
	if !errors.As(err, &no) {
		t.Fatalf("%#v", err)
	}
	for _, r := range append([]cdp.Refused{*no}, no.More...) {
		if r.Row >= 0 {
			rows = append(rows, r.Row)
		}
		if r.Code == cdp.NoCode || r.Vendor == "" || r.Reason == "" || strings.Contains(r.Reason, "no mail") {
			t.Errorf("%+v", r)
		}
	}
	return no, rows
}

// TestRefusedProfiles: every profile that is malformed is named by the one answer that
// refuses the request, whatever the row's place, and nothing of the request is applied.
func TestRefusedProfiles(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, nil)
	var rows, members []cdp.Delta
	var bad []int
	for i := range 1000 {
		r, m := person(i), member(i)
		m.Match = json.RawMessage(fmt.Sprintf(`{"email":["first.%d@example.com",%q]}`, i, m.Key+"@example.com"))
		if i%20 == 7 {
			r.Key = fmt.Sprintf("no mail %d", i)
			m.Match = json.RawMessage(fmt.Sprintf(`{"email":["no mail %d","no mail either"]}`, i))
			bad = append(bad, i)
		}
		rows, members = append(rows, r), append(members, m)
	}
	for _, b := range []cdp.Batch{{Delivery: profiles, Op: cdp.Add, Rows: rows}, {Delivery: audience, Op: cdp.Add, Rows: members}} {
		_, err := d.Push(t.Context(), b)
		if no, got := refusals(t, err); !slices.Equal(got, bad) || no.Code != cdp.InvalidValue || no.More[3].Code != cdp.InvalidValue {
			t.Errorf("%s: %d rows of %d: %v", b.Kind, len(got), len(bad), got)
		}
	}
	if n := len(must2(box.Klaviyo(secret).Profiles())(t)); n != 0 {
		t.Errorf("%d profiles", n)
	}
}

// TestRefusedNonsense: of the places that an answer names only those of rows count, each once.
func TestRefusedNonsense(t *testing.T) {
	t.Parallel()
	at := func(pointer string) string {
		return fmt.Sprintf(`{"id":"1","code":"invalid","title":"Invalid input.","detail":"The value ann.2@example.com is invalid","source":{"pointer":%s}}`, pointer)
	}
	for _, c := range []struct {
		pointers []string
		want     []int
	}{
		{[]string{`"/data"`, `null`, `"/data/attributes/profiles/data/99999999999999999999/attributes"`}, nil},
		{[]string{`"/data/attributes/profiles/data/3"`, `"/data/attributes/profiles/data/-1"`, `"/data/attributes/profiles/data/2/attributes/email"`}, []int{2}},
		{[]string{`"/data/attributes/profiles/data/1/attributes/email"`, `null`, `"/data/attributes/profiles/data/1/attributes/phone_number"`, `"/data/attributes/profiles/data/0"`}, []int{1, 0}},
	} {
		var list []string
		for _, p := range c.pointers {
			list = append(list, at(p))
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"errors":[%s]}`, strings.Join(list, ","))
		}))
		d := must2(klaviyo.New(config(server.URL, nil)))(t)
		_, err := d.Push(t.Context(), cdp.Batch{Delivery: profiles, Op: cdp.Add, Rows: []cdp.Delta{person(1), person(2), person(3)}})
		if _, got := refusals(t, err); !slices.Equal(got, c.want) {
			t.Errorf("%v: rows %v, want %v", c.pointers, got, c.want)
		}
		if strings.Contains(fmt.Sprintf("%+v", err), "ann.2@") {
			t.Errorf("a value in %v", err)
		}
		server.Close()
	}
}

// TestRefusedList: a list that is gone, or that Klaviyo does not take, is no fault of a row: the
// sync ends at once with the reason, and the list is looked up anew.
func TestRefusedList(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		reason string
	}{
		"gone":          {http.StatusNotFound, ``, "is gone"},
		"gone, named":   {http.StatusNotFound, `{"errors":[{"code":"not_found","title":"Not found.","detail":"A list with id L1 does not exist.","source":{"pointer":"/data/relationships/lists/data/0/id"}}]}`, "is gone"},
		"refused":       {http.StatusBadRequest, `{"errors":[{"code":"invalid","title":"Invalid input.","detail":"The list cannot be written.","source":{"pointer":"/data/relationships/lists/data/0/id"}}]}`, "The list cannot be written."},
		"refused later": {http.StatusBadRequest, `{"errors":[{"code":"invalid","title":"Invalid input."},{"code":"invalid","title":"Invalid input.","detail":"The list cannot be written.","source":{"pointer":"/data/relationships/list"}}]}`, "The list cannot be written."},
	} {
		for _, subscribe := range []string{"none", "email"} {
			asked, written := 0, 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					asked++
					_, _ = fmt.Fprintf(w, `{"data":[{"type":"list","id":"L1","attributes":{"name":%q}}]}`, audience.Remote)
					return
				}
				written++
				w.WriteHeader(c.status)
				_, _ = fmt.Fprint(w, c.body)
			}))
			d := must2(klaviyo.New(config(server.URL, map[string]string{"subscribe": subscribe})))(t)
			for n := 1; n <= 2; n++ {
				_, err := d.Push(t.Context(), cdp.Batch{Delivery: audience, Op: cdp.Add, Rows: []cdp.Delta{member(1), member(2)}})
				var fatal *cdp.Fatal
				if !errors.As(err, &fatal) || fatal.Help == "" || !strings.Contains(fatal.Reason, c.reason) || written != n || asked != n {
					t.Errorf("%s, subscribe %s: %v, the list was asked for %d times, %d calls", name, subscribe, err, asked, written)
				}
			}
			server.Close()
		}
	}
}
