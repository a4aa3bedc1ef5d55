package dialect

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
)

// NodeID is SipHash-2-4 with a key that is derived from the salt. The id 0 is
// reserved: joins without nulls give it for "no row".
func (c ClickHouse) NodeID(salt, identifier, value string) string {
	key := sha256.Sum256([]byte("kith node\x00" + salt))
	return fmt.Sprintf("greatest(sipHash64Keyed((toUInt64(%d), toUInt64(%d)), concat(%s, %s)), toUInt64(1))",
		binary.BigEndian.Uint64(key[:8]), binary.BigEndian.Uint64(key[8:16]), c.Quote(identifier+"\x00"), value)
}

// EntityID hashes in the warehouse, so that the values stay there.
func (c ClickHouse) EntityID(salt, entity, identifier, value string) string {
	return fmt.Sprintf(`concat(%s, lower(hex(substring(SHA256(concat(%s, %s, '\0', %s)), 1, 16))))`,
		c.Quote(entity[:1]+"_"), c.Quote(salt+"\x00"+entity+"\x00"), identifier, value)
}

// Element indexes an array of constants.
func (c ClickHouse) Element(texts []string, index string) string {
	return c.array(texts) + "[" + index + " + 1]"
}

// Matches is match().
func (c ClickHouse) Matches(expr, pattern string) string {
	return "match(" + expr + ", " + c.Quote(pattern) + ")"
}

// Bind is a lambda over an array of one element.
func (ClickHouse) Bind(name, value, body string) string {
	if !strings.Contains(body, name) {
		return body
	}
	return "arrayMap(" + name + " -> " + body + ", [" + value + "])[1]"
}
