package cdp

import "slices"

// Upstream are the sources that a sync's rows and values come from, through traits,
// conditions, segments and consents, sorted by name. Sources that only tie
// identifiers together are not among them. suppress are the project's.
func (s *Sync) Upstream(suppress []*Segment) []*Source {
	u := upstream{seen: map[any]bool{}}
	u.source(s.Source)
	u.segment(s.Segment)
	u.predicate(s.Where)
	for _, f := range append(slices.Clone(s.Fields), s.Key) {
		u.field(f)
	}
	for _, t := range s.Match {
		u.trait(t)
	}
	for _, c := range s.Consents {
		for _, f := range c.From {
			u.source(f.Source)
		}
	}
	if s.Entity != nil {
		for _, x := range suppress {
			if x.Entity == s.Entity {
				u.segment(x)
			}
		}
	}
	slices.SortFunc(u.out, func(a, b *Source) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return u.out
}

// upstream walks what is read, each thing once.
type upstream struct {
	seen map[any]bool
	out  []*Source
}

func (u *upstream) first(n any) bool {
	was := u.seen[n]
	u.seen[n] = true
	return !was
}

func (u *upstream) source(s *Source) {
	if s == nil || !u.first(s) {
		return
	}
	if s.Query == nil {
		u.out = append(u.out, s)
		u.predicate(s.Where)
		return
	}
	if s.Freshness != nil {
		u.out = append(u.out, s)
	}
	for _, t := range s.Query.Texts {
		for _, r := range t.Refs {
			u.source(r.Source)
			u.segment(r.Segment)
		}
	}
}

func (u *upstream) field(f *SyncField) {
	if f == nil {
		return
	}
	u.trait(f.Trait)
	u.segment(f.Segment)
	u.relation(f.Relation)
	for _, t := range f.Uses {
		u.trait(t)
	}
}

func (u *upstream) relation(r *Relation) {
	if r != nil {
		u.source(r.From)
	}
}

func (u *upstream) segment(s *Segment) {
	if s == nil || !u.first(s) {
		return
	}
	u.predicate(s.Where)
	if s.Limit != nil {
		u.trait(s.Limit.By)
	}
}

func (u *upstream) trait(t *Trait) {
	if t == nil || !u.first(t) {
		return
	}
	for _, f := range t.From {
		u.source(f.Source)
	}
	u.source(t.Source)
	u.predicate(t.Where)
	u.trait(t.After)
	u.trait(t.Bin)
	u.trait(t.RelTrait)
	u.relation(t.Relation)
	for _, x := range t.Uses {
		u.trait(x)
	}
}

func (u *upstream) predicate(p *Predicate) {
	if p == nil {
		return
	}
	for _, x := range p.Of {
		u.predicate(x)
	}
	u.source(p.Source)
	u.trait(p.Trait)
	u.trait(p.After)
	u.segment(p.Segment)
	u.relation(p.Relation)
	u.predicate(p.Where)
	for _, t := range p.Uses {
		u.trait(t)
	}
}
