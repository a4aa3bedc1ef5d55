package dialect

import (
	"fmt"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// Comparable lowers and trims; a code keeps letters and digits, a date its digits.
func (b BigQuery) Comparable(kind, expr string, t cdp.Type) string {
	text := "LOWER(IFNULL(" + b.Text(expr, t) + ", ''))"
	switch kind {
	case "code":
		return "REGEXP_REPLACE(" + text + `, r'[^\p{L}\p{N}]', '')`
	case "date":
		return "SUBSTR(REGEXP_REPLACE(" + text + ", r'[^0-9]', ''), 1, 8)"
	}
	return "TRIM(REGEXP_REPLACE(" + text + `, r'\s+', ' '), ' ')`
}

// BlockKey is SOUNDEX for sound, where there are Latin letters.
func (BigQuery) BlockKey(by, expr string) string {
	switch by {
	case "sound":
		return "COALESCE(NULLIF(SOUNDEX(" + expr + "), ''), " + expr + ")"
	case "start":
		return "SUBSTR(" + expr + ", 1, 3)"
	case "local":
		return "SPLIT(" + expr + ", '@')[SAFE_OFFSET(0)]"
	}
	return expr
}

// Agreement compares by edits, since there is no other measure: names by their share
// of the longer text. To EDIT_DISTANCE two letters that are exchanged are two edits;
// here they are one, as everywhere else. The levels are not those of other dialects:
// what each says is learnt from how often it is seen.
func (b BigQuery) Agreement(kind, x, y string) string {
	var cases [][2]string
	add := func(level int, cond string, args ...any) {
		cases = append(cases, [2]string{fmt.Sprintf(cond, args...), fmt.Sprint(level)})
	}
	distance := "EDIT_DISTANCE(" + x + ", " + y + ", max_distance => 3)" // nobody asks for more
	switch kind {
	case "name", "text":
		distance = "EDIT_DISTANCE(" + x + ", " + y + ")"
		longer := "GREATEST(CHAR_LENGTH(" + x + "), CHAR_LENGTH(" + y + "))"
		add(3, "__kith_e * 5 <= %s", longer)
		add(2, "__kith_e * 20 <= %s * 7", longer)
		add(1, "__kith_e * 2 <= %s OR STARTS_WITH(%s, %s) OR STARTS_WITH(%s, %s)", longer, x, y, y, x)
	case "code":
		add(3, "__kith_e <= 1")
		add(2, "__kith_e <= 2")
	case "email":
		add(3, "__kith_e <= 2")
		add(2, "%s = %s", b.BlockKey("local", x), b.BlockKey("local", y))
	case "date":
		part := func(v string, from, n int) string { return fmt.Sprintf("SUBSTR(%s, %d, %d)", v, from, n) }
		year, month, day := part(x, 1, 4)+" = "+part(y, 1, 4), part(x, 5, 2)+" = "+part(y, 5, 2), part(x, 7, 2)+" = "+part(y, 7, 2)
		same := "(IF(" + strings.Join([]string{year, month, day}, ", 1, 0) + IF(") + ", 1, 0))"
		whole := fmt.Sprintf("LENGTH(%s) = 8 AND LENGTH(%s) = 8", x, y)
		add(3, "__kith_e <= 1")
		add(2, "__kith_e <= 2 OR %s AND (%s = 2 OR %s AND %s = %s AND %s = %s)", whole, same, year, part(x, 5, 2), part(y, 7, 2), part(x, 7, 2), part(y, 5, 2))
		add(1, "%s AND %s = 1", whole, same)
	}
	level := "0"
	if len(cases) > 0 {
		letters := func(v string) string { // of nothing, unless they are asked for
			return "(SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, " + v + ", '-'), '')) AS __kith_c)"
		}
		exchanged := "__kith_d = 2 AND " + letters(x) + " = " + letters(y)
		level = b.Bind("__kith_d", distance, b.Bind("__kith_e", b.If(exchanged, "1", "__kith_d"), b.Case(cases, "0")))
	}
	return b.If(x+" = "+y, "4", level)
}
