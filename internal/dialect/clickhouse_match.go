package dialect

import (
	"fmt"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// Comparable lowers and trims; a code keeps letters and digits, a date its digits.
func (c ClickHouse) Comparable(kind, expr string, t cdp.Type) string {
	text := "lowerUTF8(ifNull(CAST(" + c.Text(expr, t) + " AS Nullable(String)), ''))"
	switch kind {
	case "code":
		return "replaceRegexpAll(" + text + ", '[^\\\\p{L}\\\\p{N}]', '')"
	case "date":
		return "substring(replaceRegexpAll(" + text + ", '[^0-9]', ''), 1, 8)"
	}
	return "trimBoth(replaceRegexpAll(" + text + ", '\\\\s+', ' '))"
}

// BlockKey is soundex for sound, where there are Latin letters.
func (ClickHouse) BlockKey(by, expr string) string {
	switch by {
	case "sound":
		return "if(soundex(" + expr + ") = '', " + expr + ", soundex(" + expr + "))"
	case "start":
		return "substringUTF8(" + expr + ", 1, 3)"
	case "local":
		return "splitByChar('@', " + expr + ")[1]"
	}
	return expr
}

// Agreement compares names by Jaro and Winkler, all else by edits.
func (c ClickHouse) Agreement(kind, a, b string) string {
	edits := "damerauLevenshteinDistance(" + a + ", " + b + ")"
	var cases [][2]string
	add := func(level int, cond string, args ...any) {
		cases = append(cases, [2]string{fmt.Sprintf(cond, args...), fmt.Sprint(level)})
	}
	add(4, "%s = %s", a, b)
	switch kind {
	case "name", "text":
		alike := "jaroWinklerSimilarity(" + a + ", " + b + ")"
		add(3, "%s >= 0.92", alike)
		add(2, "%s >= 0.85", alike)
		add(1, "%s >= 0.75", alike)
	case "code":
		add(3, "%s <= 1", edits)
		add(2, "%s <= 2", edits)
	case "email":
		add(3, "%s <= 2", edits)
		add(2, "%s = %s", c.BlockKey("local", a), c.BlockKey("local", b))
	case "date":
		part := func(x string, from, n int) string { return fmt.Sprintf("substring(%s, %d, %d)", x, from, n) }
		year, month, day := part(a, 1, 4)+" = "+part(b, 1, 4), part(a, 5, 2)+" = "+part(b, 5, 2), part(a, 7, 2)+" = "+part(b, 7, 2)
		same := "(toUInt8(" + strings.Join([]string{year, month, day}, ") + toUInt8(") + "))"
		add(3, "%s <= 1", edits)
		add(2, "%s <= 2 OR length(%s) = 8 AND length(%s) = 8 AND (%s = 2 OR %s AND %s = %s AND %s = %s)", edits, a, b, same, year, part(a, 5, 2), part(b, 7, 2), part(a, 7, 2), part(b, 5, 2))
		add(1, "length(%s) = 8 AND length(%s) = 8 AND %s = 1", a, b, same)
	}
	return c.Case(cases, "0")
}
