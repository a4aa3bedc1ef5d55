// Package internal is a file that mend adds to googlesqlite's package of that name.
package internal

import (
	"strings"

	googlesql "github.com/goccy/go-googlesql"
)

// NativeJoin writes the condition of a join. Equality of integers and of texts, alone
// or as a part of a conjunction, is written in SQLite's own words: it then finds the
// other side by an index, which it makes when there is none. To a function of ours it
// would hand every pair of rows. What is no such equality is written by format.
//
// Texts are compared by googlesqlite's collation, as its GROUP BY and ORDER BY do.
// Numbers of other types are kept in forms that can differ for equal values.
func NativeJoin(condition googlesql.ResolvedExprNode, format func(googlesql.ResolvedExprNode) (string, error)) (string, error) {
	call, ok := condition.(*googlesql.ResolvedFunctionCall)
	if !ok {
		return format(condition)
	}
	operands, err := call.ArgumentList()
	if err != nil {
		return "", err
	}
	function, err := call.Function()
	if err != nil {
		return "", err
	}
	name, err := function.Name()
	if err != nil {
		return "", err
	}
	parts := make([]string, len(operands))
	switch {
	case name == "$and":
		for i, o := range operands {
			if parts[i], err = NativeJoin(o, format); err != nil {
				return "", err
			}
		}
		return "((" + strings.Join(parts, ") AND (") + "))", nil
	case name == "$equal" && (all(operands, googlesql.TypeKindTypeInt64) || all(operands, googlesql.TypeKindTypeString)):
		for i, o := range operands {
			if parts[i], err = format(o); err != nil {
				return "", err
			}
		}
		collation := ""
		if all(operands, googlesql.TypeKindTypeString) {
			collation = " COLLATE googlesqlite_collate"
		}
		return "((" + parts[0] + ")" + collation + " = (" + parts[1] + "))", nil
	}
	return format(condition)
}

func all(operands []googlesql.ResolvedExprNode, kind googlesql.TypeKind) bool {
	for _, o := range operands {
		t, err := o.Type()
		if err != nil || t == nil {
			return false
		}
		if k, err := t.Kind(); err != nil || k != kind {
			return false
		}
	}
	return true
}
