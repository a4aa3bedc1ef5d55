package cdp

import (
	"regexp"
	"strings"
	"unicode"
)

// MaskValues is a warehouse's message about a value without the value: only the words that such
// messages are made of stay, names of types, and names of functions that sql calls. All else is
// "…", so that a message whose form nobody has seen shows nothing of a row. A message that is
// written in sql, as in throwIf(x, 'our words'), is the statement's own and stays whole.
func MaskValues(message, sql string) string {
	message = strings.TrimSpace(message)
	if message == "" || strings.Contains(sql, message) {
		return message
	}
	tokens := strings.Fields(twoDigits.ReplaceAllString(message, "$1,$2)"))
	keep := make([]bool, len(tokens))
	for i := 0; i < len(tokens); {
		end, words := i, 0
		for n := 0; end < len(tokens); end++ {
			if n = knownWords(tokens[end], sql); n < 0 || i > 0 && strings.ContainsAny(tokens[end], `"{}`) {
				break
			}
			words += n
		}
		for k := i; k < end; k++ {
			keep[k] = words > 1 || i == 0 && words > 0 // a single one may be of the value around it
		}
		i = max(end, i+1)
	}
	var out []string
	for i, t := range tokens {
		switch {
		case keep[i]:
			out = append(out, t)
		case i > 0 && !keep[i-1]:
			out[len(out)-1] = "…" + behind(t)
		default:
			out = append(out, "…"+behind(t))
		}
	}
	return strings.TrimRight(strings.Join(out, " "), ",;")
}

// behind is the mark of a sentence after a value.
func behind(token string) string {
	if last := token[len(token)-1]; strings.IndexByte(":;,.", last) >= 0 {
		return string(last)
	}
	return ""
}

var (
	twoDigits = regexp.MustCompile(`\b(Decimal\(\d+), (\d+)\)`)
	typeName  = regexp.MustCompile(`^(?:to)?(?:U?Int(?:8|16|32|64|128|256)?|B?Float(?:16|32|64)?|Decimal(?:32|64|128|256)?|FixedString|Date(?:Time)?(?:32|64)?|Time64|UUID|IPv[46]|Enum(?:8|16)?|` +
		`INT64|FLOAT64|u?int64|int32|String|Bool|Nullable|LowCardinality|Array|Tuple|Map|Variant|Dynamic|JSON|Object|Number|Interval[A-Z][a-z]+)(?:Or(?:Zero|Null|Default))?$`)
	shortened  = regexp.MustCompile(`([a-z])'(?:s|t)\b`)
	typeDigits = regexp.MustCompile(`^(['"(]*(?:Decimal(?:32|64|128|256)?|FixedString|DateTime64|Time64))\(\d+(?:,\d+)?\)`)
)

// knownWords counts the words of a token, which has no blank; it is -1 if one is not known.
func knownWords(token, sql string) int {
	token = shortened.ReplaceAllString(typeDigits.ReplaceAllString(token, "$1"), "$1")
	n := 0
	for _, r := range token {
		if r > unicode.MaxASCII {
			return -1
		}
	}
	for word := range strings.FieldsFuncSeq(token, func(r rune) bool { return !wordRune(r) }) {
		if !typeName.MatchString(word) && !ofMessages[strings.ToLower(word)] && !called(word, sql) {
			return -1
		}
		n++
	}
	return n
}

func wordRune(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || unicode.IsLetter(r)
}

// called reports whether sql calls a function of this name.
func called(name, sql string) bool {
	for rest := sql; ; {
		i := strings.Index(rest, name+"(")
		if i < 0 {
			return false
		}
		before := rune(' ')
		if i > 0 {
			before = rune(rest[i-1])
		}
		if !wordRune(before) {
			return true
		}
		rest = rest[i+len(name):]
	}
}

// ofMessages are the words of the warehouses' messages about values. None is a name, and none
// says anything of whom a row is about.
var ofMessages = wordSet(`
	1st 2nd 3rd 4th a access additional address aes after aggregate all allowed alphabetical also an and another any are argument arguments arithmetic
	array arrays as at bad base32 base58 base64 be because been before begin beginning begins between bignumeric bit bits bool boolean bound bounds but by
	byte bytes calculate call can cannot cast casting cell character characters charset clause close closing code column columns comma compile component
	condition constant contain contains conversion convert converted converting correlated corrupted could create data date datetime day decimal decode
	decoded decrypt default delimiter denominator dictionary did didn differ different differs digit digits dimension divide divided division do does doesn don
	double duplicate dynamic each element elements empty encode encoding encountered encrypted end enum equal equals error escape exact exactly exceed
	exceeded exceeds exception exist exists expect expected expecting exponent expression failed failure family few fewer field fields filter find first
	fixed float floating for form format formatting found fraction fragment from function functions got greater group groups had has have here hexadecimal
	hour identifier if illegal implicitly in incompatible incorrect index indices inf infinite input insert inserted instead int integer interval into
	invalid is isn it its json jsonpath key keys know known lambda large larger last leading least left length less lexical like limit line list literal load
	logarithm long longer lower malformed many map match matches math maximum merge minimum minus minute missing mode modulo month more most multiple
	multiply must name natural need needs negate negative neither nested no non nor not note null nullable nullif number numbers numeric object
	obtained occurred of offset on one only open opening operand operation operator or other out outside over overflow overflowed padding pair parenthesis
	parse parsed parsing part parts passed path pattern plus point position positive precision produce produced produces provided query quote quoted range
	re2 reached read reading reason recognized record regex regexp regular remaining replacement represent representation represented required result
	results return returned returning returns right root row rows safely same scalar scale scan schema second separator sequence set short should sign signed
	size sizes smaller some source specified specifier square start started starts statement still string strings struct subquery substitution such sum
	supported symbol syntax system tag target text than that the then there this throwing throws time times timestamp timezone to together too trailing
	truncated try tuple type types unable unclosed underflow unexpected unit unknown unparsed unquoted unrecognized unsigned unsupported until update
	upper utf utf8 uuid valid value values variant via was were when where which while whole with without wkt word would write writing wrong year yields
	zero zone
`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[strings.ToLower(w)] = true
	}
	return set
}
