package compile

import "github.com/kithdata/kith/internal/cdp"

// HashFunction makes what tells that a row, or a field of it, has changed. Its name is
// recorded with every mapping: the expressions of a name never change, in any dialect,
// since what they made stands in baselines. The hash of a row id is no part of it.
type HashFunction struct {
	Name  string
	Row   func(values ...cdp.Operand) string // never 0
	Field func(value cdp.Operand) string     // 32 bits
}

// HashName names the first hash function: that of the dialects.
const HashName = "kith/1"

// FirstHash is the hash function kith/1.
func FirstHash(d cdp.Dialect) HashFunction {
	return HashFunction{Name: HashName, Row: d.Hash, Field: d.Hash32}
}

// Hashing is the compiler with another hash function. It can still compute the earlier
// ones, so that what was written under those need not be sent again.
func (c *Compiler) Hashing(current HashFunction, earlier ...HashFunction) *Compiler {
	hashing := *c
	hashing.hash, hashing.earlier = current, earlier
	return &hashing
}

// HashName is the name of the hash function that rows are written with.
func (c *Compiler) HashName() string { return c.hash.Name }

// KnowsHash reports whether a hash function is the current one or an earlier one that can
// still be computed.
func (c *Compiler) KnowsHash(name string) bool {
	_, ok := c.hashNamed(name)
	return ok
}

func (c *Compiler) hashNamed(name string) (HashFunction, bool) {
	if name == c.hash.Name {
		return c.hash, true
	}
	for _, f := range c.earlier {
		if f.Name == name {
			return f, true
		}
	}
	return HashFunction{}, false
}
