package dialect

import (
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

var _ cdp.Exact = ClickHouse{}

// NeverNull is true for a type that is not nullable and needs no parsing, as what cannot
// be parsed is null; for decimals that have room for every value; never for floats, of
// which those that are not finite are null.
func (ClickHouse) NeverNull(column cdp.Column, t cdp.Type) bool {
	if column.Type.Kind != t.Kind || strings.Contains(column.Raw, "Nullable(") {
		return false
	}
	switch t.Kind {
	case cdp.String, cdp.Int, cdp.Bool, cdp.Date, cdp.Timestamp:
		return true
	case cdp.Decimal:
		return column.Type.Scale <= t.Scale && column.Type.Precision-column.Type.Scale <= t.Precision-t.Scale
	}
	return false
}

// CastExact casts to what is below Nullable.
func (c ClickHouse) CastExact(expr string, t cdp.Type) string {
	return "CAST(" + expr + " AS " + c.plain(t) + ")"
}
