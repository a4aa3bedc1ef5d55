package engine

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
)

// buildTable is a table of the build on which statements are estimated.
type buildTable struct {
	dialect cdp.Dialect
	name    string // as SQL has it
	columns []string
}

// buildTables are the tables of identity of builds that are there.
func (e *Engine) buildTables(ctx context.Context, builds []string) (list []buildTable, err error) {
	d := e.Warehouse.Dialect()
	var names []string
	for _, entity := range e.Project.Entities {
		for _, b := range slices.Compact(slices.Sorted(slices.Values(builds))) {
			if b != noBuild {
				names = append(names, compile.IdentityTablesOf(entity, b).List()...)
			}
		}
	}
	for _, name := range names {
		exists, err := e.Ledger.Exists(ctx, name)
		if err != nil {
			return nil, err
		}
		if !exists {
			continue
		}
		t := buildTable{dialect: d, name: d.Table(e.Compiler.State(name))}
		columns, err := e.Warehouse.Describe(ctx, "SELECT * FROM "+t.name)
		if err != nil {
			return nil, err
		}
		for _, c := range columns {
			t.columns = append(t.columns, c.Name)
		}
		list = append(list, t)
	}
	return list, nil
}

var words = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// in are the columns that a statement may read of the table: those whose names it says,
// or all where it says *; none when it does not name the table as one that it reads.
func (t buildTable) in(sql string) []string {
	if !strings.Contains(sql, "FROM "+t.name) && !strings.Contains(sql, "JOIN "+t.name) {
		return nil
	}
	if strings.Contains(sql, "SELECT *") || strings.Contains(sql, ".*") {
		return t.columns
	}
	said := map[string]bool{}
	for _, w := range words.FindAllString(sql, -1) {
		said[w] = true
	}
	var out []string
	for _, c := range t.columns {
		if said[c] {
			out = append(out, c)
		}
	}
	return out
}

// read is a statement that reads columns of the table.
func (t buildTable) read(columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = t.dialect.Ident(c)
	}
	return "SELECT " + strings.Join(quoted, ", ") + " FROM " + t.name
}
