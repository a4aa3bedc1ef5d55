package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// Reference is the reference of the language in Markdown, made from the rows that
// the decoder uses: a section for each block, a row for each key. The text is the
// same for the same specs.
func Reference(specs map[string]cdp.DestinationSpec) string {
	g := newGrammar(specs)
	r := &referencer{seen: map[*block]bool{}, held: notYet()}
	r.b.WriteString("# Reference of the language\n\nMade from the tables that the decoder uses; `kith schema` prints them as JSON Schema.\n")
	r.block(g.kith, 2)
	r.block(g.models, 2)
	r.types()
	r.destinations(g, specs)
	return r.b.String()
}

type referencer struct {
	b    strings.Builder
	seen map[*block]bool
	held map[feature]bool
}

func title(b *block) string {
	return strings.TrimPrefix(strings.TrimPrefix(b.name, "an "), "a ")
}

// block writes a section, then those of the blocks in it.
func (r *referencer) block(b *block, level int) {
	if r.seen[b] {
		return
	}
	r.seen[b] = true
	fmt.Fprintf(&r.b, "\n%s %s\n\n%s\n", strings.Repeat("#", level), title(b), b.doc)
	if len(b.exact) > 0 {
		fmt.Fprintf(&r.b, "\nExactly one of `%s`.\n", strings.Join(b.exact, "`, `"))
	}
	r.b.WriteString("\n| Key | Value | Default | Meaning |\n|---|---|---|---|\n")
	for _, f := range b.fields {
		fmt.Fprintf(&r.b, "| `%s` | %s | %s | %s |\n", f.name, cell(r.value(f)), cell(defaultOf(f)), cell(f.doc))
	}
	for _, f := range b.fields {
		if !r.held[f.later] {
			r.inside(f.shape, level)
		}
	}
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func (r *referencer) value(f field) string {
	if r.held[f.later] {
		return "*not in this version yet*"
	}
	return describe(f.shape)
}

func defaultOf(f field) string {
	if f.required {
		return "**required**"
	}
	return f.def
}

// inside writes the sections of the blocks that a shape holds.
func (r *referencer) inside(s shape, level int) {
	next := min(level+1, 4)
	if s.block != nil {
		r.block(s.block, next)
	}
	if s.list != nil && s.list != &s && (s.list.block == nil || !r.seen[s.list.block]) {
		r.inside(*s.list, level)
	}
	if s.dict != nil {
		r.inside(s.dict.value, level)
	}
	if s.variants != nil && s.variants.name == "a target" { // destinations have a part of their own
		for _, t := range s.variants.types {
			r.block(s.variants.blocks[t], next)
		}
	}
}

// describe is a shape in words, blocks as links.
func describe(s shape) string {
	var forms []string
	if s.scalar != nil {
		name := s.scalar.name
		if s.scalar.values != nil {
			name = "`" + strings.Join(s.scalar.values, "` \\| `") + "`"
		}
		forms = append(forms, strings.ReplaceAll(name, "\\|", "|"))
	}
	if s.block != nil {
		forms = append(forms, fmt.Sprintf("[%s](#%s)", title(s.block), anchor(title(s.block))))
	}
	if s.list != nil {
		switch {
		case s.list.list != nil && s.list.block != nil:
			forms = append(forms, "list of conditions")
		case s.list.raw:
			forms = append(forms, "list of blocks")
		default:
			forms = append(forms, "list of "+describe(*s.list))
		}
	}
	if s.dict != nil {
		forms = append(forms, fmt.Sprintf("%s: %s", s.dict.key.name, describe(s.dict.value)))
	}
	if s.variants != nil {
		var links []string
		for _, t := range s.variants.types {
			links = append(links, fmt.Sprintf("[%s](#%s)", t, anchor(title(s.variants.blocks[t]))))
		}
		forms = append(forms, strings.Join(links, ", "))
	}
	return strings.Join(forms, ", or ")
}

// anchor is what Markdown makes of a heading.
func anchor(heading string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == ' ':
			return '-'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
			return c
		}
		return -1
	}, strings.ToLower(heading))
}

// types writes what operators and aggregates fit which type.
func (r *referencer) types() {
	r.b.WriteString("\n## Types and operators\n\n| Type | Operators |\n|---|---|\n")
	decimal := cdp.Type{Kind: cdp.Decimal, Precision: 12, Scale: 2}
	for _, t := range []cdp.Type{
		{Kind: cdp.String},
		{Kind: cdp.Int},
		{Kind: cdp.Float},
		decimal,
		{Kind: cdp.Bool},
		{Kind: cdp.Date},
		{Kind: cdp.Timestamp},
		{Kind: cdp.JSON},
		cdp.ListOf(cdp.Type{Kind: cdp.String}),
	} {
		fmt.Fprintf(&r.b, "| `%s` | `%s` |\n", t, strings.Join(fitting(t), "` `"))
	}
	fmt.Fprintf(&r.b, "\nAggregates: `%s`. Kinds of pii: `%s`.\n", strings.Join(functions, "` `"), strings.Join(piiKinds, "` `"))
}

func (r *referencer) destinations(g *grammar, specs map[string]cdp.DestinationSpec) {
	r.b.WriteString("\n## Destinations\n")
	for _, t := range g.destinations.types {
		spec := specs[t]
		r.block(g.destinations.blocks[t], 3)
		r.b.WriteString("\n| Writes | Names | Modes | on_removed |\n|---|---|---|---|\n")
		for _, w := range spec.Writes {
			names, modes := "any", joined(w.Modes)
			if w.Names != nil {
				names = strings.Join(w.Names, ", ")
			}
			if w.Kind == cdp.Object && w.Modes == nil {
				modes = string(cdp.Upsert)
			}
			fmt.Fprintf(&r.b, "| %s | %s | %s | %s |\n", w.Kind, cell(names), modes, joined(w.Actions))
		}
		if len(spec.Match) > 0 {
			fmt.Fprintf(&r.b, "\nRecognises people by %s.\n", listed(slices.Clone(sorted(spec.Match)), "and"))
		}
	}
}
