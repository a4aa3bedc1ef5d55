package compile

import (
	"strconv"

	"github.com/kithdata/kith/internal/cdp"
)

// Contraction makes the statements that find the connected components of an edge
// table (a, b), a < b, in rounds counted from 1. A round hooks every vertex to its
// greatest neighbour, shortens the trees by one jump, and lifts the edges to the
// labels; it ends when no edge is left. Ids are hashes, so their order is random
// and rounds are few: 3 to 4 on real graphs, 11 on a chain of 100k.
type Contraction struct {
	d      *Identity
	prefix string
	edges  string
	only   string   // condition on the edges of the first round, or ""
	seed   string   // of the round, if it is a safety round
	labels []string // table of each finished round: vertex -> label
}

// Labels are two tables that lead from a node to the label of its component: of the
// first round, and of all later ones. Either may be "".
type Labels struct{ First, Rest string }

// of is the data of the template "labelled".
func (l Labels) of(nodes, by string) map[string]any {
	return map[string]any{"First": l.First, "Rest": l.Rest, "Of": nodes, "By": by}
}

// Contract contracts an edge table of the state schema; prefix keeps the scratch
// tables of two contractions apart.
func (d *Identity) Contract(prefix, edges string) *Contraction {
	return &Contraction{d: d, prefix: d.Scratch(prefix), edges: edges}
}

func (c *Contraction) name(kind string, round int) string { return c.prefix + kind + itoa(round) }

// Edges is the edge table that a round reads.
func (c *Contraction) Edges(round int) string {
	if round == 1 {
		return c.edges
	}
	return c.name("e", round-1)
}

// Hooks is the table that the hooks of a round make.
func (c *Contraction) Hooks(round int) string { return c.name("p", round) }

func (c *Contraction) stmt(what, tmpl string, round int, more map[string]any) cdp.Statement {
	data := map[string]any{
		"P": c.Hooks(round), "Q": c.name("q", round), "E": c.Edges(round), "Lifted": c.Edges(round + 1), "M": c.name("m", round), "Only": "", "Seed": c.seed,
	}
	if round == 1 && c.only != "" {
		data["Only"] = " WHERE " + c.only
	}
	for k, v := range more {
		data[k] = v
	}
	return c.d.stmt(what+" "+itoa(round), tmpl, data)
}

// Hook begins a round. random makes it a safety round: neighbours are ordered by a
// hash of the round, which shrinks any graph, whatever its ids are.
func (c *Contraction) Hook(round int, random bool) cdp.Statement {
	c.seed = ""
	if random {
		c.seed = strconv.FormatUint(uint64(round)*0x9e3779b97f4a7c15, 10)
	}
	return c.stmt("hook", "contract_hook", round, nil)
}

// Deep counts a sample of the hooked vertices, and those of them that a jump moves.
func (c *Contraction) Deep(round int) cdp.Statement {
	return c.stmt("depth", "contract_deep", round, nil)
}

// Jump shortens the trees. Without it the round goes on from the hooks.
func (c *Contraction) Jump(round int) cdp.Statement {
	return c.stmt("jump", "contract_jump", round, nil)
}

// Lift ends a round; jumped says whether it had a jump.
func (c *Contraction) Lift(round int, jumped bool) cdp.Statement {
	table := c.Hooks(round)
	if jumped {
		table = c.name("q", round)
	}
	c.labels = append(c.labels, table)
	return c.stmt("lift", "contract_lift", round, map[string]any{"Q": table})
}

// Live counts the edges that a round begins with.
func (c *Contraction) Live(round int) cdp.Statement {
	return c.stmt("live edges", "contract_live", round, nil)
}

// Fetch reads the edges that a round begins with: a, b.
func (c *Contraction) Fetch(round int) cdp.Statement {
	return c.stmt("fetch", "contract_fetch", round, nil)
}

// Finish makes the table (v, l) of a round whose labels come from outside. It is
// the last round.
func (c *Contraction) Finish(round int) (cdp.Statement, cdp.Table) {
	table := c.name("q", round)
	c.labels = append(c.labels, table)
	return c.stmt("finish", "contract_finish", round, nil), c.d.c.State(table)
}

// Finished counts the rows of that table.
func (c *Contraction) Finished(round int) cdp.Statement {
	return c.stmt("finished", "contract_live", round, map[string]any{"E": c.name("q", round), "Only": ""})
}

// Compose makes one mapping of all rounds but the first. It ends the contraction.
func (c *Contraction) Compose() ([]cdp.Statement, Labels) {
	n := len(c.labels)
	switch n {
	case 0:
		return nil, Labels{}
	case 1:
		return nil, Labels{First: c.labels[0]}
	}
	var out []cdp.Statement
	rest := c.labels[n-1]
	for round := n - 1; round > 1; round-- {
		out = append(out, c.stmt("compose", "contract_compose", round, map[string]any{"Q": c.labels[round-1], "Next": rest}))
		rest = c.name("m", round)
	}
	return out, Labels{First: c.labels[0], Rest: rest}
}

// LabelsOf reads the nodes of a table and their labels.
func (d *Identity) LabelsOf(nodes string, l Labels) cdp.Statement {
	return d.stmt("labels", "labels_of", map[string]any{"Labels": l.of(nodes, "node")})
}

func itoa(n int) string { return strconv.Itoa(n) }
