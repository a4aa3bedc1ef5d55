package compile

import "github.com/kithdata/kith/internal/cdp"

// Split takes apart the components that break a max, one identifier after another,
// strongest first. Its tables hold the nodes and edges of those components only.
type Split struct {
	d    *Identity
	pass int  // passes that are finished
	free bool // labels go along the links that Free left
}

// BeginSplit copies the components that break a max.
func (d *Identity) BeginSplit() (*Split, []cdp.Statement) {
	s := &Split{d: d}
	return s, []cdp.Statement{
		s.stmt("split nodes", "split_nodes", nil),
		s.stmt("split edges", "split_edges", nil),
	}
}

// CreateRejected makes the table of links that are not applied, and that of shared
// values.
func (d *Identity) CreateRejected() []cdp.Statement {
	out := []cdp.Statement{d.stmt("rejected links", "rejected_create", nil)}
	if d.Shares() {
		out = append(out, d.stmt("shared", "shared_create", nil))
	}
	return out
}

// Limits are the identifiers with a max, strongest first.
func (d *Identity) Limits() []*cdp.Identifier { return limits(d.entity) }

func (s *Split) nodes(pass int) string { return s.d.Scratch("split_nodes_" + itoa(pass)) }
func (s *Split) alive(pass int) string { return s.d.Scratch("split_edges_" + itoa(pass)) }

func (s *Split) stmt(name, tmpl string, more map[string]any) cdp.Statement {
	data := map[string]any{
		"Nodes": s.nodes(s.pass), "Alive": s.alive(s.pass), "NextNodes": s.nodes(s.pass + 1), "NextAlive": s.alive(s.pass + 1),
		"Seeds": s.d.Scratch("split_seeds_" + itoa(s.pass)),
	}
	for k, v := range more {
		data[k] = v
	}
	return s.d.stmt(name, tmpl, data)
}

// Over finds the parts that have too many values of an identifier, and counts them.
func (s *Split) Over(id *cdp.Identifier) (create, count cdp.Statement) {
	data := map[string]any{"Rank": id.Rank, "Max": id.Max, "Over": s.over(id)}
	return s.stmt("over "+id.Name, "split_over", data), s.stmt("count over "+id.Name, "split_over_count", data)
}

func (s *Split) over(id *cdp.Identifier) string { return s.d.Scratch("split_over_" + id.Name) }

// Seeds labels the values of the identifier in those parts.
func (s *Split) Seeds(id *cdp.Identifier) cdp.Statement {
	return s.stmt("seeds "+id.Name, "split_seeds", map[string]any{"Rank": id.Rank, "Max": id.Max, "Over": s.over(id)})
}

// Hop labels the unlabelled neighbours of what the hop before labelled, and counts.
func (s *Split) Hop(hop int) (label, count cdp.Statement) {
	data := s.along(map[string]any{"Hop": hop})
	return s.stmt("hop "+itoa(hop), "split_hop", data), s.stmt("count hop "+itoa(hop), "split_hop_count", data)
}

// Reject gives up the links between labels, and leaves the others to a Contraction.
func (s *Split) Reject() ([]cdp.Statement, *Contraction) {
	return []cdp.Statement{s.stmt("reject", "split_reject", s.along(map[string]any{})), s.stmt("links left", "split_alive", nil)},
		s.d.Contract("split_"+itoa(s.pass)+"_", s.alive(s.pass+1))
}

// Next makes the parts of the next pass from the labels of the contraction.
func (s *Split) Next(l Labels) cdp.Statement {
	out := s.stmt("split parts", "split_parts", map[string]any{"Labels": l.of(s.nodes(s.pass), "node")})
	s.pass, s.free = s.pass+1, false
	return out
}

// table is where the parts are after the last pass; "" without a split.
func (s *Split) table() string {
	if s == nil {
		return ""
	}
	return s.nodes(s.pass)
}

// Large finds what is larger than max_size after the split, and counts it. s is nil
// when nothing was split.
func (d *Identity) Large(s *Split) (create, count cdp.Statement) {
	return d.stmt("too large", "large_parts", map[string]any{"Split": s.table()}), d.stmt("count too large", "large_count", nil)
}

// Move puts the nodes whose component changes into a table, which the statements
// that follow read: parts of a split, and identifiers in quarantine.
func (d *Identity) Move(s *Split, large bool) []cdp.Statement {
	d.data["Moved"] = true
	out := []cdp.Statement{d.stmt("moved", "moved", map[string]any{"Split": s.table()})}
	if large {
		out = append(out, d.stmt("links in quarantine", "rejected_large", nil))
	}
	return append(out, d.stmt("moved anchors", "moved_parts", nil))
}

// RejectedCounts counts links refused by a max, in quarantine, and of shared values.
func (d *Identity) RejectedCounts() cdp.Statement {
	return d.stmt("rejected counts", "rejected_counts", nil)
}
