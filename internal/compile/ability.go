package compile

// What only some dialects can do is there where they have the templates for it; the
// tests list by name what a dialect lacks.

func (c *Compiler) has(block string) bool { return c.tmpl.Lookup(block) != nil }

// Increments reports whether identity can be built from what is new.
func (c *Compiler) Increments() bool { return c.has("identity_clone") }

// Lookups reports whether single entities can be looked up.
func (c *Compiler) Lookups() bool { return c.has("lookup_nodes") }

// Checks reports whether the tables of identity can be verified.
func (c *Compiler) Checks() bool { return c.has("check_map") }

// Replays reports whether two builds can be compared.
func (c *Compiler) Replays() bool { return c.has("identity_differ") }
