package cdp

import "slices"

// Upstream are the sources that a sync reads: its own, and those of the traits,
// consents, relations, events and segments in it. Sources that only tie identifiers
// together are not among them: a list of partners that never changes would make
// everything wait for ever.
func (s *Sync) Upstream() []*Source {
	var w upstream
	w.source(s.Source)
	w.segment(s.Segment)
	w.predicate(s.Where)
	for _, t := range s.Match {
		w.trait(t)
	}
	for _, c := range s.Consents {
		w.from(c.From)
	}
	fields := s.Fields
	if s.Key != nil {
		fields = append(slices.Clone(fields), s.Key)
	}
	for _, f := range fields {
		w.trait(f.Trait)
		w.segment(f.Segment)
		w.relation(f.Relation)
		w.traits(f.Uses)
	}
	return w.list
}

// Upstream are the sources that the build of a project reads for its traits and
// segments.
func (p *Project) Upstream() []*Source {
	var w upstream
	for _, t := range p.Traits {
		if !t.Implicit {
			w.trait(t)
		}
	}
	for _, s := range p.Segments {
		w.segment(s)
	}
	return w.list
}

type upstream struct {
	list []*Source
	seen map[any]bool
}

// first reports that a noun is met for the first time.
func (w *upstream) first(n any) bool {
	if w.seen == nil {
		w.seen = map[any]bool{}
	}
	met := w.seen[n]
	w.seen[n] = true
	return !met
}

func (w *upstream) source(s *Source) {
	if s == nil || !w.first(s) {
		return
	}
	w.list = append(w.list, s)
	if s.Query == nil {
		return
	}
	for _, text := range s.Query.Texts {
		for _, r := range text.Refs {
			w.source(r.Source)
			w.segment(r.Segment)
		}
	}
}

func (w *upstream) from(list []TraitFrom) {
	for _, f := range list {
		w.source(f.Source)
	}
}

func (w *upstream) traits(list []*Trait) {
	for _, t := range list {
		w.trait(t)
	}
}

func (w *upstream) trait(t *Trait) {
	if t == nil || !w.first(t) {
		return
	}
	w.from(t.From)
	w.source(t.Source)
	w.predicate(t.Where)
	w.trait(t.After)
	w.traits(t.Uses)
	w.trait(t.Bin)
	w.relation(t.Relation)
	w.trait(t.RelTrait)
}

func (w *upstream) relation(r *Relation) {
	if r == nil || !w.first(r) {
		return
	}
	w.source(r.From)
	w.predicate(r.Where)
}

func (w *upstream) segment(s *Segment) {
	if s == nil || !w.first(s) {
		return
	}
	w.predicate(s.Where)
	if s.Limit != nil {
		w.trait(s.Limit.By)
	}
}

func (w *upstream) predicate(p *Predicate) {
	if p == nil {
		return
	}
	for _, of := range p.Of {
		w.predicate(of)
	}
	w.source(p.Source)
	w.trait(p.Trait)
	w.predicate(p.Where)
	w.trait(p.After)
	w.relation(p.Relation)
	w.segment(p.Segment)
	w.traits(p.Uses)
}
