package cdp

// Upstream are the sources that the traits and segments of a project read.
func (p *Project) Upstream() []*Source {
	u := upstream{seen: map[any]bool{}}
	for _, t := range p.Traits {
		if !t.Implicit {
			u.trait(t)
		}
	}
	for _, s := range p.Segments {
		u.segment(s)
	}
	return u.out
}
