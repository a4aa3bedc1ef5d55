package destination_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestClassify(t *testing.T) {
	p := destination.Policy{
		Vendor: "Acme",
		Waits:  map[int]time.Duration{429: 10 * time.Second, 423: 2 * time.Second},
		Resets: []destination.Reset{{Header: "X-Reset", Unit: destination.EpochSeconds}, {Header: "X-Window", Unit: destination.Milliseconds}},
		Fatal:  []int{410}, Unauthorized: "new token",
		Now: func() time.Time { return now },
	}
	h := func(kv ...string) http.Header {
		out := http.Header{}
		for i := 0; i < len(kv); i += 2 {
			out.Set(kv[i], kv[i+1])
		}
		return out
	}
	for _, c := range []struct {
		status int
		header http.Header
		want   error
	}{
		{401, h(), &cdp.Fatal{Reason: "Acme answered 401", Help: "new token"}},
		{403, h(), &cdp.Fatal{Reason: "Acme answered 403", Help: "give the credentials the permission that is missing"}},
		{410, h(), &cdp.Fatal{Reason: "Acme answered 410", Help: "check base_url and the options of the destination"}},
		{307, h(), &cdp.Fatal{Reason: "Acme answered 307, a redirect; it is not followed with credentials", Help: "set base_url to the address that answers"}},
		{429, h("Retry-After", "7"), &cdp.Throttled{After: 7 * time.Second, Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("Retry-After", "0.5"), &cdp.Throttled{After: 500 * time.Millisecond, Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("Retry-After", "Sun, 22 Nov 2026 12:01:00 GMT"), &cdp.Throttled{After: time.Minute, Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("Retry-After", "Sun, 22 Nov 2026 11:00:00 GMT"), &cdp.Throttled{Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("Retry-After", "soon"), &cdp.Throttled{After: 10 * time.Second, Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("Retry-After", "-3"), &cdp.Throttled{After: 10 * time.Second, Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("Retry-After", "NaN"), &cdp.Throttled{After: 10 * time.Second, Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("Retry-After", "1795348830"), &cdp.Throttled{After: 30 * time.Second, Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("Retry-After", "1795348830500"), &cdp.Throttled{After: 30500 * time.Millisecond, Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("Retry-After", "1795348000"), &cdp.Throttled{Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("Retry-After", "999999999"), &cdp.Throttled{After: 999999999 * time.Second, Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("X-Reset", "1795348830"), &cdp.Throttled{After: 30 * time.Second, Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{429, h("X-Window", "10000"), &cdp.Throttled{After: 10 * time.Second, Code: cdp.RateLimited, Reason: "Acme answered 429"}},
		{503, h("Retry-After", "2"), &cdp.Throttled{After: 2 * time.Second, Code: cdp.Unavailable, Reason: "Acme answered 503", Doubt: true}},
		{503, h(), &cdp.Throttled{Code: cdp.Unavailable, Reason: "Acme answered 503", Doubt: true}},
		{408, h(), &cdp.Throttled{Code: cdp.Unavailable, Reason: "Acme answered 408", Doubt: true}},
		{425, h(), &cdp.Throttled{Code: cdp.Unavailable, Reason: "Acme answered 425"}},
		{423, h(), &cdp.Throttled{After: 2 * time.Second, Code: cdp.Unavailable, Reason: "Acme answered 423"}},
		{500, h(), &destination.Uncertain{Status: 500, Reason: "Acme answered 500"}},
		{502, h(), &destination.Uncertain{Status: 502, Reason: "Acme answered 502"}},
		{504, h(), &destination.Uncertain{Status: 504, Reason: "Acme answered 504"}},
		{524, h(), &destination.Uncertain{Status: 524, Reason: "Acme answered 524"}},
		{400, h(), &cdp.Refused{Row: -1, Code: cdp.InvalidValue, Vendor: "400", Reason: "Acme answered 400"}},
		{404, h(), &cdp.Refused{Row: -1, Code: cdp.NotFound, Vendor: "404", Reason: "Acme answered 404"}},
		{409, h(), &cdp.Refused{Row: -1, Code: cdp.Conflict, Vendor: "409", Reason: "Acme answered 409"}},
		{413, h(), &cdp.Refused{Row: -1, Code: cdp.TooLarge, Vendor: "413", Reason: "Acme answered 413"}},
		{422, h(), &cdp.Refused{Row: -1, Code: cdp.InvalidValue, Vendor: "422", Reason: "Acme answered 422"}},
		{418, h(), &cdp.Refused{Row: -1, Code: cdp.OtherRejection, Vendor: "418", Reason: "Acme answered 418"}},
	} {
		got := destination.Classify(&destination.Response{Status: c.status, Header: c.header}, p)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%d %v: %s", c.status, c.header, diff)
		}
	}
}

// TestAppliesNothing: a vendor that says that nothing was applied when it answers 503 is
// believed; any wait that it asks for is kept in either case.
func TestAppliesNothing(t *testing.T) {
	p := destination.Policy{Vendor: "Acme", Waits: map[int]time.Duration{503: 3 * time.Second}}
	for status, want := range map[int]error{
		503: &cdp.Throttled{After: 3 * time.Second, Code: cdp.Unavailable, Reason: "Acme answered 503"},
		408: &cdp.Throttled{Code: cdp.Unavailable, Reason: "Acme answered 408", Doubt: true},
	} {
		if diff := cmp.Diff(want, destination.Classify(&destination.Response{Status: status}, p)); diff != "" {
			t.Errorf("%d: %s", status, diff)
		}
	}
}

// TestAnswered: a row may be to blame for what the destination itself answers, not for what a
// gateway does that has waited in vain, nor for a connection.
func TestAnswered(t *testing.T) {
	for status, want := range map[int]bool{0: false, 200: false, 207: true, 408: false, 500: true, 502: true, 504: false, 507: true, 522: false, 599: false} {
		var err cdp.Answered = &destination.Uncertain{Status: status}
		if err.Answered() != want {
			t.Errorf("%d: %t", status, !want)
		}
	}
}

// TestPartsInDoubt: what an error of one part of a batch says of its rows, and of those whose
// turn did not come.
func TestPartsInDoubt(t *testing.T) {
	const after = 7 * time.Second
	for _, c := range []struct {
		err           error
		later, inPart cdp.Fate
		code          cdp.Code // of a row that was not sent
		after         time.Duration
	}{
		{&cdp.Throttled{After: after, Code: cdp.RateLimited}, cdp.Deferred, cdp.Unknown, cdp.RateLimited, after},
		{&cdp.Throttled{After: after, Code: cdp.Unavailable}, cdp.Deferred, cdp.Unknown, cdp.Unavailable, after},
		{&cdp.Throttled{After: after, Code: cdp.Unavailable, Doubt: true}, cdp.Unknown, cdp.Unknown, cdp.Unavailable, after},
		{&cdp.Refused{Row: -1, Code: cdp.InvalidValue}, cdp.Deferred, cdp.Unknown, cdp.Unavailable, 0},
		{&cdp.Refused{Row: -1, Code: cdp.InvalidValue, Doubt: true}, cdp.Unknown, cdp.Unknown, cdp.Unavailable, 0},
		{&cdp.Fatal{Reason: "wrong token"}, cdp.Deferred, cdp.Unknown, cdp.Unavailable, 0},
		{&destination.Uncertain{Status: 500}, cdp.Unknown, cdp.Unknown, cdp.Unavailable, 0},
	} {
		later, inPart, notSent := destination.Later(c.err), destination.InPart(c.err), destination.NotSent(c.err)
		if later.Fate != c.later || later.After != c.after || inPart.Fate != c.inPart || inPart.After != c.after {
			t.Errorf("%v: %+v, in part %+v", c.err, later, inPart)
		}
		if notSent.Fate != cdp.Deferred || notSent.Code != c.code || notSent.After != c.after {
			t.Errorf("%v: not sent %+v", c.err, notSent)
		}
	}
}

func TestClassifyScrubs(t *testing.T) {
	p := destination.Policy{
		Message: func(b []byte) (string, string) { return string(b), string(b) },
		Values:  func() []string { return []string{"Annabel"} },
	}
	for _, body := range []string{"Annabel", "annabel"} {
		err := destination.Classify(&destination.Response{Status: 400, Body: []byte(body)}, p)
		var r *cdp.Refused
		if !errors.As(err, &r) || strings.Contains(strings.ToLower(r.Reason+r.Vendor), "annabel") {
			t.Errorf("%+v", err)
		}
	}
}

func TestScrub(t *testing.T) {
	for _, c := range []struct {
		text   string
		values []string
		want   string
	}{
		{`property "is_vip" does not exist`, nil, `property "is_vip" does not exist`},
		{"Contact ann@example.com exists. Existing ID: 37765128953", nil, "Contact [address] exists. Existing ID: [number]"},
		{"ann%40example.com; ÄNN@exämple.com, <x+y@z>", nil, "[address]; [address], <[address]>"},
		{"call +31 (0)6-12 34 56 78 now, or 12345", nil, "call [number] now, or 12345"},
		{"token pat-na1-0a1b2c3d-4e5f-6071 and eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx", nil, "token [token] and [token]"},
		{"PROPERTY_DOESNT_EXIST_IN_PORTAL", nil, "PROPERTY_DOESNT_EXIST_IN_PORTAL"},
		{"value ANNABEL LEE is too long", []string{"Annabel Lee"}, "value [value] is too long"},
		{"value 'Annabel Le…' is too long", []string{"Annabel Lee of the sea"}, "value '[value]…' is too long"},
		{`got "O\"Brien" for name`, []string{`O"Brien`}, `got "[value]" for name`},
		{"got Annabel+Lee", []string{"Annabel Lee"}, "got [value]"},
		{"Jo is no job for Jo", []string{"Jo"}, "[value] is no job for [value]"},
		{"née Strauß", []string{"STRAUß", "Née"}, "[value] [value]"},
		{"amount 1234.50 over", []string{"1234.50"}, "amount [value] over"},
		{"a\x00b\n\tc  d", nil, "a b c d"},
		{"bad \xff byte", nil, "bad \uFFFD byte"},
		{"", []string{"x"}, ""},
		{"x", []string{"", " "}, "x"},
	} {
		if got := destination.Scrub(c.text, c.values...); got != c.want {
			t.Errorf("%q %q:\n got %q\nwant %q", c.text, c.values, got, c.want)
		}
	}
	long := destination.Scrub(strings.Repeat("é ", 500))
	if n := utf8.RuneCountInString(long); n != destination.MaxReason {
		t.Error(n)
	}
	// A body that repeats a request: the text is cut, in the middle of a value too.
	value := strings.Repeat("Annabel ", 2000)
	for n := range 40 {
		if got := destination.Scrub(strings.Repeat("x", n)+value, value); strings.Contains(got, "Ann") {
			t.Errorf("%d: %s", n, got)
		}
	}
	for n := range 40 {
		if got := destination.Scrub(strings.Repeat(" ", 4070+n)+"Annabel Lee", "Annabel Lee"); strings.Contains(got, "A") {
			t.Errorf("%d: %s", n, got)
		}
	}
	if c := destination.ScrubCode("INVALID_EMAIL"); c != "INVALID_EMAIL" {
		t.Error(c)
	}
	for _, code := range []string{"ann@example.com", "two words", "12345678", "annabel", strings.Repeat("x", 65)} {
		if got := destination.ScrubCode(code, "Annabel"); got != "" {
			t.Errorf("%q: %q", code, got)
		}
	}
}

func TestValues(t *testing.T) {
	got := destination.Values(cdp.Delta{RowID: "p1", Key: "k", Fields: json.RawMessage(`{"a":"x","b":1.50,"c":["y",{"d":"z"}],"e":true,"f":null}`), Match: json.RawMessage(`{"email":["m"]}`)})
	if want := []string{"", "1.50", "k", "m", "p1", "x", "y", "z"}; !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a", "\"\\\n\r\t\x00\x1f", "\xff\xfe", "é\u2028\u2029😀", "<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw := destination.AppendString(nil, s)
		var got string
		if !json.Valid(raw) || !utf8.Valid(raw) || json.Unmarshal(raw, &got) != nil || got != toValid(s) {
			t.Errorf("%q: %s", s, raw)
		}
	})
}

// toValid replaces every byte that is not UTF-8, as encoding/json does.
func toValid(s string) string { return string([]rune(s)) }

func FuzzEachField(f *testing.F) {
	for _, s := range []string{`{}`, ` { "a" : 1 , "b\u0041":[1,{"c":"}\""}],"d":null } `, `{"a"}`, `{"a":}`, `{`, `}`, `{"a":1`, `{"a":1,}`, `[1]`, `{"a":"\`, `{"a":1 2}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var names []string
		values := map[string]string{}
		err := destination.EachField([]byte(s), func(name string, v json.RawMessage) error {
			names = append(names, name)
			values[name] = string(v)
			return nil
		})
		var want map[string]json.RawMessage
		if json.Unmarshal([]byte(s), &want) != nil || want == nil {
			return // it promises nothing about other texts, only not to panic
		}
		if err != nil || len(values) != len(want) {
			t.Fatalf("%q: %v, %v", s, names, err)
		}
		for k, v := range want {
			if values[k] != string(v) {
				t.Errorf("%q: %q is %q, want %q", s, k, values[k], v)
			}
		}
	})
}

func TestConfig(t *testing.T) {
	c := destination.Config{Options: map[string]string{"n": "5", "bad": "x", "b": "true", "d": "90s"}}
	if n, err := c.Int("n", 1, 1, 10); n != 5 || err != nil {
		t.Error(n, err)
	}
	if n, err := c.Int("none", 3, 1, 10); n != 3 || err != nil {
		t.Error(n, err)
	}
	if _, err := c.Int("n", 1, 6, 10); err == nil {
		t.Error("out of range")
	}
	if _, err := c.Int("bad", 1, 1, 10); err == nil {
		t.Error("not a number")
	}
	if b, err := c.Bool("b", false); !b || err != nil {
		t.Error(b, err)
	}
	if _, err := c.Bool("bad", false); err == nil {
		t.Error("not a bool")
	}
	if d, err := c.Duration("d", 0, 0, time.Hour); d != 90*time.Second || err != nil {
		t.Error(d, err)
	}
}
