package cdp

// IdentityDialect is the part of a Dialect that identity stitching needs besides
// its templates. A node is the 64-bit id of one identifier value; 0 is no node.
type IdentityDialect interface {
	// NodeID is the node of a text that is not null: a hash keyed with the salt, so
	// that nobody can craft two values with one id, over (identifier, 0, value). It
	// is never 0. identifier is a name, value an expression.
	NodeID(salt, identifier, value string) string
	// EntityID is the entity's first letter, '_' and the lower hex of the first 16
	// bytes of SHA-256(salt, 0, entity, 0, identifier, 0, value): the same text in
	// every dialect. identifier and value are expressions.
	EntityID(salt, entity, identifier, value string) string
	// Element is the text at an index, from 0, in a list of texts.
	Element(texts []string, index string) string
	// Matches tests a text that is not null against a regular expression of RE2.
	Matches(expr, pattern string) string
	// Bind is body, in which name stands for value: an expression that is written,
	// and read, once.
	Bind(name, value, body string) string
}
