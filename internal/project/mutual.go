package project

import "github.com/kithdata/kith/internal/cdp"

// findMutual refuses a query that reads a segment of an entity whose profile is made
// together with that of the entity that the query feeds: profiles that read each
// other through relations come after the identities of all of them.
func (l *loader) findMutual() {
	needs := map[*cdp.Entity][]*cdp.Entity{}
	for from, edges := range l.edges {
		e := entityOfNoun(from)
		for _, x := range edges {
			if r, ok := x.to.(*cdp.Relation); ok && e != nil && r.To != nil && r.To != e {
				needs[e] = append(needs[e], r.To)
			}
		}
	}
	type reading struct {
		by  *cdp.Entity
		ref cdp.SQLRef
	}
	var readings []reading
	for _, e := range l.p.Entities {
		for _, link := range e.Links {
			for _, ref := range refsOf(link.Source, map[*cdp.Source]bool{}) {
				other := ref.Identity
				if ref.Segment != nil {
					other = ref.Segment.Entity
					readings = append(readings, reading{e, ref})
				}
				if other != nil && other != e {
					needs[e] = append(needs[e], other)
				}
			}
		}
	}
	for _, r := range readings {
		of := r.ref.Segment.Entity
		if of == nil || of == r.by || !reachable(needs, of, r.by) {
			continue
		}
		p := l.error(r.ref.Pos, "read {{ identity('"+of.Name+"') }} or a table instead, or let the profile of "+of.Name+" not depend on "+r.by.Name,
			"the identity of %s reads segment %s of %s, whose profile reads %s through a relation", r.by.Name, r.ref.Segment.Name, of.Name, r.by.Name)
		p.Note(r.by.Pos, "entity %s", r.by.Name)
	}
}

// entityOfNoun is whose profile a noun is a part of, or nil.
func entityOfNoun(n any) *cdp.Entity {
	switch n := n.(type) {
	case *cdp.Trait:
		return n.Entity
	case *cdp.Segment:
		return n.Entity
	case *cdp.Sync:
		return n.Entity
	}
	return nil
}

// refsOf are what the query of a source reads, also through other sources. Those that
// were seen are left out: sources may read each other in a circle, which is reported.
func refsOf(s *cdp.Source, seen map[*cdp.Source]bool) []cdp.SQLRef {
	if s.Query == nil || seen[s] {
		return nil
	}
	seen[s] = true
	var out []cdp.SQLRef
	for _, t := range s.Query.Texts {
		for _, r := range t.Refs {
			out = append(out, r)
			if r.Source != nil {
				out = append(out, refsOf(r.Source, seen)...)
			}
		}
	}
	return out
}

func reachable(needs map[*cdp.Entity][]*cdp.Entity, from, to *cdp.Entity) bool {
	seen := map[*cdp.Entity]bool{}
	var walk func(*cdp.Entity) bool
	walk = func(e *cdp.Entity) bool {
		if e == to {
			return true
		}
		if seen[e] {
			return false
		}
		seen[e] = true
		for _, x := range needs[e] {
			if walk(x) {
				return true
			}
		}
		return false
	}
	return walk(from)
}
