package dialect

import (
	"fmt"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// JSON is the JSON text; numbers keep all their digits.
func (c ClickHouse) JSON(expr string, t cdp.Type) string { return c.json("", expr, t) }

// json is the JSON text behind another one.
func (c ClickHouse) json(before, expr string, t cdp.Type) string {
	value, after := "", ""
	switch t.Kind {
	case cdp.String:
		value = "toJSONString(" + expr + ")"
	case cdp.Date:
		before, value, after = before+`"`, c.Text(expr, t), `"`
	case cdp.Timestamp:
		before, value, after = before+`"`, c.clock(expr), `Z"`
	case cdp.JSON:
		value = "if(isValidJSON(" + expr + "), " + expr + ", toJSONString(" + expr + "))"
	case cdp.List:
		before, value, after = before+"[", "arrayStringConcat(arrayMap(__kith_e -> "+c.JSON("__kith_e", *t.Elem)+", "+expr+"), ',')", "]"
	default:
		value = c.Text(expr, t)
	}
	switch {
	case before == "" && after == "":
		return value
	case after == "":
		return "concat(" + c.Quote(before) + ", " + value + ")"
	}
	return "concat(" + c.Quote(before) + ", " + value + ", " + c.Quote(after) + ")"
}

// Object writes the text by hand: toJSONString of a tuple would write nulls. What is
// null in the list is left out of the text, with its comma.
func (c ClickHouse) Object(fields []cdp.JSONField) string {
	if len(fields) == 0 {
		return "'{}'"
	}
	parts := make([]string, len(fields))
	for i, f := range fields {
		part := c.json(jsonString(f.Name)+":", f.Expr, f.Type)
		switch {
		case f.Type.Kind == cdp.List && f.Omit:
			part = "if(empty(" + f.Expr + "), NULL, " + part + ")"
		case f.Type.Kind != cdp.List && f.Null:
			part = "ifNull(" + part + ", " + c.Quote(jsonString(f.Name)+":null") + ")"
		}
		parts[i] = part
	}
	return "concat('{', arrayStringConcat([" + strings.Join(parts, ", ") + "], ','), '}')"
}

func jsonString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
