package compile

import "github.com/kithdata/kith/internal/cdp"

// Holds asks whether an expression without names in scope is true; null is not.
func (c *Compiler) Holds(sql *cdp.SQL) cdp.Statement {
	cases := [][2]string{{c.fragment(sql), "1"}}
	return cdp.Statement{Name: "condition of a schedule", Model: "schedule", Pos: sql.Pos, SQL: "SELECT " + c.d.Case(cases, "0")}
}
