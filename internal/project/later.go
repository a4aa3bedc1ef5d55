package project

// feature is a part of the language that is decoded and checked, and refused when
// it is used, until its issue brings it.
type feature string

// What is reserved. A feature is in this version when it is not in notYet.
const (
	unitTests  feature = "unit_tests" // the list, and the tests of columns
	reservedID feature = "reserved"   // keys that LANGUAGE.md marks as later
)

// notYet is the one place where features are held back: remove a line to enable one.
func notYet() map[feature]bool {
	return map[feature]bool{
		unitTests:  true,
		reservedID: true,
	}
}

// notYet reports the use of a feature that is held back; true lets it pass.
func (l *loader) notYet(n node, f feature, what string) bool {
	if !l.held[f] {
		return true
	}
	l.at(n, "", "%s is not in this version yet", what)
	return false
}
