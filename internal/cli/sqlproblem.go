package cli

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
)

var (
	lineAndColumn = regexp.MustCompile(`\s*\(line (\d+), col (\d+)\)`)
	backquoted    = regexp.MustCompile("`([^`]+)`")
	function      = regexp.MustCompile("[Ff]unction (?:with name )?[`']?([A-Za-z_][A-Za-z0-9_]*)")
	suggestion    = regexp.MustCompile(`\s*[.:]?\s*Maybe you meant:?\s*\[?'?([^'\],?]+)'?.*$`)
	orMean        = regexp.MustCompile(`; Did you mean (.+)\?\s*$`)
	unknownTable  = regexp.MustCompile("(?:[Tt]able|[Dd]atabase) (?:not found: |expression identifier )?[`']?([A-Za-z0-9_.]+)")
)

// unknown notes SQL that reads a table which no source declares: without its
// columns it cannot be checked offline.
func (c *sqlCheck) unknown(f fragment, e *cdp.StatementError) {
	what := f.Name
	if m := unknownTable.FindStringSubmatch(e.Message); m != nil {
		what += " (it reads " + m[1] + ", which no source declares)"
	}
	c.unchecked = append(c.unchecked, what)
}

// report turns an error of the engine into a problem at its place in the YAML.
func (c *sqlCheck) report(f fragment, e *cdp.StatementError) {
	message, help := e.Message, ""
	if m := suggestion.FindStringSubmatchIndex(message); m != nil {
		help = "did you mean " + strconv.Quote(strings.TrimSpace(message[m[2]:m[3]])) + "?"
		message = message[:m[0]]
	}
	line, col, length := 0, 0, 0
	word := ""
	switch {
	case lineAndColumn.MatchString(message):
		m := lineAndColumn.FindStringSubmatch(message)
		line, _ = strconv.Atoi(m[1])
		col, _ = strconv.Atoi(m[2])
		line, col = line-2, col-1 // the text begins on line 2
		message = syntaxMessage(lineAndColumn.ReplaceAllString(message, ""))
		if m := orMean.FindStringSubmatchIndex(message); m != nil {
			help = "did you mean " + strconv.Quote(message[m[2]:m[3]]) + "?"
			message = message[:m[0]]
		}
		length = nameAt(f.text.Text, line, col)
	case backquoted.MatchString(message):
		word = backquoted.FindStringSubmatch(message)[1]
	case function.MatchString(message):
		word = function.FindStringSubmatch(message)[1]
	}
	if word != "" {
		line, col = find(f.text.Text, word)
		length = utf8.RuneCountInString(word)
		if help == "" && e.Code == codeUnknownIdentifier {
			help = diag.DidYouMean(word, scopeNames(f.Names))
		}
	}
	if help == "" && e.Code == codeUnknownIdentifier && len(f.Names) > 0 {
		help = "in scope are: " + shorten(scopeNames(f.Names))
	}
	c.problems.Error(f.at(line, col), help, "%s: %s", f.Name, lowerFirst(message)).Len = length
}

// nameAt is the length of the name at a place in a text, 0 where there is none.
func nameAt(text string, line, col int) int {
	lines := strings.Split(text, "\n")
	if line < 0 || line >= len(lines) {
		return 0
	}
	runes := []rune(lines[line])
	n := 0
	for i := col; i >= 0 && i < len(runes) && nameRune(runes[i]); i++ {
		n++
	}
	return n
}

// codeUnknownIdentifier is the engine's UNKNOWN_IDENTIFIER.
const codeUnknownIdentifier = 47

func scopeNames(columns []cdp.Column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name
	}
	return out
}

var syntax = regexp.MustCompile(`(?s)^Syntax error.*?: failed at position \d+ \((.*?)\).*$`)

// syntaxMessage leaves out where in our wrapping the error is.
func syntaxMessage(m string) string {
	if x := syntax.FindStringSubmatch(m); x != nil {
		near := strings.TrimSpace(x[1])
		if near == "" || near == ")" || strings.HasPrefix(near, "end of query") {
			return "syntax error at the end"
		}
		return "syntax error near " + strconv.Quote(near)
	}
	return m
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	next, _ := utf8.DecodeRuneInString(s[n:])
	if unicode.IsUpper(next) { // an abbreviation
		return s
	}
	return string(unicode.ToLower(r)) + s[n:]
}

// find is the line and the column, from 0 and in characters, at which a word stands
// in a text; (0, 0) when it does not.
func find(text, word string) (line, col int) {
	for i := 0; ; {
		at := strings.Index(text[i:], word)
		if at < 0 {
			return 0, 0
		}
		at += i
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		next, _ := utf8.DecodeRuneInString(text[at+len(word):])
		if !nameRune(before) && !nameRune(next) {
			begin := strings.LastIndexByte(text[:at], '\n') + 1
			return strings.Count(text[:at], "\n"), utf8.RuneCountInString(text[begin:at])
		}
		i = at + len(word)
	}
}

func nameRune(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// at is the place in the file of a line and a column of the fragment, from 0.
func (f fragment) at(line, col int) diag.Pos {
	if line < 0 || line >= len(f.text.Lines) {
		if n := len(f.text.Lines); n > 0 && line >= n { // behind its end
			last := f.text.Text[strings.LastIndexByte(strings.TrimRight(f.text.Text, "\n"), '\n')+1:]
			pos := f.text.Lines[min(n-1, strings.Count(strings.TrimRight(f.text.Text, "\n"), "\n"))]
			pos.Col += utf8.RuneCountInString(strings.TrimRight(last, "\n"))
			return pos
		}
		return f.Pos
	}
	pos := f.text.Lines[line]
	pos.Col += max(0, col)
	return pos
}
