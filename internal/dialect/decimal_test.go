package dialect_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
)

// TestFieldDecimal: a decimal of a JSON document is what the document says, alone and in a
// list, cut off behind its scale. By way of a float 8.12 would be 8.11.
func TestFieldDecimal(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine) {
		for text, want := range map[string]string{
			"8.12": "8.12", "19.99": "19.99", "-0.29": "-0.29", "0.57": "0.57", "1.005": "1", "8.129": "8.12", "-8.129": "-8.12", "9999999999.99": "9999999999.99",
			"1e2": "100", "12.345e1": "123.45", "1e-3": "0", "-0.0": "0", `"19.99"`: "19.99", `"1e2"`: "100",
		} {
			doc := e.Quote(`{"a": {"b": ` + text + `}, "l": [` + text + `, 4.35]}`)
			got := e.values(t, e.Text(e.Field(doc, []string{"a", "b"}, money), money), e.Text(e.Field(doc, []string{"l"}, cdp.ListOf(money)), cdp.ListOf(money)))
			if d := cmp.Diff([]any{want, "[" + want + ",4.35]"}, got); d != "" {
				t.Errorf("%s: %s", text, d)
			}
		}
		if e.Name() != "clickhouse" {
			return // the emulator makes 0 of what is no number, which is null on BigQuery
		}
		wide, most := cdp.Type{Kind: cdp.Decimal, Precision: 38, Scale: 4}, cdp.Type{Kind: cdp.Decimal, Precision: 76, Scale: 4}
		for text, want := range map[string][3]any{
			"1e40": {nil, nil, "10000000000000000000000000000000000000000"}, "12345678901234567890": {nil, "12345678901234567890", "12345678901234567890"},
			"true": {}, "null": {}, `"abc"`: {}, `""`: {}, `"1,5"`: {}, `"0x10"`: {}, "[1]": {}, `{"b": 1}`: {},
		} {
			doc := e.Quote(`{"a": ` + text + `}`)
			got := e.values(t, e.Text(e.Field(doc, []string{"a"}, money), money), e.Text(e.Field(doc, []string{"a"}, wide), wide), e.Text(e.Field(doc, []string{"a"}, most), most))
			if d := cmp.Diff(want[:], got); d != "" {
				t.Errorf("%s: %s", text, d)
			}
		}
	})
}
