package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// lookFlags are what explain and profile have in common.
type lookFlags struct {
	entity   string
	show     bool
	dot, svg string
}

func (f *lookFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.entity, "entity", "", "the entity, where several know the name")
	c.Flags().BoolVar(&f.show, "show-values", false, "show values as they are; else the first character and the shape")
}

func (a *app) explainCommand() *cobra.Command {
	f := lookFlags{}
	c := &cobra.Command{
		Use:   "explain A B",
		Short: "Show why two identifiers are one entity, or what keeps them apart",
		Long: `A and B are values of identifiers, such as ann@example.com or email:ann@example.com, or
ids of entities. It shows the chain of source rows from one to the other, the weakest
link, and which links would have to go to make two entities of it.`,
		Example: `  kith explain ann@example.com +31612345678
  kith explain email:ann@example.com device:d-77 --svg why.svg --show-values`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return withHelp(fmt.Errorf("%s takes two identifiers or entity ids, but got %d", c.CommandPath(), len(args)), "kith explain ann@example.com +31612345678")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.explain(args[0], args[1], f) },
	}
	f.flags(c)
	c.Flags().StringVar(&f.dot, "dot", "", "write the graph for Graphviz into a file; - is stdout")
	c.Flags().StringVar(&f.svg, "svg", "", "draw the graph into a file; - is stdout")
	return c
}

func (a *app) explain(from, to string, f lookFlags) error {
	return a.with(func(s *session) error {
		entity, err := a.entityOf(s, f.entity, from, to)
		if err != nil {
			return err
		}
		x, err := s.engine.Explain(a.soft, entity, from, to)
		if err != nil {
			return a.lookError(err)
		}
		if !f.show {
			maskExplanation(x)
		}
		drawn, err := a.draw(x, f)
		if err != nil || drawn {
			return err
		}
		if a.json {
			return a.printJSON(x)
		}
		a.printExplanation(x)
		return nil
	})
}

// entityOf is the entity that --entity names, or the one that knows all names.
func (a *app) entityOf(s *session, name string, what ...string) (*cdp.Entity, error) {
	if name == "" {
		entity, err := s.engine.Find(a.soft, s.project.Entities, what...)
		if err == nil && entity == nil {
			err = errors.New("the project has no entities")
		}
		return entity, a.lookError(err)
	}
	var names []string
	for _, e := range s.project.Entities {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return nil, withHelp(fmt.Errorf("there is no entity %q", name), "there are: %s", strings.Join(names, ", "))
}

// lookError gives what could not be found the help that it brings.
func (a *app) lookError(err error) error {
	var unknown *engine.NotKnownError
	var none *engine.NoBuildError
	switch {
	case errors.As(err, &unknown):
		return withHelp(err, "%s", unknown.Help)
	case errors.As(err, &none):
		return withHelp(err, "`kith build` builds it")
	}
	return err
}

func maskExplanation(x *engine.Explanation) {
	hide := func(h *engine.Handle) { h.Value = engine.Mask(h.Value) }
	hide(&x.A)
	hide(&x.B)
	for i := range x.Nodes {
		hide(&x.Nodes[i])
	}
	for _, list := range [][]engine.Tie{x.Chain, x.Cut, x.Ties} {
		for i := range list {
			hide(&list[i].From)
			hide(&list[i].To)
		}
	}
}

// draw writes the picture that is asked for; true when it took stdout.
func (a *app) draw(x *engine.Explanation, f lookFlags) (bool, error) {
	took := false
	for _, p := range []struct{ path, text string }{{f.dot, drawDOT(x)}, {f.svg, drawSVG(x)}} {
		switch p.path {
		case "":
		case "-":
			took = true
			a.printed = true
			if _, err := fmt.Fprint(a.streams.Out, p.text); err != nil {
				return true, err
			}
		default:
			if err := os.WriteFile(a.path(p.path), []byte(p.text), 0o600); err != nil {
				return false, err
			}
		}
	}
	return took, nil
}

func handleText(h engine.Handle) string { return h.Identifier + " " + printable(h.Value) }

func (a *app) printExplanation(x *engine.Explanation) {
	p := a.out
	switch {
	case x.A.Node == x.B.Node:
		p.printf("%s is one identifier, of %s\n", handleText(x.A), x.A.Entity)
		return
	case x.Same:
		p.printf("%s and %s are one %s, %s\n", handleText(x.A), handleText(x.B), x.Entity, p.paint(bold, x.A.Entity))
	default:
		p.printf("%s (%s) and %s (%s) are not one %s\n", handleText(x.A), x.A.Entity, handleText(x.B), x.B.Entity, x.Entity)
		if len(x.Chain) == 0 {
			p.printf("no row links them, not even one that a guard refused\n")
			return
		}
		p.printf("these rows would link them, but a guard keeps them apart:\n")
	}
	for _, t := range x.Chain {
		a.printTie(t, "  ")
	}
	if x.Same {
		a.printCut(x)
	}
	if x.Partial {
		p.printf("\nthe entity is larger than what was read: there may be shorter ways\n")
	}
}

// printTie is one step of a chain, with the rows behind it.
func (a *app) printTie(t engine.Tie, indent string) {
	p := a.out
	mark := ""
	if t.Weakest {
		mark = "  " + p.paint(yellow, "the weakest link")
	}
	if t.Refused != "" {
		mark = "  " + p.paint(red, "refused by "+t.Refused)
		for _, h := range []engine.Handle{t.From, t.To} {
			if h.Demoted > 0 {
				mark += fmt.Sprintf(": %s is linked with %s", handleText(h), counted(h.Demoted, "value"))
			}
		}
	}
	p.printf("%s%s - %s%s\n", indent, handleText(t.From), handleText(t.To), mark)
	for _, r := range t.By {
		p.printf("%s    %s in %s %s, %s (%s)\n", indent, counted(r.Rows, "row"), r.Source, r.Rule, seen(r.First, r.Last), r.At)
	}
}

func seen(first, last time.Time) string {
	const day = "2006-01-02"
	never := last.Unix() <= 0
	switch {
	case first.Year() > 2200:
		return "without a time"
	case never || first.Format(day) == last.Format(day):
		return "on " + first.UTC().Format(day)
	}
	return first.UTC().Format(day) + " to " + last.UTC().Format(day)
}

func (a *app) printCut(x *engine.Explanation) {
	p := a.out
	switch {
	case x.TooBig:
		p.printf("\nthe entity is too large to say what would separate them\n")
	case len(x.Cut) > 0:
		these := "this link"
		if n := len(x.Cut); n > 1 {
			these = fmt.Sprintf("these %d links", n)
		}
		p.printf("\nwithout %s (%s) they would be two:\n", these, counted(x.Rows, "row"))
		for _, t := range x.Cut {
			a.printTie(t, "  ")
		}
		p.printf("help: correct the rows, or block a value that many share: `block: [...]` or `caps: {...}` of the identifier; `kith plan` shows what it changes\n")
	}
}
