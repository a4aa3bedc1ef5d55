package project

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
)

var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

// resolveEntities fills in identifiers, links and the trait that every identifier has.
func (l *loader) resolveEntities() {
	for _, d := range l.entities.enabled() {
		e, id := d.noun, d.v.get("identity")
		l.p.Entities = append(l.p.Entities, e)
		if id == nil {
			l.open[e] = true
			l.unlinked[e] = []string{""}
			continue
		}
		l.identifiers(e, id)
		l.links(e, id)
		if m := id.get("max_size"); m != nil {
			e.MaxSize = number(m.text.s)
		}
		l.regions(e, id)
		l.resolveMatch(e, d.v.get("match"))
		l.caps(e, id)
		g := id.get("guards")
		for key, to := range map[string]*cdp.Guard{
			"max_merged": &e.Guards.MaxMerged, "max_split": &e.Guards.MaxSplit, "max_gone": &e.Guards.MaxGone, "max_quarantined": &e.Guards.MaxQuarantined,
		} {
			if x := g.get(key); x != nil {
				*to, _, _ = guard(x.text.s)
			}
		}
		if r := id.get("rebuild"); r != nil && r.str("cron") != "" {
			e.Rebuild = &cdp.Schedule{Cron: r.str("cron"), Timezone: r.str("timezone"), Pos: r.pos()}
			if e.Rebuild.Timezone == "" {
				e.Rebuild.Timezone = l.p.Timezone
			}
		}
	}
}

func (l *loader) identifiers(e *cdp.Entity, id *value) {
	list := id.get("identifiers")
	l.open[e] = list == nil || list.short
	l.implicit[e] = map[string]*cdp.Trait{}
	if list != nil && len(list.list) == 0 && !list.short {
		l.at(list.node, "add one: {name: email, normalize: email}", "entity %s has no identifiers", e.Name)
		l.open[e] = true
	}
	for _, v := range list.each() {
		name := v.str("name")
		if name == "" {
			l.open[e] = true
			continue
		}
		if first := identifierOf(e, name); first != nil {
			l.at(v.get("name").node, "", "two identifiers of %s are called %q", e.Name, name).Note(first.Pos, "the first one")
			continue
		}
		i := &cdp.Identifier{Name: name, Normalize: v.str("normalize"), Rank: len(e.Identifiers), Pos: v.nameNode().pos()}
		if m := v.get("max"); m != nil {
			i.Max = number(m.text.s)
		}
		l.block(i, v.get("block"))
		l.onConflict(e, i, v)
		l.reservedName(v)
		e.Identifiers = append(e.Identifiers, i)
		t := &cdp.Trait{
			Item: cdp.Item{Name: name, Pos: i.Pos}, Entity: e, Kind: cdp.IdentifierTrait, Ident: i,
			Type: cdp.Type{Kind: cdp.String}, Implicit: true,
		}
		l.implicit[e][name] = t
		l.typed[t] = true
		l.p.Traits = append(l.p.Traits, t)
	}
}

// block reads what identifies nobody: a list, or a table with or without one.
func (l *loader) block(i *cdp.Identifier, v *value) {
	if v == nil {
		return
	}
	list := v
	if v.is(yaml.MappingNode) {
		list = v.get("values")
		if t := v.get("table"); t != nil {
			i.BlockIn = &cdp.BlockTable{Table: *table(t.text.s), Column: v.str("column")}
			if i.BlockIn.Column == "" {
				i.BlockIn.Column = i.Name
			}
		}
	}
	for _, b := range list.each() {
		if b.is(yaml.ScalarNode) {
			i.Block = append(i.Block, b.text.s)
		}
	}
}

// caps resolves the identifiers that caps name.
func (l *loader) caps(e *cdp.Entity, id *value) {
	for _, v := range id.get("identifiers").each() {
		i := identifierOf(e, v.str("name"))
		c := v.get("caps")
		if i == nil || c == nil {
			continue
		}
		for _, k := range c.keys {
			if k.value == nil {
				continue
			}
			x := cdp.Cap{Max: number(k.value.text.s)}
			if k.name != "any" {
				if x.To = l.identifier(e, k.key, k.name); x.To == nil {
					continue
				}
				if x.To == i {
					l.at(k.key, "values of one identifier are never linked with each other", "a cap of %s on itself", i.Name)
					continue
				}
			}
			i.Caps = append(i.Caps, x)
		}
	}
}

func (l *loader) onConflict(e *cdp.Entity, i *cdp.Identifier, v *value) {
	c := v.get("on_conflict")
	if c == nil || c.text.s != "share" {
		return
	}
	i.Share = true
	if i.Rank == 0 {
		l.at(c.node, "the strongest identifier decides: leave on_conflict out", "on_conflict: share on %s, the strongest identifier of %s", i.Name, e.Name)
	}
}

// reservedName: the profile has columns of its own.
func (l *loader) reservedName(v *value) {
	if v.str("name") == "entity_id" {
		l.at(v.nameNode(), "choose another name", "every profile has a column entity_id already")
	}
}

func identifierOf(e *cdp.Entity, name string) *cdp.Identifier {
	for _, i := range e.Identifiers {
		if i.Name == name {
			return i
		}
	}
	return nil
}

func identifierNames(e *cdp.Entity) []string {
	var names []string
	for _, i := range e.Identifiers {
		names = append(names, i.Name)
	}
	return names
}

// identifier looks up an identifier of an entity.
func (l *loader) identifier(e *cdp.Entity, n node, name string) *cdp.Identifier {
	if e == nil {
		return nil
	}
	i := identifierOf(e, name)
	if i == nil && !l.open[e] {
		l.at(n, near(name, identifierNames(e), "the identifiers are"), "entity %s has no identifier %q", e.Name, name).Note(e.Pos, "entity %s", e.Name)
	}
	return i
}

func (l *loader) links(e *cdp.Entity, id *value) {
	list := id.get("links")
	if list == nil || list.short {
		l.unlinked[e] = append(l.unlinked[e], "")
	}
	if list != nil && len(list.list) == 0 && !list.short {
		l.at(list.node, "add one: {source: orders, identifiers: [email]}", "entity %s has no links", e.Name)
	}
	for _, v := range list.each() {
		s, ok := find(l, &l.sources, v.get("source"))
		if !ok {
			l.unlinked[e] = append(l.unlinked[e], v.str("source"))
			continue
		}
		if first := e.LinkTo(s); first != nil {
			l.at(v.get("source").node, "put the identifiers into one link", "entity %s has two links to source %s", e.Name, s.Name).Note(first.Pos, "the first one")
			continue
		}
		link := &cdp.Link{Source: s, Merge: v.str("merge") != "false", Pos: v.get("source").pos()}
		columns := l.linkColumns(e, s, v.get("identifiers"))
		for _, i := range e.Identifiers { // in the order of strength
			if c, ok := columns[i]; ok {
				link.Columns = append(link.Columns, cdp.LinkColumn{Identifier: i, Column: c})
			}
		}
		link.Where = l.condition(v.get("where"), scope{source: s, owner: e})
		e.Links = append(e.Links, link)
		l.reads(e, s, link.Pos)
	}
}

// linkColumns reads identifier: column, or a list of names that are both.
func (l *loader) linkColumns(e *cdp.Entity, s *cdp.Source, v *value) map[*cdp.Identifier]string {
	columns := map[*cdp.Identifier]string{}
	if v == nil {
		return columns
	}
	if len(v.list)+len(v.keys) == 0 && !v.short {
		l.at(v.node, "name at least one", "the link to source %s has no identifiers", s.Name)
	}
	add := func(n node, name string, at *value, column string) {
		i := l.identifier(e, n, name)
		if i == nil {
			return
		}
		if _, twice := columns[i]; twice {
			l.at(n, "", "the identifier %s is here twice", name)
			return
		}
		c := l.columnNamed(s, at, column)
		if c != nil && c.Type.Is(cdp.JSON, cdp.List, cdp.Float) {
			l.at(at.node, "", "an identifier cannot be of type %s", c.Type).Note(c.Pos, "declared here")
		}
		columns[i] = column
	}
	for _, x := range v.list {
		add(x.node, x.text.s, x, x.text.s)
	}
	for _, k := range v.keys {
		if k.value != nil {
			add(k.key, k.name, k.value, k.value.text.s)
		}
	}
	return columns
}

// regions resolves the region of phone numbers: a country, or a column of every
// source that is linked by the identifier.
func (l *loader) regions(e *cdp.Entity, id *value) {
	for _, v := range id.get("identifiers").each() {
		r, i := v.get("region"), identifierOf(e, v.str("name"))
		if r == nil || i == nil {
			continue
		}
		if i.Normalize != "phone" {
			l.at(v.entry("region").key, "add normalize: phone", "region is for phone numbers")
		}
		if countryCode.MatchString(r.text.s) {
			i.Region = r.text.s
			continue
		}
		i.RegionCol = r.text.s
		for _, link := range e.Links {
			if !holds(link, i) || l.open[link.Source] || link.Source.Column(i.RegionCol) != nil {
				continue
			}
			l.at(r.node, "a region is a country code such as NL, or a column of every source that holds the identifier", "source %s has no column %q", link.Source.Name, i.RegionCol).Note(link.Pos, "the link")
			break
		}
	}
}

func holds(link *cdp.Link, i *cdp.Identifier) bool {
	for _, c := range link.Columns {
		if c.Identifier == i {
			return true
		}
	}
	return false
}

// blockPattern checks a value that is blocked; /x/ is a regular expression.
func blockPattern(s string) (problem, help string) {
	if len(s) < 2 || !strings.HasPrefix(s, "/") || !strings.HasSuffix(s, "/") {
		if s == "" {
			return "an empty value never identifies anybody", "leave it out"
		}
		return "", ""
	}
	if _, err := regexp.Compile(s[1 : len(s)-1]); err != nil {
		return fmt.Sprintf("%s is no regular expression", s), strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	}
	return "", ""
}

// linked reports a source that the entity has no link to, with the line to add.
func (l *loader) linked(e *cdp.Entity, s *cdp.Source, n node) bool {
	if e == nil || s == nil || e.LinkTo(s) != nil {
		return e != nil && s != nil
	}
	for _, name := range l.unlinked[e] {
		if name == "" || len(diag.Near(name, []string{s.Name})) > 0 {
			return false // a link that was refused may have been meant for it
		}
	}
	l.at(n, fmt.Sprintf("add to the links of entity %s: %s", e.Name, linkLine(e, s)), "source %s has no link to entity %s", s.Name, e.Name).Note(e.Pos, "entity %s", e.Name)
	return false
}

// linkLine is a link as it would be written, from columns that are called as identifiers.
func linkLine(e *cdp.Entity, s *cdp.Source) string {
	var same []string
	for _, i := range e.Identifiers {
		if s.Column(i.Name) != nil {
			same = append(same, i.Name)
		}
	}
	if len(same) > 0 {
		return fmt.Sprintf("- {source: %s, identifiers: [%s]}", s.Name, strings.Join(same, ", "))
	}
	name := "email"
	if len(e.Identifiers) > 0 {
		name = e.Identifiers[0].Name
	}
	return fmt.Sprintf("- {source: %s, identifiers: {%s: COLUMN}}", s.Name, name)
}

// resolveRelations fills in relations.
func (l *loader) resolveRelations() {
	for _, d := range l.relations.enabled() {
		r, v := d.noun, d.v
		l.p.Relations = append(l.p.Relations, r)
		r.Entity, _ = find(l, &l.entities, v.get("entity"))
		r.To, _ = find(l, &l.entities, v.get("to"))
		r.From, _ = find(l, &l.sources, v.get("from"))
		r.Pick = v.str("pick")
		if r.Entity != nil && r.Entity == r.To {
			l.at(v.get("to").node, "", "a relation is between two entities")
			continue
		}
		if r.From == nil {
			continue
		}
		l.linked(r.Entity, r.From, v.get("from").node)
		l.linked(r.To, r.From, v.get("from").node)
		if r.Pick != "" && r.From.Timestamp == "" && !l.open[r.From] {
			l.noTimestamp(v.get("pick").node, r.From, "pick: "+r.Pick)
		}
		r.Where = l.condition(v.get("where"), scope{source: r.From, owner: r})
		l.reads(r, r.From, r.Pos)
		for _, e := range []*cdp.Entity{r.Entity, r.To} {
			if e != nil {
				l.reads(r, e, r.Pos)
			}
		}
	}
}

func (l *loader) noTimestamp(n node, s *cdp.Source, what string) {
	l.at(n, "add timestamp: to the source", "%s needs a time, and source %s has no timestamp", what, s.Name).Note(s.Pos, "source %s", s.Name)
}
