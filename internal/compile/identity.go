package compile

import (
	"math"
	"slices"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Identity makes the statements that find the entities in an entity's source rows:
// identifiers become nodes and edges, edges components (Contraction), components
// entities with ids that stay. The engine decides what to run from what it counts:
//
//	Extract, Nodes, Edges             source rows -> nodes, edges
//	Contraction                       edges -> labels
//	Found, Parts                      nodes with their component
//	Split..., Large...                only for components that break a max or max_size
//	Inherit, IDs, Publish             ids, from the previous build where there is one
//	Merges, Audit                     what became of older ids
type Identity struct {
	c      *Compiler
	entity *cdp.Entity
	in     IdentityInput
	data   map[string]any
	links  []linkRows
}

// IdentityInput is what a build knows beside the project.
type IdentityInput struct {
	Build    string // suffix of the build's tables
	Previous string // of the build before, "" for none
	Run      string // part of the names of scratch tables
}

// IdentityTables are the names of the tables that a build of an entity publishes.
type IdentityTables struct {
	Map    string // node, type (rank of the identifier), value, entity_id, first_seen, last_seen, n
	Edges  string // a, b, source, first_seen, last_seen, n, rejected (1 by a max, 2 in quarantine, 3 shared)
	Entity string // entity_id, anchor, created_at, identifiers, quarantined
	Review string // pairs that wait for a decision; only where an entity has probable ties
	Shared string // as Map, for values that several entities share; only where an identifier shares
}

// IdentityTablesOf are the tables of an entity in a build.
func IdentityTablesOf(e *cdp.Entity, build string) IdentityTables {
	name := "identity_" + e.Name
	return IdentityTables{
		Map: name + "_map_" + build, Edges: name + "_edges_" + build, Entity: "entity_" + e.Name + "_" + build,
		Review: name + "_review_" + build, Shared: name + "_shared_" + build,
	}
}

// List is all of them.
func (t IdentityTables) List() []string {
	return []string{t.Map, t.Edges, t.Entity, t.Review, t.Shared}
}

// identityScratch are the scratch tables.
type identityScratch struct {
	Nodes, Found, Parts, Rejected, Large, Moved, MovedParts, Overlap, Claims, Winners, IDs, Merged, Shared string
}

// linkRows is the scratch table of one link: a row per combination of identifiers.
type linkRows struct {
	Rows    string
	Source  string
	Columns []linkValue
	Merge   bool
	link    *cdp.Link
}

// linkValue is one identifier of a link's rows: the columns v and d with number I.
type linkValue struct {
	I, Rank  int
	Rows     string
	Merge    bool
	Stronger []int // numbers of the stronger identifiers of the link
	Value    string
	Node     string
}

// identityFar is when a row without a time was first seen: after every row that has
// one. Last seen it was at Dialect.Epoch, before them.
var identityFar = time.Date(2299, 12, 31, 23, 59, 59, 0, time.UTC)

// auditSamples bounds the rows of the audit that show one thing by example.
const auditSamples = 1000

// Identity prepares the identity build of an entity. The compiler must know the
// moment of the run (At) and the ledger's keys (Keyed).
func (c *Compiler) Identity(e *cdp.Entity, in IdentityInput) *Identity {
	d := &Identity{c: c, entity: e, in: in}
	s := d.Scratch
	d.data = map[string]any{
		"Entity": e.Name, "Build": in.Build, "Run": in.Run, "Previous": in.Previous != "", "AsOf": c.asOf,
		"Never": c.d.Epoch(),
		"In": identityScratch{
			s("nodes"), s("found"), s("parts"), s("rejected"), s("large"), s("moved"), s("moved_parts"), s("overlap"), s("claims"), s("winners"), s("ids"), s("merged"), s("shared"),
		},
		"Out": IdentityTablesOf(e, in.Build), "Old": IdentityTablesOf(e, in.Previous),
		"MaxSize": maxSize(e), "Types": len(e.Identifiers), "Limits": limits(e), "Samples": auditSamples,
		"Minted": c.minted(e, ""), "Spare": c.minted(e, in.Build), "Moved": false, "Shares": len(sharing(e)) > 0,
	}
	for _, l := range e.Links {
		d.links = append(d.links, d.rowsOf(l))
	}
	return d
}

// Scratch names a scratch table of the build.
func (d *Identity) Scratch(name string) string { return d.ScratchPrefix() + name }

// ScratchPrefix begins the names of all scratch tables of the build, and of no others.
func (d *Identity) ScratchPrefix() string {
	return "scratch_" + d.in.Run + "_identity_" + d.entity.Name + "_"
}

// Tables are the tables that the build publishes.
func (d *Identity) Tables() IdentityTables { return IdentityTablesOf(d.entity, d.in.Build) }

func maxSize(e *cdp.Entity) int {
	if e.MaxSize <= 0 {
		return math.MaxInt32
	}
	return e.MaxSize
}

func limits(e *cdp.Entity) []*cdp.Identifier {
	var out []*cdp.Identifier
	for _, id := range e.Identifiers {
		if id.Max > 0 {
			out = append(out, id)
		}
	}
	return out
}

// minted is the id of a new entity from the type and value of its anchor. A salted
// one is never equal to that of another build.
func (c *Compiler) minted(e *cdp.Entity, salt string) string {
	names := make([]string, len(e.Identifiers))
	for i, id := range e.Identifiers {
		names[i] = id.Name
	}
	value := "value"
	if salt != "" {
		value = c.d.Concat(value, c.d.Quote("\x00"+salt))
	}
	return c.d.EntityID(c.keys.Salt, e.Name, c.d.Element(names, "type"), value)
}

func (d *Identity) rowsOf(l *cdp.Link) linkRows {
	r := linkRows{Rows: d.Scratch("rows_" + l.Source.Name), Source: l.Source.Name, Merge: l.Merge, link: l}
	var stronger []int
	for j, col := range l.Columns {
		v := "v" + itoa(j)
		r.Columns = append(r.Columns, linkValue{
			I: j, Rank: col.Identifier.Rank, Rows: r.Rows, Merge: l.Merge, Stronger: slices.Clone(stronger),
			Value: d.c.identifierValue(l, col), Node: d.c.node(l, col.Identifier, v),
		})
		stronger = append(stronger, j)
	}
	return r
}

func (d *Identity) stmt(name, tmpl string, more map[string]any) cdp.Statement {
	data := make(map[string]any, len(d.data)+len(more))
	for k, v := range d.data {
		data[k] = v
	}
	for k, v := range more {
		data[k] = v
	}
	return d.c.statement("identity "+d.entity.Name+" "+name, "entity "+d.entity.Name, d.entity.Pos, tmpl, data)
}

// Extract reads each source once.
func (d *Identity) Extract() []cdp.Statement {
	var out []cdp.Statement
	for _, r := range d.links {
		l := r.link
		where := ""
		if l.Where != nil {
			where = d.c.predicate(l.Where, d.c.sourceScope(l.Source))
		}
		columns := d.c.OwnerColumns(l)
		for _, name := range []string{l.Source.Timestamp, l.Source.LoadedAt} {
			if name != "" {
				columns = append(columns, name)
			}
		}
		s := d.stmt("rows of "+l.Source.Name, "identity_rows", map[string]any{
			"Rows": r.Rows, "Columns": r.Columns, "From": d.c.source(l.Source, columns...), "Where": where, "At": d.c.seenAt(l.Source),
		})
		s.Pos = l.Pos
		out = append(out, s)
	}
	return out
}

// seenAt is the time of a row: its timestamp, else when it was loaded, else later
// than every other.
func (c *Compiler) seenAt(s *cdp.Source) string {
	var times []string
	for _, name := range []string{s.Timestamp, s.LoadedAt} {
		if name == "" {
			continue
		}
		t := c.row(name)
		if s.Column(name).Type.Kind != cdp.Timestamp {
			t = c.d.Cast(t, cdp.Type{Kind: cdp.Timestamp})
		}
		times = append(times, t)
	}
	return c.d.Coalesce(append(times, c.d.Time(identityFar))...)
}

// Counts counts rows that belong to nobody and blocked values.
func (d *Identity) Counts() cdp.Statement {
	return d.stmt("row counts", "identity_counts", map[string]any{"Links": d.links, "Values": d.values()})
}

// Nodes makes the identifiers. Values that share a hash share a node until their
// collision is known: see Clashes.
func (d *Identity) Nodes() cdp.Statement {
	return d.stmt("nodes", "identity_nodes", map[string]any{"Values": d.values()})
}

func (d *Identity) values() []linkValue {
	var out []linkValue
	for _, r := range d.links {
		out = append(out, r.Columns...)
	}
	return out
}

// Clashes reads node, type, value and known of values that share a node, the one
// that keeps it first.
func (d *Identity) Clashes(limit int) cdp.Statement {
	return d.stmt("collisions", "identity_clashes", map[string]any{"Limit": limit})
}

// All is every statement that a build may send, in an order in which they can run.
func (d *Identity) All() []cdp.Statement {
	out := append(append(d.Extract(), d.Counts(), d.Nodes(), d.Clashes(1)), d.Edges(), d.NodeCount())
	contract := func(c *Contraction) Labels {
		out = append(out, c.Hook(1, false), c.Deep(1), c.Jump(1), c.Lift(1, true), c.Live(2), c.Hook(2, true), c.Lift(2, false), c.Live(3), c.Fetch(3))
		finish, _ := c.Finish(3)
		compose, labels := c.Compose()
		out = append(append(out, finish), compose...)
		return labels
	}
	if m := d.Match(); m != nil {
		out = append(out, m.All(contract)...)
	}
	out = append(out, d.Found(contract(d.Contraction())), d.Parts(), d.Breaks())
	out = append(out, d.CreateRejected()...)
	var split *Split
	if len(d.Limits()) > 0 {
		var begin []cdp.Statement
		split, begin = d.BeginSplit()
		out = append(out, begin...)
		for _, id := range d.Limits() {
			over, count := split.Over(id)
			hop, hops := split.Hop(1)
			reject, c := split.Reject()
			out = append(out, over, count, split.Seeds(id), hop, hops)
			if split.Shares(id) {
				free := split.Free(id, true)
				find, n := split.FindShared(id)
				out = append(out, free, find, n, split.RejectShared(id))
			}
			out = append(out, reject...)
			out = append(out, split.Next(contract(c)))
		}
	}
	large, count := d.Large(split)
	out = append(append(out, large, count), d.Move(split, true)...)
	out = append(out, d.RejectedCounts(), d.MarkRejected(1), d.MarkRejected(2))
	out = append(append(out, d.Inherit()...), d.Publish()...)
	out = append(out, d.EntityCount())
	if d.Shares() {
		out = append(out, d.PublishShared(), d.SharedCount(), d.AuditShared(false), d.MarkRejected(3))
	}
	if m := d.Match(); m != nil {
		review, n := m.PublishReview()
		out = append(out, review, n)
	}
	if d.in.Previous != "" {
		out = append(out, d.Merged(), d.Changes(), d.Merges(), d.AuditMerged(), d.AuditSplit())
	}
	return append(out, d.AuditRejected(), d.AuditQuarantined(), d.AuditCollision(1, 2))
}

// Collisions reads identifier, value and node of the collisions that the ledger knows.
func (c *Compiler) Collisions(e *cdp.Entity) cdp.Statement {
	return c.Ledger("identity_collisions", map[string]any{"Entity": e.Name})
}

// Edges makes the links between identifiers, with their evidence: the star from the
// strongest identifier of a row to each of its others. A star connects what all
// pairs connect, and keeps the evidence between two weak identifiers out of the
// decision to whom they belong: a row belongs to its strongest. (See stars for
// a strongest identifier that may be shared.)
func (d *Identity) Edges() cdp.Statement {
	type link struct {
		linkRows
		Stars []star
	}
	var links []link
	for _, r := range d.links {
		if r.Merge && len(r.Columns) > 1 {
			links = append(links, link{r, r.stars()})
		}
	}
	return d.stmt("edges", "identity_edges", map[string]any{"Links": links})
}

// RowTables are the scratch tables that nothing reads after Edges.
func (d *Identity) RowTables() []string {
	var out []string
	for _, r := range d.links {
		out = append(out, r.Rows)
	}
	return out
}

// NodeCount counts nodes and edges.
func (d *Identity) NodeCount() cdp.Statement {
	return d.stmt("node count", "identity_nodes_count", nil)
}

// Contraction contracts all edges.
func (d *Identity) Contraction() *Contraction {
	return d.Contract("", d.Tables().Edges)
}

// Found gives every node its component.
func (d *Identity) Found(l Labels) cdp.Statement {
	return d.stmt("components", "identity_found", map[string]any{"Labels": l.of(d.Scratch("nodes"))})
}

// Parts describes every component: size, anchor, and whether it breaks a max.
func (d *Identity) Parts() cdp.Statement { return d.stmt("anchors", "identity_parts", nil) }

// Breaks counts the components that break a max, and the others that are too large.
func (d *Identity) Breaks() cdp.Statement { return d.stmt("guards", "identity_over", nil) }

// Inherit finds, with a previous build, which component has which entity's id.
func (d *Identity) Inherit() []cdp.Statement {
	if d.in.Previous == "" {
		return nil
	}
	return []cdp.Statement{
		d.stmt("overlap", "identity_overlap", nil),
		d.stmt("claims", "identity_claims", nil),
		d.stmt("survivors", "identity_winners", nil),
	}
}

// Publish writes the tables of the build.
func (d *Identity) Publish() []cdp.Statement {
	return []cdp.Statement{
		d.stmt("ids", "identity_ids", nil),
		d.stmt("map", "identity_map", nil),
		d.stmt("entities", "identity_entity", nil),
	}
}

// EntityCount counts entities and their identifiers.
func (d *Identity) EntityCount() cdp.Statement {
	return d.stmt("entity count", "identity_entity_count", nil)
}

// Merged finds the entities of the previous build that are now part of another.
func (d *Identity) Merged() cdp.Statement { return d.stmt("merged", "identity_merged", nil) }

// Changes counts merged entities, split entities, and ids that live again.
func (d *Identity) Changes() cdp.Statement { return d.stmt("changed ids", "identity_changes", nil) }

// Merges records merged entities and what they do to older merges.
func (d *Identity) Merges() cdp.Statement { return d.stmt("merges", "identity_merges", nil) }

// AuditMerged records why entities were merged.
func (d *Identity) AuditMerged() cdp.Statement { return d.stmt("audit merged", "audit_merged", nil) }

// AuditSplit records new entities that were part of another.
func (d *Identity) AuditSplit() cdp.Statement { return d.stmt("audit split", "audit_split", nil) }

// AuditRejected records links that a max refuses for the first time.
func (d *Identity) AuditRejected() cdp.Statement {
	return d.stmt("audit rejected", "audit_rejected", nil)
}

// AuditQuarantined records components that go into quarantine.
func (d *Identity) AuditQuarantined() cdp.Statement {
	return d.stmt("audit quarantined", "audit_quarantined", nil)
}

// AuditCollision records a value that has another node than its hash.
func (d *Identity) AuditCollision(hash, node uint64) cdp.Statement {
	return d.stmt("audit collision", "audit_collision", map[string]any{"A": hash, "B": node})
}

// Aliases is FROM text with old_id and new_id: ids that were merged away and the
// entity they are part of, as of the published builds and this one.
func (c *Compiler) Aliases(e *cdp.Entity, build string) string {
	return c.render("identity_aliases", map[string]any{"Entity": e.Name, "Build": build})
}

// ForgetIdentity removes what a build that is not published has written into the
// tables that all builds share. Nobody reads such rows.
func (c *Compiler) ForgetIdentity(build string) []cdp.Statement {
	data := map[string]any{"Build": build}
	return []cdp.Statement{c.Ledger("identity_forget_merges", data), c.Ledger("identity_forget_audit", data)}
}
