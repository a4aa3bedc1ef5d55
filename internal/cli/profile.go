package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/engine"
)

func (a *app) profileCommand() *cobra.Command {
	f := lookFlags{}
	c := &cobra.Command{
		Use:   "profile ID",
		Short: "Show one entity from all sides",
		Long: `ID is the id of an entity, also one that was merged, or one of its identifiers. It shows
identifiers, traits with the source row that each was picked from, segments and since
when, consents, merges, and what each sync has delivered.`,
		Example: `  kith profile p_5d41402abc4b2a76b9719d911017c592
  kith profile email:ann@example.com --show-values --json`,
		Args: oneArg("an entity id or an identifier"),
		RunE: func(_ *cobra.Command, args []string) error { return a.profile(args[0], f) },
	}
	f.flags(c)
	return c
}

func (a *app) profile(what string, f lookFlags) error {
	return a.with(func(s *session) error {
		entity, err := a.entityOf(s, f.entity, what)
		if err != nil {
			return err
		}
		v, err := s.engine.View(a.soft, entity, what)
		if err != nil {
			return a.lookError(err)
		}
		if !f.show {
			maskView(v)
		}
		if a.json {
			return a.printJSON(v)
		}
		a.printView(v)
		return nil
	})
}

// maskView hides what may be about a person: values of identifiers and of traits
// that hold or may hold personal data, keys.
func maskView(v *engine.View) {
	for i := range v.Identifiers {
		v.Identifiers[i].Value = engine.Mask(v.Identifiers[i].Value)
	}
	for i := range v.Traits {
		t := &v.Traits[i]
		if len(t.PII) > 0 || strings.HasPrefix(t.From, "identifier ") || strings.HasPrefix(t.Type, "string") || strings.HasPrefix(t.Type, "list") || t.Type == "json" {
			t.Value = engine.Mask(t.Value)
		}
		t.Key = engine.Mask(t.Key)
	}
	for i := range v.Consents {
		v.Consents[i].Values = engine.Mask(v.Consents[i].Values)
	}
	for i := range v.Syncs {
		v.Syncs[i].Key = engine.Mask(v.Syncs[i].Key)
	}
}

func (a *app) printView(v *engine.View) {
	p := a.out
	p.printf("%s %s, since %s", v.Entity, p.paint(bold, v.ID), a.when(&v.Created))
	if v.Asked != "" {
		p.printf("; %s was merged into it", printable(v.Asked))
	}
	if v.Quarantined {
		p.printf(", %s: its component is larger than max_size, no new link is applied", p.paint(red, "in quarantine"))
	}
	p.printf("\n")
	a.section("identifiers", []string{"identifier", "value", "first seen", "last seen", "rows>", "sources"}, len(v.Identifiers), func(i int) []string {
		h := v.Identifiers[i]
		first, last := "-", "-"
		if h.First.Year() < 2200 {
			first = h.First.UTC().Format("2006-01-02")
		}
		if h.Last.Unix() > 0 {
			last = h.Last.UTC().Format("2006-01-02")
		}
		return []string{h.Identifier, h.Value, first, last, number(h.Rows), orDash(strings.Join(h.Sources, ", "))}
	})
	a.section("traits", []string{"trait", "value", "from", "row", "at"}, len(v.Traits), func(i int) []string {
		t := v.Traits[i]
		value := t.Value
		if t.Null {
			value = "null"
		}
		return []string{t.Name, value, t.From, orDash(t.Key), a.when(t.At)}
	})
	a.section("segments", []string{"segment", "since"}, len(v.Segments), func(i int) []string {
		return []string{v.Segments[i].Name, a.when(v.Segments[i].Since)}
	})
	a.section("consents", []string{"consent", "", "values"}, len(v.Consents), func(i int) []string {
		x := v.Consents[i]
		return []string{x.Name, map[bool]string{true: "granted", false: "denied"}[x.Granted], orDash(x.Values)}
	})
	a.section("merges", []string{"was", "merged"}, len(v.Merges), func(i int) []string {
		return []string{v.Merges[i].ID, a.when(&v.Merges[i].At)}
	})
	a.section("syncs", []string{"sync", "state", "since", "key", "remote id"}, len(v.Syncs), func(i int) []string {
		x := v.Syncs[i]
		state := x.State
		if x.Code != "" {
			state += " (" + x.Code + ", " + counted(x.Attempts, "attempt") + ", next try " + a.when(x.NextTry) + ")"
		}
		return []string{x.Sync, state, a.when(x.Since), orDash(x.Key), orDash(x.RemoteID)}
	})
}

// section is a table with a title; nothing when it has no rows.
func (a *app) section(title string, headings []string, n int, row func(i int) []string) {
	if n == 0 {
		return
	}
	rows := make([][]string, n)
	for i := range rows {
		rows[i] = row(i)
	}
	a.out.printf("\n%s\n", a.out.paint(bold, title))
	a.out.table(headings, rows)
}
