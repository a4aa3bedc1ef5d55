package dialect

import (
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

var _ cdp.Exact = ClickHouse{}

// CastExact casts a column that is not nullable to what is below Nullable, which is
// cheaper to hash, unless it is parsed, as what cannot be parsed is null, or is a decimal
// that has no room for every value. Floats that are not finite are null.
func (c ClickHouse) CastExact(expr string, column cdp.Column, t cdp.Type) (cast string, never bool) {
	switch {
	case column.Raw == "Float64" && t.Kind == cdp.Float:
		return finite(expr), false
	case (column.Raw == "DateTime" || strings.HasPrefix(column.Raw, "DateTime(")) && t.Kind == cdp.Timestamp:
		// CAST to DateTime64 looks at each value for what a DateTime cannot be.
		return "fromUnixTimestamp64Micro(toInt64(" + expr + ") * 1000000, 'UTC')", true
	case t.Kind == cdp.Int && column.Type.Kind == cdp.Int && strings.Contains(column.Raw, "UInt64") && neverNull(column, t):
		return "accurateCast(" + expr + ", 'Int64')", true
	case t.Kind == cdp.Int && column.Type.Kind == cdp.Int && !strings.Contains(column.Raw, "UInt64") && !neverNull(column, t):
		return fits(expr), false
	case neverNull(column, t):
		return "CAST(" + expr + " AS " + c.plain(t) + ")", true
	}
	return c.Cast(expr, t), false
}

func neverNull(column cdp.Column, t cdp.Type) bool {
	from := column.Type
	if strings.Contains(column.Raw, "Nullable(") || from.Kind != t.Kind && (from.Kind != cdp.Int || t.Kind != cdp.Bool) {
		return false
	}
	switch t.Kind {
	case cdp.String, cdp.Int, cdp.Bool, cdp.Date, cdp.Timestamp:
		return true
	case cdp.Decimal:
		return from.Scale <= t.Scale && from.Precision-from.Scale <= t.Precision-t.Scale
	}
	return false
}
