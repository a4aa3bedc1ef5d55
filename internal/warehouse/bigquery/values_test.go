package bigquery_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/bigquery/emulator/emulatortest"
)

// TestNoValueInMessages: no function that cannot read a value of a row shows it. The
// emulator's words are its own; TestMasked has the service's.
func TestNoValueInMessages(t *testing.T) {
	w := emulatortest.Warehouse(t)
	for _, expr := range []string{
		"CAST(v AS INT64)", "CAST(v AS FLOAT64)", "CAST(v AS BOOL)", "CAST(v AS DATE)", "CAST(v AS TIMESTAMP)", "PARSE_DATE('%Y', v)", "PARSE_TIMESTAMP('%Y', v)", "PARSE_JSON(v)",
		"ERROR(v)", "ERROR(CONCAT('bad customer ', v))", "FROM_BASE64(v)", "REGEXP_CONTAINS('a', CONCAT('(', v))", "TIMESTAMP_TRUNC(CURRENT_TIMESTAMP(), DAY, v)", "NET.IP_FROM_STRING(v)", "ST_GEOGFROMTEXT(v)",
	} {
		_, err := w.Exec(t.Context(), cdp.Statement{SQL: "SELECT " + expr + " FROM (SELECT REVERSE('8765432160 nesnaJ naJ') AS v)"})
		var e *cdp.StatementError
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v", expr, err)
			continue
		}
		if strings.Contains(e.Message, "Jansen") || strings.Contains(e.Message, "06") {
			t.Errorf("%s shows its value: %s", expr, e.Message)
		}
	}
}
