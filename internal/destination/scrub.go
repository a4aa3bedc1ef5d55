package destination

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kithdata/kith/internal/cdp"
)

// MaxReason is the length of a scrubbed text, in runes.
const MaxReason = 200

const (
	maxScrub  = 4 << 10 // bytes of a text that are looked at
	headRunes = 8       // of a long value that betray it
)

// What takes the place of a value, an address, a number and a token.
const (
	hiddenValue   = "[value]"
	hiddenAddress = "[address]"
	hiddenNumber  = "[number]"
	hiddenToken   = "[token]"
)

var (
	addressLike = regexp.MustCompile(`(?i)[^\s@"'<>(),;:=\[\]{}]+(?:@|%40|\\u0040)[^\s@"'<>(),;:\[\]{}]+`)
	// Three groups of letters and digits as in identifiers, keys and JSON web tokens.
	tokenLike  = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9_\-+/=.]{18,}[A-Za-z0-9=]`)
	numberLike = regexp.MustCompile(`\+?\d(?:[\s().\-/]{0,2}\d){5,}`)
)

// Scrub makes a text of a vendor fit for logs and tables: it removes the values
// given, also where the text holds the beginning, the escaped or the other case of
// one, and everything that looks like an e-mail address, a number of six or more
// digits or a token; then it cuts the text to [MaxReason] runes. Values of one or
// two runes are removed only where they stand alone.
func Scrub(text string, values ...string) string {
	if text == "" {
		return ""
	}
	whole := len(text) <= maxScrub
	text = strings.ToValidUTF8(text[:min(len(text), maxScrub)], "\uFFFD")
	lower := strings.ToLower(text)
	for _, v := range forms(values) {
		if head := []rune(v); strings.Contains(lower, strings.ToLower(string(head[:min(len(head), headRunes)]))) {
			text = hide(text, v)
		}
	}
	text = addressLike.ReplaceAllString(text, hiddenAddress)
	text = tokenLike.ReplaceAllStringFunc(text, func(s string) string {
		if !strings.ContainsAny(s, "0123456789") {
			return s
		}
		return hiddenToken
	})
	text = numberLike.ReplaceAllString(text, hiddenNumber)
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(text); !whole { // what the cut left of a value is shorter than a head
		text = string(runes[:max(len(runes)-headRunes, 0)])
	}
	if utf8.RuneCountInString(text) > MaxReason {
		text = string([]rune(text)[:MaxReason-1]) + "…"
	}
	return text
}

// ScrubCode keeps a vendor's code if it looks like one (up to 64 letters, digits,
// '_', '-', '.') and Scrub finds nothing in it, else "".
func ScrubCode(code string, values ...string) string {
	if len(code) > 64 || strings.ContainsFunc(code, func(r rune) bool {
		return r != '_' && r != '-' && r != '.' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}) || Scrub(code, values...) != code {
		return ""
	}
	return code
}

// forms are the texts in which a value may appear, longest first, so that a value
// that holds another one goes first.
func forms(values []string) []string {
	var out []string
	for _, v := range values {
		v = strings.ToValidUTF8(strings.TrimSpace(v), "\uFFFD")
		if v == "" {
			continue
		}
		out = append(out, v)
		if quoted := AppendString(nil, v); len(quoted) != len(v)+2 {
			out = append(out, string(quoted[1:len(quoted)-1]))
		}
		if escaped := url.QueryEscape(v); escaped != v {
			out = append(out, escaped)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(out)
}

// hide removes a value, in any case, from a text. Of a long value the first runes
// are enough: a vendor may have cut it.
func hide(text, value string) string {
	runes := []rune(value)
	head := min(len(runes), headRunes)
	alone := head < 3
	var out strings.Builder
	rest, before := text, rune(' ')
	for {
		i, n := index(rest, runes[:head])
		if i < 0 {
			break
		}
		n += same(rest[i+n:], runes[head:])
		if r, size := utf8.DecodeLastRuneInString(rest[:i]); size > 0 {
			before = r
		}
		after, _ := utf8.DecodeRuneInString(rest[i+n:])
		if alone && (word(before) || word(after)) {
			out.WriteString(rest[:i+n])
		} else {
			out.WriteString(rest[:i])
			out.WriteString(hiddenValue)
		}
		before, _ = utf8.DecodeLastRuneInString(rest[:i+n])
		rest = rest[i+n:]
	}
	if out.Len() == 0 {
		return text
	}
	out.WriteString(rest)
	return out.String()
}

func word(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

// index finds runes in a text, in any case: the offset and the length in bytes.
func index(text string, runes []rune) (at, n int) {
	for i := range text {
		if n := same(text[i:], runes); n > 0 && utf8.RuneCountInString(text[i:i+n]) == len(runes) {
			return i, n
		}
	}
	return -1, 0
}

// same is how many bytes at the start of a text agree with runes, in any case.
func same(text string, runes []rune) int {
	n := 0
	for _, want := range runes {
		r, size := utf8.DecodeRuneInString(text[n:])
		if size == 0 || r != want && unicode.ToLower(r) != unicode.ToLower(want) {
			break
		}
		n += size
	}
	return n
}

// Values are the texts of rows that must not appear in a reason: ids, keys and
// every text and number in fields and match.
func Values(rows ...cdp.Delta) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.RowID, r.Key, r.OldKey)
		for _, raw := range []json.RawMessage{r.Fields, r.Match} {
			var v any
			dec := json.NewDecoder(strings.NewReader(string(raw)))
			dec.UseNumber()
			if dec.Decode(&v) == nil {
				out = texts(out, v)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func texts(out []string, v any) []string {
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case json.Number:
		out = append(out, v.String())
	case []any:
		for _, e := range v {
			out = texts(out, e)
		}
	case map[string]any:
		for _, e := range v {
			out = texts(out, e)
		}
	}
	return out
}
