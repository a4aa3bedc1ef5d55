// Package compile turns a project into named SQL statements for one dialect. It is
// pure: no context, no I/O; the same project gives the same text.
//
//	c, err := compile.New(project, dialect.ClickHouse{})
//	diff := c.Diff(sync, names)
//	diff.Digest() // a cdp.Statement that knows the position in the YAML that made it
//
// Templates (package sql) own the shape of a statement; this package writes what
// the YAML shapes: the expressions of columns, traits and predicates.
package compile

import (
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
	"github.com/kithdata/kith/sql"
)

// Compiler compiles one project for one dialect.
type Compiler struct {
	p     *cdp.Project
	d     cdp.Dialect
	tmpl  *template.Template
	asOf  string // a literal
	keys  Keys
	build Build // that references in queries read

	hash    HashFunction
	earlier []HashFunction
}

// New reads the templates of the dialect. p.State names the state schema.
func New(p *cdp.Project, d cdp.Dialect) (*Compiler, error) {
	c := &Compiler{p: p, d: d, hash: FirstHash(d)}
	t := template.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"table":    func(n string) string { return d.Table(c.State(n)) },
		"quote":    d.Quote,
		"ident":    d.Ident,
		"doubtful": func() string { return d.Quote(cdp.DoubtfulMark) },
		"norecord": func() string { return d.Quote(cdp.NoRecord) },
	})
	t, err := t.ParseFS(sql.Files, d.Name()+"/*.sql")
	if err != nil {
		return nil, fmt.Errorf("templates of %s: %w", d.Name(), err)
	}
	c.tmpl = t
	return c, nil
}

// Epoch stands for the moment of a run where there is none.
var Epoch = time.Unix(0, 0)

// At is the compiler with the one moment that a run takes for now.
func (c *Compiler) At(asOf time.Time) *Compiler {
	at := *c
	at.asOf = c.d.Time(asOf)
	return &at
}

// On is the compiler whose references in queries read a build.
func (c *Compiler) On(b Build) *Compiler {
	on := *c
	on.build = b
	return &on
}

// State names a table of the state schema.
func (c *Compiler) State(name string) cdp.Table { return cdp.Table{Schema: c.p.State, Name: name} }

// Project is the compiled project.
func (c *Compiler) Project() *cdp.Project { return c.p }

// Dialect is the dialect that the text is for.
func (c *Compiler) Dialect() cdp.Dialect { return c.d }

// Ledger is a statement of the ledger: the template of that name with data. It is unlimited, since
// without what it writes no run could end, and no other begin.
func (c *Compiler) Ledger(name string, data any) cdp.Statement {
	return cdp.Statement{Name: name, Model: "ledger", SQL: c.render(name, data), Unlimited: true}
}

// lookedUp is one that people ask for, and no run waits for: it has the limit of all others.
func (c *Compiler) lookedUp(name string, data any) cdp.Statement {
	s := c.Ledger(name, data)
	s.Unlimited = false
	return s
}

// render executes a template. A template that does not fit its data is a mistake
// in this package, which the golden tests of every statement find.
func (c *Compiler) render(name string, data any) string {
	var b strings.Builder
	if err := c.tmpl.ExecuteTemplate(&b, name, data); err != nil {
		panic(fmt.Sprintf("template %s: %v", name, err))
	}
	return tidy(b.String())
}

// tidy drops the blank lines that template actions leave.
func tidy(s string) string {
	lines := strings.Split(s, "\n")
	out := lines[:0]
	for _, l := range lines {
		if l = strings.TrimRight(l, " \t"); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

func (c *Compiler) statement(name, model string, pos diag.Pos, tmpl string, data any, needs ...string) cdp.Statement {
	return cdp.Statement{Name: name, Model: model, Pos: pos, SQL: c.render(tmpl, data), Needs: needs}
}
