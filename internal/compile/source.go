package compile

import (
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// row is the scope of one source's rows: every declared column under its own name,
// in canonical form, below the alias __kith_s.
func (c *Compiler) row(column string) string { return "__kith_s." + c.d.Ident(column) }

// source is a SELECT with all or some declared columns of a source in canonical
// form, filtered and deduplicated as declared. No columns means all.
func (c *Compiler) source(s *cdp.Source, columns ...string) string {
	want := map[string]bool{}
	for _, name := range columns {
		want[name] = true
	}
	all := len(columns) == 0
	var list []string
	for _, col := range s.Columns {
		if all || want[col.Name] {
			list = append(list, c.physical(s, col)+" AS "+c.d.Ident(col.Name))
		}
	}
	if len(list) == 0 {
		list = []string{"1 AS __kith_one"}
	}
	from := ""
	if s.Query != nil {
		from = "(\n" + c.fragment(s.Query) + "\n)"
	} else {
		from = c.d.Table(*s.Table)
	}
	inner := "SELECT " + strings.Join(list, ", ") + " FROM " + from + " AS __kith_t"
	if s.Where == nil && !s.Dedupe {
		return inner
	}
	return c.render("source_rows", map[string]any{
		"Inner": c.sourceInner(s, from), "Columns": c.names(s, want, all), "Where": c.sourceWhere(s),
		"Dedupe": s.Dedupe, "Key": c.rows(s.Key), "Newest": c.newest(s),
	})
}

// sourceInner selects every declared column, since a filter may read any.
func (c *Compiler) sourceInner(s *cdp.Source, from string) string {
	list := make([]string, len(s.Columns))
	for i, col := range s.Columns {
		list[i] = c.physical(s, col) + " AS " + c.d.Ident(col.Name)
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + from + " AS __kith_t"
}

func (c *Compiler) names(s *cdp.Source, want map[string]bool, all bool) string {
	var list []string
	for _, col := range s.Columns {
		if all || want[col.Name] {
			list = append(list, c.row(col.Name)+" AS "+c.d.Ident(col.Name))
		}
	}
	if len(list) == 0 {
		return "1 AS __kith_one"
	}
	return strings.Join(list, ", ")
}

func (c *Compiler) rows(columns []string) []string {
	out := make([]string, len(columns))
	for i, name := range columns {
		out[i] = c.row(name)
	}
	return out
}

// newest orders the rows of one key, the one to keep first.
func (c *Compiler) newest(s *cdp.Source) []string {
	var out []string
	for _, name := range []string{s.LoadedAt, s.Timestamp} {
		if name != "" {
			out = append(out, c.row(name))
		}
	}
	return out
}

func (c *Compiler) sourceWhere(s *cdp.Source) string {
	if s.Where == nil {
		return ""
	}
	return c.predicate(s.Where, c.sourceScope(s))
}

// physical reads one declared column from the table itself.
func (c *Compiler) physical(s *cdp.Source, col *cdp.SourceColumn) string {
	switch {
	case col.JSON != "":
		path := strings.Split(col.JSON, ".")
		return c.d.Field("__kith_t."+c.d.Ident(path[0]), path[1:], col.Type)
	case col.SQL != nil:
		return c.d.Cast(c.fragment(col.SQL), col.Type)
	}
	return c.d.Cast("__kith_t."+c.d.Ident(col.Name), col.Type)
}

// fragment is a user's SQL on lines of its own, so that a comment in it ends there.
func (c *Compiler) fragment(s *cdp.SQL) string {
	t, _ := s.For(c.d.Name())
	if s.Query {
		return t.Text
	}
	return "(\n" + t.Text + "\n)"
}
