package compile

import (
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// Describes is a SELECT of the columns that the rows of a sync are read from, to be
// described for DiffInput.Physical. ok is false where knowing their types gains nothing.
func (c *Compiler) Describes(s *cdp.Sync) (query string, ok bool) {
	if _, can := c.d.(cdp.Exact); !can || s.Entity != nil || s.Source.Table == nil {
		return "", false
	}
	var list []string
	for _, col := range s.Source.Columns {
		if col.JSON == "" && col.SQL == nil {
			list = append(list, c.d.Ident(col.Name))
		}
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + c.d.Table(*s.Source.Table), len(list) > 0
}

// described are the columns of a source by name, where a dialect knows what to make of it.
type described map[string]cdp.Column

func describe(physical []cdp.Column) described {
	out := described{}
	for _, p := range physical {
		out[p.Name] = p
	}
	return out
}

// exact is the canonical form of a column of __kith_t; never says that it is never null.
func (c *Compiler) exact(col *cdp.SourceColumn, as described) (cast string, never bool) {
	expr := "__kith_t." + c.d.Ident(col.Name)
	if exact, can := c.d.(cdp.Exact); can {
		if p, known := as[col.Name]; known {
			return exact.CastExact(expr, p, col.Type)
		}
	}
	return c.d.Cast(expr, col.Type), false
}
