package project

import (
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// declareTraits gives every trait its entity, so that names can be looked up.
func (l *loader) declareTraits() {
	for _, d := range l.traits.enabled() {
		t := d.noun
		l.blocks[t] = d.v
		l.p.Traits = append(l.p.Traits, t)
		t.Entity = l.entityOf(d.v)
		l.reservedName(d.v)
		if t.Entity == nil {
			continue
		}
		if i := l.implicit[t.Entity][t.Name]; i != nil {
			l.at(d.v.nameNode(), "choose another name; the identifier's own trait is its latest value", "%s has an identifier %q, which is a trait already", t.Entity.Name, t.Name).
				Note(i.Pos, "the identifier")
		}
	}
}

// lookup is the trait of a name in a profile, or nil.
func (l *loader) lookup(e *cdp.Entity, name string) *cdp.Trait {
	if e == nil {
		return nil
	}
	if t := l.implicit[e][name]; t != nil {
		return t
	}
	if d := l.traits.by[name]; d != nil && d.noun.Entity == e && !d.item.Disabled {
		return d.noun
	}
	return nil
}

// traitsOf are the traits of a profile, in the order of the project.
func (l *loader) traitsOf(e *cdp.Entity) []*cdp.Trait { return l.profiles[e] }

func (l *loader) fillProfiles() {
	for _, t := range l.p.Traits {
		if t.Entity != nil && l.lookup(t.Entity, t.Name) == t {
			l.profiles[t.Entity] = append(l.profiles[t.Entity], t)
		}
	}
}

func (l *loader) traitNames(e *cdp.Entity) []string {
	var names []string
	for _, t := range l.traitsOf(e) {
		names = append(names, t.Name)
	}
	return names
}

// trait looks up a trait of an entity for an owner that reads it, and reports one
// that is unknown, disabled, or of another entity.
func (l *loader) trait(e *cdp.Entity, v *value, owner any) *cdp.Trait {
	if v == nil || e == nil {
		return nil
	}
	name := v.text.s
	if t := l.lookup(e, name); t != nil {
		l.typeOfTrait(t)
		l.reads(owner, t, v.pos())
		return t
	}
	d := l.traits.by[name]
	switch {
	case d != nil && d.item.Disabled:
		l.at(v.node, "", "trait %s is disabled", name).Note(d.item.Pos, "declared here")
	case d != nil && d.noun.Entity != nil:
		l.otherEntity(v.node, "trait", name, d.noun.Entity, e)
	case d != nil || l.partial || l.traits.open || l.open[e]:
	default:
		help := near(name, l.traitNames(e), "the traits are")
		if s := l.segments.by[name]; s != nil {
			help = name + " is a segment"
		}
		l.at(v.node, help, "%s has no trait %q", e.Name, name)
	}
	return nil
}

// makers are the keys that say how a trait is made.
var makers = []string{"identifier", "aggregate", "sql", "bin", "split", "relation", "pick"}

// allowed are the keys of each kind of trait, besides those of every item.
var allowed = map[cdp.TraitKind][]string{
	cdp.PickTrait:       {"from", "pick", "limit"},
	cdp.IdentifierTrait: {"identifier", "limit"},
	cdp.AggregateTrait:  {"from", "aggregate", "where", "within", "after", "default", "type"},
	cdp.SQLTrait:        {"sql", "type"},
	cdp.BinTrait:        {"bin"},
	cdp.SplitTrait:      {"split"},
	cdp.RelationTrait:   {"relation", "trait", "aggregate", "where", "default"},
}

var ofTrait = []string{"name", "description", "tags", "owner", "enabled", "entity", "first_of"}

// kindOf is the kind of a trait by its keys; "" when they contradict each other.
func (l *loader) kindOf(v *value) cdp.TraitKind {
	var have []string
	for _, m := range makers {
		if v.has(m) && (m != "aggregate" || !v.has("relation")) {
			have = append(have, m)
		}
	}
	switch {
	case len(have) == 0 && v.has("from"):
		help := "pick: latest, earliest, first or most_frequent"
		if from := v.get("from").each(); len(from) > 0 && !strings.Contains(from[0].text.s, ".") {
			help = "aggregate: count, or another one"
		}
		if !l.traitMisspelt(v) {
			l.at(v.nameNode(), "add "+help, "trait %s does not say how its value is chosen", v.str("name"))
		}
		return ""
	case len(have) == 0:
		if !l.traitMisspelt(v) && !v.has("first_of") {
			l.at(v.nameNode(), "add from and pick, from and aggregate, identifier, sql, bin or split", "trait %s does not say how it is made", v.str("name"))
		}
		return ""
	case len(have) > 1:
		l.at(v.entry(have[1]).key, "keep one of them", "a trait is made in one way, not by %s", listed(have, "and")).Note(v.entry(have[0]).key.pos(), "the other one")
		return ""
	}
	if have[0] == "pick" {
		return cdp.PickTrait
	}
	return cdp.TraitKind(have[0])
}

func (l *loader) traitMisspelt(v *value) bool {
	b := l.grammar.traitBlock
	for _, m := range append([]string{"from"}, makers...) {
		if v.misspelt(m, b) {
			return true
		}
	}
	return false
}

// resolveTraits gives every trait its type, then what it reads.
func (l *loader) resolveTraits() {
	l.fillProfiles()
	for _, d := range l.traits.enabled() {
		l.typeOfTrait(d.noun)
	}
	for _, d := range l.traits.enabled() {
		l.readsOfTrait(d.noun, d.v)
	}
}

// typeOfTrait resolves what decides the type. A trait whose type depends on itself
// has none: findCycles says so.
func (l *loader) typeOfTrait(t *cdp.Trait) {
	if l.typed[t] {
		return
	}
	l.typed[t] = true
	v := l.blocks[t]
	t.Kind = l.kindOf(v)
	l.extraKeys(t, v)
	switch t.Kind {
	case cdp.PickTrait:
		l.pick(t, v)
	case cdp.IdentifierTrait:
		t.Type = l.limit(t, v, cdp.Type{Kind: cdp.String})
		if i := v.get("identifier"); i != nil {
			t.Ident = l.identifier(t.Entity, i.node, i.text.s)
		}
	case cdp.AggregateTrait:
		l.aggregateTrait(t, v)
	case cdp.SQLTrait:
		if !v.has("type") {
			l.at(v.nameNode(), "add type: and one of "+strings.Join(kinds, " "), "trait %s is SQL and does not say its type", t.Name)
		}
		t.Type = declaredType(v)
		t.SQL = l.sql(v.get("sql"))
	case cdp.BinTrait:
		t.Type = cdp.Type{Kind: cdp.Int}
	case cdp.SplitTrait:
		t.Type = cdp.Type{Kind: cdp.String}
		t.Split = l.split(v.get("split"))
	case cdp.RelationTrait:
		l.relationTrait(t, v)
	}
	if d := v.get("default"); d != nil && t.Kind != "" {
		if val, ok := l.valueOf(d, t.Type); ok {
			t.Default = &val
		}
	}
}

// extraKeys reports keys that this kind of trait does not take.
func (l *loader) extraKeys(t *cdp.Trait, v *value) {
	if t.Kind == "" {
		return
	}
	for _, e := range v.keys {
		switch {
		case slices.Contains(ofTrait, e.name) || slices.Contains(allowed[t.Kind], e.name) || l.grammar.traitBlock.find(e.name) == nil:
		case e.name == "type":
			l.at(e.key, "leave it out", "the type of trait %s follows from where it comes from", t.Name)
		default:
			l.at(e.key, "such a trait takes "+listed(allowed[t.Kind], "and"), "%q does not belong to a trait made by %s", e.name, t.Kind)
		}
	}
	if t.Kind == cdp.AggregateTrait && v.has("type") {
		if a := v.get("aggregate"); a != nil && a.get("sql") == nil && !a.has("sql") {
			l.at(v.entry("type").key, "leave it out", "the type of trait %s follows from its aggregate", t.Name)
		}
	}
}

func declaredType(v *value) cdp.Type {
	if x := v.get("type"); x != nil {
		t, _, _ := typeOf(x.text.s)
		return t
	}
	return cdp.Type{}
}

// limit makes a list type when there is one.
func (l *loader) limit(t *cdp.Trait, v *value, of cdp.Type) cdp.Type {
	x := v.get("limit")
	if x == nil {
		return of
	}
	t.Limit = number(x.text.s)
	if of.Kind == "" {
		return of
	}
	if of.Kind == cdp.List {
		l.at(v.entry("limit").key, "leave limit out", "a list of lists")
		return of
	}
	return cdp.ListOf(of)
}

// readsOfTrait resolves what needs the types of other traits.
func (l *loader) readsOfTrait(t *cdp.Trait, v *value) {
	for _, f := range t.From {
		l.reads(t, f.Source, t.Pos)
	}
	if t.Source != nil {
		l.reads(t, t.Source, t.Pos)
	}
	if t.Entity != nil && t.Kind != cdp.SplitTrait {
		l.reads(t, t.Entity, t.Pos)
	}
	switch t.Kind {
	case cdp.SQLTrait:
		if t.Entity != nil && t.SQL != nil {
			t.Uses = l.uses(t.SQL, t.Entity, t)
		}
	case cdp.BinTrait:
		l.bin(t, v.get("bin"))
	case cdp.AggregateTrait:
		if t.Source == nil {
			return
		}
		t.Where = l.condition(v.get("where"), scope{source: t.Source, owner: t})
		if w := v.get("within"); w != nil {
			win, _, _ := window(w.text.s)
			t.Window = &win
		}
		t.After = l.after(v, scope{entity: t.Entity, owner: t})
		for _, key := range []string{"within", "after"} {
			if v.has(key) && t.Source.Timestamp == "" && !l.open[t.Source] && !l.timeRefused(t.Source) {
				l.noTimestamp(v.entry(key).key, t.Source, key)
				break
			}
		}
	case cdp.RelationTrait:
		if t.Relation != nil && t.Relation.To != nil {
			t.Where = l.condition(v.get("where"), scope{entity: t.Relation.To, owner: t})
		}
	}
}
