package project

import (
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// declareSegments gives every segment its entity.
func (l *loader) declareSegments() {
	for _, d := range l.segments.enabled() {
		d.noun.Entity = l.entityOf(d.v)
		l.p.Segments = append(l.p.Segments, d.noun)
	}
}

func (l *loader) resolveSegments() {
	for _, d := range l.segments.enabled() {
		s, v := d.noun, d.v
		if s.Entity == nil {
			continue
		}
		l.reads(s, s.Entity, s.Pos)
		s.Where = l.condition(v.get("where"), scope{entity: s.Entity, owner: s})
		s.Limit = l.segmentLimit(s, v.get("limit"))
	}
}

func (l *loader) segmentLimit(s *cdp.Segment, v *value) *cdp.SegmentLimit {
	if v == nil {
		return nil
	}
	key, highest := "lowest", false
	if v.has("highest") {
		key, highest = "highest", true
	}
	by := v.get(key)
	t := l.trait(s.Entity, by, s)
	if t != nil && !t.Type.Ordered() && t.Type.Kind != "" {
		l.at(by.node, "", "%s is %s, which has no order", t.Name, t.Type).Note(t.Pos, "declared here")
	}
	if t == nil || v.get("rows") == nil {
		return nil
	}
	return &cdp.SegmentLimit{Rows: number(v.get("rows").text.s), By: t, Highest: highest}
}

func (l *loader) resolveConsents() {
	for _, d := range l.consents.enabled() {
		c, v := d.noun, d.v
		l.p.Consents = append(l.p.Consents, c)
		c.Entity = l.entityOf(v)
		c.Pick = "latest"
		c.Granted = v.str("default") == "granted"
		if c.Name == "none" {
			l.at(v.nameNode(), "choose another name", "consent: none means no consent, so no consent can be called so")
		}
		if i := v.get("identifier"); i != nil && c.Entity != nil {
			c.Identifier = l.identifier(c.Entity, i.node, i.text.s)
		}
		from := v.get("from")
		for _, x := range from.each() {
			l.consentFrom(c, x)
		}
		if from != nil && len(from.each()) == 0 && !from.short {
			l.at(from.node, "add source.column", "an empty list of columns")
		}
		l.consentTimes(c, from)
	}
}

// consentTimes: beside rows with a time those without one are the oldest, so that a
// withdrawal among them would never hold.
func (l *loader) consentTimes(c *cdp.Consent, from *value) {
	timed := func(s *cdp.Source) bool { return s.Timestamp != "" || s.LoadedAt != "" }
	if !slices.ContainsFunc(c.From, func(f cdp.TraitFrom) bool { return timed(f.Source) }) {
		return // a tie is denied
	}
	for _, x := range from.each() {
		name, _, _ := strings.Cut(x.text.s, ".")
		for _, f := range c.From {
			if f.Source.Name == name && !timed(f.Source) && !l.open[f.Source] && !l.timeRefused(f.Source) {
				l.noTimestamp(x.node, f.Source, "the latest of several consents")
				break
			}
		}
	}
}

// consentFrom resolves a bool column; the consent of a value needs to know whose
// value a row is about.
func (l *loader) consentFrom(c *cdp.Consent, x *value) {
	s, col := l.sourceColumn(x)
	if s == nil || col == nil {
		return
	}
	if col.Type.Kind != cdp.Bool && col.Type.Kind != "" {
		l.at(x.node, "make a bool of it: {type: bool, sql: ...}", "a consent comes from bool columns, and %s is %s", x.text.s, col.Type).Note(col.Pos, "declared here")
		return
	}
	if !l.linked(c.Entity, s, x.node) {
		return
	}
	if link := c.Entity.LinkTo(s); c.Identifier != nil && !holds(link, c.Identifier) {
		l.at(x.node, "add it to the link", "the link to source %s does not hold the identifier %s, whose consent this is", s.Name, c.Identifier.Name).Note(link.Pos, "the link")
		return
	}
	c.From = append(c.From, cdp.TraitFrom{Source: s, Column: col.Name})
}

// consentOf resolves the consent of a sync: names, or none.
func (l *loader) consentOf(s *cdp.Sync, v *value) {
	c := v.get("consent")
	if c == nil {
		return
	}
	s.ConsentPos = c.pos()
	for _, x := range c.each() {
		if x.text.s == "none" {
			s.ConsentNone = true
			if len(c.each()) > 1 {
				l.at(x.node, "keep one of them", "consent: none beside a consent")
			}
			continue
		}
		found, ok := find(l, &l.consents, x)
		if !ok {
			l.open[s] = true
			continue
		}
		if found.Entity != nil && s.Entity != nil && found.Entity != s.Entity {
			l.otherEntity(x.node, "consent", found.Name, found.Entity, s.Entity)
			continue
		}
		s.Consents = append(s.Consents, found)
	}
	if len(c.each()) == 0 && !c.short {
		l.at(c.node, "write none to send without", "an empty list of consents")
	}
}
