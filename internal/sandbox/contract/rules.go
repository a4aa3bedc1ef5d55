package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/kithdata/kith/internal/sandbox"
)

// Rule is what a vendor says in prose about one endpoint, or about all of them, and no schema says. Zero means no rule.
type Rule struct {
	Name   string
	Method string         // "" = all
	Path   *regexp.Regexp // of the whole path, without the contract's prefix; nil = all

	Array       []string                  // the members that lead to the array of rows in the body
	Inner       []string                  // if the rows to count are in arrays of their own: the members within an element
	MaxRows     int                       // of the array, or of all inner arrays together
	MaxRowBytes int                       // of each element, as sent
	MaxBytes    int                       // of the body
	Headers     map[string]*regexp.Regexp // required, and of this form
}

func (r Rule) check(rec sandbox.Recorded, url string) []Violation {
	path, _, _ := strings.Cut(url, "?")
	if r.Method != "" && r.Method != rec.Method || r.Path != nil && !r.Path.MatchString(path) {
		return nil
	}
	var out []Violation
	say := func(where, format string, args ...any) {
		out = append(out, violation(rec, r.Name, where, fmt.Sprintf(format, args...)))
	}
	if r.MaxBytes > 0 && rec.BytesIn > r.MaxBytes {
		say("", "the body has %d bytes, at most %d are allowed", rec.BytesIn, r.MaxBytes)
	}
	if !rec.Kept {
		return out
	}
	for name, form := range r.Headers {
		if v := rec.Header.Get(name); !form.MatchString(v) {
			say(name, "the header is missing or not of the form %s", form)
		}
	}
	if len(r.Array) == 0 {
		return out
	}
	where := "/" + strings.Join(r.Array, "/")
	rows, err := rowsAt(rec.Body, r.Array)
	count := len(rows)
	if len(r.Inner) > 0 {
		count = 0
		for i := 0; i < len(rows) && err == nil; i++ {
			var inner []json.RawMessage
			inner, err = rowsAt(rows[i], r.Inner)
			count += len(inner)
		}
	}
	switch {
	case err != nil:
		say(where, "there is no array of rows")
	case r.MaxRows > 0 && count > r.MaxRows:
		say(where, "%d rows, at most %d are allowed", count, r.MaxRows)
	}
	for i, row := range rows {
		if r.MaxRowBytes > 0 && len(row) > r.MaxRowBytes {
			say(fmt.Sprintf("%s/%d", where, i), "the row has %d bytes, at most %d are allowed", len(row), r.MaxRowBytes)
		}
	}
	return out
}

// rowsAt walks the members of a JSON object to an array.
func rowsAt(body []byte, members []string) ([]json.RawMessage, error) {
	raw := json.RawMessage(body)
	for _, name := range members {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(raw, &object); err != nil {
			return nil, err
		}
		raw = object[name]
	}
	var rows []json.RawMessage
	err := json.NewDecoder(bytes.NewReader(raw)).Decode(&rows)
	return rows, err
}

// Klaviyo are the limits in the prose of Klaviyo's API reference, revision 2026-07-15, read in November 2026. 5 MB and
// 100 KB are taken as decimal, the smaller reading.
func Klaviyo() []Rule {
	const mb, kb = 1_000_000, 1_000
	exactly := func(path string) *regexp.Regexp { return regexp.MustCompile("^" + path + "$") }
	return []Rule{
		{
			Name: "headers", Headers: map[string]*regexp.Regexp{
				"Revision":      regexp.MustCompile(`^20\d\d-\d\d-\d\d(\.[a-z0-9]+)?$`),
				"Authorization": regexp.MustCompile(`^(Klaviyo-API-Key|Bearer) \S+$`),
			},
		},
		{
			Name: "bulk import", Method: http.MethodPost, Path: exactly("/api/profile-bulk-import-jobs"),
			Array: []string{"data", "attributes", "profiles", "data"}, MaxRows: 10_000, MaxRowBytes: 100 * kb, MaxBytes: 5 * mb,
		},
		{
			Name: "bulk events", Method: http.MethodPost, Path: exactly("/api/event-bulk-create-jobs"),
			Array: []string{"data", "attributes", "events-bulk-create", "data"},
			Inner: []string{"attributes", "events", "data"}, MaxRows: 1_000, MaxBytes: 5 * mb,
		},
		{
			Name: "profile", Method: http.MethodPost, Path: exactly("/api/profile-import"), MaxBytes: 100 * kb,
		},
		{
			Name: "list members", Path: exactly("/api/lists/[^/]+/relationships/profiles"), Method: http.MethodPost,
			Array: []string{"data"}, MaxRows: 1_000,
		},
		{
			Name: "list members", Path: exactly("/api/lists/[^/]+/relationships/profiles"), Method: http.MethodDelete,
			Array: []string{"data"}, MaxRows: 1_000,
		},
		{
			Name: "subscriptions", Method: http.MethodPost, Path: exactly("/api/profile-subscription-bulk-create-jobs"),
			Array: []string{"data", "attributes", "profiles", "data"}, MaxRows: 1_000,
		},
	}
}
