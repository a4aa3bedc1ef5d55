package cdp_test

import (
	"testing"

	"github.com/kithdata/kith/internal/cdp"
)

// TestMaskValues: of a message about a value its words stay, and nothing of the value.
func TestMaskValues(t *testing.T) {
	for message, want := range map[string]string{
		"Cannot parse date here: Jan Jansen: Cannot parse Date from String":            "Cannot parse date here: …: Cannot parse Date from String",
		"Cannot parse string 'it\\'s jan@example.com' as Decimal(10, 2): syntax error": "Cannot parse string … as Decimal(10,2): syntax error",
		"Bad int64 value: Jan Jansen 0612345678":                                       "Bad int64 value: …",
		"Value 63536 for year must be in the range [1970, 2106]":                       "Value … for year must be in the range …",
		"Invalid format input 2020jan@example.com is malformed at jan":                 "Invalid format input … is malformed at …",
		"Cannot parse JSON object here: {\"name\":\"Jan\",\n \"note\": \"is not in\"}": "Cannot parse JSON object here: …",
		"Column 'jansen' doesn't fit function lower, and the String at Straße 5":       "Column … function lower, and the String at …",
		"Illegal type String of argument of function lower. Must be FixedString(16)":   "Illegal type String of argument of function lower. Must be FixedString(16)",
		"Illegal type String of argument of function jansen":                           "Illegal type String of argument of function …",
		"our own words: 5 of them":                                                     "our own words: 5 of them",
		"a form of which nobody knows: Jan Jansen, Dorpsstraat 5":                      "a form of which …",
		"Jansen": "…",
		"":       "",
	} {
		if got := cdp.MaskValues(message, "SELECT throwIf(lower(x) = 'a', 'our own words: 5 of them')"); got != want {
			t.Errorf("%q became %q, want %q", message, got, want)
		}
	}
}
