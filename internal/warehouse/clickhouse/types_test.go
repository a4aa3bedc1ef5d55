package clickhouse

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseType(t *testing.T) {
	for raw, want := range map[string]string{
		"String":                             "string",
		"LowCardinality(Nullable(String))":   "string",
		"FixedString(16)":                    "string",
		"Enum8('a,b' = 1, 'it\\'s (' = 2)":   "string",
		"Nullable(UInt64)":                   "int",
		"Float32":                            "float",
		"Decimal(38, 10)":                    "decimal(38,10)",
		"Nullable(Decimal64(4))":             "decimal(18,4)",
		"Bool":                               "bool",
		"Nullable(Date32)":                   "date",
		"DateTime('Europe/Amsterdam')":       "timestamp",
		"Nullable(DateTime64(6, 'UTC'))":     "timestamp",
		"JSON(max_dynamic_paths=8)":          "json",
		"Map(String, UInt8)":                 "json",
		"Tuple(a Array(String), b UInt8)":    "json",
		"Array(Nullable(String))":            "list(string)",
		"Array(Array(UInt8))":                "list(list(int))",
		"SimpleAggregateFunction(max, Int8)": "int",
		"AggregateFunction(sum, UInt8)":      "unknown",
		"Array(Variant(UInt8, String))":      "unknown",
		"Int256":                             "unknown",
		"Nullable(Nothing)":                  "unknown",
		"IntervalDay":                        "unknown",
	} {
		if got := parseType(raw).language().String(); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
	if d := cmp.Diff([]string{"a", "f(b, c)", "'x, y'", "`q,\\`r`"}, splitArgs("a, f(b, c), 'x, y', `q,\\`r`")); d != "" {
		t.Error(d)
	}
}

func TestClean(t *testing.T) {
	for message, want := range map[string]string{
		"Table kith.t already exists. (TABLE_ALREADY_EXISTS) (version 26.7.2.1)":                                   "Table kith.t already exists",
		"Code: 57. DB::Exception: Table x. (A_B) (version 25.1.5.31 (official build))":                             "Table x",
		"DB::Exception: Unknown identifier `a` in scope SELECT a FROM t. Maybe you meant: ['b']. Stack trace:\n0.": "Unknown identifier `a`. Maybe you meant: ['b']",
	} {
		if got := clean(1, message, ""); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := clean(6, "Cannot parse string 'a\\'b@example.com' as Int64", ""); got != "Cannot parse string … as Int64" {
		t.Errorf("got %q", got)
	}
}

func TestDecimalText(t *testing.T) {
	for text, ok := range map[string]bool{
		"0": true, "-1.5": true, "+1": true, ".5": true, "0001.50": true, "1.500": true, "99999999.99": true,
		"": false, "-": false, ".": false, "1e5": false, "1.555": false, "100000000": false, "1,5": false, "nan": false, "--1": false,
	} {
		if _, err := asDecimalText(text, 10, 2); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
