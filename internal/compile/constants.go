package compile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// setFields is the JSON of the constants that a removal sets, by reason.
func (d *Diff) setFields(reason string) string {
	var cases [][2]string
	for _, r := range cdp.Reasons {
		var parts []string
		for _, f := range d.removal(r).Set {
			parts = append(parts, jsonText(f.Remote)+":"+d.constant(f))
		}
		cases = append(cases, [2]string{fmt.Sprintf("%s = %d", reason, r), d.c.d.Quote("{" + strings.Join(parts, ",") + "}")})
	}
	return d.c.d.Case(cases, "''")
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// constant is the JSON of a constant: of the type that the field has where it is mapped, as
// the destination may have learnt that from the first value; else as it is written.
func (d *Diff) constant(f cdp.SetField) string {
	number, truth := f.Plain, f.Plain
	if i := slices.IndexFunc(d.sync.Fields, func(x *cdp.SyncField) bool { return x.Remote == f.Remote }); i >= 0 {
		kind := d.sync.Fields[i].Type.Kind
		number, truth = kind == cdp.Int || kind == cdp.Float || kind == cdp.Decimal, kind == cdp.Bool
	}
	switch s := strings.ToLower(f.Value); {
	case truth && (s == "true" || s == "false"):
		return s
	case number && jsonNumber.MatchString(f.Value):
		return f.Value
	}
	return jsonText(f.Value)
}

func jsonText(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text is always JSON
	return strings.TrimSuffix(b.String(), "\n")
}
