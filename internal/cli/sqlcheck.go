package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
	"github.com/kithdata/kith/internal/project"
)

// validateSQL checks every fragment over the declared tables, in an engine of its own or
// by an analyzer. No secret is read and no network is used.
func (a *app) validateSQL(p *cdp.Project, problems *diag.List, v *validation) (err error) {
	compiler, err := a.compiler(p)
	if err != nil {
		return nil //nolint:nilerr // a target that is not in this version; the decoder says so
	}
	d := compiler.Dialect()
	list := fragmentsOf(p, d.Name())
	if len(list) == 0 {
		v.SQL = sqlChecked
		return nil
	}
	s := &session{project: p}
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	checker, err := a.checker(s, p, d)
	var missing noEngine
	if errors.As(err, &missing) {
		v.SQL, v.missing = sqlUnavailable, missing.Error()
		return nil
	}
	if err != nil {
		return fmt.Errorf("check the SQL: %w", err)
	}
	c := &sqlCheck{app: a, checker: checker, state: p.State, problems: problems}
	if err := c.tables(p, list); err != nil {
		return fmt.Errorf("check the SQL: %w", err)
	}
	if err := c.all(list); err != nil {
		return err
	}
	v.SQL, v.Unchecked = sqlChecked, append(v.Unchecked, c.unchecked...)
	return nil
}

// checker describes queries over tables that are declared to it, offline.
type checker interface {
	Dialect() cdp.Dialect
	Declare(ctx context.Context, t cdp.Table, columns []cdp.Column) error
	Describe(ctx context.Context, query string) ([]cdp.Column, error)
}

// emptyTables is a checker that makes the tables, empty, in an engine.
type emptyTables struct {
	cdp.Warehouse // with the rights of the project's SQL
	full          cdp.Warehouse
}

// Declare implements checker.
func (e emptyTables) Declare(ctx context.Context, t cdp.Table, columns []cdp.Column) error {
	for _, x := range []struct {
		name string
		data any
	}{
		{"source_schema", t},
		{"source_table", map[string]any{"Table": t, "Columns": columns, "Key": []string{}}},
	} {
		s, err := statement(e.full.Dialect(), x.name, x.data)
		if err != nil {
			return err
		}
		if _, err := e.full.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// fragment is SQL that a user wrote, in the dialect of the target.
type fragment struct {
	project.Fragment
	text cdp.SQLText
}

func fragmentsOf(p *cdp.Project, dialect string) []fragment {
	var out []fragment
	for _, f := range project.Fragments(p) {
		if text, ok := f.SQL.For(dialect); ok {
			out = append(out, fragment{f, text})
		}
	}
	return out
}

func (f fragment) query() bool { return f.Kind == project.QueryFragment }

func (f fragment) condition() bool {
	return f.Kind == project.ConditionFragment || f.Kind == project.WhenFragment
}

// sqlCheck checks fragments one scope at a time.
type sqlCheck struct {
	app *app
	checker
	state    string
	problems *diag.List

	unchecked []string // what cannot be checked offline, and why
}

// emptyTable is a table that queries read.
type emptyTable struct {
	cdp.Table
	columns []cdp.Column
}

func (t *emptyTable) add(columns []cdp.Column) {
	for _, col := range columns {
		if !slices.ContainsFunc(t.columns, func(have cdp.Column) bool { return have.Name == col.Name }) {
			t.columns = append(t.columns, col)
		}
	}
}

// tables makes what SQL may read, empty: the tables of the sources with their
// declared columns, and below its placeholder what a query refers to.
func (c *sqlCheck) tables(p *cdp.Project, list []fragment) error {
	var all []*emptyTable
	at := map[cdp.Table]*emptyTable{}
	add := func(name cdp.Table, columns []cdp.Column) {
		if at[name] == nil {
			at[name] = &emptyTable{Table: name}
			all = append(all, at[name])
		}
		at[name].add(columns)
	}
	reading := false
	for _, f := range list {
		reading = reading || f.readsTables()
		for _, ref := range f.text.Refs {
			add(cdp.Table{Schema: c.state, Name: ref.Placeholder}, refColumns(ref))
		}
	}
	if !reading {
		return nil
	}
	for _, s := range p.Sources {
		if s.Table != nil {
			add(*s.Table, physicalColumns(s))
		}
	}
	for _, t := range all {
		if err := c.Declare(c.app.soft, t.Table, t.columns); err != nil {
			return err
		}
	}
	return nil
}

// refColumns are the columns of what a query refers to.
func refColumns(ref cdp.SQLRef) []cdp.Column {
	text := cdp.Type{Kind: cdp.String}
	switch {
	case ref.Source != nil:
		out := make([]cdp.Column, len(ref.Source.Columns))
		for i, c := range ref.Source.Columns {
			out[i] = cdp.Column{Name: c.Name, Type: c.Type}
		}
		return out
	case ref.Identity != nil:
		return []cdp.Column{{Name: "identifier", Type: text}, {Name: "value", Type: text}, {Name: "entity_id", Type: text}}
	}
	return []cdp.Column{{Name: "entity_id", Type: text}}
}

// physicalColumns are those that the table itself has.
func physicalColumns(s *cdp.Source) []cdp.Column {
	var out []cdp.Column
	for _, c := range s.Columns {
		if c.JSON == "" && c.SQL == nil {
			out = append(out, cdp.Column{Name: c.Name, Type: c.Type})
		}
	}
	return out
}

// all checks every fragment: expressions of one scope together, and each by itself
// when they fail.
func (c *sqlCheck) all(list []fragment) error {
	groups := map[string][]fragment{}
	var order []string
	for i, f := range list {
		key := fmt.Sprint(f.Kind == project.AggregateFragment, f.Names)
		if f.query() {
			key = fmt.Sprint("query ", i)
		}
		if _, ok := groups[key]; !ok {
			order = append(order, key)
		}
		groups[key] = append(groups[key], f)
	}
	const most = 100
	for _, key := range order {
		for part := range slices.Chunk(groups[key], most) {
			if err := c.together(part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *sqlCheck) together(list []fragment) error {
	if len(list) > 1 {
		columns, err := c.Describe(c.app.soft, c.selectOf(list))
		if err == nil && len(columns) == len(list) {
			for i, f := range list {
				c.kind(f, columns[i])
			}
			return nil
		}
	}
	for _, f := range list {
		if err := c.one(f); err != nil {
			return err
		}
	}
	return nil
}

// selectOf is the SELECT that holds the fragments, each on lines of its own; the
// first begins on line 2.
func (c *sqlCheck) selectOf(list []fragment) string {
	if list[0].query() {
		return "SELECT * FROM (\n" + list[0].text.Text + "\n)"
	}
	d := c.Dialect()
	exprs := make([]string, len(list))
	for i, f := range list {
		exprs[i] = "(\n" + f.text.Text + "\n) AS __kith_" + strconv.Itoa(i)
	}
	var scope []string
	for _, col := range list[0].Names {
		value := cdp.Value{Type: col.Type, Null: col.Type.Kind != cdp.List}
		scope = append(scope, d.Literal(value)+" AS "+d.Ident(col.Name))
	}
	from := ""
	if len(scope) > 0 {
		from = " FROM (SELECT " + strings.Join(scope, ", ") + ") AS __kith_s"
	}
	return "SELECT " + strings.Join(exprs, ", ") + from
}

func (c *sqlCheck) one(f fragment) error {
	columns, err := c.Describe(c.app.soft, c.selectOf([]fragment{f}))
	var e *cdp.StatementError
	switch {
	case errors.Is(err, cdp.ErrUnreachable):
		return err
	case errors.As(err, &e) && errors.Is(err, cdp.ErrNotFound):
		c.unknown(f, e)
	case errors.As(err, &e):
		c.report(f, e)
	case err != nil:
		return err
	case f.query():
		c.compare(f, columns)
	case len(columns) != 1:
		c.problems.Error(f.at(0, 0), "write one expression", "%s: the SQL is not one expression", f.Name)
	default:
		c.kind(f, columns[0])
	}
	return nil
}

// kind refuses a condition that is none.
func (c *sqlCheck) kind(f fragment, got cdp.Column) {
	if f.condition() && !got.Type.Is("", cdp.Bool, cdp.Int) {
		c.problems.Error(f.at(0, 0), "compare it with something, for example `... = 'x'`", "%s: a condition is needed, and this is a %s", f.Name, got.Type)
	}
}

// compare looks for the declared columns of a source in its query.
func (c *sqlCheck) compare(f fragment, have []cdp.Column) {
	var names []string
	for _, col := range have {
		names = append(names, col.Name)
	}
	for _, col := range f.Source.Columns {
		if col.JSON == "" && col.SQL == nil && !slices.Contains(names, col.Name) {
			c.problems.Error(col.Pos, diag.DidYouMean(col.Name, names), "the query of source %s has no column %q", f.Source.Name, col.Name).Len = utf8.RuneCountInString(col.Name)
		}
	}
}
