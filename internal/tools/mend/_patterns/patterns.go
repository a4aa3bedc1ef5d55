// Package string is a file that mend adds to googlesqlite's package of that name.
package string

import (
	"regexp"
	"sync"
)

// patterns are the regular expressions that were compiled: a statement asks for the same
// one at every row.
var patterns sync.Map // text -> *regexp.Regexp

func pattern(text string) (*regexp.Regexp, error) {
	if known, ok := patterns.Load(text); ok {
		return known.(*regexp.Regexp), nil
	}
	re, err := regexp.Compile(text)
	if err == nil {
		patterns.Store(text, re)
	}
	return re, err
}
