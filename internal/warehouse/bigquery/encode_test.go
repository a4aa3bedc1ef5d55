package bigquery

import (
	"strings"
	"testing"
	"time"

	rest "google.golang.org/api/bigquery/v2"

	"github.com/kithdata/kith/internal/cdp"
)

// TestNumbers: digits that a column does not have are refused, which the emulator
// cannot show since it forgets them.
func TestNumbers(t *testing.T) {
	column := func(typ string, p, s int64) *rest.TableSchema {
		return &rest.TableSchema{Fields: []*rest.TableFieldSchema{{Name: "x", Type: typ, Precision: p, Scale: s}}}
	}
	for _, test := range []struct {
		schema *rest.TableSchema
		text   string
		why    string
	}{
		{column("NUMERIC", 12, 2), "9999999999.99", ""},
		{column("NUMERIC", 12, 2), "-0009999999999.9900", ""},
		{column("NUMERIC", 12, 2), "0.001", "more than 2 digits"},
		{column("NUMERIC", 12, 2), "10000000000", "out of range"},
		{column("NUMERIC", 0, 0), "99999999999999999999999999999.999999999", ""},
		{column("NUMERIC", 0, 0), "100000000000000000000000000000", "out of range"},
		{column("NUMERIC", 0, 0), "0.0000000001", "more than 9 digits"},
		{column("BIGNUMERIC", 0, 0), "0.00000000000000000000000000000000000001", ""},
		{column("NUMERIC", 0, 0), "1e3", "no decimal"},
		{column("NUMERIC", 0, 0), "1/3", "no decimal"},
		{column("NUMERIC", 0, 0), "secret@example.com", "no decimal"},
		{column("NUMERIC", 0, 0), "", "no decimal"},
	} {
		m, err := newMessage(test.schema, []string{"x"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.encode(cdp.Row{test.text})
		switch {
		case test.why == "" && err != nil:
			t.Errorf("%s: %v", test.text, err)
		case test.why != "" && (err == nil || !strings.Contains(err.Error(), test.why) || strings.Contains(err.Error(), "secret")):
			t.Errorf("%q: got %v, want %q", test.text, err, test.why)
		}
	}
}

// TestAppendTypes: what cannot be appended is refused with its column.
func TestAppendTypes(t *testing.T) {
	schema := &rest.TableSchema{Fields: []*rest.TableFieldSchema{
		{Name: "s", Type: "STRING"}, {Name: "r", Type: "RECORD"}, {Name: "l", Type: "INTEGER", Mode: "REPEATED"}, {Name: "b", Type: "BYTES"},
	}}
	if _, err := newMessage(schema, []string{"r"}); err == nil || !strings.Contains(err.Error(), "column r") {
		t.Errorf("a record: %v", err)
	}
	if _, err := newMessage(schema, []string{"gone"}); err == nil || !strings.Contains(err.Error(), `"gone"`) {
		t.Errorf("a column that is not there: %v", err)
	}
	m, err := newMessage(schema, []string{"S", "l", "b"}) // names of columns have no case
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.encode(cdp.Row{"x", []uint32{1, 1 << 31}, "\xff\x00"}); err != nil {
		t.Error(err)
	}
	for name, row := range map[string]cdp.Row{
		"text that is not UTF-8": {"\xff", nil, nil}, "null in a list": {"x", []any{int64(1), nil}, nil}, "no list": {"x", int64(1), nil},
		"a time": {time.Now(), nil, nil},
	} {
		if _, err := m.encode(row); err == nil || !strings.Contains(err.Error(), "column ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestConfig: what the service would refuse later is refused when the target is opened.
func TestConfig(t *testing.T) {
	long := strings.Repeat("a", 64)
	for want, c := range map[string]Config{
		"no project":              {},
		"is no project id":        {Project: "Acme CRM"},
		"kith's own":              {Project: "acme", Labels: map[string]string{"run": "x"}},
		"is no key of a label":    {Project: "acme", Labels: map[string]string{"Team": "x"}},
		"a value that is not":     {Project: "acme", Labels: map[string]string{"team": long}},
		"max_bytes_billed is":     {Project: "acme", MaxBytesBilled: -1},
		"job_timeout is negative": {Project: "acme", JobTimeout: -time.Second},
	} {
		if err := c.validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	if err := (Config{Project: "example.com:acme-crm-1", Labels: map[string]string{"team": "crm"}}).validate(); err != nil {
		t.Error(err)
	}
}

// TestLabels: any name of a statement is a label and a part of a job's id.
func TestLabels(t *testing.T) {
	for text, want := range map[string]string{
		"identity person hook 1": "identity_person_hook_1", "Zoë's": "zo__s", "": "", strings.Repeat("x", 80): strings.Repeat("x", 63),
	} {
		if got := labelOf(text); got != want || !isLabelValue(got) {
			t.Errorf("%q: %q", text, got)
		}
	}
	id := jobID(cdp.Statement{Name: "a b/c", Run: "r:1"}, "0123", 2)
	if id != "kith_r_1_a_b_c_0123_2" {
		t.Errorf("the id is %s", id)
	}
}

// TestMasked: a value that the service repeats in an error is not shown, quoted or not.
func TestMasked(t *testing.T) {
	const sql = "SELECT ERROR('our own words') FROM t"
	for message, want := range map[string]string{
		"Bad int64 value: secret@example.com":                                      "Bad int64 value: …",
		"Bad int64 value: Jan Jansen 0612345678":                                   "Bad int64 value: …",
		"Query error: Bad double value: Jan Jansen at [3:1]":                       "Query error: Bad double value: … at [3:1]",
		"Could not cast literal \"secret x\" to type DATE [at 1:8]":                "Could not cast literal … to type DATE [at 1:8]",
		"Invalid timestamp: 'secret'; error":                                       "Invalid timestamp: …",
		"Invalid NUMERIC value: 06 12345678":                                       "Invalid NUMERIC value: …",
		"Failed to parse input string \"Jan Jansen\"":                              "Failed to parse input string …",
		"division by zero: 61234 / 0":                                              "division by zero: …",
		"int64 overflow: 9223372036854775807 + 61234":                              "int64 overflow: …",
		"syntax error while parsing value - invalid literal; last read: 'Jan'":     "syntax error while parsing value - invalid literal; last read: …",
		"Cannot parse regular expression: missing ): (jan@example.com":             "Cannot parse regular expression: missing ): …",
		"no such customer: Jan Jansen":                                             "no such …",
		"jan@example.com":                                                          "an error whose text may hold values of rows",
		"our own words":                                                            "our own words",
		"Unrecognized name: idd [at 1:8]":                                          "Unrecognized name: idd [at 1:8]",
		"No matching signature for function SUBSTR for argument types: INT64":      "No matching signature for function SUBSTR for argument types: INT64",
		"UPDATE/MERGE must match at most one source row for each target row":       "UPDATE/MERGE must match at most one source row for each target row",
		"Scalar subquery produced more than one element":                           "Scalar subquery produced more than one element",
		"Query exceeded limit for bytes billed: 1000. 10485760 or higher required": "Query exceeded limit for bytes billed: 1000. 10485760 or higher required",
	} {
		if got := clean("invalidQuery", message, sql); got != want {
			t.Errorf("%q became %q, want %q", message, got, want)
		}
	}
	if got := clean("accessDenied", "Access Denied: Table a:b.c: User has no permission", sql); got != "Access Denied: Table a:b.c: User has no permission" {
		t.Errorf("got %q", got)
	}
}
