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
//	Extract, Values, Nodes, Edges     source rows -> nodes, edges
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

	Delta  bool               // an increment on the previous build: see identity_delta.go
	Reads  map[string]Reading // by source; one without is read whole
	FullAt time.Time          // when a build last read everything
	Rules  string             // see Identity.Rules
}

// IdentityTables are the names of the tables that a build of an entity publishes.
type IdentityTables struct {
	Map     string // node, type (rank of the identifier), value, entity_id, first_seen, last_seen, n
	Edges   string // a, b, ta, tb, source, bucket, first_seen, last_seen, n
	Refused string // a, b, why: links that are not applied, 1 by a max, 2 in quarantine, 3 shared
	Entity  string // entity_id, anchor, created_at, identifiers, quarantined, whole, nodes
	Shared  string // as Map, for values that several entities share; only where an identifier shares
	Hubs    string // node, type, degree, cap: values that link nothing, by caps
	Blocked string // type, value: of the tables of blocked values
	Values  string // node (0: blocked or not valid), type, value, source, bucket, state, first_seen, last_seen, n
	Reads   string // source, bucket, n, mix, unowned, cut, as_of, full_at, rules
	Review  string // pairs that wait for a decision; only where an entity has probable ties
}

// IdentityTablesOf are the tables of an entity in a build.
func IdentityTablesOf(e *cdp.Entity, build string) IdentityTables {
	name := func(kind string) string { return "identity_" + e.Name + "_" + kind + "_" + build }
	return IdentityTables{
		Map: name("map"), Edges: name("edges"), Entity: "entity_" + e.Name + "_" + build, Shared: name("shared"),
		Refused: name("refused"), Hubs: name("hubs"), Blocked: name("blocked"), Values: name("values"), Reads: name("reads"),
		Review: name("review"),
	}
}

// List is all of them.
func (t IdentityTables) List() []string {
	return []string{t.Map, t.Edges, t.Refused, t.Entity, t.Shared, t.Hubs, t.Blocked, t.Values, t.Reads, t.Review}
}

// identityScratch are the scratch tables.
type identityScratch struct {
	Nodes, Found, Parts, Rejected, Large, Moved, MovedParts, Overlap, Claims, Winners, IDs, Merged, Shared string

	FreshValues, FreshEdges, ChangedValues, ChangedEdges, Pairs, Touched, Lifted, HubsNow, Freed, Seen, Near, Known, Attested, Close string // of an increment
}

// linkRows is the scratch table of one link: a row per combination of identifiers.
type linkRows struct {
	Rows    string
	Source  string
	Columns []linkValue
	link    *cdp.Link
}

// linkValue is one identifier of a link's rows: the columns v and d with number I.
type linkValue struct {
	I, Rank  int
	Rows     string
	Source   string
	Merge    bool
	Stronger []int // numbers of the stronger identifiers of the link
	Value    string
	Node     string
	Raw      string // as the source has it, where it may be refused; else ""
}

// identityFar is when a row without a time was first seen: after every row that has
// one, as where the earliest is picked. Last seen it was at Dialect.Epoch, before them.
var identityFar = time.Date(2299, 12, 31, 23, 59, 59, 0, time.UTC)

// Identity prepares the identity build of an entity. The compiler must know the
// moment of the run (At) and the ledger's keys (Keyed).
func (c *Compiler) Identity(e *cdp.Entity, in IdentityInput) *Identity {
	d := &Identity{c: c, entity: e, in: in}
	s := d.Scratch
	before := IdentityTablesOf(e, in.Previous)
	old := before
	if in.Delta {
		old.Map, old.Entity = s("had_map"), s("had_entity")
	}
	d.data = map[string]any{
		"Entity": e.Name, "Build": in.Build, "Run": in.Run, "Previous": in.Previous != "", "Delta": in.Delta, "AsOf": c.asOf,
		"Never": c.d.Epoch(),
		"In": identityScratch{
			s("nodes"), s("found"), s("parts"), s("rejected"), s("large"), s("moved"), s("moved_parts"), s("overlap"), s("claims"), s("winners"), s("ids"), s("merged"), s("shared"),
			s("fresh_values"), s("fresh_edges"), s("changed_values"), s("changed_edges"), s("pairs"), s("touched"), s("lifted"), s("hubs_now"), s("freed"), s("seen"), s("near"), s("known"), s("attested"), s("close"),
		},
		"Out": IdentityTablesOf(e, in.Build), "Before": before, "Old": old,
		"MaxSize": maxSize(e), "Types": len(e.Identifiers), "Limits": limits(e), "Samples": auditSamples,
		"Minted": c.minted(e, ""), "Spare": c.minted(e, in.Previous), "Moved": false, "Shares": len(sharing(e)) > 0, "Caps": capsOf(e), "Live": len(capsOf(e)) > 0,
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

func (d *Identity) rowsOf(l *cdp.Link) linkRows {
	r := linkRows{Rows: d.Scratch("rows_" + l.Source.Name), Source: l.Source.Name, link: l}
	var stronger []int
	for j, col := range l.Columns {
		v := "v" + itoa(j)
		r.Columns = append(r.Columns, linkValue{
			I: j, Rank: col.Identifier.Rank, Rows: r.Rows, Source: r.Source, Merge: l.Merge, Stronger: slices.Clone(stronger),
			Value: d.c.identifierValue(l, col), Raw: d.c.refusable(l, col), Node: d.c.node(l, col.Identifier, v),
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

// Extract reads each source once: all of it, or the rows that its Reading asks for.
func (d *Identity) Extract() []cdp.Statement {
	var out []cdp.Statement
	for _, r := range d.links {
		data := d.read(r.link)
		data["Rows"], data["Columns"] = r.Rows, r.Columns
		s := d.stmt("rows of "+r.Source, "identity_rows", data)
		s.Pos = r.link.Pos
		out = append(out, s)
	}
	return out
}

// read is the rows of a link's source that this build reads, for templates.
func (d *Identity) read(l *cdp.Link) map[string]any {
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
	data := map[string]any{"From": d.c.source(l.Source, columns...), "Where": where, "At": d.c.seenAt(l.Source), "Loaded": "", "Cut": "", "Tail": false, "Nulls": false, "Since": ""}
	if r, ok := d.in.Reads[l.Source.Name]; ok && Incremental(l.Source) {
		data["Loaded"], data["Cut"] = d.c.loadedAt(l.Source), d.c.d.Time(r.Cut)
		if r.Tail {
			d.tail(data, r)
		}
	}
	return data
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

// Values makes the evidence of every identifier: what each source tells of it.
// Values that share a hash share a node until their collision is known: see Clashes.
func (d *Identity) Values() cdp.Statement { return d.valuesInto(d.Tables().Values) }

func (d *Identity) valuesInto(table string) cdp.Statement {
	var list []linkValue
	for _, r := range d.links {
		list = append(list, r.Columns...)
	}
	return d.stmt("values", "identity_evidence", map[string]any{"Values": list, "Into": table, "Scratch": table != d.Tables().Values})
}

// Nodes makes the identifiers.
func (d *Identity) Nodes() cdp.Statement { return d.stmt("nodes", "identity_nodes", nil) }

// Clashes reads node, type, value and known of values that share a node, the one
// that keeps it first.
func (d *Identity) Clashes(limit int) cdp.Statement {
	return d.stmt("collisions", "identity_clashes", map[string]any{"Limit": limit})
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
func (d *Identity) Edges() cdp.Statement { return d.edgesInto(d.Tables().Edges) }

// linkStar is the links from one identifier of a source's rows to the strongest of
// those before it; Only says that there is but one.
type linkStar struct {
	Rows, Source string
	I, Rank      int
	Strongest    []linkValue
	Only         bool
	Where        string
}

func (d *Identity) edgesInto(table string) cdp.Statement {
	var links []linkStar
	for _, r := range d.links {
		if !r.link.Merge {
			continue
		}
		for _, s := range r.stars() {
			for i, c := range s.Columns {
				if i > 0 {
					links = append(links, linkStar{Rows: r.Rows, Source: r.Source, I: c.I, Rank: c.Rank, Strongest: s.Columns[:i], Only: i == 1, Where: s.Where})
				}
			}
		}
	}
	return d.stmt("edges", "identity_edges", map[string]any{"Links": links, "Into": table, "Scratch": table != d.Tables().Edges})
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
	if d.in.Delta {
		return d.Contract("", d.Scratch("lifted"))
	}
	return d.contraction("")
}

// contraction is that of all edges whose ends no cap has demoted.
func (d *Identity) contraction(prefix string) *Contraction {
	c := d.Contract(prefix, d.Tables().Edges)
	if d.data["Live"] == true {
		c.only = d.c.render("identity_live", d.data)
	}
	return c
}

// Found gives every node its component.
func (d *Identity) Found(l Labels) cdp.Statement {
	return d.stmt("components", "identity_found", map[string]any{"Labels": l.of(d.Scratch("nodes"), d.by())})
}

// by is the column of nodes that a contraction of all links labels.
func (d *Identity) by() string {
	if d.in.Delta {
		return "comp"
	}
	return "node"
}

// Parts describes every component: size, anchor, and whether it breaks a max.
func (d *Identity) Parts() cdp.Statement { return d.stmt("anchors", "identity_parts", nil) }

// Breaks counts the components that break a max, and the others that are too large.
func (d *Identity) Breaks() cdp.Statement { return d.stmt("guards", "identity_over", nil) }
