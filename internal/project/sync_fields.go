package project

import (
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/cdp"
)

// syncFields resolves key and fields. Their bare names are of the primary scope:
// columns for a source, else traits.
func (l *loader) syncFields(s *cdp.Sync, v *value) {
	if k := v.get("key"); k != nil {
		if len(k.keys) != 1 && !k.short {
			l.at(k.node, "a key is one remote field; for several parts write {sql: ...}", "key has %d entries, not one", len(k.keys))
		} else if len(k.keys) != 1 {
			l.open[s] = true
		} else if s.Key = l.syncField(s, k.keys[0]); s.Key != nil {
			l.keyField(s, k.keys[0])
		}
	}
	for _, e := range v.get("fields").entries() {
		if f := l.syncField(s, e); f != nil {
			s.Fields = append(s.Fields, f)
		}
	}
}

func (v *value) entries() []entry {
	if v == nil {
		return nil
	}
	return v.keys
}

// keyField: a key names a record.
func (l *loader) keyField(s *cdp.Sync, e entry) {
	switch f := s.Key; {
	case f.Kind == cdp.FieldValue || f.Kind == cdp.FieldSegment:
		l.at(e.value.node, "take a trait or a column", "a key names one record, and this is the same for many")
	case f.Type.Is(cdp.JSON, cdp.List):
		l.at(e.value.node, "", "a key cannot be of type %s", f.Type)
	}
	if e.value.has("on_null") {
		l.at(e.value.entry("on_null").key, "a row without a key is skipped", "a key takes no on_null")
	}
}

// fieldKinds are the keys that say where a value comes from.
var fieldKinds = []string{"trait", "column", "segment", "value", "sql"}

// syncField resolves one field; nil when it was refused.
func (l *loader) syncField(s *cdp.Sync, e entry) *cdp.SyncField {
	f := &cdp.SyncField{Remote: e.name, Pos: e.key.pos()}
	if e.value == nil {
		return nil
	}
	if e.name == "" {
		l.at(e.key, "", "an empty name of a remote field")
		return nil
	}
	if e.value.is(yaml.ScalarNode) {
		kind := cdp.FieldTrait
		if s.Source != nil {
			kind = cdp.FieldColumn
		}
		return l.fieldOf(s, f, kind, e.value)
	}
	v := e.value
	f.Clear = v.str("on_null") == "clear"
	var have []string
	for _, k := range fieldKinds {
		if v.has(k) {
			have = append(have, k)
		}
	}
	block := l.grammar.field()
	switch {
	case len(have) > 1:
		l.at(v.entry(have[1]).key, "keep one of them", "a field comes from one place, not from %s", listed(have, "and")).Note(v.entry(have[0]).key.pos(), "the other one")
		return nil
	case len(have) == 0 && !v.has("first_of") && !slices.ContainsFunc(fieldKinds, func(k string) bool { return v.misspelt(k, block) }):
		l.at(v.node, "add one of "+listed(fieldKinds, "and"), "the field %s does not say where its value comes from", e.name)
		return nil
	case len(have) == 0:
		return nil
	}
	if v.has("relation") {
		return l.relationField(s, f, v, have[0])
	}
	return l.fieldOf(s, f, cdp.FieldKind(have[0]), v.get(have[0]))
}

func (l *loader) fieldOf(s *cdp.Sync, f *cdp.SyncField, kind cdp.FieldKind, v *value) *cdp.SyncField {
	if v == nil {
		return nil
	}
	f.Kind = kind
	switch kind {
	case cdp.FieldColumn:
		return l.columnField(s, f, v)
	case cdp.FieldTrait:
		l.wantsProfile[s] = l.wantsProfile[s] || s.Source != nil
		if f.Trait = l.trait(s.Entity, v, s); f.Trait == nil {
			return nil
		}
		f.Type = f.Trait.Type
	case cdp.FieldSegment:
		l.wantsProfile[s] = l.wantsProfile[s] || s.Source != nil
		f.Type = cdp.Type{Kind: cdp.Bool}
		f.Segment, _ = find(l, &l.segments, v)
		if f.Segment == nil {
			return nil
		}
		if f.Segment.Entity != nil && s.Entity != nil && f.Segment.Entity != s.Entity {
			l.otherEntity(v.node, "segment", f.Segment.Name, f.Segment.Entity, s.Entity)
			return nil
		}
	case cdp.FieldValue:
		f.Type = cdp.Type{Kind: cdp.String}
		f.Value = cdp.Value{Type: f.Type, Text: v.text.s}
	case cdp.FieldSQL:
		f.Type = cdp.Type{Kind: cdp.String}
		f.SQL = l.sql(v)
		if s.Source == nil && s.Entity != nil {
			f.Uses = l.uses(f.SQL, s.Entity, s)
		}
	}
	return f
}

func (l *loader) columnField(s *cdp.Sync, f *cdp.SyncField, v *value) *cdp.SyncField {
	if s.Source == nil {
		if !l.open[s] && s.Entity != nil {
			l.at(v.node, "columns are in scope in a sync from a source", "a profile of %s is in scope here, not the rows of a source", s.Entity.Name)
		}
		return nil
	}
	f.Column = v.text.s
	c := s.Source.Column(f.Column)
	if c == nil {
		if l.open[s.Source] {
			return nil
		}
		help := maybe(near(f.Column, columnNames(s.Source), "the columns are"), "add it to the columns of the source")
		if s.Entity != nil && l.lookup(s.Entity, f.Column) != nil {
			help = "for the trait write {trait: " + f.Column + "}"
		}
		l.at(v.node, help, "source %s has no column %q", s.Source.Name, f.Column).Note(s.Source.Pos, "source %s", s.Source.Name)
		return nil
	}
	f.Type = c.Type
	return f
}

// relationField is a trait of the entity that a relation to one leads to.
func (l *loader) relationField(s *cdp.Sync, f *cdp.SyncField, v *value, kind string) *cdp.SyncField {
	l.wantsProfile[s] = l.wantsProfile[s] || s.Source != nil
	if kind != "trait" {
		l.at(v.entry(kind).key, "write {relation: x, trait: y}", "a relation leads to traits, not to %s", kind)
		return nil
	}
	f.Kind = cdp.FieldRelation
	f.Relation = l.relation(s.Entity, v.get("relation"), s)
	if f.Relation == nil || f.Relation.To == nil {
		return nil
	}
	if f.Relation.Pick == "" {
		l.at(v.entry("relation").key, "add pick to the relation, or make a trait with an aggregate", "relation %s leads to many", f.Relation.Name).Note(f.Relation.Pos, "declared here")
	}
	if f.Trait = l.trait(f.Relation.To, v.get("trait"), s); f.Trait == nil {
		return nil
	}
	f.Type = f.Trait.Type
	return f
}
