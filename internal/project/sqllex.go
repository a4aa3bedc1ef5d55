package project

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is a kind of token of SQL.
type tokenKind int

const (
	wordToken   tokenKind = iota // an identifier, a keyword, a function
	quotedToken                  // an identifier in quotes
	textToken                    // a string or a number
	signToken                    // one character
)

// token is a token of SQL; off and end are bytes of the text.
type token struct {
	kind     tokenKind
	s        string // of a quotedToken without the quotes
	off, end int
}

// lexError is where the lexer gave up.
type lexError struct {
	off, length   int // length in bytes
	problem, help string
}

// lex splits SQL into tokens. It knows what the two dialects share, and where they
// differ it reads as the one that is named: in ClickHouse "x" is an identifier, in
// BigQuery a string.
func lex(s, dialect string) ([]token, *lexError) {
	x := lexer{s: s, bigquery: dialect == "bigquery"}
	for x.off < len(s) {
		if err := x.next(); err != nil {
			return x.tokens, err
		}
	}
	return x.tokens, nil
}

type lexer struct {
	s        string
	bigquery bool
	off      int
	tokens   []token
}

func (x *lexer) add(kind tokenKind, end int) {
	x.tokens = append(x.tokens, token{kind, x.s[x.off:end], x.off, end})
	x.off = end
}

func (x *lexer) next() *lexError {
	s, rest := x.s, x.s[x.off:]
	c := rest[0]
	switch {
	case strings.IndexByte(" \t\r\n\f\v", c) >= 0:
		x.off++
	case strings.HasPrefix(rest, "--"), c == '#' && (x.bigquery || strings.HasPrefix(rest, "# ") || strings.HasPrefix(rest, "#!")):
		x.off = skip(s, x.off, func(c byte) bool { return c != '\n' })
	case strings.HasPrefix(rest, "/*"):
		end := strings.Index(rest[2:], "*/")
		if end < 0 {
			return &lexError{x.off, 2, "a comment that is not closed would swallow what follows", "close it with */"}
		}
		x.off += end + 4
	case c == '\'' || c == '"' || c == '`':
		return x.quoted(c)
	case isWord(c):
		x.add(wordToken, skip(s, x.off, func(c byte) bool { return isWord(c) || isDigit(c) }))
	case isDigit(c):
		x.add(textToken, skip(s, x.off, func(c byte) bool { return isWord(c) || isDigit(c) || c == '.' }))
	case c < ' ' || c == '$' || c >= utf8.RuneSelf:
		return x.strange()
	default:
		x.add(signToken, x.off+1)
	}
	return nil
}

// strange refuses what engines read in ways of their own outside of quotes: curly
// quotes are quotes to ClickHouse, and two minus signs of mathematics begin a
// comment (Lexer.cpp of 26.7); $x$ begins a string, but not inside of a word. What
// is refused here cannot hide a bracket from us and show it to the engine.
func (x *lexer) strange() *lexError {
	r, n := utf8.DecodeRuneInString(x.s[x.off:])
	switch {
	case strings.ContainsRune("‘’“”‚„«»", r):
		return &lexError{x.off, n, fmt.Sprintf("a curly quote: %c", r), "use straight quotes"}
	case unicode.IsSpace(r):
		return &lexError{x.off, n, fmt.Sprintf("a blank that is none to SQL: %U", r), "use a space"}
	case unicode.IsPrint(r):
		return &lexError{x.off, n, fmt.Sprintf("%c outside of quotes", r), "put it into quotes"}
	}
	return &lexError{x.off, n, fmt.Sprintf("a control character outside of quotes: %U", r), ""}
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// quoted reads a string or an identifier in quotes; a backslash escapes, and so
// does a doubled quote (which in BigQuery begins the next string: the end is the same).
func (x *lexer) quoted(quote byte) *lexError {
	s, from := x.s, x.off
	if triple := strings.Repeat(string(quote), 3); x.bigquery && quote != '`' && strings.HasPrefix(s[from:], triple) {
		for i := from + 3; i < len(s); i++ {
			switch {
			case s[i] == '\\':
				i++
			case strings.HasPrefix(s[i:], triple):
				x.add(textToken, i+3)
				return nil
			}
		}
		return unclosed(from, triple)
	}
	for i := from + 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote && !x.bigquery:
			i++
		case s[i] == quote:
			kind := textToken
			if quote == '`' || quote == '"' && !x.bigquery {
				kind = quotedToken
			}
			x.add(kind, i+1)
			if last := &x.tokens[len(x.tokens)-1]; kind == quotedToken {
				last.s = last.s[1 : len(last.s)-1]
			}
			return nil
		}
	}
	return unclosed(from, string(quote))
}

func unclosed(off int, quote string) *lexError {
	return &lexError{off, len(quote), fmt.Sprintf("a quote that is not closed: %s", quote), ""}
}
