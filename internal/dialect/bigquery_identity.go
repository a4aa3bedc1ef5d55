package dialect

import (
	"fmt"
	"strings"
)

// NodeID is a fingerprint of SHA-256(salt, 0, identifier, 0, value): who does not
// know the salt cannot make two values with one id, though the fingerprint alone
// would let him. The id 0 is reserved.
func (b BigQuery) NodeID(salt, identifier, value string) string {
	return fmt.Sprintf("GREATEST(FARM_FINGERPRINT(SHA256(CONCAT(%s, %s))) & %s, 1)", b.Quote(salt+"\x00"+identifier+"\x00"), value, bits63)
}

// EntityID hashes in the warehouse, so that the values stay there.
func (b BigQuery) EntityID(salt, entity, identifier, value string) string {
	return fmt.Sprintf(`CONCAT(%s, SUBSTR(TO_HEX(SHA256(CONCAT(%s, %s, '\x00', %s))), 1, 32))`,
		b.Quote(entity[:1]+"_"), b.Quote(salt+"\x00"+entity+"\x00"), identifier, value)
}

// Element indexes an array of constants.
func (b BigQuery) Element(texts []string, index string) string {
	return b.array(texts) + "[OFFSET(" + index + ")]"
}

// Matches is REGEXP_CONTAINS().
func (b BigQuery) Matches(expr, pattern string) string {
	return "REGEXP_CONTAINS(" + expr + ", " + b.Quote(pattern) + ")"
}

// Bind is a subquery over an array of one element.
func (BigQuery) Bind(name, value, body string) string {
	if !strings.Contains(body, name) {
		return body
	}
	return "(SELECT " + body + " FROM UNNEST([" + value + "]) AS " + name + ")"
}
