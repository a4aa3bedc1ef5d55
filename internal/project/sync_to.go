package project

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/cdp"
)

// syncTo resolves where a sync writes. Kind is "" when that has been refused.
func (l *loader) syncTo(s *cdp.Sync, v *value) {
	to := v.get("to")
	if to == nil {
		return
	}
	if to.is(yaml.SequenceNode) {
		l.notYet(to.node, reservedID, "a list in to")
		return
	}
	s.Destination, _ = find(l, &l.destinations, to.get("destination"))
	var at *value
	for _, kind := range []cdp.RemoteKind{cdp.Object, cdp.Audience, cdp.EventTo} {
		if !to.has(string(kind)) {
			continue
		}
		if s.Kind != "" { // two of them: that has been said
			s.Kind = ""
			return
		}
		s.Kind, at = kind, to.get(string(kind))
	}
	if at == nil {
		return
	}
	if at.is(yaml.MappingNode) {
		s.RemoteID = at.str("id")
	} else if s.Remote = at.text.s; strings.TrimSpace(s.Remote) == "" {
		l.at(at.node, "", "an empty name of %s", an(string(s.Kind)))
	}
	l.capable(s, to, at)
}

// spec is what the destination of a sync can do; false when that is not known.
func (l *loader) spec(s *cdp.Sync) (cdp.DestinationSpec, bool) {
	if s.Destination == nil {
		return cdp.DestinationSpec{}, false
	}
	spec, ok := l.o.Specs[s.Destination.Type]
	return spec, ok
}

// remote is what the destination can do with the kind of thing that the sync
// writes; nil when that is not known or nothing.
func (l *loader) remote(s *cdp.Sync) *cdp.RemoteSpec {
	spec, ok := l.spec(s)
	if !ok {
		return nil
	}
	for i := range spec.Writes {
		if spec.Writes[i].Kind == s.Kind {
			return &spec.Writes[i]
		}
	}
	return nil
}

func (l *loader) capable(s *cdp.Sync, to, at *value) {
	spec, ok := l.spec(s)
	if !ok {
		return
	}
	r := l.remote(s)
	if r == nil {
		var writes []string
		for _, w := range spec.Writes {
			writes = append(writes, string(w.Kind)+"s")
		}
		l.at(to.entry(string(s.Kind)).key, "it writes "+listed(writes, "and"), "a %s destination has no %ss", spec.Type, s.Kind)
		return
	}
	if r.Names != nil && s.Remote != "" && !slices.Contains(r.Names, s.Remote) {
		l.at(at.node, near(s.Remote, r.Names, "there are"), "%s has no %s %q", spec.Type, s.Kind, s.Remote)
	}
}

// match resolves the traits by which a platform recognises a person.
func (l *loader) match(s *cdp.Sync, v *value) {
	m := v.get("match")
	if m == nil || s.Entity == nil {
		return
	}
	spec, known := l.spec(s)
	for _, x := range m.list {
		t := l.trait(s.Entity, x, s)
		if t == nil {
			continue
		}
		if slices.Contains(s.Match, t) {
			l.at(x.node, "", "the trait %s is in match twice", t.Name)
			continue
		}
		s.Match = append(s.Match, t)
		switch kinds := t.PII; {
		case len(kinds) == 0:
			if l.flowUnknown(t) {
				continue
			}
			l.at(x.node, "give the column that it comes from a pii kind, such as {type: string, pii: email}", "the trait %s has no pii kind: a platform would not know what it is", t.Name).Note(t.Pos, "declared here")
		case len(kinds) > 1:
			l.at(x.node, "match on one of what it is made of", "the trait %s holds several kinds: %s", t.Name, listed(kinds, "and")).Note(t.Pos, "declared here")
		case known && spec.Match[kinds[0]] == (cdp.MatchSpec{}) && l.remote(s) != nil:
			l.at(x.node, "it recognises people by "+listed(sorted(spec.Match), "and"), "%s does not recognise people by %s", spec.Type, kinds[0])
		}
	}
	if len(m.list) == 0 && !m.short {
		l.at(m.node, "name at least one trait", "match is empty")
	}
}

// flowUnknown reports whether a part of the trait has been refused, so that its kinds may be missing.
func (l *loader) flowUnknown(t *cdp.Trait) bool {
	if t.Kind == "" || l.partial {
		return true
	}
	return l.reaches(t, func(n any) bool { return l.open[n] }) || t.Kind == cdp.PickTrait && len(t.From) == 0
}

func sorted(m map[string]cdp.MatchSpec) []string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

// onRemoved reads what happens to removed rows: by reason, or one action for all.
func (l *loader) onRemoved(s *cdp.Sync, v *value) {
	on := v.get("on_removed")
	if on == nil || s.Kind == cdp.EventTo || s.Kind == "" {
		return
	}
	if !on.is(yaml.MappingNode) || on.has("set") {
		if on.has("set") && len(on.keys) > 1 {
			l.at(on.entry("set").key, "write set under a reason: {left: {set: {...}}}", "set for all reasons beside an action for one")
			return
		}
		if r, ok := l.removal(s, on, on); ok {
			for _, reason := range cdp.Reasons {
				s.OnRemoved[reason] = r
			}
			l.withdrawn(s, on, r)
		}
		return
	}
	for _, reason := range cdp.Reasons {
		x := on.get(reason.String())
		if x == nil {
			continue
		}
		if r, ok := l.removal(s, x, x); ok {
			s.OnRemoved[reason] = r
			if reason == cdp.Withdrawn {
				l.withdrawn(s, x, r)
			}
		}
	}
	if len(on.keys) == 0 {
		l.at(on.node, "", "on_removed is empty")
	}
}

// withdrawn: whoever withdraws consent leaves the audience.
func (l *loader) withdrawn(s *cdp.Sync, at *value, r cdp.Removal) {
	if s.Kind == cdp.Audience && r.Action == cdp.ActionIgnore {
		l.at(at.node, "leave it out, or write remove", "an audience cannot ignore withdrawn")
	}
}

func (l *loader) removal(s *cdp.Sync, v, at *value) (cdp.Removal, bool) {
	r := cdp.Removal{Action: cdp.Action(v.text.s)}
	if v.is(yaml.MappingNode) {
		set := v.get("set")
		if set == nil {
			return r, false
		}
		r.Action = cdp.ActionSet
		for _, e := range set.keys {
			if e.value != nil {
				r.Set = append(r.Set, cdp.SetField{Remote: e.name, Value: e.value.text.s, Plain: e.value.node.typed()})
			}
		}
		if len(set.keys) == 0 {
			l.at(set.node, "", "set without fields")
		}
	}
	if spec := l.remote(s); spec != nil && !slices.Contains(spec.Actions, r.Action) {
		l.at(at.node, "the actions are "+joined(spec.Actions), "%s cannot %s %ss", s.Destination.Type, r.Action, s.Kind)
		return r, false
	}
	return r, true
}
