package project

import (
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
)

// byValue: of an identifier that a consent is for, only the values that were granted
// are sent. The identifier's own trait is narrowed to them, and of a source whose rows
// hold the identifier only rows with such a value are sent. Anything else that is made
// of the values may be made of those that were not granted.
func (l *loader) byValue(s *cdp.Sync, v *value) {
	fields := s.Fields
	if s.Key != nil {
		fields = append([]*cdp.SyncField{s.Key}, fields...)
	}
	for _, f := range fields {
		for _, x := range s.Consents {
			own := f.Kind == cdp.FieldTrait && f.Trait.Kind == cdp.IdentifierTrait && f.Trait.Ident == x.Identifier
			link, c := heldBy(x, l.flowOfField(s, f).columns)
			if own || link == nil {
				continue
			}
			if s.Source != nil && (f.Kind == cdp.FieldColumn || f.Kind == cdp.FieldSQL) {
				s.AskRow(c)
				continue
			}
			l.notByValue(l.error(f.Pos, "write {trait: "+x.Identifier.Name+"}, or name a consent that is the person's: one without identifier",
				"the field %s is made of %s.%s, whose values need the consent %s each", f.Remote, link.Source.Name, c.Column, x.Name), x, link, c)
			break
		}
	}
	m := v.get("match")
	if m == nil {
		return
	}
	for _, t := range s.Match {
		for _, x := range s.Consents {
			link, c := heldBy(x, l.flowOfTrait(t).columns)
			if link == nil || t.Kind == cdp.IdentifierTrait && t.Ident == x.Identifier {
				continue
			}
			l.notByValue(l.at(m.node, "match on "+x.Identifier.Name+", or name a consent that is the person's: one without identifier",
				"the trait %s is made of %s.%s, whose values need the consent %s each", t.Name, link.Source.Name, c.Column, x.Name).Note(t.Pos, "trait %s", t.Name), x, link, c)
			break
		}
	}
}

func (l *loader) notByValue(p *diag.Problem, x *cdp.Consent, link *cdp.Link, c cdp.LinkColumn) {
	p.Note(x.Pos, "the consent is of each %s", x.Identifier.Name)
	p.Note(link.Source.Column(c.Column).Pos, "column %s.%s holds the %s", link.Source.Name, c.Column, x.Identifier.Name)
}

// heldBy is the first column, of those that a value is made of, that holds the
// identifier whose values a consent is of; nil for none.
func heldBy(x *cdp.Consent, columns []*cdp.SourceColumn) (*cdp.Link, cdp.LinkColumn) {
	if x.Identifier == nil || x.Entity == nil {
		return nil, cdp.LinkColumn{}
	}
	for _, link := range x.Entity.Links {
		for _, c := range link.Columns {
			if c.Identifier != x.Identifier || link.Source == nil {
				continue
			}
			for _, made := range columns {
				if made == link.Source.Column(c.Column) {
					return link, c
				}
			}
		}
	}
	return nil, cdp.LinkColumn{}
}
