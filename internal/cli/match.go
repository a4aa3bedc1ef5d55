package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// matchFlags are what `match review` lists or decides.
type matchFlags struct {
	accept, refuse, undo []string
	decided, unmask      bool
	limit                int
}

func (a *app) matchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "match",
		Short: "Look at ties that are only probable",
		Long: `An entity with match: ties records that no identifier ties, by how probable it is that
they are of one. Between review: and link: somebody decides.`,
		Example: `  kith match review                  what waits for a decision
  kith match review --accept 5f0c1a2b3c4d5e6f`,
	}
	c.AddCommand(a.reviewCommand())
	return c
}

func (a *app) reviewCommand() *cobra.Command {
	f := matchFlags{limit: 20}
	c := &cobra.Command{
		Use:   "review [ENTITY]",
		Short: "List pairs that are in doubt, accept or refuse them",
		Long: `The most probable pair first, with the values that were compared. A decision is a row in
the ledger: it holds for every build to come, and the next one applies it. What a max or
max_size keeps apart stays apart, and no refusal cuts a tie by an identifier.`,
		Example: `  kith match review person --unmask  with the whole values, which are personal data
  kith match review --accept 5f0c1a2b3c4d5e6f --refuse 0a1b2c3d4e5f6071`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return oneArg("an entity")(c, args)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.review(strings.Join(args, ""), f) },
	}
	c.Flags().StringSliceVar(&f.accept, "accept", nil, "pairs that are one, by name")
	c.Flags().StringSliceVar(&f.refuse, "refuse", nil, "pairs that are two")
	c.Flags().StringSliceVar(&f.undo, "undo", nil, "pairs whose decision is taken back")
	c.Flags().BoolVar(&f.decided, "decided", false, "list what has been decided instead")
	c.Flags().BoolVar(&f.unmask, "unmask", false, "show whole values, which are personal data")
	c.Flags().IntVar(&f.limit, "limit", f.limit, "how many of each entity")
	return c
}

func (a *app) review(name string, f matchFlags) error {
	if err := positive(f.limit); err != nil {
		return err
	}
	says, err := f.says()
	if err != nil {
		return err
	}
	return a.with(func(s *session) error {
		entities, err := matchedEntities(s.project, name)
		switch {
		case err != nil:
			return err
		case len(says) > 0:
			return a.decide(s, entities, says)
		case f.decided:
			return a.decisions(s, entities, f)
		}
		pairs := []engine.ReviewPair{}
		for _, e := range entities {
			list, err := s.engine.Review(a.soft, e, f.limit)
			var none *engine.NoBuildError
			if errors.As(err, &none) {
				return withHelp(err, "`kith build` makes one")
			}
			if err != nil {
				return err
			}
			pairs = append(pairs, list...)
		}
		if !f.unmask {
			for _, p := range pairs {
				maskValues(p.A.Values)
				maskValues(p.B.Values)
			}
		}
		if a.json {
			return a.printJSON(map[string]any{"pairs": pairs})
		}
		a.printPairs(entities, pairs)
		return nil
	})
}

// says is what the flags say of each pair.
func (f matchFlags) says() (map[string]string, error) {
	says := map[string]string{}
	for _, x := range []struct {
		list []string
		what string
	}{{f.accept, "accepted"}, {f.refuse, "refused"}, {f.undo, "undecided"}} {
		for _, pair := range x.list {
			if other, twice := says[pair]; twice && other != x.what {
				return nil, withHelp(fmt.Errorf("pair %s cannot be %s and %s", pair, other, x.what), "name it once")
			}
			says[pair] = x.what
		}
	}
	return says, nil
}

// matchedEntities are the entities with match:, or the one that is named.
func matchedEntities(p *cdp.Project, name string) ([]*cdp.Entity, error) {
	var out []*cdp.Entity
	var names []string
	for _, e := range p.Entities {
		names = append(names, e.Name)
		if e.Name == name && e.Match == nil {
			return nil, withHelp(fmt.Errorf("entity %s does not match records", name), "its records are tied by identifiers only; docs/matching.md says how to add match: to it")
		}
		if e.Match != nil && (name == "" || e.Name == name) {
			out = append(out, e)
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case name == "":
		return nil, withHelp(errors.New("no entity of this project matches records"), "records are tied by identifiers only; docs/matching.md says how to add match: to it")
	}
	if near := nearest(name, names); near != "" {
		return nil, withHelp(fmt.Errorf("there is no entity %q", name), "did you mean %s?", near)
	}
	return nil, withHelp(fmt.Errorf("there is no entity %q", name), "there are: %s", strings.Join(names, ", "))
}

func (a *app) decide(s *session, entities []*cdp.Entity, says map[string]string) error {
	err := s.engine.Decide(a.soft, entities, says)
	var unknown *engine.UnknownPairError
	if errors.As(err, &unknown) {
		return withHelp(err, "nothing was recorded; `kith match review` lists the pairs of the last build")
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"decisions": says})
	}
	a.out.printf("recorded %s; next: `kith build` applies it\n", counted(uint64(len(says)), "decision"))
	return nil
}

func (a *app) decisions(s *session, entities []*cdp.Entity, f matchFlags) error {
	list := []engine.Decided{}
	for _, e := range entities {
		more, err := s.engine.Decisions(a.soft, e, f.limit)
		if err != nil {
			return err
		}
		list = append(list, more...)
	}
	if a.json {
		return a.printJSON(map[string]any{"decisions": list})
	}
	if len(list) == 0 {
		a.out.printf("nothing has been decided yet\n")
		return nil
	}
	rows := make([][]string, len(list))
	for i, d := range list {
		rows[i] = []string{d.Pair, d.Entity, d.Decision, a.when(&d.At)}
	}
	a.out.table([]string{"PAIR", "ENTITY", "DECISION", "AT (UTC)"}, rows)
	return nil
}

func maskValues(values map[string]string) {
	for name, v := range values {
		values[name] = engine.Mask(v)
	}
}

// whyHeld says what keeps a probable pair apart.
var whyHeld = map[string]string{
	"": "in doubt", "max": "probable, but an identifier would have more values than its max", "size": "probable, but the entity would be larger than max_size",
	"apart": "probable, but it would join what somebody keeps apart",
}

func (a *app) printPairs(entities []*cdp.Entity, pairs []engine.ReviewPair) {
	if len(pairs) == 0 {
		a.out.printf("no pair waits for a decision\n")
		return
	}
	for _, e := range entities {
		for _, p := range pairs {
			if p.Entity != e.Name {
				continue
			}
			a.out.printf("%s  %s, %.4f, %s\n", p.Pair, e.Name, p.Probability, whyHeld[p.Why])
			rows := [][]string{}
			for _, c := range e.Match.Compare {
				rows = append(rows, []string{"  " + c.Name, orDash(printable(p.A.Values[c.Name])), orDash(printable(p.B.Values[c.Name]))})
			}
			a.out.table([]string{"  ", p.A.EntityID, p.B.EntityID}, rows)
		}
	}
	a.out.printf("next: `kith match review --accept PAIR` or `--refuse PAIR`\n")
}
