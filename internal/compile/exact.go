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

// sure names the columns of a source that are never null in canonical form.
func (c *Compiler) sure(s *cdp.Source, physical []cdp.Column) map[string]bool {
	exact, ok := c.d.(cdp.Exact)
	if !ok {
		return nil
	}
	out := map[string]bool{}
	for _, p := range physical {
		if col := s.Column(p.Name); col != nil && exact.NeverNull(p, col.Type) {
			out[p.Name] = true
		}
	}
	return out
}
