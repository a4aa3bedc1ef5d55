package compile

import "github.com/kithdata/kith/internal/cdp"

// Newest asks how new the newest row of a source is; ok is false for a source that
// does not say when its rows came.
func (c *Compiler) Newest(s *cdp.Source) (statement cdp.Statement, ok bool) {
	column := s.LoadedAt
	if column == "" {
		column = s.Timestamp
	}
	if column == "" {
		return cdp.Statement{}, false
	}
	sql := "SELECT max(__kith_n." + c.d.Ident(column) + ") FROM (\n" + c.source(s, column) + "\n) AS __kith_n"
	return cdp.Statement{Name: "newest row of " + s.Name, Model: "source " + s.Name, Pos: s.Pos, SQL: sql}, true
}

// Holds asks whether an expression without names in scope is true; null is not.
func (c *Compiler) Holds(sql *cdp.SQL) cdp.Statement {
	cases := [][2]string{{c.fragment(sql), "1"}}
	return cdp.Statement{Name: "condition of a schedule", Model: "schedule", Pos: sql.Pos, SQL: "SELECT " + c.d.Case(cases, "0")}
}
