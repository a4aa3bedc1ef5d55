package dialect

import (
	"slices"
	"strings"
)

// Normalize follows the identity page, section 4: what is not valid is null. What
// is valid and stands for nothing, such as "unknown", is for the caller to block.
func (c ClickHouse) Normalize(kind, expr, region string) string {
	switch kind {
	case "email", "gmail", "mailbox":
		e := "lowerUTF8(" + c.trim(expr) + ")"
		if kind == "mailbox" { // as gmail, but the domain stays
			e = c.Bind("__kith_g", e, "if(splitByChar('@', ifNull(__kith_g, ''))[2] IN ('gmail.com', 'googlemail.com'), concat(replaceAll(splitByChar('+', splitByChar('@', ifNull(__kith_g, ''))[1])[1], '.', ''), '@', splitByChar('@', ifNull(__kith_g, ''))[2]), __kith_g)")
		}
		if kind == "gmail" {
			e = c.Bind("__kith_g", e, "if(splitByChar('@', ifNull(__kith_g, ''))[2] IN ('gmail.com', 'googlemail.com'), concat(replaceAll(splitByChar('+', splitByChar('@', ifNull(__kith_g, ''))[1])[1], '.', ''), '@gmail.com'), __kith_g)")
		}
		return c.Bind("__kith_n", e, "if("+c.Matches("ifNull(__kith_n, '')", emailPattern)+", __kith_n, NULL)")
	case "phone":
		return c.phone(expr, region)
	case "name":
		return c.personName(expr)
	case "country":
		return c.Bind("__kith_n", "upper("+c.trim(expr)+")", "if("+c.Matches("__kith_n", "^[A-Z]{2}$")+", __kith_n, NULL)")
	case "lower":
		return "nullIf(lowerUTF8(" + c.trim(expr) + "), '')"
	case "trim":
		return "nullIf(" + c.trim(expr) + ", '')"
	}
	return c.Bind("__kith_n", expr, "if("+c.trim("__kith_n")+" != '', __kith_n, NULL)")
}

// personName is a name as platforms hash it: lower case, without titles in front,
// generations behind, and punctuation.
func (c ClickHouse) personName(expr string) string {
	x := "lowerUTF8(" + c.trim(expr) + ")"
	for _, step := range personName {
		x = "replaceRegexpAll(" + x + ", " + c.Quote(step[0]) + ", " + c.Quote(step[1]) + ")"
	}
	return "nullIf(trim(BOTH ' ' FROM " + x + "), '')"
}

// trim takes white space off both ends, also the kinds that spreadsheets and web
// pages leave behind: no-break spaces, byte order marks.
func (c ClickHouse) trim(expr string) string {
	return c.Bind("__kith_t", expr, `if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, `+
		c.Quote(edges)+", ''))")
}

// phone makes E.164 of a number with + or 00, or of a national number of the
// region. It knows calling codes and trunk prefixes, not the lengths of every
// country: libphonenumber-grade rules cannot be written in SQL. An extension, a
// second number and "(0)" are left out.
func (c ClickHouse) phone(expr, region string) string {
	first := "replaceOne(replaceRegexpOne(" + expr + ", '(?is)[;,/#x].*$', ''), '(0)', '')"
	digits := "ifNull(replaceRegexpAll(" + first + ", '[^0-9+]', ''), '')"
	e164 := c.Bind("__kith_d", digits, "multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), "+c.national(region)+")")
	e164 = "replaceRegexpOne(" + e164 + ", " + c.Quote(`^\+(`+strings.Join(trunkZero, "|")+")0") + `, '+\\1')`
	return c.Bind("__kith_n", e164, "if("+c.Matches("__kith_n", `^\+[1-9][0-9]{7,14}$`)+", __kith_n, NULL)")
}

// national is the E.164 of the digits __kith_d of a number without a country, ” when
// the region is not known. A region that is a literal is looked up here.
func (c ClickHouse) national(region string) string {
	if region == "" {
		return "''"
	}
	if len(region) == 4 && region[0] == '\'' {
		name := strings.ToUpper(region[1:3])
		i := slices.Index(callingRegions, name)
		if i < 0 {
			return "''"
		}
		return c.international(c.Quote(callingCodes[i]), trunkOf(name, callingCodes[i]))
	}
	upper := "upper(trim(ifNull(" + region + ", '')))"
	code := "transform(__kith_r, " + c.array(callingRegions) + ", " + c.array(callingCodes) + ", '')"
	cases := [][2]string{{code + " = ''", "''"}, {code + " = '1'", c.international(code, trunkOf("", "1"))}}
	for _, t := range trunks {
		var names []string
		for _, r := range t.regions {
			names = append(names, c.Quote(r))
		}
		cases = append(cases, [2]string{"__kith_r IN (" + strings.Join(names, ", ") + ")", c.international(code, t.pattern)})
	}
	return c.Bind("__kith_r", upper, c.Case(cases, c.international(code, trunkOf("", ""))))
}

func (c ClickHouse) international(code, trunk string) string {
	if trunk == "" {
		return "concat('+', " + code + ", __kith_d)"
	}
	if trunk == nanp {
		return "if(startsWith(__kith_d, '011'), concat('+', substring(__kith_d, 4)), concat('+', " + code + ", replaceRegexpOne(__kith_d, " + c.Quote(trunk) + `, '\\1')))`
	}
	return "concat('+', " + code + ", replaceRegexpOne(__kith_d, " + c.Quote(trunk) + `, '\\1'))`
}
