package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
)

func (a *app) grantsCommand() *cobra.Command {
	name := ""
	c := &cobra.Command{
		Use:   "grants",
		Short: "Print the rights that kith needs on a server",
		Long: `Read on the sources and the tables of blocked values, everything in its own state schema,
nothing else. An administrator runs them; no connection is opened.`,
		Example: `  kith grants --target prod          for the user of the target
  kith grants --target prod --user kith_ci`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.grants(name) },
	}
	c.Flags().StringVar(&name, "user", "", "name of the user (default: username or impersonate of the target, else kith)")
	return c
}

func (a *app) grants(name string) error {
	p, err := a.load()
	if err != nil {
		return err
	}
	compiler, err := a.compiler(p)
	if err != nil {
		return err
	}
	if name == "" {
		name = p.Target.Options["username"].Text + p.Target.Options["impersonate"].Text
	}
	if name == "" || strings.Contains(name, "${") || strings.HasPrefix(name, "file:") || strings.HasPrefix(name, "exec:") {
		name = "kith"
	}
	schemas, queries := reads(p, compiler.Dialect().Name())
	s, err := statement(compiler.Dialect(), "grants", map[string]any{
		"State": p.State, "Read": schemas, "User": name, "Project": p.Target.Options["project"].Text, "Location": p.Target.Options["location"].Text,
	})
	if err != nil {
		return err
	}
	var list []string
	for line := range strings.Lines(s.SQL) {
		list = append(list, strings.TrimSuffix(strings.TrimSpace(line), ";"))
	}
	if len(queries) > 0 {
		a.notef("note: SQL of the project can read any table (%s): also grant SELECT on those that it reads\n", shorten(queries))
	}
	if _, embedded := p.Target.Options["embedded"]; embedded {
		a.notef("note: the engine of target %s has these rights already; they are for a server\n", p.Target.Name)
	}
	if a.json {
		return a.printJSON(map[string]any{"target": p.Target.Name, "user": name, "statements": list, "queries": append([]string{}, queries...)})
	}
	for _, line := range list {
		a.out.printf("%s;\n", line)
	}
	return nil
}

// reads are the schemas of the tables that a project names, and the SQL of it that can
// read any other.
func reads(p *cdp.Project, dialect string) (schemas, queries []string) {
	add := func(t cdp.Table) {
		if !slices.Contains(schemas, t.Schema) {
			schemas = append(schemas, t.Schema)
		}
	}
	for _, s := range p.Sources {
		if s.Table != nil {
			add(*s.Table)
		}
	}
	for _, e := range p.Entities {
		for _, i := range e.Identifiers {
			if i.BlockIn != nil {
				add(i.BlockIn.Table)
			}
		}
	}
	for _, f := range fragmentsOf(p, dialect) {
		if f.readsTables() && !slices.Contains(queries, f.Name) {
			queries = append(queries, f.Name)
		}
	}
	slices.Sort(schemas)
	return schemas, queries
}

var selects = regexp.MustCompile(`(?i)\bselect\b`)

// readsTables reports whether a fragment reads tables that it names itself: a query, or
// an expression with one in it.
func (f fragment) readsTables() bool { return f.query() || selects.MatchString(f.text.Text) }
