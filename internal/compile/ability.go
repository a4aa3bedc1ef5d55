package compile

// What only some dialects do is there where they have the templates for it; the tests
// list by name what a dialect lacks, and why.

func (c *Compiler) has(block string) bool { return c.tmpl.Lookup(block) != nil }

// clones reports whether an increment begins with clones of tables and changes rows
// of them.
func (c *Compiler) clones() bool { return c.has("identity_clone") }
