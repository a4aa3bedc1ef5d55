package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

func TestParseValue(t *testing.T) {
	kind := func(k cdp.Kind) cdp.Type { return cdp.Type{Kind: k} }
	money := cdp.Type{Kind: cdp.Decimal, Precision: 6, Scale: 2}
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		text string
		t    cdp.Type
		want any // an error is its text
	}{
		{"  a b ", kind(cdp.String), "a b"},
		{"   ", kind(cdp.String), nil},
		{"+12", kind(cdp.Int), int64(12)},
		{"12.5", kind(cdp.Int), "is not a whole number"},
		{"9223372036854775808", kind(cdp.Int), "is not a whole number"},
		{"1e3", kind(cdp.Float), 1000.0},
		{"NaN", kind(cdp.Float), "is not a number"},
		{"11.77", money, "11.77"},
		{"-011.700", money, "-11.7"},
		{"+.5", money, "0.5"},
		{"1.005", money, "has more than 2 digits behind the point (decimal(6,2))"},
		{"12345", money, "has more than 4 digits before the point (decimal(6,2))"},
		{"12,5", money, "is not a decimal(6,2)"},
		{".", money, "is not a decimal(6,2)"},
		{"Yes", kind(cdp.Bool), true},
		{"0", kind(cdp.Bool), false},
		{"maybe", kind(cdp.Bool), "is neither true nor false"},
		{"20261101", kind(cdp.Date), day},
		{"2026-11-01", kind(cdp.Date), day},
		{"20261301", kind(cdp.Date), "is not a date (2026-11-01 or 20261101)"},
		{"1776-07-04", kind(cdp.Date), "is not between the years 1900 and 2299"},
		{"2026-11-01 12:30:00.5", kind(cdp.Timestamp), day.Add(12*time.Hour + 30*time.Minute + 500*time.Millisecond)},
		{"2026-11-01T12:30:00+02:00", kind(cdp.Timestamp), day.Add(10*time.Hour + 30*time.Minute)},
		{"20261101", kind(cdp.Timestamp), day},
		{"noon", kind(cdp.Timestamp), "is not a time (2026-11-01T12:00:00Z)"},
		{`{"a": 1}`, kind(cdp.JSON), `{"a": 1}`},
		{`{"a"`, kind(cdp.JSON), "is not JSON"},
		{`["a", null, "b"]`, cdp.ListOf(kind(cdp.String)), []any{"a", "b"}},
		{`[1, "2"]`, cdp.ListOf(kind(cdp.Int)), []any{int64(1), int64(2)}},
		{`["x"]`, cdp.ListOf(kind(cdp.Int)), "has an item that is not a whole number"},
		{"a", cdp.ListOf(kind(cdp.String)), `is not a list (["a", "b"])`},
		{"", cdp.ListOf(kind(cdp.String)), []any{}},
	} {
		got, err := parseValue(test.text, test.t)
		if err != nil {
			got = err.Error()
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%q as %s: %s", test.text, test.t, d)
		}
	}
}

// all reads a file into one line per record: its line and its fields, or the error.
func all(r recordReader, err error) string {
	var out []string
	if err == nil && r.columns() != nil {
		out = append(out, strings.Join(r.columns(), "|"))
	}
	for err == nil {
		var rec record
		if rec, err = r.next(); err == nil {
			out = append(out, fmt.Sprintf("%d:%s", rec.line, strings.Join(trimmed(rec.fields), "|")))
		}
		var at *lineError
		if errors.As(err, &at) {
			out, err = append(out, at.Error()), nil
		}
	}
	if !errors.Is(err, io.EOF) {
		out = append(out, err.Error())
	}
	return strings.Join(out, "\n")
}

func TestReaders(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
		read             func(io.Reader) (recordReader, error)
	}{
		{"csv with spaces after commas, as febrl", "rec_id, given_name, age\nrec-1, mitchell, 7\n rec-2 ,\"o'brien, jr\", \n", "rec_id|given_name|age\n2:rec-1|mitchell|7\n3:rec-2|o'brien, jr|", csvOf(nil, true)},
		{"a mark of UTF-8 and CRLF", "\xef\xbb\xbfid,name\r\n1,Zoë\r\n", "id|name\n2:1|Zoë", csvOf(nil, true)},
		{"a quoted line break", "id,name\n1,\"a\nb\"\n2,c\n", "id|name\n2:1|a\nb\n4:2|c", csvOf(nil, true)},
		{"no header", "1,a\n2,b\n", "id|name\n1:1|a\n2:2|b", csvOf([]string{"id", "name"}, false)},
		{"a header that is replaced", "x,y\n1,a\n", "id|name\n2:1|a", csvOf([]string{"id", "name"}, true)},
		{"too many values", "id,name\n1,a,b\n2,c\n", "id|name\nline 2: another number of values than the first line has (2 columns)\n3:2|c", csvOf(nil, true)},
		{"a quote that is not closed", "id,name\n1,\"a\n", "id|name\nline 2: extraneous or missing \" in quoted-field", csvOf(nil, true)},
		{"blanks, as CDNOW", " customer_id  date number_of_cds  dollar_value\n 00001 19970101  1   11.77\n\n 00002\t19970112  1   12.00\n", "customer_id|date|number_of_cds|dollar_value\n2:00001|19970101|1|11.77\n4:00002|19970112|1|12.00", blankOf(nil, true)},
		{"blanks, too few", "a b\n1\n2 3\n", "a|b\nline 2: 1 values for 2 columns\n3:2|3", blankOf(nil, true)},
		{"an empty file", "", "", csvOf(nil, true)},
	} {
		if got := all(test.read(strings.NewReader(test.text))); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}

func csvOf(names []string, header bool) func(io.Reader) (recordReader, error) {
	return func(in io.Reader) (recordReader, error) { return seedFlags{}.open("csv", in, names, header) }
}

func blankOf(names []string, header bool) func(io.Reader) (recordReader, error) {
	return func(in io.Reader) (recordReader, error) { return seedFlags{}.open("blank", in, names, header) }
}

// TestEndlessRecord gives up on a quote that is never closed before it fills the memory.
func TestEndlessRecord(t *testing.T) {
	if _, err := newCSVReader(io.MultiReader(strings.NewReader("\""), repeated('x')), nil, true); err == nil || !strings.Contains(err.Error(), "line 1: a record is longer") {
		t.Errorf("in the header: %v", err)
	}
	endless := io.MultiReader(strings.NewReader("id,name\n1,\""), repeated('x'))
	r, err := newCSVReader(endless, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.next(); err == nil || !strings.Contains(err.Error(), "longer than 16 MiB") {
		t.Errorf("got %v", err)
	}
}

type repeated byte

func (r repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

func TestProjectName(t *testing.T) {
	for dir, want := range map[string]string{"/tmp/shop": "shop", "/tmp/My Shop!": "my_shop", "/tmp/2026": "project_2026", "/": "project", "/tmp/é": "project"} {
		if got := projectName(dir); got != want {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
}
