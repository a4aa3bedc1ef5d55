package compile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/match"
)

// matchSize is how many identifiers probable ties may join where the entity has no
// max_size: chance chains records without end.
const matchSize = 500

// randomFirst is how many records are paired by chance, at most.
const randomFirst = 10_000

// Match makes the statements of an entity's probable ties; they run between the
// exact edges and the components:
//
//	Records, Terms, Pairs             rows -> records -> pairs that share a key
//	Levels, Histogram, Weights        pairs -> level vectors -> weights, learnt outside
//	Scored, Nodes, Links              pairs of nodes, and the exact components they join
//	Groups, Over..., Held             what must stay apart
//	Edges, Review                     links, and what somebody may decide
type Match struct {
	d *Identity
	m *cdp.Match
}

// matchScratch are the scratch tables.
type matchScratch struct {
	Nodes, Records, Keys, Pairs, Random, Levels, RandomLevels, Weights, Scored, MatchNodes, Links, Joined, MatchParts, Groups, MatchOver, Held string
}

// compared is a comparison: the names of its columns, and expressions over them.
type compared struct {
	F, T, X, Y, Z, Q, G string
	Power               uint64
	Household           bool
	Level, Swapped      string
}

// Match is nil for an entity without probable ties.
func (d *Identity) Match() *Match {
	if d.entity.Match == nil {
		return nil
	}
	return &Match{d, d.entity.Match}
}

func (x *Match) stmt(name, tmpl string, more map[string]any) cdp.Statement {
	s := x.d.Scratch
	size := maxSize(x.d.entity)
	if size == math.MaxInt32 {
		size = matchSize
	}
	data := map[string]any{
		"In": matchScratch{
			s("nodes"), s("match_records"), s("match_keys"), s("match_pairs"), s("match_random"), s("match_levels"), s("match_random_levels"), s("match_weights"),
			s("match_scored"), s("match_nodes"), s("match_links"), s("match_joined"), s("match_parts"), s("match_groups"), s("match_over"), s("match_held"),
		},
		"Compare": x.compared(), "MaxBlock": x.m.MaxBlock, "Link": number(x.m.Link), "Review": number(x.m.Review), "MatchSize": size,
	}
	for k, v := range more {
		data[k] = v
	}
	return x.d.stmt("match "+name, tmpl, data)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (x *Match) compared() []compared {
	d := x.d.c.d
	out := make([]compared, len(x.m.Compare))
	power := uint64(1)
	for i, c := range x.m.Compare {
		n := itoa(i)
		out[i] = compared{F: "f" + n, T: "t" + n, X: "x" + n, Y: "y" + n, Z: "z" + n, Q: "q" + n, G: "g" + n, Power: power, Household: c.Household}
		out[i].Level = x.level(i, out[i].X, out[i].Y)
		out[i].Swapped = out[i].Z
		power *= match.Levels + 1
	}
	if s := x.m.Swap; len(s) == 2 {
		a, b := &out[s[0]], &out[s[1]]
		a.Swapped, b.Swapped = d.If("crossed", b.Z, a.Z), d.If("crossed", a.Z, b.Z)
	}
	return out
}

// level is the level of a comparison of two expressions.
func (x *Match) level(i int, a, b string) string {
	d := x.d.c.d
	return d.If("("+a+" = '' OR "+b+" = '')", itoa(match.Missing), x.d.c.d.Agreement(x.m.Compare[i].As, a, b))
}

// crossed is true where both of two names stand in each other's place: all four are
// there, both agree at least by sight, and better so than as they stand.
func (x *Match) crossed(list []compared) string {
	if len(x.m.Swap) != 2 {
		return "false"
	}
	i, j := x.m.Swap[0], x.m.Swap[1]
	a, b := list[i], list[j]
	first, second := x.level(i, a.X, b.Z), x.level(i, b.X, a.Z)
	return fmt.Sprintf("(%s >= 2 AND %s >= 2 AND %s + %s > %s + %s)", first, second, first, second, x.level(i, a.X, a.Z), x.level(j, b.X, b.Z))
}

// Records makes the records.
func (x *Match) Records() cdp.Statement {
	type value struct{ F, Expr string }
	type part struct {
		Owner, Rows, Where string
		Values             []value
	}
	c := x.d.c
	var parts []part
	for _, src := range x.m.Sources() {
		l := x.d.entity.LinkTo(src)
		columns := c.OwnerColumns(l)
		p := part{Owner: c.Owner(l)}
		for i, cmp := range x.m.Compare {
			v := value{"f" + itoa(i), "''"}
			for _, from := range cmp.From {
				if from.Source == src {
					v.Expr = c.d.Comparable(cmp.As, c.row(from.Column), src.Column(from.Column).Type)
					columns = append(columns, from.Column)
				}
			}
			p.Values = append(p.Values, v)
		}
		if l.Where != nil {
			p.Where = c.predicate(l.Where, c.sourceScope(src))
		}
		p.Rows = c.source(src, seen(columns...)...)
		parts = append(parts, p)
	}
	var values []string
	for _, f := range x.compared() {
		values = append(values, f.F)
	}
	return x.stmt("records", "match_records", map[string]any{
		"Parts": parts, "ID": c.d.Hash(append([]cdp.Operand{{Expr: "node", Type: intType}}, texts(values)...)...), "Random": c.d.Hash(texts(values)...),
	})
}

func texts(exprs []string) []cdp.Operand {
	out := make([]cdp.Operand, len(exprs))
	for i, x := range exprs {
		out[i] = cdp.Operand{Expr: x, Type: textType}
	}
	return out
}

// Terms reads the number of records, and of every comparison how many have a value
// and the sum of their frequencies.
func (x *Match) Terms() cdp.Statement { return x.stmt("terms", "match_terms", nil) }

// Pairs makes the blocking keys and the pairs that share one.
func (x *Match) Pairs() []cdp.Statement {
	return []cdp.Statement{x.stmt("keys", "match_keys", map[string]any{"Keys": x.keys()}), x.stmt("pairs", "match_pairs", nil)}
}

// KeyCounts counts the keys that bring records together, and those that have too
// many and bring none.
func (x *Match) KeyCounts() cdp.Statement { return x.stmt("key counts", "match_key_counts", nil) }

// Random pairs records by chance, of so many in all.
func (x *Match) Random(records uint64) cdp.Statement {
	first := max(1, min(records, randomFirst))
	each := max(1, min((uint64(x.m.Random)+first-1)/first, records)) //nolint:gosec // positive
	return x.stmt("random pairs", "match_random", map[string]any{"First": first, "Each": each, "Last": first + each})
}

// keys are the expressions of the blocking keys: 0 where a part is missing.
func (x *Match) keys() []string {
	blocks := x.m.Blocks
	if blocks == nil {
		blocks = x.automatic()
	}
	d := x.d.c.d
	out := make([]string, len(blocks))
	for i, b := range blocks {
		var there, parts []string
		for _, p := range b {
			f := "f" + itoa(p.Compare)
			there, parts = append(there, f+" != ''"), append(parts, x.d.c.d.BlockKey(p.By, f))
		}
		if x.exchanged(b) {
			parts = []string{"least(" + strings.Join(parts, ", ") + ")", "greatest(" + strings.Join(parts, ", ") + ")"}
		}
		out[i] = d.If("("+strings.Join(there, " AND ")+")", d.Hash(append([]cdp.Operand{{Expr: itoa(i), Type: intType}}, texts(parts)...)...), "0")
	}
	return out
}

// exchanged reports whether a key is of the two names that are often exchanged.
func (x *Match) exchanged(b cdp.Block) bool {
	s := x.m.Swap
	return len(s) == 2 && len(b) == 2 && b[0].By == b[1].By &&
		(b[0].Compare == s[0] && b[1].Compare == s[1] || b[0].Compare == s[1] && b[1].Compare == s[0])
}

// automatic are the keys of a match that names none: everything that tells people
// apart by itself, and every two comparisons together, names by their sound.
func (x *Match) automatic() []cdp.Block {
	var out []cdp.Block
	way := func(i int) cdp.BlockPart {
		if as := x.m.Compare[i].As; as == "name" || as == "text" {
			return cdp.BlockPart{Compare: i, By: "sound"}
		}
		return cdp.BlockPart{Compare: i, By: "exact"}
	}
	for i, c := range x.m.Compare {
		switch c.As {
		case "email":
			out = append(out, cdp.Block{way(i)}, cdp.Block{{Compare: i, By: "local"}})
		case "date", "code":
			out = append(out, cdp.Block{way(i)})
		}
		for j := i + 1; j < len(x.m.Compare); j++ {
			out = append(out, cdp.Block{way(i), way(j)})
		}
	}
	return out
}

// Levels compares the pairs, and the random ones.
func (x *Match) Levels() []cdp.Statement {
	list := x.compared()
	s := x.d.Scratch
	make := func(name, levels, of string) cdp.Statement {
		return x.stmt(name, "match_levels", map[string]any{"Levels": s(levels), "Of": s(of), "Crossed": x.crossed(list)})
	}
	return []cdp.Statement{make("levels", "match_levels", "match_pairs"), make("random levels", "match_random_levels", "match_random")}
}

// Histogram reads level vectors and how many pairs have them.
func (x *Match) Histogram(random bool) cdp.Statement {
	if random {
		return x.stmt("random histogram", "match_histogram", map[string]any{"Levels": x.d.Scratch("match_random_levels")})
	}
	return x.stmt("histogram", "match_histogram", map[string]any{"Levels": x.d.Scratch("match_levels")})
}

// Weights makes the table (code, m, u, h) that the weights go to, and counts it.
func (x *Match) Weights() (create, count cdp.Statement, table cdp.Table) {
	return x.stmt("weights", "match_weights", nil), x.stmt("weight count", "match_weights_count", nil), x.d.c.State(x.d.Scratch("match_weights"))
}

// Scored makes the pairs of nodes that are probable enough for somebody to look at.
func (x *Match) Scored() cdp.Statement { return x.stmt("scores", "match_scored", nil) }

// Nodes gives every node its exact component.
func (x *Match) Nodes(l Labels) cdp.Statement {
	return x.stmt("nodes", "match_nodes", map[string]any{"Labels": l.of(x.d.Scratch("nodes"), "node")})
}

// Links makes the pairs that join components, and counts them.
func (x *Match) Links() (create, count cdp.Statement) {
	return x.stmt("links", "match_links", nil), x.stmt("link count", "match_link_counts", nil)
}

// Joined is the graph of the components that pairs join.
func (x *Match) Joined() ([]cdp.Statement, *Contraction) {
	return []cdp.Statement{x.stmt("joined", "match_joined", nil), x.stmt("parts", "match_parts", nil)},
		x.d.Contract("match_joined_", x.d.Scratch("match_joined"))
}

// Exact contracts the exact edges, as far as no cap has demoted an end.
func (x *Match) Exact() *Contraction { return x.d.contraction("match_exact_") }

// Over finds the groups of components that break a limit.
func (x *Match) Over(l Labels) []cdp.Statement {
	return []cdp.Statement{
		x.stmt("groups", "match_groups", map[string]any{"Labels": l.of(x.d.Scratch("match_parts"), "node")}),
		x.stmt("over", "match_over", nil), x.stmt("held", "match_held", nil),
	}
}

// OverLinks reads a, b and their components of pairs in such groups, the one to keep
// first; OverParts the components with size and values of identifiers with a max;
// OverApart the components that must stay apart.
func (x *Match) OverLinks() cdp.Statement { return x.stmt("links over", "match_over_links", nil) }

// OverParts reads the components: see OverLinks.
func (x *Match) OverParts() cdp.Statement { return x.stmt("parts over", "match_over_parts", nil) }

// OverApart reads what must stay apart: see OverLinks.
func (x *Match) OverApart() cdp.Statement { return x.stmt("apart", "match_over_apart", nil) }

// Limits are the most values of identifiers, in the order of OverParts, and the
// largest size before them.
func (x *Match) Limits() []uint64 {
	size := maxSize(x.d.entity)
	if size == math.MaxInt32 {
		size = matchSize
	}
	out := []uint64{uint64(size)} //nolint:gosec // positive
	for _, id := range limits(x.d.entity) {
		out = append(out, uint64(id.Max)) //nolint:gosec // positive
	}
	return out
}

// Held is the table (a, b, why) of pairs that are not applied, and its count.
func (x *Match) Held() (table cdp.Table, count cdp.Statement) {
	return x.d.c.State(x.d.Scratch("match_held")), x.stmt("held count", "match_held_count", nil)
}

// CreateHeld empties that table.
func (x *Match) CreateHeld() cdp.Statement { return x.stmt("held", "match_held", nil) }

// Edges adds the links to the edges.
func (x *Match) Edges() cdp.Statement { return x.stmt("edges", "match_edges", nil) }

// PublishReview writes the pairs that somebody may decide; it runs after Publish.
func (x *Match) PublishReview() (create, count cdp.Statement) {
	return x.stmt("review", "match_review", nil), x.stmt("review count", "match_review_count", nil)
}

// All emits every statement, in an order in which they can run.
func (x *Match) All(emit func(...cdp.Statement), contract func(*Contraction) Labels) {
	emit(x.Records(), x.Terms())
	emit(x.Pairs()...)
	emit(x.KeyCounts(), x.Random(1000))
	emit(x.Levels()...)
	weights, n, _ := x.Weights()
	emit(x.Histogram(false), x.Histogram(true), weights, n, x.Scored())
	emit(x.Nodes(contract(x.Exact())))
	links, n := x.Links()
	joined, c := x.Joined()
	emit(links, n)
	emit(joined...)
	emit(x.Over(contract(c))...)
	_, n = x.Held()
	emit(x.OverLinks(), x.OverParts(), x.OverApart(), n, x.Edges())
}

// OpenPairs reads pairs of a build that wait for a decision: pair, a, b, probability,
// why, a_entity, b_entity, a_values, b_values.
func (c *Compiler) OpenPairs(e *cdp.Entity, build string, limit int) cdp.Statement {
	return c.Ledger("match_open", map[string]any{"Entity": e.Name, "Review": IdentityTablesOf(e, build).Review, "Limit": limit})
}

// NamedPairs reads pair, a and b of pairs by name, from a build ("" for none) and from
// what has been decided.
func (c *Compiler) NamedPairs(e *cdp.Entity, build string, pairs []string) cdp.Statement {
	review := ""
	if build != "" {
		review = IdentityTablesOf(e, build).Review
	}
	return c.Ledger("match_named", map[string]any{"Entity": e.Name, "Review": review, "Pairs": pairs})
}

// Decisions reads pair, decision and time of what somebody has decided.
func (c *Compiler) Decisions(e *cdp.Entity, limit int) cdp.Statement {
	return c.Ledger("match_decisions", map[string]any{"Entity": e.Name, "Limit": limit})
}
