package internal

import (
	"regexp"
	"strings"

	googlesql "github.com/goccy/go-googlesql"
)

// What a walk over a statement looks for is in few of them, and a walk takes as long as
// to analyze it. The text tells where there is nothing to find.

// quoted is a text that stands in a statement. In a regular expression there may be a "?".
var quoted = regexp.MustCompile(`(?s)'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`)

// parameterMode is getParameterMode for a statement of a text.
func (a *Analyzer) parameterMode(text string, s googlesql.ASTStatementNode) (googlesql.ParameterMode, error) {
	if !strings.Contains(text, "?") || !strings.Contains(quoted.ReplaceAllString(text, ""), "?") {
		return googlesql.ParameterModeParameterNamed, nil
	}
	return a.getParameterMode(s)
}

// castOfText is where a text may be cast to a number that stands there.
var castOfText = regexp.MustCompile(`(?is)cast\s*\(\s*[rb]*['"].*\bas\s+(u?int|float|double)`)

func literalCasts(s googlesql.ASTStatementNode, text string) error {
	if !castOfText.MatchString(text) {
		return nil
	}
	return validateLiteralCasts(s, text)
}

func (a *Analyzer) wildcards(text string, s googlesql.ASTStatementNode) {
	if strings.Contains(text, "*`") {
		a.preRegisterWildcardTables(s)
	}
}
