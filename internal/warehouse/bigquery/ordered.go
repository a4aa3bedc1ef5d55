package bigquery

import (
	"regexp"
	"strings"
)

var orderBy = regexp.MustCompile(`(?i)\border\s+by\b`)

// unseen reports whether a statement may have an order that the client does not see
// (internal/query/order.go of v1.86.2): it would then read several streams at once, whose
// rows come mixed. The client counts parentheses, also those in literals and comments.
func unseen(sql string) bool {
	return orderBy.MatchString(sql) && (strings.HasPrefix(strings.TrimSpace(sql), "(") || quotesParenthesis(sql))
}

// quotesParenthesis reports whether a parenthesis is in a literal, a quoted name or a comment.
func quotesParenthesis(sql string) bool {
	for i := 0; i < len(sql); {
		end := afterQuoted(sql[i:])
		if end > 0 && strings.ContainsAny(sql[i:i+end], "()") {
			return true
		}
		i += max(1, end)
	}
	return false
}

// afterQuoted is the length of the literal, quoted name or comment that a text begins with;
// 0 for anything else.
func afterQuoted(s string) int {
	for begin, end := range map[string]string{"--": "\n", "#": "\n", "/*": "*/"} {
		if strings.HasPrefix(s, begin) {
			if n := strings.Index(s[len(begin):], end); n >= 0 {
				return len(begin) + n + len(end)
			}
			return len(s)
		}
	}
	if !strings.ContainsRune("'\"`", rune(s[0])) {
		return 0
	}
	quote := s[:1]
	if triple := strings.Repeat(quote, 3); quote != "`" && strings.HasPrefix(s, triple) {
		quote = triple
	}
	for i := len(quote); i < len(s); i++ {
		switch {
		case s[i] == '\\': // what follows is no end, in a raw literal neither
			i++
		case strings.HasPrefix(s[i:], quote):
			return i + len(quote)
		}
	}
	return len(s)
}
