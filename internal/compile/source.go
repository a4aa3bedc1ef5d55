package compile

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// row is the scope of one source's rows: every declared column under its own name,
// in canonical form, below the alias __kith_s.
func (c *Compiler) row(column string) string { return "__kith_s." + c.d.Ident(column) }

// source is a SELECT with all or some declared columns of a source in canonical
// form, filtered and deduplicated as declared. No columns means all.
func (c *Compiler) source(s *cdp.Source, columns ...string) string {
	return c.sourceAs(s, nil, columns...)
}

// sourceAs is source of a table whose columns are described.
func (c *Compiler) sourceAs(s *cdp.Source, as described, columns ...string) string {
	want := map[string]bool{}
	for _, name := range columns {
		want[name] = true
	}
	all := len(columns) == 0
	from := ""
	if s.Query != nil {
		from = "(\n" + c.fragment(s.Query) + "\n)"
	} else {
		from = c.d.Table(*s.Table)
	}
	if s.Where == nil && !s.Dedupe {
		return c.declared(s, from, as, func(name string) bool { return all || want[name] })
	}
	every := func(string) bool { return true } // a filter may read any
	return c.render("source_rows", map[string]any{
		"Inner": c.declared(s, from, as, every), "Columns": c.names(s, want, all), "Where": c.sourceWhere(s),
		"Dedupe": s.Dedupe, "Key": c.rows(s.Key), "Newest": c.newest(s),
	})
}

// declared selects declared columns from FROM text. SQL columns read the others as they
// are declared, and are made above all of them: beside them ClickHouse takes a name for the
// canonical column where that is selected and for the table's where it is not, BigQuery
// always for the table's.
func (c *Compiler) declared(s *cdp.Source, from string, as described, want func(name string) bool) string {
	var above, list []string
	made := false
	for _, col := range s.Columns {
		name := c.d.Ident(col.Name)
		switch {
		case !want(col.Name):
		case col.SQL != nil:
			made = true
			above = append(above, c.d.Cast(c.fragment(col.SQL), col.Type)+" AS "+name)
		default:
			above = append(above, "__kith_t."+name+" AS "+name)
		}
	}
	for _, col := range s.Columns {
		if col.SQL == nil && (made || want(col.Name)) {
			list = append(list, c.physical(col, as)+" AS "+c.d.Ident(col.Name))
		}
	}
	if len(list) == 0 {
		list = []string{"1 AS __kith_one"}
	}
	rows := "SELECT " + strings.Join(list, ", ") + " FROM " + from + " AS __kith_t"
	if !made {
		return rows
	}
	return "SELECT " + strings.Join(above, ", ") + " FROM (\n" + rows + "\n) AS __kith_t"
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

// physical reads one declared column that is not of SQL from the table itself.
func (c *Compiler) physical(col *cdp.SourceColumn, as described) string {
	if col.JSON != "" {
		path := strings.Split(col.JSON, ".")
		return c.d.Field("__kith_t."+c.d.Ident(path[0]), path[1:], col.Type)
	}
	cast, _ := c.exact(col, as)
	return cast
}

// fragment is a user's SQL on lines of its own, so that a comment in it ends there.
func (c *Compiler) fragment(s *cdp.SQL) string {
	t, _ := s.For(c.d.Name())
	if s.Query {
		text := t.Text
		for _, ref := range slices.Backward(t.Refs) { // __kith_ref_1 begins __kith_ref_10
			text = strings.ReplaceAll(text, ref.Placeholder, c.ref(ref))
		}
		return text
	}
	return "(\n" + t.Text + "\n)"
}

// ref is the SELECT that stands for a reference in a query: a source's rows, the
// entity ids of a segment, or the identifiers of an entity. Segments and
// identities are those of the compiler's build.
func (c *Compiler) ref(r cdp.SQLRef) string {
	switch {
	case r.Source != nil:
		return "(\n" + c.source(r.Source) + "\n)"
	case r.Segment != nil:
		profile := c.d.Table(c.State(c.build.Table("profile", r.Segment.Entity.Name)))
		return "(SELECT entity_id FROM " + profile + " WHERE " + c.d.Ident(segmentColumn(r.Segment)) + ")"
	}
	var cases [][2]string
	for _, i := range r.Identity.Identifiers {
		cases = append(cases, [2]string{"type = " + strconv.Itoa(i.Rank), c.d.Quote(i.Name)})
	}
	return "(SELECT " + c.d.Case(cases, "''") + " AS identifier, value, entity_id FROM " + c.values(c.build, r.Identity) + ")"
}

// Needs are the entities whose build a source's query reads.
func Needs(s *cdp.Source) []*cdp.Entity {
	if s.Query == nil {
		return nil
	}
	var out []*cdp.Entity
	for _, text := range s.Query.Texts {
		for _, r := range text.Refs {
			switch {
			case r.Source != nil:
				out = append(out, Needs(r.Source)...)
			case r.Segment != nil:
				out = append(out, r.Segment.Entity)
			case r.Identity != nil:
				out = append(out, r.Identity)
			}
		}
	}
	return out
}

// aheadOfNow is how far in the future a row may be dated: clocks differ, and a date has
// no time zone. One beyond it has a wrong date, and would be the newest for ever.
const aheadOfNow = 24 * time.Hour

// Newest is the newest moment at which a source learnt of a row; null, or the epoch,
// when it has none that is dated before a day after now.
func (c *Compiler) Newest(s *cdp.Source, now time.Time) cdp.Statement {
	at := s.LoadedAt
	if at == "" {
		at = s.Timestamp
	}
	all := *s
	all.Dedupe = false // the newest row is among those that stay
	moment := c.d.Ident(at)
	if s.Column(at).Type.Kind == cdp.Date {
		moment = c.d.Cast(moment, timeType)
	}
	return c.statement("newest row", "source "+s.Name, s.Pos, "source_newest", map[string]any{
		"From": c.source(&all, at), "At": moment, "Until": c.d.Time(now.Add(aheadOfNow)),
	})
}
