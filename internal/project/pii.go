package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
)

// Personal data flows where values flow: a column carries its kind, a column made
// by sql or json those of what it reads, a trait those of the columns and traits
// that its value is made of. Counting does not carry it, nor does a bin, a split or
// the membership of a segment.

// step is one link of a lineage: where a value comes from.
type step struct {
	pos  diag.Pos
	text string
}

// flow is what is in a thing: the columns that it is made of, the personal data in
// them and how it got there.
type flow struct {
	columns []*cdp.SourceColumn
	kinds   []string
	steps   []step // from the column on
}

func (f *flow) add(from flow, s step) {
	for _, c := range from.columns {
		if !slices.Contains(f.columns, c) {
			f.columns = append(f.columns, c)
		}
	}
	for _, k := range from.kinds {
		if !slices.Contains(f.kinds, k) {
			f.kinds = append(f.kinds, k)
		}
	}
	if len(f.steps) == 0 && len(from.kinds) > 0 {
		f.steps = append(slices.Clone(from.steps), s)
	}
}

// findPII fills in the kinds of every trait.
func (l *loader) findPII() {
	for _, t := range l.p.Traits {
		t.PII = l.flowOfTrait(t).kinds
	}
}

func (l *loader) flowOfColumn(s *cdp.Source, name string) flow {
	c := s.Column(name)
	if c == nil {
		return flow{}
	}
	if f, ok := l.flows[c]; ok {
		return f
	}
	l.flows[c] = flow{}
	f := flow{columns: []*cdp.SourceColumn{c}}
	if c.SQL != nil {
		names := l.namesIn(c.SQL)
		for _, other := range s.Columns {
			if other != c && names.has(other.Name) {
				f.add(l.flowOfColumn(s, other.Name), step{c.Pos, fmt.Sprintf("column %s.%s is made of it", s.Name, c.Name)})
			}
		}
	} else if root, _, ok := strings.Cut(c.JSON, "."); ok && root != c.Name {
		f.add(l.flowOfColumn(s, root), step{c.Pos, fmt.Sprintf("column %s.%s is read from it", s.Name, c.Name)})
	}
	if c.PII != "" { // it says itself what it carries
		f.kinds, f.steps = []string{c.PII}, []step{{c.Pos, fmt.Sprintf("column %s.%s is pii: %s", s.Name, c.Name, c.PII)}}
	}
	l.flows[c] = f
	return f
}

// flowOfSQL is what a fragment over the rows of a source carries.
func (l *loader) flowOfSQL(s *cdp.Source, sql *cdp.SQL, at step) flow {
	var f flow
	names := l.namesIn(sql)
	for _, c := range s.Columns {
		if names.has(c.Name) {
			f.add(l.flowOfColumn(s, c.Name), at)
		}
	}
	return f
}

func (l *loader) flowOfTrait(t *cdp.Trait) flow {
	if f, ok := l.flows[t]; ok {
		return f
	}
	l.flows[t] = flow{} // a cycle has been reported
	var f flow
	at := step{t.Pos, "trait " + t.Name + " takes it"}
	switch t.Kind {
	case cdp.PickTrait:
		for _, from := range t.From {
			f.add(l.flowOfColumn(from.Source, from.Column), at)
		}
	case cdp.IdentifierTrait:
		if t.Entity == nil || t.Ident == nil {
			break
		}
		for _, link := range t.Entity.Links {
			for _, c := range link.Columns {
				if c.Identifier == t.Ident {
					f.add(l.flowOfColumn(link.Source, c.Column), at)
				}
			}
		}
	case cdp.AggregateTrait:
		switch a := t.Aggregate; {
		case a == nil || t.Source == nil:
		case a.SQL != nil:
			f.add(l.flowOfSQL(t.Source, a.SQL, at), at)
			l.besideRows(&f, t, at)
		case a.Func == "min" || a.Func == "max":
			f.add(l.flowOfColumn(t.Source, a.Column), at)
		}
	case cdp.SQLTrait:
		for _, u := range t.Uses {
			f.add(l.flowOfTrait(u), at)
		}
	case cdp.RelationTrait:
		if t.RelTrait != nil && (t.Aggregate == nil || t.Aggregate.Func == "min" || t.Aggregate.Func == "max") {
			f.add(l.flowOfTrait(t.RelTrait), at)
		}
	}
	l.flows[t] = f
	return f
}

// besideRows: where an aggregate begins at a trait the profile is beside the rows, and
// SQL may read it where the rows have no such column.
func (l *loader) besideRows(f *flow, t *cdp.Trait, at step) {
	if t.After == nil {
		return
	}
	names := l.namesIn(t.Aggregate.SQL)
	for _, u := range l.traitsOf(t.Entity) {
		if u != t && names.has(u.Name) && t.Source.Column(u.Name) == nil {
			f.add(l.flowOfTrait(u), at)
		}
	}
}

// flowOfField is what a field of a sync carries.
func (l *loader) flowOfField(s *cdp.Sync, f *cdp.SyncField) flow {
	var out flow
	at := step{f.Pos, fmt.Sprintf("field %s sends it", f.Remote)}
	switch f.Kind {
	case cdp.FieldColumn:
		if s.Source != nil {
			out.add(l.flowOfColumn(s.Source, f.Column), at)
		}
	case cdp.FieldTrait, cdp.FieldRelation:
		if f.Trait != nil {
			out.add(l.flowOfTrait(f.Trait), at)
		}
	case cdp.FieldSQL:
		if s.Source != nil {
			out.add(l.flowOfSQL(s.Source, f.SQL, at), at)
		}
		for _, t := range f.Uses {
			out.add(l.flowOfTrait(t), at)
		}
	}
	return out
}

// maxLineage is how many fields an error shows the lineage of.
const maxLineage = 5

// mustConsent: a sync that sends personal data says under which consent.
func (l *loader) mustConsent(s *cdp.Sync, v *value) {
	if v.has("consent") || v.misspelt("consent", l.grammar.syncBlock) {
		return
	}
	var flows []flow
	var names []string
	fields := s.Fields
	if s.Key != nil {
		fields = append([]*cdp.SyncField{s.Key}, fields...)
	}
	for _, f := range fields {
		if x := l.flowOfField(s, f); len(x.kinds) > 0 {
			flows, names = append(flows, x), append(names, f.Remote)
		}
	}
	for _, t := range s.Match {
		if x := l.flowOfTrait(t); len(x.kinds) > 0 {
			x.steps = append(slices.Clone(x.steps), step{v.entry("match").key.pos(), fmt.Sprintf("match sends %s", t.Name)})
			flows, names = append(flows, x), append(names, t.Name)
		}
	}
	if len(flows) == 0 {
		return
	}
	p := l.at(v.nameNode(), "add consent: and the name of one, or none if it needs none", "sync %s sends personal data (%s) and does not say under which consent", s.Name, strings.Join(names, ", "))
	for i, f := range flows {
		if i == maxLineage {
			break
		}
		for _, st := range f.steps {
			noteOnce(p, st.pos, st.text)
		}
	}
}
