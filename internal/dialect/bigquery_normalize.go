package dialect

import (
	"slices"
	"strings"
)

// Normalize follows the identity page, section 4, step by step as ClickHouse does:
// both give the same text, or null, for every value (TestNormalizeAgrees).
func (b BigQuery) Normalize(kind, expr, region string) string {
	switch kind {
	case "email", "gmail", "mailbox":
		e := "LOWER(" + b.trim(expr) + ")"
		if kind == "mailbox" { // as gmail, but the domain stays
			e = b.Bind("__kith_g", e, "IF(SPLIT(__kith_g, '@')[SAFE_OFFSET(1)] IN ('gmail.com', 'googlemail.com'), CONCAT(REPLACE(SPLIT(SPLIT(__kith_g, '@')[SAFE_OFFSET(0)], '+')[SAFE_OFFSET(0)], '.', ''), '@', SPLIT(__kith_g, '@')[SAFE_OFFSET(1)]), __kith_g)")
		}
		if kind == "gmail" {
			e = b.Bind("__kith_g", e, "IF(SPLIT(__kith_g, '@')[SAFE_OFFSET(1)] IN ('gmail.com', 'googlemail.com'), CONCAT(REPLACE(SPLIT(SPLIT(__kith_g, '@')[SAFE_OFFSET(0)], '+')[SAFE_OFFSET(0)], '.', ''), '@gmail.com'), __kith_g)")
		}
		return b.Bind("__kith_n", e, "IF("+b.Matches("__kith_n", emailPattern)+", __kith_n, NULL)")
	case "phone":
		return b.phone(expr, region)
	case "name":
		return b.personName(expr)
	case "country":
		return b.Bind("__kith_n", "UPPER("+b.trim(expr)+")", "IF("+b.Matches("__kith_n", "^[A-Z]{2}$")+", __kith_n, NULL)")
	case "lower":
		return "NULLIF(LOWER(" + b.trim(expr) + "), '')"
	case "trim":
		return "NULLIF(" + b.trim(expr) + ", '')"
	}
	return b.Bind("__kith_n", expr, "IF("+b.trim("__kith_n")+" != '', __kith_n, NULL)")
}

func (b BigQuery) personName(expr string) string {
	x := "LOWER(" + b.trim(expr) + ")"
	for _, step := range personName {
		x = "REGEXP_REPLACE(" + x + ", " + b.Quote(step[0]) + ", " + b.Quote(step[1]) + ")"
	}
	return "NULLIF(TRIM(" + x + ", ' '), '')"
}

func (b BigQuery) trim(expr string) string {
	return b.Bind("__kith_t", expr, `IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, `+b.Quote(edges)+", ''))")
}

func (b BigQuery) phone(expr, region string) string {
	first := b.Bind("__kith_f", "REGEXP_REPLACE("+expr+", r'(?is)[;,/#x].*$', '')",
		"IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f)")
	digits := "IFNULL(REGEXP_REPLACE(" + first + ", r'[^0-9+]', ''), '')"
	e164 := b.Bind("__kith_d", digits, "CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE "+b.national(region)+" END")
	code := `\+(?:` + strings.Join(trunkZero, "|") + ")"
	e164 = b.Bind("__kith_e", e164, "COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, "+b.Quote("^("+code+")0")+"), REGEXP_EXTRACT(__kith_e, "+b.Quote("^"+code+"0(.*)$")+")), __kith_e)")
	return b.Bind("__kith_n", e164, "IF("+b.Matches("__kith_n", `^\+[1-9][0-9]{7,14}$`)+", __kith_n, NULL)")
}

// national is the E.164 of the digits __kith_d of a number without a country, ” when
// the region is not known. A region that is a literal is looked up here.
func (b BigQuery) national(region string) string {
	if region == "" {
		return "''"
	}
	if len(region) == 4 && region[0] == '\'' {
		name := strings.ToUpper(region[1:3])
		i := slices.Index(callingRegions, name)
		if i < 0 {
			return "''"
		}
		return b.international(b.Quote(callingCodes[i]), trunkOf(name, callingCodes[i]))
	}
	known := make([][2]string, len(callingRegions))
	for i, r := range callingRegions {
		known[i] = [2]string{b.Quote(r), b.Quote(callingCodes[i])}
	}
	code := strings.Replace(b.Case(known, "''"), "CASE", "CASE __kith_r", 1)
	cases := [][2]string{{"__kith_c = ''", "''"}, {"__kith_c = '1'", b.international("__kith_c", trunkOf("", "1"))}}
	for _, t := range trunks {
		cases = append(cases, [2]string{"__kith_r IN UNNEST(" + b.array(t.regions) + ")", b.international("__kith_c", t.pattern)})
	}
	body := b.Bind("__kith_c", code, b.Case(cases, b.international("__kith_c", trunkOf("", ""))))
	return b.Bind("__kith_r", "UPPER(TRIM(IFNULL("+region+", ''), ' '))", body)
}

func (b BigQuery) international(code, trunk string) string {
	if trunk == "" {
		return "CONCAT('+', " + code + ", __kith_d)"
	}
	kept := "IFNULL(REGEXP_EXTRACT(__kith_d, " + b.Quote(trunk) + "), __kith_d)"
	if prefix, ok := strings.CutSuffix(trunk, "()"); ok {
		kept = "REGEXP_REPLACE(__kith_d, " + b.Quote(prefix) + ", '')"
	}
	national := "CONCAT('+', " + code + ", " + kept + ")"
	if trunk == nanp {
		return "IF(STARTS_WITH(__kith_d, '011'), CONCAT('+', SUBSTR(__kith_d, 4)), " + national + ")"
	}
	return national
}
