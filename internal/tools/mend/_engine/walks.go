package internal

import (
	"regexp"
	"strings"

	googlesql "github.com/goccy/go-googlesql"
)

// What a walk over a statement looks for is in few of them, and a walk takes as long as
// to analyze it. The text tells where there is nothing to find.

// parameterMode is getParameterMode for a statement of a text.
func (a *Analyzer) parameterMode(text string, s googlesql.ASTStatementNode) (googlesql.ParameterMode, error) {
	if !strings.Contains(text, "?") {
		return googlesql.ParameterModeParameterNamed, nil
	}
	return a.getParameterMode(s)
}

// castOfText is where a text is cast that stands there.
var castOfText = regexp.MustCompile(`(?i)cast\s*\(\s*[rb]*['"]`)

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
