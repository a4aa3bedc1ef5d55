package project

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/cdp"
)

// sql makes a fragment of a text, or of a text for each dialect. An expression is
// checked here as far as that goes without an engine: that it is one expression,
// that it ends where it seems to end, and that nothing of it swallows what follows.
func (l *loader) sql(v *value) *cdp.SQL { return l.fragment(v, false) }

// query makes a fragment that is one SELECT.
func (l *loader) query(v *value) *cdp.SQL { return l.fragment(v, true) }

func (l *loader) fragment(v *value, query bool) *cdp.SQL {
	if v == nil {
		return nil
	}
	s := &cdp.SQL{Texts: map[string]cdp.SQLText{}, Query: query, Pos: v.pos()}
	if v.node.Kind != yaml.MappingNode {
		s.Texts[""] = l.sqlText(&v.text, l.dialect, query)
		return s
	}
	for i := range v.keys {
		if e := &v.keys[i]; e.value != nil {
			s.Texts[e.name] = l.sqlText(&e.value.text, e.name, query)
		}
	}
	if !v.has(l.dialect) {
		l.at(v.node, "add "+l.dialect+": ...", "there is no SQL for %s, which the target speaks", l.dialect)
	}
	return s
}

func (l *loader) sqlText(t *text, dialect string, query bool) cdp.SQLText {
	trimmed := *t
	trimmed.s = strings.TrimRight(t.s, " \t\r\n")
	l.checkSQL(&trimmed, dialect, query)
	return cdp.SQLText{Text: trimmed.s, Lines: trimmed.lines()}
}

// checkSQL reports the first thing that is wrong.
func (l *loader) checkSQL(t *text, dialect string, query bool) {
	tokens, lexErr := lex(t.s, dialect)
	if p := checkTokens(tokens, lexErr, query); p != nil {
		l.in(t, p.off, utf8.RuneCountInString(t.s[p.off:min(p.off+p.length, len(t.s))]), p.help, "%s", p.problem)
		return
	}
	for _, tok := range tokens {
		own := slices.ContainsFunc(t.refs, func(r ref) bool { return r.off == tok.off })
		if (tok.kind == wordToken || tok.kind == quotedToken) && strings.HasPrefix(strings.ToLower(tok.s), reserved) && !own {
			l.in(t, tok.off, len(tok.s), "", "names that begin with %s are kith's own", reserved)
			return
		}
		if tok.kind == textToken && untidy(tok.s) {
			l.in(t, tok.off, 1, "write its line breaks as \\n", "a text with blanks at the end of a line, or with an empty line: it would lose them")
			return
		}
	}
}

// untidy: statements are written without empty lines and without blanks at the end of a line.
func untidy(text string) bool {
	lines := strings.Split(text, "\n")
	return slices.ContainsFunc(lines[:len(lines)-1], func(line string) bool { return line == "" || strings.TrimRight(line, " \t") != line })
}

func checkTokens(tokens []token, lexErr *lexError, query bool) *lexError {
	if p := balanced(tokens); p != nil && (lexErr == nil || p.off < lexErr.off && p.closing()) {
		return p
	}
	if lexErr != nil {
		return lexErr
	}
	if len(tokens) == 0 {
		return &lexError{0, 1, "the SQL is empty", ""}
	}
	if query {
		return checkQuery(tokens)
	}
	return checkExpression(tokens)
}

// closing: a bracket too many is certain; one too few may hide behind an open quote.
func (e *lexError) closing() bool { return strings.Contains(e.problem, "closes nothing") }

var closes = map[string]string{")": "(", "]": "[", "}": "{"}

func balanced(tokens []token) *lexError {
	var open []token
	for _, t := range tokens {
		if t.kind != signToken {
			continue
		}
		switch t.s {
		case "(", "[", "{":
			open = append(open, t)
		case ")", "]", "}":
			if len(open) == 0 || open[len(open)-1].s != closes[t.s] {
				return &lexError{t.off, 1, fmt.Sprintf("%q closes nothing", t.s), ""}
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		last := open[len(open)-1]
		return &lexError{last.off, 1, fmt.Sprintf("%q is not closed", last.s), ""}
	}
	return nil
}

// statements begin what is no expression when a word follows.
var statements = wordSet("insert update delete create drop alter truncate grant revoke attach detach rename exchange set use show describe explain with optimize system kill call merge export load begin declare execute")

// infix are words that may follow a name in an expression.
var infix = wordSet("and or is in not like ilike between as div mod global xor over respect ignore rlike regexp asc desc")

func wordSet(s string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		out[w] = true
	}
	return out
}

const wantExpression = "an expression belongs here, such as a > 1; a SELECT is for `query` of a source"

func checkExpression(tokens []token) *lexError {
	first := lower(tokens[0])
	if first == "select" || statements[first] && len(tokens) > 1 && tokens[1].kind != signToken && tokens[1].kind != textToken && !infix[lower(tokens[1])] {
		return &lexError{tokens[0].off, len(tokens[0].s), "a statement where an expression belongs", wantExpression}
	}
	depth := 0
	for i, t := range tokens {
		if p := unnamed(tokens, i); p != nil {
			return p
		}
		switch w := lower(t); {
		case t.kind == signToken && strings.Contains("([{", t.s):
			depth++
		case t.kind == signToken && strings.Contains(")]}", t.s):
			depth--
		case t.kind == signToken && t.s == ";":
			return secondStatement(tokens, i)
		case depth > 0:
		case w == "select" || w == "union" || w == "intersect":
			return &lexError{t.off, len(t.s), "a statement where an expression belongs", wantExpression}
		case t.kind == signToken && t.s == ",":
			return &lexError{t.off, len(t.s), "several expressions where one belongs", "keep one of them, or put them into brackets of a function"}
		case w == "as":
			return &lexError{t.off, len(t.s), "an expression has no name here", "leave out the AS"}
		}
	}
	return nil
}

// beforeStar are words behind which a * is no multiplication.
var beforeStar = wordSet("distinct all and or not in like ilike between case when then else")

// unnamed reports what stands for columns that it does not name: namesIn would not see
// that they are read. COUNT(*) reads none, and SELECT * those of a table of its own.
func unnamed(tokens []token, i int) *lexError {
	const help = "name the columns: what is personal data is told by their names"
	t := tokens[i]
	next := func(k int, sign string) bool {
		return i+k >= 0 && i+k < len(tokens) && tokens[i+k].kind == signToken && tokens[i+k].s == sign
	}
	if lower(t) == "columns" && next(1, "(") {
		return &lexError{t.off, len(t.s), "COLUMNS stands for columns that it does not name", help}
	}
	if t.kind != signToken || t.s != "*" || next(-1, "(") && next(1, ")") && i > 1 && lower(tokens[i-2]) == "count" {
		return nil
	}
	if i > 0 {
		switch before := tokens[i-1]; {
		case before.kind == signToken && !strings.Contains(")]}", before.s), beforeStar[lower(before)]:
		default:
			return nil
		}
	}
	return &lexError{t.off, 1, "* stands for every column", help}
}

func checkQuery(tokens []token) *lexError {
	first := 0
	for first < len(tokens)-1 && tokens[first].s == "(" {
		first++
	}
	if w := lower(tokens[first]); w != "select" && w != "with" {
		return &lexError{tokens[first].off, len(tokens[first].s), "a query is a SELECT", ""}
	}
	for i, t := range tokens {
		if t.kind == signToken && t.s == ";" {
			return secondStatement(tokens, i)
		}
	}
	return nil
}

func secondStatement(tokens []token, i int) *lexError {
	if i == len(tokens)-1 {
		return &lexError{tokens[i].off, 1, "a semicolon at the end", "leave it out: kith puts the SQL into a statement of its own"}
	}
	return &lexError{tokens[i].off, 1, "a second statement", "keep one of them"}
}

func lower(t token) string {
	if t.kind != wordToken {
		return ""
	}
	return strings.ToLower(t.s)
}

// keywords are words that are no names, unless they are quoted.
var keywords = wordSet("and or not is null in like ilike between case when then else end as cast true false distinct interval select from where group by having order limit")

// words are names that a fragment may read. BigQuery compares those of columns without
// their case.
type words struct{ exact, folded map[string]bool }

func (w words) has(name string) bool { return w.exact[name] || w.folded[strings.ToLower(name)] }

// namesIn are the names that a fragment may read: every word that is no function
// and no keyword and does not follow a point. It may say too much, for example the
// parameter of a lambda, and never too little.
func (l *loader) namesIn(s *cdp.SQL) words {
	names := words{map[string]bool{}, map[string]bool{}}
	if s == nil {
		return names
	}
	for _, dialect := range slices.Sorted(maps.Keys(s.Texts)) {
		as := dialect
		if as == "" {
			as = l.dialect
		}
		tokens, _ := lex(s.Texts[dialect].Text, as)
		for i, t := range tokens {
			next := i+1 < len(tokens) && tokens[i+1].s == "(" && tokens[i+1].kind == signToken
			after := i > 0 && tokens[i-1].s == "." && tokens[i-1].kind == signToken
			switch {
			case after:
			case t.kind == quotedToken, t.kind == wordToken && !next && !keywords[strings.ToLower(t.s)]:
				if as == "bigquery" {
					names.folded[strings.ToLower(t.s)] = true
				} else {
					names.exact[t.s] = true
				}
			}
		}
	}
	return names
}
