package cdp

import "fmt"

// Kind is a type of the language without its parameters.
type Kind string

// The types of LANGUAGE section 3. In the warehouse each has one canonical form;
// see Dialect.Cast.
const (
	String    Kind = "string"
	Int       Kind = "int" // 64 bits, signed
	Float     Kind = "float"
	Decimal   Kind = "decimal"
	Bool      Kind = "bool"
	Date      Kind = "date"
	Timestamp Kind = "timestamp" // microseconds, UTC
	JSON      Kind = "json"
	List      Kind = "list"
)

// Type is a type of the language. The zero Type is unknown.
type Type struct {
	Kind             Kind
	Precision, Scale int   // decimal only: digits in all, digits after the point
	Elem             *Type // list only
}

func (t Type) String() string {
	switch t.Kind {
	case Decimal:
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)
	case List:
		return "list(" + t.Elem.String() + ")"
	case "":
		return "unknown"
	}
	return string(t.Kind)
}

// Numeric reports whether values of the type can be added.
func (t Type) Numeric() bool { return t.Kind == Int || t.Kind == Float || t.Kind == Decimal }

// Ordered reports whether gt, lt and their like make sense.
func (t Type) Ordered() bool { return t.Numeric() || t.Temporal() || t.Kind == String }

// Temporal reports whether the type is a date or a timestamp.
func (t Type) Temporal() bool { return t.Kind == Date || t.Kind == Timestamp }

// Is reports whether t has one of the kinds.
func (t Type) Is(kinds ...Kind) bool {
	for _, k := range kinds {
		if t.Kind == k {
			return true
		}
	}
	return false
}

// ListOf returns the type of a list of t.
func ListOf(t Type) Type { return Type{Kind: List, Elem: &t} }
