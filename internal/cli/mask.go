package cli

import (
	"strings"
	"unicode/utf8"
)

// longNumber is how many digits a number may have to be shown: a longer one may be
// a phone number, an account or a hash.
const longNumber = 6

// maskSQL hides what a statement may hold of rows, people and secrets: string
// literals, comments, heredocs and long numbers. Names in backticks or double quotes
// are the project's own and stay. What cannot be read to its end is hidden to its
// end.
func maskSQL(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\'':
			b.WriteString("'…'")
			i = afterQuoted(s, i)
		case c == '`' || c == '"':
			end := afterQuoted(s, i)
			b.WriteString(s[i:end])
			i = end
		case strings.HasPrefix(s[i:], "--"), c == '#' && i+1 < len(s) && (s[i+1] == ' ' || s[i+1] == '!'):
			b.WriteString("-- …")
			i = afterLine(s, i)
		case strings.HasPrefix(s[i:], "/*"):
			b.WriteString("/* … */")
			i = after(s, i+2, "*/")
		case c == '$':
			i = maskHeredoc(&b, s, i)
		case isWord(c):
			end := i
			for end < len(s) && (isWord(s[end]) || s[end] == '.' && digits(s[i:end]) > 0) {
				end++
			}
			b.WriteString(maskWord(s[i:end]))
			i = end
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

// digits is how many digits a number has; 0 for a name.
func digits(word string) int {
	if word == "" || word[0] < '0' || word[0] > '9' {
		return 0
	}
	n := 0
	for _, c := range word {
		if c >= '0' && c <= '9' {
			n++
		}
	}
	return n
}

func maskWord(word string) string {
	if digits(word) > longNumber {
		return "…"
	}
	return word
}

// afterQuoted is the position behind a quoted text that begins at i.
func afterQuoted(s string, i int) int {
	quote := s[i]
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote:
			if i+1 < len(s) && s[i+1] == quote { // doubled
				i++
				continue
			}
			return i + 1
		}
	}
	return len(s)
}

func afterLine(s string, i int) int {
	if end := strings.IndexByte(s[i:], '\n'); end >= 0 {
		return i + end
	}
	return len(s)
}

func after(s string, i int, mark string) int {
	if end := strings.Index(s[min(i, len(s)):], mark); end >= 0 {
		return i + end + len(mark)
	}
	return len(s)
}

// maskHeredoc hides $tag$ ... $tag$; another dollar is copied.
func maskHeredoc(b *strings.Builder, s string, i int) int {
	end := i + 1
	for end < len(s) && isWord(s[end]) {
		end++
	}
	if end == len(s) || s[end] != '$' {
		b.WriteByte('$')
		return i + 1
	}
	b.WriteString("'…'")
	return after(s, end+1, s[i:end+1])
}

// maskID shows of an id just enough to tell rows apart.
func maskID(id string) string {
	runes := []rune(id)
	switch at := strings.IndexByte(id, '@'); {
	case len(runes) == 0:
		return ""
	case at > 0:
		_, domain, _ := strings.Cut(id, "@")
		dot := strings.LastIndexByte(domain, '.')
		if dot < 0 {
			return string(runes[0]) + "…@…"
		}
		return string(runes[0]) + "…@…" + domain[dot:]
	case len(runes) < 6:
		return string(runes[0]) + "…"
	case len(runes) < 12:
		return string(runes[:2]) + "…" + string(runes[len(runes)-1:])
	}
	return string(runes[:4]) + "…" + string(runes[len(runes)-2:])
}
